# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The resampler as a stream: the same as in one go, at the right time and level."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_ros.audio.resample import StreamResampler
from ser_ros.errors import SerError

RATES_HZ = (8000, 11025, 22050, 44100, 48000, 96000, 192000)


def resampled(samples, rate_hz, cuts):
    resampler = StreamResampler(rate_hz)
    ends = sorted(cuts) + [samples.size]
    pieces = [resampler.push(samples[start:end]) for start, end in zip([0] + ends, ends)]
    return np.concatenate(pieces + [resampler.flush()])


@settings(deadline=None, max_examples=50)
@given(rate_hz=st.sampled_from(RATES_HZ), n=st.integers(1, 5000), seed=st.integers(0, 99),
       data=st.data())
def test_blocks_of_any_size_give_what_one_go_gives(rate_hz, n, seed, data):
    samples = np.random.RandomState(seed).uniform(-1, 1, n).astype(np.float32)
    cuts = data.draw(st.lists(st.integers(0, n), max_size=8))
    result = resampled(samples, rate_hz, cuts)
    assert result.dtype == np.float32
    assert np.array_equal(result, soxr.resample(samples, rate_hz, 16000))


@pytest.mark.parametrize('rate_hz', RATES_HZ)
def test_a_tone_keeps_time_level_and_length(rate_hz):
    tone = np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz).astype(np.float32)
    result = resampled(tone, rate_hz, range(0, rate_hz, 320))
    assert result.size == 16000
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(result - expected)[200:-200].max() < 1e-3


def test_what_16_khz_cannot_hold_is_filtered_out():
    tone = np.sin(2 * np.pi * 12000 * np.arange(48000) / 48000).astype(np.float32)
    assert np.abs(resampled(tone, 48000, []))[500:-500].max() < 1e-4


def test_16_khz_passes_unchanged():
    samples = np.linspace(-1, 1, 320, dtype=np.float32)
    resampler = StreamResampler(16000)
    assert resampler.push(samples) is samples
    assert resampler.flush().size == 0


def test_after_a_flush_a_new_signal_starts():
    resampler = StreamResampler(48000)
    samples = np.random.RandomState(0).uniform(-1, 1, 4800).astype(np.float32)
    first = np.concatenate([resampler.push(samples), resampler.flush()])
    second = np.concatenate([resampler.push(samples), resampler.flush()])
    assert np.array_equal(first, second)


def test_nothing_in_nothing_out():
    resampler = StreamResampler(44100)
    assert resampler.push(np.zeros(0, np.float32)).size == 0
    assert resampler.flush().size == 0


@pytest.mark.parametrize('rates', [(4000, 16000), (16000, 500000), (0, 16000), (-1, 16000)])
def test_rates_outside_the_range_are_refused(rates):
    with pytest.raises(SerError, match='8000 to 192000'):
        StreamResampler(*rates)
