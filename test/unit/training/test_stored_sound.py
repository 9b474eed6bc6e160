# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A waveform corpus stays on disk: the same samples, and memory that does not grow with it."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import read_samples
from ser_ros.degrade import chain
from ser_ros.features.registry import create_extractor
from ser_ros.progress import Progress
from ser_ros.training.augment.registry import draw_window_of
from ser_ros.training.fit import cache, stored_sound
from ser_ros.training.fit.copies import Copies
from ser_ros.training.fit.stored_sound import StoredSound
from ser_ros.training.fit.windows import WindowInputs


@pytest.fixture
def sound(tmp_path):
    """Samples of 16 bit, and what stands for them."""
    samples = np.random.default_rng(0).integers(-32768, 32768, 5000)
    samples = (samples / 32768).astype(np.float32)
    stored_sound.write(tmp_path / 'a.s16', samples)
    return samples, StoredSound(tmp_path / 'a.s16')


def test_it_stands_for_the_samples(sound):
    samples, stored = sound
    assert (stored.shape, stored.dtype) == (samples.shape, samples.dtype)
    for index in slice(None), (..., slice(100, 200)), slice(-3, None), [4, 2], 7:
        np.testing.assert_array_equal(stored[index], samples[index])
    np.testing.assert_array_equal(np.asarray(stored), samples)
    np.testing.assert_array_equal(np.pad(stored, 2), np.pad(samples, 2))


@pytest.mark.parametrize('length', [300, 5000, 9000])
def test_a_drawn_window_is_the_same(sound, length):
    windows = [draw_window_of('waveform/1')((part,), length, np.random.default_rng(3))[0]
               for part in sound]
    assert windows[0].shape == (length,)
    assert type(windows[1]) is np.ndarray
    np.testing.assert_array_equal(*windows)


@pytest.fixture
def paths(corpora):
    return sorted((corpora / 'south').glob('k_*.wav'))[:2]


def test_the_cache_holds_16_bit_and_gives_what_was_read(paths, tmp_path, monkeypatch):
    extractor = create_extractor('waveform/1', (8000,))
    columns = cache.load_columns(paths, extractor, tmp_path, 1, Progress(), Copies(1))
    for (stored,), path, copy in zip(columns, paths * 2, [0, 0, 1, 1], strict=True):
        samples = read_samples(path, extractor.min_samples)
        if copy:
            samples = chain.degraded_copy(samples, path, copy)
        np.testing.assert_array_equal(stored, samples)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size == 2 * sum(stored.shape[0] for stored, in columns)
    monkeypatch.setattr(cache, '_compute', None)
    again = cache.load_columns(paths, extractor, tmp_path, 1, Progress(), Copies(1))
    np.testing.assert_array_equal(
        WindowInputs(again, extractor)[:], WindowInputs(columns, extractor)[:])


TRAINING = '''
import multiprocessing.dummy
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import soundfile
import torch

from ser_ros.progress import Progress
from ser_ros.training import config
from ser_ros.training.config import NETWORKS
from ser_ros.training.fit import build, cache
from ser_ros.training.networks.base import Network


class Trained(Exception):
    """It is trained, and nothing is exported."""


def stop(*_):
    raise Trained


class Mean(Network):
    def __init__(self, classes):
        super().__init__()
        self.output = torch.nn.Linear(1, classes)

    @classmethod
    def from_config(cls, config, input_shape):
        return cls(len(config.labels))

    def forward(self, inputs):
        return self.output(inputs.std(1, keepdim=True))


def write(root, clips):
    root.mkdir(parents=True)
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 60 * 16000)
    rows = ['file_path,emotion,speaker']
    for number in range(clips):
        soundfile.write(str(root / f'{number}.wav'), sound, 16000, subtype='PCM_16')
        rows.append(f'{number}.wav,{("anger", "fear")[number % 2]},{"ab"[number // 2 % 2]}')
    (root / 'metadata.csv').write_text('\\n'.join(rows))


def train(folder, clips):
    write(folder / 'north', clips)
    values = config.from_values({
        'name': 'n', 'version': '1', 'feature_set': 'waveform/1', 'network': 'mean',
        'labels': ['anger', 'fear'], 'licence': 'none',
        'corpora': {'north': {'train': ['a'], 'validation': ['b']}},
        'training': {'epochs': 1, 'windows_per_epoch': 64, 'batch': 16}}, 'c.yaml')
    try:
        build.build(values, folder, folder / 'run', [0], 1, Progress())
    except Trained:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == '__main__':
    NETWORKS['mean'] = Mean
    build.store = stop
    # Threads start faster than processes.
    cache.multiprocessing = SimpleNamespace(get_context=lambda _: multiprocessing.dummy)
    print(*(train(Path(sys.argv[1]) / str(clips), clips) for clips in (12, 24)))
'''


def test_memory_of_a_training_does_not_grow_with_the_corpus(tmp_path):
    (tmp_path / 'training.py').write_text(textwrap.dedent(TRAINING))
    result = subprocess.run(
        [sys.executable, str(tmp_path / 'training.py'), str(tmp_path)], text=True, check=True,
        stdout=subprocess.PIPE)
    once, twice = map(int, result.stdout.split())
    # Of the first 12 clips, the windows to validate on alone would be as much again.
    assert twice <= 1.1 * once, f'{once} kB, {twice} kB'
