# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several seeds in one command, and what a model file records of its making."""

import csv
import hashlib
import json
import platform

import pytest
import torch

from ser_ros import __version__
from ser_ros.cli.main import main
from ser_ros.inference.model_metadata import METADATA_KEY
from ser_ros.inference.onnx_file.scan import scan
from ser_ros.training.fit import seeds
from ser_ros.training.fit.run import Result
from ser_ros.training.fit.trainer import Trainer


@pytest.fixture
def command(config_path, train_arguments, tmp_path):
    """Return the command's arguments with these options; the output is tmp_path/out."""
    def arguments(*options):
        text = config_path.read_text() + 'precisions: [fp32]\n'
        return train_arguments(text, tmp_path / 'out', *options)
    return arguments


def metadata(folder):
    return json.loads(scan(str(folder / 'tiny' / 'fp32.onnx')).metadata[METADATA_KEY])


def test_several_seeds(command, tmp_path, monkeypatch, capsys):
    output, trained = tmp_path / 'out', []
    train_epoch = Trainer.train_epoch
    monkeypatch.setattr(Trainer, 'train_epoch',
                        lambda *given: trained.append(1) or train_epoch(*given))
    assert main(command('--seed', '3', '0')) == 0
    assert len(trained) == 2 * 2
    with open(str(output / 'seeds.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['seed'] for row in rows] == ['3', '0', 'mean', 'std']
    assert list(rows[0]) == ['seed', 'epoch', 'uar_north', 'uar_south', 'uar_mean']
    figures = {row['seed']: float(row['uar_mean']) for row in rows[:2]}
    for seed in figures:
        folder = output / f'seed{seed}'
        best_epoch = metadata(folder)['made_with']['epoch']
        assert {path.name for path in folder.iterdir()} == {
            'checkpoint.pt', f'best_{best_epoch}.pt', 'history.csv', 'history.png', 'tiny'}
        assert metadata(folder)['metrics']['validation_uar']['mean'] == figures[seed]
        assert metadata(folder)['made_with']['seed'] == int(seed)
    best = max(figures, key=figures.get)
    assert ((output / 'tiny' / 'fp32.onnx').read_bytes()
            == (output / f'seed{best}' / 'tiny' / 'fp32.onnx').read_bytes())
    shown = capsys.readouterr().out
    assert '  mean         ' in shown
    assert f'seed {best}, epoch ' in shown

    assert main(command('--seed', '3', '0', '5')) == 2
    assert 'there is an unfinished training' in capsys.readouterr().err
    assert main(command('--seed', '3', '0', '5', '--resume')) == 0
    assert len(trained) == 3 * 2
    assert [line.split(',')[0] for line in (output / 'seeds.csv').read_text().splitlines()] == [
        'seed', '3', '0', '5', 'mean', 'std']
    assert not (output / '.tiny').exists()


def test_a_seed_gives_the_same_alone_and_among_others(command, tmp_path):
    assert main(command('--seed', '1', '2')) == 0
    assert main(command('--seed', '2')) == 0
    output = tmp_path / 'out'
    assert ((output / 'seed2' / 'history.csv').read_bytes()
            == (output / 'history.csv').read_bytes())
    assert ((output / 'seed2' / 'tiny' / 'fp32.onnx').read_bytes()
            == (output / 'tiny' / 'fp32.onnx').read_bytes())


def test_what_the_model_records(command, tmp_path):
    assert main(command('--seed', '4')) == 0
    with open(str(tmp_path / 'out' / 'history.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    best = max(rows, key=lambda row: float(row['uar_mean']))
    made_with = metadata(tmp_path / 'out')['made_with']
    assert set(made_with) == {
        'ser_ros', 'python', 'torch', 'numpy', 'onnx', 'seed', 'epoch', 'config_sha256',
        'clips_sha256', 'pretrained_sha256'}
    assert (made_with['ser_ros'], made_with['torch']) == (__version__, str(torch.__version__))
    assert (made_with['python'], made_with['seed']) == (platform.python_version(), 4)
    assert made_with['epoch'] == int(best['epoch'])
    assert made_with['pretrained_sha256'] == ''
    clips = [f'north\t{speaker}_{emotion}.wav\t{speaker}\t{label}' for speaker in 'ab'
             for emotion, label in [('happiness', 0), ('anger', 1), ('sadness', 2), ('calm', 3),
                                    ('fear', 4), ('disgust', 5), ('surprise', 6)]]
    clips += [f'south\tk_{emotion}.wav\tk\t{label}'
              for emotion, label in [('happiness', 0), ('anger', 1), ('neutral', 3)]]
    assert made_with['clips_sha256'] == hashlib.sha256('\n'.join(clips).encode()).hexdigest()


def result(seed, north, mean, tmp_path):
    return Result(seed, [2], tmp_path, {'fp32': {'north': north, 'mean': mean},
                                      'fp16': {'north': 1.0, 'mean': 1.0}})


def test_mean_and_standard_deviation(tmp_path):
    results = [result(seed, north, mean, tmp_path)
               for seed, north, mean in [(1, 0.5, 0.4), (2, 0.6, 0.6), (3, 0.7, 0.6)]]
    assert seeds.best(results).seed == 2
    assert seeds.table(results)[-2:] == [
        {'seed': 'mean', 'epoch': '', 'uar_north': 0.6, 'uar_mean': 0.5333},
        {'seed': 'std', 'epoch': '', 'uar_north': 0.1, 'uar_mean': 0.1155}]


def test_the_same_seed_twice(command, capsys):
    assert main(command('--seed', '1', '1')) == 2
    assert '--seed must not repeat a number, got 1 twice' in capsys.readouterr().err
