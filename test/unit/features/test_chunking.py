# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a signal is cut into pushes never changes a bit of the result."""

import numpy as np
import pytest
from signals import SIGNALS, noise

from ser_ros.features.registry import FEATURE_SETS, create_extractor

hypothesis = pytest.importorskip('hypothesis')
strategies = hypothesis.strategies

SOUND = np.concatenate(
    [SIGNALS['voice'], SIGNALS['silence'][:7777], noise(0.01).astype(np.float32)[:20011]])

# Sizes of single samples, of a driver's buffers, of whole windows; also nothing at all.
SIZES = strategies.lists(
    strategies.one_of(
        strategies.integers(0, 40), strategies.integers(150, 1100),
        strategies.integers(0, len(SOUND))),
    min_size=1, max_size=40)


def chunks(sizes):
    """Cut SOUND into pieces of these sizes, over and over; the last piece is what is left."""
    start, index = 0, 0
    step = max(1, sum(sizes))
    while start < len(SOUND):
        # After one round of small sizes the rest comes in one go, so that this ends soon.
        size = sizes[index] if index < len(sizes) else max(step, 5000)
        yield SOUND[start:start + size]
        start, index = start + size, index + 1


@pytest.fixture(scope='module', params=sorted(FEATURE_SETS))
def extractor(request):
    return create_extractor(request.param)


@pytest.fixture(scope='module')
def columns(extractor):
    return create_extractor(extractor.name).columns(SOUND)


def complete_columns(extractor, samples):
    """Return how many columns there are after a window or more."""
    return extractor.window_columns + (samples - extractor.window_samples) // extractor.hop_samples


def input_from_columns(extractor, columns, samples):
    """Return the latest window's input after some samples, from the whole sound's columns."""
    end = complete_columns(extractor, samples)
    window = tuple(part[..., end - extractor.window_columns:end] for part in columns)
    return extractor.input_from_columns(window)


@hypothesis.settings(deadline=None, max_examples=60)
@hypothesis.given(sizes=SIZES)
def test_stream_equals_batch(extractor, columns, sizes):
    extractor.reset()
    samples = 0
    for chunk in chunks(sizes):
        extractor.push(chunk)
        samples += len(chunk)
        if samples >= extractor.window_samples:
            np.testing.assert_array_equal(
                extractor.input(), input_from_columns(extractor, columns, samples))
    assert samples == len(SOUND)
    assert complete_columns(extractor, samples) == columns[0].shape[-1]


@pytest.mark.parametrize('size', [1, 7, 319, 320, 321, 1024, 13760 + 1024, len(SOUND)])
def test_images_of_steady_chunks(extractor, columns, size):
    extractor.reset()
    for start in range(0, len(SOUND), size):
        extractor.push(SOUND[start:start + size])
    np.testing.assert_array_equal(
        extractor.input(), input_from_columns(extractor, columns, len(SOUND)))


@pytest.mark.parametrize('size', [1, 319, 4000])
def test_pitch_of_steady_chunks(extractor, size):
    extractor.reset()
    extractor.push(SOUND)
    expected = extractor.pitch_hz()
    extractor.reset()
    for start in range(0, len(SOUND), size):
        extractor.push(SOUND[start:start + size])
    np.testing.assert_equal(extractor.pitch_hz(), expected)


def probabilities(detector, parts):
    detector.reset()
    for part in parts:
        detector.push(part)
    return [detector.probability(n) for n in (1, 511, 8000, 41664)]


@hypothesis.settings(deadline=None, max_examples=20)
@hypothesis.given(sizes=SIZES)
def test_voice_activity(detector, sizes):
    assert probabilities(detector, chunks(sizes)) == probabilities(detector, [SOUND])
