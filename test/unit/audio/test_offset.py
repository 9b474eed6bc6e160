# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A constant offset is taken out, and all other sound stays bit by bit."""

import numpy as np
import pytest
from odd_audio import RATE_HZ, sound

from ser_ros.audio.offset import OffsetRemover, remove_offset


def in_chunks(samples, size):
    remover = OffsetRemover()
    parts = []
    for start in range(0, len(samples), size):
        parts += remover.push(samples[start:start + size])
    return np.concatenate([*parts, *remover.flush()])


@pytest.mark.parametrize('offset', [0.0, 0.001, -0.004])
def test_sound_without_an_offset_stays(offset):
    samples = sound(8) + np.float32(offset)
    np.testing.assert_array_equal(remove_offset(samples), samples)


@pytest.mark.parametrize('offset', [0.01, 0.1, -0.2, 0.4])
def test_an_offset_is_taken_out(offset):
    samples = remove_offset(sound(8) + np.float32(offset))
    np.testing.assert_allclose(samples, sound(8), atol=0.005)


def test_an_offset_that_changes_is_followed():
    samples = sound(30)
    samples[:15 * RATE_HZ] += 0.1
    samples[15 * RATE_HZ:] -= 0.1
    found = remove_offset(samples)
    assert abs(found[:14 * RATE_HZ].mean()) < 0.005
    assert abs(found[-2 * RATE_HZ:].mean()) < 0.02


def test_an_offset_that_ends_leaves_no_trace():
    samples = np.concatenate([sound(2) + np.float32(0.1), sound(60)])
    np.testing.assert_array_equal(remove_offset(samples)[-RATE_HZ:], samples[-RATE_HZ:])


@pytest.mark.parametrize('size', [1, 100, 320, 1601, 8000, 20000])
def test_chunks_change_nothing(size):
    samples = sound(3) + np.linspace(0.3, -0.1, 3 * RATE_HZ, dtype=np.float32)
    np.testing.assert_array_equal(in_chunks(samples, size), remove_offset(samples))


@pytest.mark.parametrize('size', [0, 1, 100, 7999, 8000, 8001])
def test_nothing_is_lost_of_short_sound(size):
    samples = sound(1)[:size]
    assert in_chunks(samples, 320).size == size if size else remove_offset(samples).size == 0


def test_the_stream_can_begin_again():
    remover = OffsetRemover()
    for _ in remover.push(sound(3) + np.float32(0.3)):
        pass
    remover.reset()
    found = np.concatenate(list(remover.push(sound(3))))
    np.testing.assert_array_equal(found, sound(3))
