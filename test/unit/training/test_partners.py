# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings of several networks: one after the other, each by itself, joined in the end."""

import csv
import json
import shutil
import signal

import pytest

from ser_ros.cli.main import main
from ser_ros.inference.model_metadata import METADATA_KEY
from ser_ros.inference.onnx_file.scan import scan
from ser_ros.training.fit import checkpoint
from ser_ros.training.fit.trainer import Trainer

STEPS = 3  # of an epoch
FIRST, SECOND = 2, 3  # epochs
OTHER = ('{epochs: 3, windows_per_epoch: 12, batch: 4, averaging: 0.5, learning_rate: 0.001, '
         'wave_variants: 1}')
PARTNERS = f'partners: [{{network: resnet10, width: 0.05, training: {OTHER}}}]\n'


@pytest.fixture
def command(config_path, train_arguments):
    """Return the command's arguments for text that is added to the configuration."""
    def arguments(added, output, *options):
        text = config_path.read_text() + 'precisions: [fp32]\n' + added
        return train_arguments(text, output, *options)
    return arguments


@pytest.fixture
def steps(monkeypatch):
    """Return a list with an entry for each step; one that holds its number ends it as Ctrl-C."""
    taken, loss = [], Trainer._loss

    def counted(*arguments):
        taken.append(None)
        if steps_to_interrupt == [len(taken)]:
            signal.raise_signal(signal.SIGINT)
        return loss(*arguments)
    steps_to_interrupt = []
    monkeypatch.setattr(Trainer, '_loss', counted)
    return taken, steps_to_interrupt


def metadata(output):
    return json.loads(scan(str(output / 'tiny' / 'fp32.onnx')).metadata[METADATA_KEY])


def results(output):
    return {str(path.relative_to(output)): path.read_bytes()
            for pattern in ('*/history.csv', 'tiny/*.onnx') for path in output.glob(pattern)}


def epochs_done(folder):
    return len(checkpoint.read(folder / 'checkpoint.pt')[1]['history'])


def best_epoch(folder):
    with open(folder / 'history.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    return 1 + max(range(len(rows)), key=lambda index: float(rows[index]['uar_mean']))


def test_each_is_trained_as_if_it_were_alone_with_the_next_seed(command, tmp_path, capsys):
    output, alone = tmp_path / 'out', tmp_path / 'alone'
    assert main(command(PARTNERS, output, '--seed', '2')) == 0
    assert {path.name for path in output.iterdir()} == {'cache', 'resnet34', 'resnet10', 'tiny'}
    folders = output / 'resnet34', output / 'resnet10'
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {
            'checkpoint.pt', f'best_{best_epoch(folder)}.pt', 'history.csv', 'history.png'}
    assert [epochs_done(folder) for folder in folders] == [FIRST, SECOND]
    epochs = [best_epoch(folder) for folder in folders]
    made_with = metadata(output)['made_with']
    assert (made_with['epoch'], made_with['seed']) == (epochs, 2)
    assert 'seed 2, epoch {}, {}'.format(*epochs) in capsys.readouterr().out

    for added, folder, seed in ('', folders[0], '2'), ('network: resnet10\n', folders[1], '3'):
        arguments = command(added, alone, '--seed', seed, '--restart')
        if added:
            path = tmp_path / 'c.yaml'
            text = path.read_text()
            line = next(line for line in text.splitlines() if line.startswith('training:'))
            path.write_text(text.replace(line, f'training: {OTHER}'))
        assert main(arguments) == 0
        assert (alone / 'history.csv').read_bytes() == (folder / 'history.csv').read_bytes()


def test_an_interrupted_partner_goes_on_and_the_finished_network_is_left(command, tmp_path, steps):
    taken, interrupt = steps
    whole, parted = tmp_path / 'whole', tmp_path / 'parted'
    assert main(command(PARTNERS, whole)) == 0
    assert len(taken) == (FIRST + SECOND) * STEPS
    taken.clear()
    interrupt[:] = [(FIRST + 1) * STEPS + 1]
    assert main(command(PARTNERS, parted)) == 130
    assert [epochs_done(parted / name) for name in ('resnet34', 'resnet10')] == [FIRST, 1]
    assert not (parted / 'tiny').exists()
    taken.clear()
    interrupt.clear()
    assert main(command(PARTNERS, parted, '--resume')) == 0
    assert len(taken) == (SECOND - 1) * STEPS
    assert set(results(parted)) == {
        'resnet34/history.csv', 'resnet10/history.csv', 'tiny/fp32.onnx'}
    assert results(parted) == results(whole)


def test_what_is_unfinished_is_not_lost(command, tmp_path, steps, capsys):
    taken, interrupt = steps
    interrupt[:] = [FIRST * STEPS + 1]  # between the two
    assert main(command(PARTNERS, tmp_path)) == 130
    before = (tmp_path / 'resnet34' / 'checkpoint.pt').read_bytes()
    assert main(command(PARTNERS, tmp_path)) == 2
    assert 'resnet34, after epoch 2); continue with --resume' in capsys.readouterr().err
    assert (tmp_path / 'resnet34' / 'checkpoint.pt').read_bytes() == before
    interrupt.clear()
    assert main(command(PARTNERS, tmp_path, '--restart')) == 0
    # What is finished may be replaced, and nothing of it passes for the new training.
    taken.clear()
    interrupt[:] = [FIRST * STEPS + 1]
    assert main(command(PARTNERS, tmp_path)) == 130
    assert not (tmp_path / 'resnet10' / 'checkpoint.pt').exists()


def test_what_is_finished_is_not_trained_again(command, tmp_path, steps, capsys):
    taken, _ = steps
    seeds = '--seed', '0', '1'
    assert main(command(PARTNERS, tmp_path, *seeds)) == 0
    stored = (tmp_path / 'tiny' / 'fp32.onnx').read_bytes()
    rows = (tmp_path / 'seeds.csv').read_text()
    assert len(rows.splitlines()[1].split(',')[1].split()) == 2  # an epoch of each network
    for seed in 'seed0', 'seed1':  # the files alone are missing
        shutil.rmtree(str(tmp_path / seed / 'tiny'))
    taken.clear()
    assert main(command(PARTNERS, tmp_path, *seeds, '--resume')) == 0
    assert not taken
    assert (tmp_path / 'tiny' / 'fp32.onnx').read_bytes() == stored
    assert (tmp_path / 'seeds.csv').read_text() == rows

    # Other settings of one network leave the other.
    output = tmp_path / 'seed1'
    changed = PARTNERS.replace('learning_rate: 0.001', 'learning_rate: 0.002')
    arguments = command(changed, output, '--seed', '1', '--resume')
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert 'resnet10/checkpoint.pt is the checkpoint of another training' in said
    assert 'training.learning_rate was 0.001 and is 0.002; remove it' in said
    shutil.rmtree(str(output / 'resnet10'))
    assert main(arguments) == 0
    assert len(taken) == SECOND * STEPS
