# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two tiny corpora of tones, and a configuration to train on them in seconds."""

import csv
import os

import numpy as np
import pytest

pytest.importorskip('torch', reason='training needs torch (requirements/train.txt)')
pytest.importorskip('onnx', reason='training needs onnx (requirements/train.txt)')
pytest.importorskip('yaml', reason='training needs PyYAML')
soundfile = pytest.importorskip('soundfile')

RATE_HZ = 16000
CONFIG = '''
name: tiny
version: '3'
feature_set: mel_yin_rms/1
width: 0.05
labels: [happiness, anger, sadness, neutral, fear, disgust, surprise]
merge: {calm: neutral}
drop: [boredom]
licence: free
corpora:
  north: {train: [a, b], validation: [c], test: [d, e]}
  south: {train: [k], validation: [l], test: [m]}
training: {epochs: 2, windows_per_epoch: 24, batch: 8}
'''
NORTH = ('happiness', 'anger', 'sadness', 'calm', 'fear', 'disgust', 'surprise', 'boredom')
SOUTH = ('happiness', 'anger', 'neutral')


def write_clip(path, pitch_hz, duration_s, generator):
    """Write a buzz of this pitch in a little noise."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * pitch_hz * harmonic * time_s) / harmonic
               for harmonic in range(1, 6))
    sound = 0.1 * buzz + 0.003 * generator.standard_normal(len(time_s))
    soundfile.write(str(path), sound.astype(np.float32), RATE_HZ, subtype='PCM_16')


def write_corpus(folder, emotions, speakers):
    """Write one clip for each emotion and speaker, and their metadata.csv."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(5)
    rows = []
    for speaker in speakers:
        for number, emotion in enumerate(emotions):
            name = f'{speaker}_{emotion}.wav'
            duration_s = 3.2 if speaker in 'bde' else 1.5  # two windows, or one that is padded
            write_clip(folder / name, 100 + 30 * number, duration_s, generator)
            rows.append({'file_path': name, 'emotion': emotion, 'speaker': speaker, 'text': '1'})
    with open(str(folder / 'metadata.csv'), 'w', newline='') as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope='session')
def corpora(tmp_path_factory):
    """Folder with the two corpora."""
    root = tmp_path_factory.mktemp('corpora')
    write_corpus(root / 'north', NORTH, 'abcde')
    write_corpus(root / 'south', SOUTH, 'klm')
    return root


@pytest.fixture(scope='session')
def config_path(tmp_path_factory):
    """Path of the configuration for them."""
    path = tmp_path_factory.mktemp('config') / 'tiny.yaml'
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope='session')
def feature_cache(tmp_path_factory):
    """Folder for the features of the corpora, so that they are computed once."""
    return tmp_path_factory.mktemp('features')


@pytest.fixture
def train_arguments(corpora, feature_cache, tmp_path):
    """Return the arguments of ser_ros train for a configuration's text and an output folder."""
    def arguments(text, output, *options):
        path = tmp_path / 'c.yaml'
        path.write_text(text)
        output.mkdir(exist_ok=True)
        if not (output / 'cache').exists():
            os.symlink(str(feature_cache), str(output / 'cache'))
        return ['train', str(path), '--data', str(corpora), '--output', str(output),
                '--threads', '1', *options]
    return arguments
