# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings that are stopped and go on, and trainings that stop by themselves."""

import csv
import pathlib
import signal
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import torch

from ser_ros.cli.main import main
from ser_ros.errors import SerError
from ser_ros.inference.model_file import Model
from ser_ros.training import config
from ser_ros.training.fit import build, checkpoint
from ser_ros.training.fit.batch import Batch
from ser_ros.training.fit.trainer import Trainer

EPOCHS = 3
STEPS = 3  # of an epoch
ONE_CYCLE = ('precisions: [fp32]\n'
             'training: {epochs: 3, windows_per_epoch: 24, batch: 8, mixup: 0.3}')
PATIENCE = ('precisions: [fp32]\n'
            'training: {epochs: 3, windows_per_epoch: 24, batch: 8, mixup: 0.3, averaging: 0.9, '
            'patience: 3, bf16: true}')
# Runs the command and kills it without warning at a step.
KILLED = '''
import os, signal, sys
from ser_ros.cli.main import main
from ser_ros.training.fit.trainer import Trainer
loss, steps = Trainer._loss, [0]
def killing(*arguments):
    steps[0] += 1
    if steps[0] == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return loss(*arguments)
Trainer._loss = killing
main(sys.argv[2:])
'''


@pytest.fixture
def command(config_path, train_arguments):
    """Return the command's arguments for a training section and an output folder."""
    def arguments(training, output, *options):
        text = config_path.read_text().split('training:')[0]
        return train_arguments(f'{text}{training}\n', output, *options)
    return arguments


@pytest.fixture
def interrupt_at(monkeypatch):
    """Return a function that makes a step end as Ctrl-C would, once."""
    loss = Trainer._loss

    def set_up(step):
        steps = []

        def interrupted(*arguments):
            steps.append(1)
            if len(steps) == step:
                signal.raise_signal(signal.SIGINT)
            return loss(*arguments)
        monkeypatch.setattr(Trainer, '_loss', interrupted)
    return set_up


def results(output):
    """Return the content of all that must not depend on interruptions."""
    return {path.name: path.read_bytes()
            for path in [output / 'history.csv', *output.glob('tiny/*.onnx')]}


def epochs_done(output):
    return len(checkpoint.read(output / 'checkpoint.pt')[1]['history'])


def test_a_killed_training_ends_like_one_that_was_not(command, tmp_path, monkeypatch):
    monkeypatch.setattr(build, 'CALIBRATION_WINDOWS', 32)
    training = ONE_CYCLE.replace('[fp32]', '[fp32, int8]').replace(
        'batch: 8', 'batch: 8, checkpoint_minutes: 0.000001')
    whole, parted = tmp_path / 'whole', tmp_path / 'parted'
    assert main(command(training, whole)) == 0
    killed = subprocess.run(
        [sys.executable, '-c', KILLED, str(STEPS + 2), *command(training, parted)],
        cwd=str(tmp_path), stderr=subprocess.DEVNULL)
    assert killed.returncode == -signal.SIGKILL
    assert epochs_done(parted) == 1
    assert len(checkpoint.read(parted / 'checkpoint.pt')[1]['losses']) == 1  # step of the next one
    assert main(command(training, parted, '--resume')) == 0
    assert set(results(parted)) == {'history.csv', 'fp32.onnx', 'int8.onnx'}
    assert results(parted) == results(whole)


def test_an_interrupted_training_ends_like_one_that_was_not(command, tmp_path, interrupt_at):
    whole, parted = tmp_path / 'whole', tmp_path / 'parted'
    assert main(command(PATIENCE, whole)) == 0
    interrupt_at(2 * STEPS + 1)
    assert main(command(PATIENCE, parted)) == 130
    assert not (parted / 'tiny').exists()
    assert main(command(PATIENCE, parted, '--resume')) == 0
    assert set(results(parted)) == {'history.csv', 'fp32.onnx'}
    assert results(parted) == results(whole)
    with open(str(parted / 'history.csv'), newline='') as file:
        assert len(list(csv.DictReader(file))) == EPOCHS


def test_an_unfinished_training_is_not_lost(command, tmp_path, interrupt_at, capsys):
    interrupt_at(STEPS + 1)
    assert main(command(ONE_CYCLE, tmp_path)) == 130
    before = (tmp_path / 'checkpoint.pt').read_bytes()
    assert main(command(ONE_CYCLE, tmp_path)) == 2
    assert (', after epoch 1); continue with --resume, start from scratch with --restart'
            in capsys.readouterr().err)
    assert (tmp_path / 'checkpoint.pt').read_bytes() == before
    assert main(command(ONE_CYCLE, tmp_path, '--restart')) == 0
    assert epochs_done(tmp_path) == 3


def test_another_configuration_is_refused(command, tmp_path, interrupt_at, capsys):
    interrupt_at(STEPS + 1)
    assert main(command(ONE_CYCLE, tmp_path)) == 130
    changed = ONE_CYCLE.replace('batch: 8', 'batch: 4')
    arguments = command(changed, tmp_path, '--resume')
    path = pathlib.Path(arguments[1])
    path.write_text(path.read_text().replace('width: 0.05', 'width: 0.06'))
    assert main([*arguments, '--seed', '7']) == 2
    said = capsys.readouterr().err
    assert 'checkpoint of another training: ' in said
    for part in ('width was 0.05 and is 0.06', 'training.batch was 8 and is 4',
                 'seed was 0 and is 7'):
        assert part in said
    assert 'epochs' not in said


def test_only_with_patience_there_may_be_more_epochs(command, tmp_path, interrupt_at, capsys):
    for name, training, code in ('cycle', ONE_CYCLE, 2), ('patience', PATIENCE, 0):
        output = tmp_path / name
        interrupt_at(STEPS + 1)
        assert main(command(training, output)) == 130
        more = training.replace('epochs: 3', 'epochs: 2')
        assert main(command(more, output, '--resume')) == code
    assert 'training.epochs was 3 and is 2' in capsys.readouterr().err


def test_keys_of_the_files_may_change(command, tmp_path):
    assert checkpoint.KEYS_OF_FILES < {entry.name for entry in fields(config.Config)}
    assert main(command(ONE_CYCLE, tmp_path)) == 0
    arguments = command(ONE_CYCLE, tmp_path, '--resume')
    path = pathlib.Path(arguments[1])
    path.write_text(path.read_text().replace('licence: free', 'licence: mine'))
    before = (tmp_path / 'history.csv').read_bytes()
    assert main(arguments) == 0
    assert Model(str(tmp_path / 'tiny')).info.licence == 'mine'
    assert (tmp_path / 'history.csv').read_bytes() == before
    assert checkpoint.read(tmp_path / 'checkpoint.pt')[0].config.licence == 'mine'


def test_a_training_whose_files_were_written_anew_is_finished(command, tmp_path, monkeypatch):
    assert main(command(ONE_CYCLE, tmp_path)) == 0
    monkeypatch.setattr(Trainer, 'train_epoch', not_to_be_called)
    more = ONE_CYCLE.replace('[fp32]', '[fp32, fp16]')
    assert main(command(more, tmp_path, '--resume')) == 0
    assert Model(str(tmp_path / 'tiny')).precisions == ('fp32', 'fp16')
    with pytest.raises(AssertionError, match='stored'):  # it starts anew, and is not refused
        main(command(more, tmp_path))


def test_resume_begins_where_there_is_nothing_and_leaves_what_is_done(
        command, tmp_path, monkeypatch):
    monkeypatch.setattr(build, '_forms', not_to_be_called)
    with pytest.raises(AssertionError, match='stored'):
        main(command(ONE_CYCLE, tmp_path, '--resume'))
    monkeypatch.undo()
    assert main(command(ONE_CYCLE, tmp_path)) == 2  # there is no model yet
    monkeypatch.setattr(Trainer, 'train_epoch', not_to_be_called)
    assert main(command(ONE_CYCLE, tmp_path, '--resume')) == 0
    monkeypatch.setattr(build, '_load', not_to_be_called)
    assert main(command(ONE_CYCLE, tmp_path, '--resume')) == 0
    (tmp_path / 'tiny' / 'fp32.onnx').write_bytes(b'')
    with pytest.raises(AssertionError, match='stored'):
        main(command(ONE_CYCLE, tmp_path, '--resume'))


@pytest.mark.parametrize('name', ['add_to_model', 'probabilities'])
def test_a_stop_between_export_and_figures_leaves_no_finished_model(
        command, tmp_path, monkeypatch, name):
    (tmp_path / 'tiny').mkdir()
    (tmp_path / 'tiny' / 'int8.onnx').write_bytes(b'of another training')
    monkeypatch.setattr(build.threshold if name == 'add_to_model' else build, name, interrupted)
    assert main(command(ONE_CYCLE, tmp_path)) == 130
    assert [path.name for path in (tmp_path / 'tiny').iterdir()] == ['fp32.onnx']
    monkeypatch.undo()
    monkeypatch.setattr(Trainer, 'train_epoch', not_to_be_called)
    assert main(command(ONE_CYCLE, tmp_path, '--resume')) == 0
    assert 'validation_uar' in Model(str(tmp_path / 'tiny')).info.metrics


def interrupted(*_):
    raise KeyboardInterrupt


def not_to_be_called(*_):
    raise AssertionError('it is stored already')


@pytest.mark.parametrize('content', [b'', b'no checkpoint', None])
def test_files_that_are_no_checkpoint(command, tmp_path, content, capsys):
    path = tmp_path / 'checkpoint.pt'
    if content is None:
        torch.save({'conv1.weight': torch.zeros(1)}, path)
    else:
        path.write_bytes(content)
    for options in [], ['--resume']:
        assert main(command(ONE_CYCLE, tmp_path, *options)) == 2
        assert 'checkpoint.pt' in capsys.readouterr().err


def test_writing_fails_without_harm(tmp_path, config_path):
    path = tmp_path / 'checkpoint.pt'
    started = checkpoint.origins(config.load(str(config_path)), 0, [])[0]
    checkpoint.write(path, started, {'history': [1]})
    with pytest.raises(AttributeError, match='pickle'):
        checkpoint.write(path, started, {'history': lambda: 0})
    assert checkpoint.read_of(path, started) == {'history': [1]}


def test_other_clips_or_weights_are_refused(tmp_path, config_path):
    loaded = config.load(str(config_path))
    path = tmp_path / 'checkpoint.pt'
    started = checkpoint.origins(loaded, 0, [])[0]
    checkpoint.write(path, started, {})
    for name in 'clips_sha256', 'pretrained_sha256':
        other = checkpoint.Origin(**{**vars(started), name: 'other'})
        with pytest.raises(SerError, match=name + " was .* and is 'other'"):
            checkpoint.read_of(path, other)


@pytest.fixture
def trainer(tmp_path, config_path):
    """Return a function that makes a trainer with a training section."""
    def make(training):
        text = config_path.read_text().split('training:')[0]
        (tmp_path / 't.yaml').write_text(f'{text}{training}\n')
        return Trainer(config.load(str(tmp_path / 't.yaml')), np.random.default_rng(0))
    return make


def test_patience_ends_the_training(trainer):
    patient = trainer('training: {epochs: 9, averaging: 0.9, patience: 2}')
    for figure, is_finished in (0.5, False), (0.4, False), (0.6, False), (0.6, False), (0.5, True):
        patient.add(1.0, uar={'mean': figure})
        assert patient.is_finished is is_finished
    short = trainer('training: {epochs: 2, averaging: 0.9, patience: 2}')
    for is_finished in False, True:
        short.add(1.0, uar={'mean': 0.5 + 0.1 * is_finished})
        assert short.is_finished is is_finished


def batches(generator, count=4):
    for _ in range(count):
        yield Batch(
            generator.random((8, 3, 128, 128), np.float32), generator.integers(0, 7, 8))


@pytest.mark.parametrize('training, expected', [
    ('{epochs: 2, windows_per_epoch: 32, batch: 8, learning_rate: 0.01}', (0.0045, 0)),
    ('{epochs: 2, windows_per_epoch: 32, batch: 8, learning_rate: 0.01, averaging: 0.5, '
     'patience: 9}', (0.01, 0.01))])
def test_the_learning_rate(trainer, training, expected):
    made = trainer('training: ' + training)
    generator = np.random.default_rng(1)
    for rate in expected:
        made.train_epoch(batches(generator))
        assert made.add(1.0, uar={'mean': 0.5}).learning_rate == pytest.approx(rate, abs=1e-3)


def test_the_best_epochs_weights_are_kept(trainer):
    made = trainer('training: {epochs: 3, windows_per_epoch: 32, batch: 8, averaging: 0.5}')
    generator = np.random.default_rng(1)
    kept = []
    for figure in 0.3, 0.5, 0.4:
        made.train_epoch(batches(generator))
        made.add(1.0, uar={'mean': figure})
        kept.append(made.averaged.module.output.weight.detach().clone())
    assert torch.equal(made.best_network().output.weight, kept[1])
    assert not torch.equal(kept[1], kept[2])
