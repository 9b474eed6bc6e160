# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows that training draws: valid columns whatever is drawn, and balanced."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ser_ros.features import FEATURE_SETS, create_extractor
from ser_ros.offline import open_stream
from ser_ros.training.data import Clip
from ser_ros.training.windows import DRAW_WINDOW, BalancedWindows, clip_images


@pytest.fixture(params=sorted(FEATURE_SETS))
def extractor(request):
    return create_extractor(request.param)


def draw(extractor, columns, generator):
    return DRAW_WINDOW[extractor.name](columns, extractor.window_hops, generator)


def sound(samples, seed=0):
    generator = np.random.default_rng(seed)
    time_s = np.arange(samples) / 16000
    return (0.2 * np.sin(2 * np.pi * 150 * time_s)
            + 0.01 * generator.standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize('samples', [41920, 60000, 160000])
def test_windows_are_valid_columns(extractor, samples):
    columns = extractor.columns(sound(samples))
    generator = np.random.default_rng(2)
    lowest, highest = {
        'mel_yin_rms/1': (0, 1), 'efficientat_mel/1': (-1.403, 4), 'mel_f0_level/1': (-1, 1),
    }[extractor.name]
    for _ in range(100):
        image = extractor.image_from_columns(draw(extractor, columns, generator))
        assert image.shape == extractor.shape
        assert image.min() >= lowest
        assert image.max() <= highest


def test_pitch_and_loudness_of_drawn_windows():
    columns = create_extractor('mel_yin_rms/1').columns(sound(60000))
    generator = np.random.default_rng(2)
    for _ in range(100):
        window = DRAW_WINDOW['mel_yin_rms/1'](columns, 128, generator)
        assert window.f0_hz.shape == window.rms.shape == (128,)
        assert window.f0_hz.min() >= 50
        assert window.f0_hz.max() <= 8000
        assert window.rms.min() >= 0


def test_silence_can_be_drawn_from(extractor):
    columns = extractor.columns(np.zeros(41920, np.float32))
    generator = np.random.default_rng(0)
    for _ in range(20):
        assert np.all(np.isfinite(extractor.image_from_columns(
            draw(extractor, columns, generator))))


def test_the_seed_decides(extractor):
    columns = extractor.columns(sound(60000))
    first, again, other = (draw(extractor, columns, np.random.default_rng(seed))[0]
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
        assert images.shape == (len(labels), *extractor.shape)
    assert sizes == [100] * 6 + [10]
    for label, share in (0, 0.25), (1, 0.25), (2, 0.5):
        assert counts[label] / 610 == pytest.approx(share, abs=0.06)


def test_windows_to_measure_on_are_those_of_the_stream(extractor):
    samples = sound(extractor.window_samples + 8000 * 3 + 100)
    images = clip_images(extractor.columns(samples), extractor)
    streamed = [window.image.copy() for window in open_stream(extractor.name, 0.5).push(samples)]
    assert len(images) == 4
    np.testing.assert_array_equal(images, np.stack(streamed))
