# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Options of a training: what they change, what is refused, and what older files mean."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_network import TinyNetwork

from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.training import config
from ser_ros.training.config import NETWORKS, Training
from ser_ros.training.fit import checkpoint, history, limits
from ser_ros.training.fit.batch import Batch
from ser_ros.training.fit.history import Epoch
from ser_ros.training.fit.optimizer import make_optimizer, make_schedule
from ser_ros.training.fit.trainer import Trainer
from ser_ros.training.fit.windows import BalancedWindows
from ser_ros.training.options import EarlyStopping

PRESETS = Path(__file__).resolve().parents[3] / 'config' / 'train' / 'presets'
TRAINING = ('network: tiny\nprecisions: []\ntraining: {epochs: 3, windows_per_epoch: 16, batch: 8, '
            'averaging: 0.5, bf16: true}\n')


class WithHead(TinyNetwork):
    """Its last layer learns faster."""

    def head_parameters(self):
        return list(self.layers[-1].parameters())


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(NETWORKS._loaded, 'tiny', TinyNetwork)


@pytest.fixture
def text(config_path):
    """The configuration up to the training section."""
    return config_path.read_text().split('training:')[0]


@pytest.fixture
def load(text, tmp_path):
    """Return a function that loads a configuration with this training section."""
    def loaded(training):
        path = tmp_path / 'made.yaml'
        path.write_text(f'{text}{training}\n')
        return config.load(str(path))
    return loaded


@pytest.mark.parametrize('section, reason', [
    ('{patience: 2, averaging: 0.9, early_stopping: {patience: 2}}', 'allowed: one of the two'),
    ('{epochs: 2, windows_per_epoch: 10, batch: 5, warm_up_steps: 4}',
     'warm_up_steps is 4; allowed: below 4'),
    ('{precision: bf16, bf16: true}', 'training has bf16 and precision; allowed: precision alone'),
    ('{precision: int8}', 'precision is .int8.; allowed: one of fp32, bf16, fp16'),
    ('{checkpoint_minutes: 0}', 'checkpoint_minutes is 0'),
    ('{early_stopping: {patience: -1}}', 'early_stopping.patience is -1')])
def test_what_does_not_fit(load, section, reason):
    with pytest.raises(SerError, match=reason):
        load(f'training: {section}')


def test_fp16_needs_a_gpu(load):
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(SerError, match='precision is fp16, which needs a GPU'):
        Trainer(load('network: tiny\ntraining: {precision: fp16}'), np.random.default_rng(0))


def test_early_stopping():
    def is_over(*figures, **options):
        epochs = [Epoch(number, 1.0, 0.1, {'mean': figure})
                  for number, figure in enumerate(figures, 1)]
        return history.is_over(epochs, Training(early_stopping=EarlyStopping(**options)))
    assert not is_over(0.5, 0.4, patience=2)
    assert is_over(0.5, 0.4, 0.5, patience=2)
    assert not is_over(0.5, 0.505, 0.51, patience=2)
    assert is_over(0.5, 0.505, 0.51, patience=2, threshold=0.02)
    assert not is_over(0.5, 0.505, 0.525, patience=2, threshold=0.02)
    assert not is_over(0.5, 0.4, 0.3, 0.2)


def test_older_configurations_keep_their_hash(load):
    old, new = load('training: {bf16: true}'), load('training: {precision: bf16}')
    assert old == new
    origins = [checkpoint.Origin(made, 0, '', '') for made in (
        old, replace(old, training=replace(old.training, accumulation=4)),
        load('training: {precision: fp16}'), load('training: {warm_up_steps: 5}'))]
    hashes = [origin.config_sha256 for origin in origins]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
    assert 'precision' not in checkpoint._without_unused(asdict(old))['training']


def test_the_head_learns_at_its_own_rate():
    settings = Training(epochs=2, windows_per_epoch=64, batch=8, head_learning_rate=0.1,
                        learning_rate=0.01, warm_up_steps=3)
    network = WithHead(3, 0.0)
    network.layers[2].bias.requires_grad_(False)
    optimizer = make_optimizer(network, settings)
    schedule = make_schedule(optimizer, settings)
    for _ in range(2):
        optimizer.step()
        schedule.step()
    rates = {id(tensor): group['lr'] for group in optimizer.param_groups
             for tensor in group['params']}
    assert rates[id(network.layers[2].weight)] == pytest.approx(0.01)
    assert rates[id(network.layers[-1].weight)] == pytest.approx(0.1)
    assert id(network.layers[2].bias) not in rates
    with pytest.raises(SerError, match='TinyNetwork has one learning rate for all'):
        make_optimizer(TinyNetwork(3, 0.0), settings)


def test_a_loss_of_the_network_is_added(load, monkeypatch):
    seen = []

    class WithLoss(TinyNetwork):
        def extra_loss(self, speakers, progress):
            seen.append((speakers.tolist(), progress))
            return 0.0 * self.layers[2].weight.sum()
    monkeypatch.setitem(NETWORKS._loaded, 'tiny', WithLoss)
    made = Trainer(load('network: tiny\ntraining: {epochs: 2, windows_per_epoch: 8, batch: 4, '
                        'accumulation: 2}'), np.random.default_rng(0))
    batch = Batch(np.zeros((4, 3, 128, 128), np.float32), np.zeros(4, np.int64), np.arange(4))
    made.train_epoch([batch, batch])
    assert seen == [([0, 1], 0), ([2, 3], 0), ([0, 1], 0.25), ([2, 3], 0.25)]


@pytest.mark.parametrize('batch, accumulation, advice', [
    (16, 1, 'presets/gpu_24gb.yaml, which computes 8 at once'),
    (16, 4, 'presets/gpu_8gb.yaml'), (16, 8, 'a shorter window_s')])
def test_too_little_memory_of_the_gpu(batch, accumulation, advice):
    settings = Training(batch=batch, accumulation=accumulation)
    with pytest.raises(SerError, match=advice):
        with limits.memory_explained(settings):
            raise torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB')


@pytest.mark.parametrize('path', sorted(PRESETS.glob('*.yaml')), ids=lambda path: path.stem)
def test_presets(load, path):
    settings = load(f'training: {path}').training
    at_once = settings.batch // settings.accumulation
    assert limits.PRESETS[at_once] == path.stem
    assert settings.steps_per_epoch * settings.epochs > settings.warm_up_steps == 1000


def test_there_must_be_room_for_the_files(text, train_arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: shutil._ntuple_diskusage(9, 8, 1000))
    assert main(train_arguments(text + TRAINING, tmp_path / 'out')) == 2
    assert '0.0 MB free; the training needs 0.1 MB for its checkpoint' in capsys.readouterr().err


def test_a_checkpoint_of_the_first_format(text, train_arguments, tmp_path, monkeypatch):
    """It has the best weights inside, one process's generators, and keys of that time."""
    arguments = train_arguments(text + TRAINING, tmp_path / 'old')
    written = []
    write = checkpoint.write
    monkeypatch.setattr(
        checkpoint, 'write', lambda path, *given: write(path, *given) or written.append(
            (path.read_bytes(), torch.load(next(path.parent.glob('best_*.pt'))))))
    assert main(arguments) == 0
    path = tmp_path / 'old' / 'checkpoint.pt'
    last = checkpoint.load(path)
    path.write_bytes(written[0][0])
    stored = checkpoint.load(path)
    state, values = stored['state'], stored['origin']['config']
    generators, = state.pop('generators')
    for name in 'losses', 'scaler':
        del state[name]
    state.update(generators, best=written[0][1], history=[
        {name: epoch[name] for name in ('epoch', 'loss', 'learning_rate', 'uar')}
        for epoch in state['history']])
    values['training'] = checkpoint._without_unused(values)['training']
    assert values['training']['bf16'] is True and 'accumulation' not in values['training']
    for best in path.parent.glob('best_*.pt'):
        best.unlink()
    checkpoint.save(path, {**stored, 'format': checkpoint.FIRST_FORMAT})
    assert main([*arguments, '--resume']) == 0
    for name in 'network', 'averaged':
        for key, tensor in last['state'][name].items():
            assert torch.equal(tensor, checkpoint.load(path)['state'][name][key])
    first, *rest = (path.parent / 'history.csv').read_text().splitlines()[1:]
    assert first.endswith(',,,') and not rest[-1].endswith(',')


def test_the_history_for_tensorboard(text, train_arguments, tmp_path):
    pytest.importorskip('tensorboard')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    assert main(train_arguments(text + TRAINING, tmp_path / 'out', '--tensorboard')) == 0
    events = EventAccumulator(str(tmp_path / 'out' / 'tensorboard'))
    events.Reload()
    assert {'loss', 'validation_loss', 'accuracy', 'macro_f1', 'uar/mean'} <= set(
        events.Tags()['scalars'])
    assert [event.step for event in events.Scalars('loss')] == [1, 2, 3]


def test_windows_of_a_waveform_are_made_from_their_number():
    extractor = create_extractor('waveform/1', (8000,))
    generator = np.random.default_rng(1)
    columns = [extractor.columns(generator.standard_normal(20000).astype(np.float32) / 9)
               for _ in range(3)]
    clips = [Clip('north', Path(str(index)), speaker, index)
             for index, speaker in enumerate(['a', '', 'b'])]

    def batches(*arguments):
        drawn = BalancedWindows(clips, columns, extractor, np.random.default_rng(0), seed=5)
        return list(drawn.batches(*arguments))
    first, second = batches(8, 4)
    assert first.inputs(slice(2, 4)).shape == (2, 8000)
    np.testing.assert_array_equal(first.inputs(slice(None))[2:], first.inputs(slice(2, 4)))
    np.testing.assert_array_equal(second.inputs(np.array([3]))[0], batches(8, 8)[0].inputs([7])[0])
    assert {-1: 1, 0: 0, 1: 2}[first.speakers[0]] == first.labels[0]
