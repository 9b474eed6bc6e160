# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time and order of windows; what is in them is tested with the extractor."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from ser_ros.errors import SerError
from ser_ros.windows.audio_input import FeatureStage
from ser_ros.windows.speaking_gate import SpeakingGate

S = 10**9
START_NS = 1700000000 * S
WINDOW, PERIOD = 1000, 500


class CountingStream:
    """Windows of 1000 samples every 500, that hold the samples themselves."""

    def __init__(self):
        self.reset()

    def reset(self):
        self._samples = np.empty(0, np.float32)
        self._next = WINDOW

    def push(self, samples):
        self._samples = np.concatenate([self._samples, samples])
        while len(self._samples) >= self._next:
            start = self._next - WINDOW
            yield SimpleNamespace(
                start_sample=start, end_sample=self._next,
                input=self._samples[start:self._next].copy())
            self._next += PERIOD


def make_stage(rate=16000, channels=1):
    stage = FeatureStage(CountingStream(), SpeakingGate(0.0))
    assert not stage.ready
    stage.set_format(channels, rate, 'S16LE', 'WAVE')
    assert stage.ready
    return stage


def signal(n, seed=0):
    return np.random.default_rng(seed).integers(-2000, 2000, n).astype('<i2')


def feed(stage, samples, size, start_ns=START_NS, rate=16000, jitter_ns=lambda index: 0):
    windows = []
    for index, first in enumerate(range(0, len(samples), size)):
        stamp_ns = start_ns + first * S // rate + jitter_ns(index)
        windows += stage.push(samples[first:first + size].tobytes(), stamp_ns)
    return windows


@settings(max_examples=30, deadline=None)
@given(size=strategies.integers(1, 4000))
def test_windows_do_not_depend_on_the_chunks(size):
    samples = signal(5000)
    windows = feed(make_stage(), samples, size)
    assert len(windows) == 9
    for index, stamped in enumerate(windows):
        start = index * PERIOD
        assert stamped.start_ns == START_NS + start * S // 16000
        assert stamped.end_ns == START_NS + (start + WINDOW - 1) * S // 16000
        np.testing.assert_array_equal(
            stamped.window.input, samples[start:start + WINDOW].astype(np.float32) / 32768)
        assert not stamped.muted


def test_stamps_that_jitter_move_the_windows_little():
    samples = signal(16000)
    windows = feed(make_stage(), samples, 160,
                   jitter_ns=lambda index: 50000000 * (index % 2))
    ends = np.diff([stamped.end_ns for stamped in windows])
    np.testing.assert_allclose(ends, PERIOD * S / 16000, atol=2e6)


def test_a_clock_that_drifts_is_followed():
    samples = signal(16000 * 20)
    stage = make_stage()
    # The device is 0.1 % slow: its 20 s last 20.02 s of the computer's clock.
    windows = feed(stage, samples, 320, rate=15984)
    true_end_ns = START_NS + int((windows[-1].window.end_sample - 1) * S / 15984)
    assert abs(windows[-1].end_ns - true_end_ns) < 3e6
    assert stage.gaps == 0


def test_a_short_hole_is_filled_with_silence():
    samples = signal(4000)
    stage = make_stage()
    first = feed(stage, samples[:2000], 200)
    hole_ns = 400000000  # 6400 samples
    second = feed(stage, samples[2000:], 200, start_ns=START_NS + 2000 * S // 16000 + hole_ns)
    windows = first + second
    assert (stage.gaps, stage.restarts) == (1, 0)
    assert len(windows) == (4000 + 6400 - WINDOW) // PERIOD + 1
    np.testing.assert_allclose(
        np.diff([stamped.end_ns for stamped in windows]), PERIOD * S / 16000, atol=1e3)
    assert not windows[6].window.input.any()


@pytest.mark.parametrize('jump_ns', [5 * S, -5 * S])
def test_after_a_long_hole_or_a_step_back_it_starts_anew(jump_ns):
    samples = signal(4000)
    stage = make_stage()
    feed(stage, samples, 200)
    start_ns = START_NS + 4000 * S // 16000 + jump_ns
    windows = feed(stage, samples, 200, start_ns=start_ns)
    assert (stage.gaps, stage.restarts) == (1, 1)
    assert windows[0].start_ns == start_ns
    assert windows[0].window.start_sample == 0


def test_a_hole_of_150_ms_is_filled_once_it_is_sure():
    samples = signal(8000)
    stage = make_stage()
    feed(stage, samples[:4000], 320)
    windows = feed(stage, samples[4000:], 320, start_ns=START_NS + 4000 * S // 16000 + 150000000)
    assert (stage.gaps, stage.restarts) == (1, 0)
    last = windows[-1]
    true_ns = START_NS + (last.window.end_sample - 1) * S // 16000
    assert abs(last.end_ns - true_ns) < 5e6


def test_one_late_chunk_is_no_hole():
    stage = make_stage()
    feed(stage, signal(8000), 320, jitter_ns=lambda index: 200000000 * (index == 7))
    assert stage.gaps == 0


def test_stereo_at_another_rate():
    rate = 48000
    mono = signal(48000)
    stereo = np.repeat(mono, 2)
    windows = []
    stage = make_stage(rate=rate, channels=2)
    for first in range(0, 48000, 480):
        windows += stage.push(stereo[2 * first:2 * first + 960].tobytes(),
                              START_NS + first * S // rate)
    # All but what the resampler still holds back.
    assert 28 <= len(windows) <= (16000 - WINDOW) // PERIOD + 1
    assert windows[0].start_ns == START_NS


def test_a_format_that_changes_starts_anew_and_a_bad_one_ends_it():
    stage = make_stage()
    feed(stage, signal(900), 100)
    stage.set_format(1, 16000, 'S16LE', 'WAVE')  # said again: nothing new
    assert len(list(stage.push(signal(100).tobytes(), START_NS + 900 * S // 16000))) == 1
    with pytest.raises(SerError, match='format:=wave'):
        stage.set_format(1, 16000, 'S16LE', 'MP3')
    assert not stage.ready
    stage.set_format(1, 16000, 'U8', 'WAVE')
    assert list(stage.push(bytes(900), START_NS)) == []


def test_what_is_no_sound_is_left_out():
    stage = FeatureStage(CountingStream(), SpeakingGate(0.0))
    stage.set_format(1, 16000, 'F32LE', 'WAVE')
    with pytest.raises(SerError):
        list(stage.push(np.array([np.nan], '<f4').tobytes(), START_NS))
    assert list(stage.push(np.zeros(999, '<f4').tobytes(), START_NS)) == []
    assert len(list(stage.push(np.zeros(1, '<f4').tobytes(), START_NS + 999 * S // 16000))) == 1


def test_windows_are_muted_by_the_gate():
    gate = SpeakingGate(0.0)
    stage = FeatureStage(CountingStream(), gate)
    stage.set_format(1, 16000, 'S16LE', 'WAVE')
    gate.set(True, START_NS + 90 * 10**6)
    gate.set(False, START_NS + 91 * 10**6)
    muted = [stamped.muted for stamped in feed(stage, signal(3000), 200)]
    # A window lasts 62.5 ms and the next begins 31.25 ms later.
    assert muted == [False, True, True, False, False]
