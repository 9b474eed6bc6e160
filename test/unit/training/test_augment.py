# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows that training draws: valid columns whatever is drawn, and balanced."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ser_ros.features import create_extractor
from ser_ros.offline import open_stream
from ser_ros.training.augment import draw_window
from ser_ros.training.data import Clip
from ser_ros.training.windows import BalancedWindows, clip_images


@pytest.fixture
def extractor():
    return create_extractor('mel_yin_rms/1')


def sound(samples, seed=0):
    generator = np.random.default_rng(seed)
    time_s = np.arange(samples) / 16000
    return (0.2 * np.sin(2 * np.pi * 150 * time_s)
            + 0.01 * generator.standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize('samples', [41920, 60000, 160000])
def test_windows_are_valid_columns(extractor, samples):
    columns = extractor.columns(sound(samples))
    generator = np.random.default_rng(2)
    for _ in range(100):
        window = draw_window(columns, 128, generator)
        assert window.mel_db.shape == (128, 128)
        assert window.f0_hz.shape == window.rms.shape == (128,)
        assert window.f0_hz.min() >= 50
        assert window.f0_hz.max() <= 8000
        assert window.rms.min() >= 0
        image = extractor.image_from_columns(window)
        assert image.min() >= 0
        assert image.max() <= 1


def test_silence_can_be_drawn_from(extractor):
    columns = extractor.columns(np.zeros(41920, np.float32))
    generator = np.random.default_rng(0)
    for _ in range(20):
        assert np.all(np.isfinite(extractor.image_from_columns(
            draw_window(columns, 128, generator))))


def test_the_seed_decides(extractor):
    columns = extractor.columns(sound(60000))
    first, again, other = (draw_window(columns, 128, np.random.default_rng(seed)).mel_db
                           for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_corpus_counts_as_much_as_another_and_so_do_its_classes(extractor):
    columns = [extractor.columns(sound(41920))] * 9
    # One big corpus of one and the other class, 6 to 1; a small one that has a third.
    clips = [Clip('big', Path(str(index)), 's', 0 if index < 6 else 1) for index in range(7)]
    clips += [Clip('small', Path('x'), 's', 2)] * 2
    drawn = BalancedWindows(clips, columns, extractor, np.random.default_rng(0))
    counts = Counter()
    sizes = []
    for images, labels in drawn.batches(610, 100):
        counts.update(labels.tolist())
        sizes.append(len(images))
        assert images.shape == (len(labels), 3, 128, 128)
    assert sizes == [100] * 6 + [10]
    for label, share in (0, 0.25), (1, 0.25), (2, 0.5):
        assert counts[label] / 610 == pytest.approx(share, abs=0.06)


def test_windows_to_measure_on_are_those_of_the_stream(extractor):
    samples = sound(41664 + 8000 * 3 + 100)
    images = clip_images(extractor.columns(samples), extractor)
    streamed = [window.image.copy() for window in open_stream(extractor.name, 0.5).push(samples)]
    assert len(images) == 4
    np.testing.assert_array_equal(images, np.stack(streamed))
