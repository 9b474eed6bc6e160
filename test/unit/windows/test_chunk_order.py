# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks in the wrong order, with single wrong stamps, or twice with other stamps."""

import numpy as np
import pytest
from test_audio_input import START_NS, S, make_stage

from ser_ros.windows.chunk_order import Chunk, ChunkOrder

SIZE, CHUNK_NS = 320, 20000000
COUNT = 500
NOISE = np.random.default_rng(1).integers(-2000, 2000, COUNT * SIZE).astype('<i2')
TONE = (8000 * np.sin(2 * np.pi * 1000 / 16000 * np.arange(COUNT * SIZE))).astype('<i2')


def chunks(samples=NOISE):
    return [(START_NS + index * CHUNK_NS, samples[index * SIZE:(index + 1) * SIZE].tobytes())
            for index in range(COUNT)]


def feed(sent):
    stage = make_stage()
    windows = []
    for stamp_ns, data in sent:
        windows += stage.push(data, stamp_ns)
    return stage, windows


def check_same(windows, samples=NOISE):
    _, expected = feed(chunks(samples))
    assert len(windows) == len(expected)
    for window, other in zip(windows, expected):
        np.testing.assert_array_equal(window.window.input, other.window.input)
        assert window.end_ns == pytest.approx(other.end_ns, abs=2e6)


def exchanged(sent, every, distance=1):
    sent = list(sent)
    for first in range(every, len(sent) - distance, every):
        sent[first], sent[first + distance] = sent[first + distance], sent[first]
    return sent


@pytest.mark.parametrize('every', [10, 3])
def test_neighbours_in_the_wrong_order_are_exchanged(every):
    sent = exchanged(chunks(), every)
    stage, windows = feed(sent)
    check_same(windows)
    assert stage.order.count == len(range(every, COUNT - 1, every))
    assert stage.gaps == stage.lost.total_ns == 0


@pytest.mark.parametrize('off_ns', [-S, 3600 * S, S // 2, -3 * S // 10])
def test_a_single_wrong_stamp_changes_nothing(off_ns):
    sent = chunks()
    sent[200] = sent[200][0] + off_ns, sent[200][1]
    stage, windows = feed(sent)
    check_same(windows)
    assert stage.order.count == 1
    assert stage.gaps == stage.restarts == stage.lost.total_ns == 0


@pytest.mark.parametrize('off_ns', [-S, 3600 * S])
def test_a_step_of_the_stamps_restarts_the_window_once(off_ns):
    sent = chunks()
    sent[200:] = [(stamp_ns + off_ns, data) for stamp_ns, data in sent[200:]]
    stage, windows = feed(sent)
    assert (stage.restarts, stage.order.count) == (1, 0)
    assert windows[-1].end_ns == pytest.approx(START_NS + COUNT * CHUNK_NS + off_ns, abs=6e7)


@pytest.mark.parametrize('off_ns', [1000000, 7000000, -3600 * S, 86400 * S])
@pytest.mark.parametrize('every', [1, 10])
def test_chunks_that_a_relay_sends_again_with_its_own_stamp_are_dropped(off_ns, every):
    sent = []
    for index, (stamp_ns, data) in enumerate(chunks()):
        sent.append((stamp_ns, data))
        if index % every == 0:
            sent.append((stamp_ns + off_ns, data))
    stage, windows = feed(sent)
    check_same(windows)
    assert stage.repeats.count == len(sent) - COUNT
    assert stage.gaps == stage.restarts == stage.lost.total_ns == 0


@pytest.mark.parametrize('samples', [TONE, np.zeros_like(NOISE)])
@pytest.mark.parametrize('jitter_ns', [0, 8000000])
def test_periodic_sound_is_not_taken_for_repeats(samples, jitter_ns):
    jitter = np.random.default_rng(2).integers(0, jitter_ns + 1, COUNT)
    stage, windows = feed([(stamp_ns + int(late_ns), data) for (stamp_ns, data), late_ns
                           in zip(chunks(samples), jitter)])
    assert stage.repeats.count == 0
    assert len(windows) == len(feed(chunks(samples))[1])


def test_periodic_sound_goes_on_after_a_hole():
    sent = chunks(TONE)
    stage, _ = feed(sent[:200] + sent[240:])
    assert stage.repeats.count <= 5
    assert stage.lost.total_ns == pytest.approx(40 * CHUNK_NS, abs=6 * CHUNK_NS)


def test_chunks_of_any_size():
    random = np.random.default_rng(3)
    sent, first = [], 0
    while first < len(NOISE):
        size = int(random.choice([1, 37, 160, 333, 1024, 8000]))
        sent.append((START_NS + first * S // 16000, NOISE[first:first + size].tobytes()))
        first += size
    stage, windows = feed(sent)
    check_same(windows)
    assert stage.order.count == stage.gaps == 0


def test_in_order_nothing_waits():
    order = ChunkOrder()
    for index in range(10):
        chunk = Chunk(index * CHUNK_NS, CHUNK_NS, index)
        assert list(order.push(chunk)) == [chunk]
    late = Chunk(15 * CHUNK_NS, CHUNK_NS, 15)
    assert not list(order.push(late))
    assert list(order.flush()) == [late]
