# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Each degradation of a waveform does what it says, by measuring it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from ser_ros.degrade import chain, channel, codec, level, noise, room, voices
from ser_ros.degrade.seeds import generator_for
from ser_ros.errors import SerError

RATE_HZ = 16000
SIZE = 56000
KINDS = {
    'noise': lambda samples, generator: noise.add_noise(
        samples, noise.any_noise(generator, len(samples)), 10.0),
    **{name: lambda samples, generator, make=make: noise.add_noise(
        samples, make(generator, len(samples)), 10.0) for name, make in noise.NOISES.items()},
    'room': lambda samples, generator: room.reverberate(
        samples, room.impulse_response(0.5, 0.0, generator)),
    'colour': lambda samples, generator: channel.colour(samples, 6.0, generator),
    'gain': lambda samples, generator: channel.amplify(samples, -20.0),
    'clipping': lambda samples, generator: channel.clip(samples, 0.1),
    'mu': lambda samples, generator: channel.telephone(samples, 'mu'),
    'A': lambda samples, generator: channel.telephone(samples, 'A'),
    'mp3': lambda samples, generator: codec.transcode(samples, 'mp3', 24.0),
    'opus': lambda samples, generator: codec.transcode(samples, 'opus', 16.0),
    'aac': lambda samples, generator: codec.transcode(samples, 'aac', 24.0),
    'amr': lambda samples, generator: codec.transcode(samples, 'amr', 12.2),
}


def generator(seed=0):
    return np.random.default_rng(seed)


def speech(size=SIZE):
    """Syllables with pauses between them and a silent end, at about -30 dBFS."""
    samples = 0.03 * voices.murmur(generator(7), size)
    samples[-size // 8:] = 0.0
    return samples.astype(np.float32)


def power_db(samples):
    return 10 * np.log10(level.mean_power(samples))


@pytest.mark.parametrize('kind', KINDS)
def test_same_length_finite_and_decided_by_the_seed(kind):
    samples = speech()
    kept = samples.copy()
    first, again = (KINDS[kind](samples, generator(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(samples, kept)
    assert first.dtype == np.float32
    assert first.shape == samples.shape
    assert np.all(np.isfinite(first))
    assert not np.array_equal(first, samples)


@pytest.mark.parametrize('kind', KINDS)
def test_silence_stays_silence(kind):
    silent = KINDS[kind](np.zeros(SIZE, np.float32), generator())
    assert np.abs(silent).max() < 1e-4


@pytest.mark.parametrize('kind', noise.NOISES)
@pytest.mark.parametrize('snr_db', [20.0, 0.0])
def test_noise_is_that_far_below_the_speech(kind, snr_db):
    samples = speech()
    noisy = noise.add_noise(samples, noise.NOISES[kind](generator(1), SIZE), snr_db)
    spoken = level.active_frames(samples)
    assert len(spoken) < SIZE / 320
    distance_db = power_db(spoken) - power_db(noisy - samples)
    assert distance_db == pytest.approx(snr_db, abs=0.1)


def test_pauses_do_not_count_for_the_level():
    tone = np.sin(np.arange(16000) * 0.3)
    with_pause = np.concatenate([tone, np.zeros(48000), 1e-3 * tone])
    assert level.active_power(with_pause) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize('make, slope_db', [(noise.white, 0.0), (noise.pink, -3.0)])
def test_slope_of_the_noise(make, slope_db):
    frequency_hz, power = signal.welch(make(generator(), 160000), RATE_HZ, nperseg=1024)
    band = (frequency_hz > 100) & (frequency_hz < 7000)
    slope, _ = np.polyfit(np.log2(frequency_hz[band]), 10 * np.log10(power[band]), 1)
    assert slope == pytest.approx(slope_db, abs=0.3)


def test_babble_is_made_of_the_speech_that_is_given():
    talkers = [np.sin(np.arange(20000) * 2 * np.pi * pitch_hz / RATE_HZ)
               for pitch_hz in (500, 1000)]
    frequency_hz, power = signal.welch(
        noise.babble(generator(), SIZE, talkers), RATE_HZ, nperseg=1600)
    assert set(frequency_hz[np.argsort(power)[-2:]]) <= {500, 510, 490, 1000, 1010, 990}


@pytest.mark.parametrize('rt60_s', [0.3, 0.6, 1.0])
@pytest.mark.parametrize('ratio_db', [-3.0, 6.0])
def test_reverberation_time_and_direct_sound(rt60_s, ratio_db):
    response = room.impulse_response(rt60_s, ratio_db, generator(4))
    reflections = response.copy()
    reflections[0] = 0.0
    assert response[0] == 1.0
    assert -10 * np.log10(np.sum(reflections ** 2)) == pytest.approx(ratio_db, abs=0.1)
    # Schroeder's backward integration, the line from -5 to -35 dB.
    left_db = 10 * np.log10(np.cumsum(reflections[::-1] ** 2)[::-1] / np.sum(reflections ** 2))
    used = (left_db < -5) & (left_db > -35)
    slope_db, _ = np.polyfit(np.flatnonzero(used) / RATE_HZ, left_db[used], 1)
    assert -60 / slope_db == pytest.approx(rt60_s, rel=0.1)


def test_a_room_fills_the_pauses_and_keeps_the_level():
    samples = speech()
    wet = room.reverberate(samples, room.impulse_response(0.8, 0.0, generator()))
    assert level.active_power(wet) == pytest.approx(level.active_power(samples), rel=1e-3)
    end = slice(-SIZE // 8, -SIZE // 8 + 1600)
    assert not samples[end].any()
    assert power_db(wet[end]) > power_db(samples) - 30


def test_gain_rounds_what_is_faint_and_saturates_what_is_loud():
    samples = speech()
    faint = channel.amplify(samples, -30.0)
    np.testing.assert_allclose(faint, samples * 10 ** -1.5, atol=0.51 / 32768)
    assert len(np.unique(faint)) < 300
    np.testing.assert_array_equal(faint * 32768, np.rint(faint * 32768))
    loud = channel.amplify(samples, 30.0)
    assert loud.max() == np.float32(32767 / 32768)
    assert loud.min() == -1.0


@pytest.mark.parametrize('share', [0.05, 0.3])
def test_so_many_samples_are_clipped(share):
    samples = speech()
    clipped = channel.clip(samples, share)
    spoken = len(level.active_frames(samples)) * 320
    at_full_scale = np.abs(clipped) >= 32767 / 32768
    assert at_full_scale.sum() / spoken == pytest.approx(share, abs=0.01)
    assert np.all(np.sign(clipped[at_full_scale]) == np.sign(samples[at_full_scale]))


@pytest.mark.parametrize('law', channel.LAWS)
def test_the_telephone_has_its_band_and_8_bits(law):
    sound = 0.1 * generator().standard_normal(SIZE).astype(np.float32)
    frequency_hz, before = signal.welch(sound, RATE_HZ, nperseg=1024)
    _, after = signal.welch(channel.telephone(sound, law), RATE_HZ, nperseg=1024)
    change_db = 10 * np.log10(after / before)
    assert np.all(np.abs(change_db[(frequency_hz > 400) & (frequency_hz < 3200)]) < 2)
    assert np.all(change_db[frequency_hz < 150] < -15)
    assert np.all(change_db[frequency_hz > 4200] < -15)


@pytest.mark.parametrize('law', channel.LAWS)
def test_companding(law):
    values = np.linspace(-1, 1, 2001)
    coded = channel.compress(values, law)
    assert np.all(np.diff(coded) > 0)
    np.testing.assert_allclose(channel.expand(coded, law), values, atol=1e-9)
    # Known values: mu-law ln(1 + 255 / 2) / ln(256), A-law (1 + ln(87.6 / 2)) / (1 + ln 87.6).
    half = {'mu': 0.8757, 'A': 0.8733}[law]
    assert channel.compress(np.array([0.5]), law)[0] == pytest.approx(half, abs=1e-4)


def test_colour_changes_the_spectrum_and_not_the_level():
    sound = 0.1 * generator().standard_normal(160000).astype(np.float32)
    coloured = channel.colour(sound, 6.0, generator(1))
    assert power_db(coloured) == pytest.approx(power_db(sound), abs=0.1)
    _, before = signal.welch(sound, RATE_HZ, nperseg=512)
    _, after = signal.welch(coloured, RATE_HZ, nperseg=512)
    change_db = 10 * np.log10(after / before)[2:]
    assert np.ptp(change_db) > 6
    assert np.abs(np.diff(change_db)).max() < 6


def test_speed_changes_length_and_pitch():
    tone = np.sin(2 * np.pi * 1000 * np.arange(SIZE) / RATE_HZ).astype(np.float32)
    fast = channel.change_speed(tone, 1.1)
    assert len(fast) == pytest.approx(SIZE / 1.1, abs=2)
    frequency_hz, power = signal.welch(fast, RATE_HZ, nperseg=16000)
    assert frequency_hz[power.argmax()] == pytest.approx(1100, abs=1)


@pytest.mark.parametrize('name', codec.CODECS)
def test_a_codec_loses_something_but_no_time(name):
    samples = speech()
    coded = codec.transcode(samples, name, 12.2)
    likeness = signal.correlate(coded, samples, 'same')
    assert abs(int(likeness.argmax()) - SIZE // 2) <= 8
    assert likeness.max() / np.sum(samples ** 2) > 0.6


@pytest.mark.parametrize('name', ['mp3', 'opus', 'aac'])
def test_fewer_bits_lose_more(name):
    samples = speech()
    fine, coarse = (level.mean_power(codec.transcode(samples, name, kbit_s) - samples)
                    for kbit_s in (64.0, 8.0))
    assert fine < coarse


def test_amr_takes_what_is_above_4_khz():
    sound = 0.1 * generator().standard_normal(SIZE).astype(np.float32)
    frequency_hz, power = signal.welch(codec.transcode(sound, 'amr', 4.75), RATE_HZ, nperseg=512)
    high = power[frequency_hz > 4200].mean() / power[frequency_hz < 3000].mean()
    assert 10 * np.log10(high) < -30


def test_no_codecs_without_pyav(monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(SerError, match='pip install av'):
        codec.transcode(speech(), 'mp3', 16.0)


def test_an_encoder_that_ffmpeg_lacks_is_named(monkeypatch):
    monkeypatch.setitem(codec.CODECS, 'odd', codec.Codec('libodd', 'ogg'))
    with pytest.raises(SerError, match='libodd'):
        codec.transcode(speech(), 'odd', 16.0)


def test_copies_differ_and_repeat():
    samples = speech()
    here, elsewhere = Path('/a/speaker/clip.wav'), Path('/b/c/speaker/clip.wav')
    first = chain.degraded_copy(samples, here, 1)
    np.testing.assert_array_equal(first, chain.degraded_copy(samples, elsewhere, 1))
    for path, copy in (here, 2), (Path('/a/other/clip.wav'), 1):
        other = chain.degraded_copy(samples, path, copy)
        assert len(other) != len(first) or not np.array_equal(other, first)


def test_copies_are_sound_of_16_bits_whatever_is_drawn():
    samples = speech(44000)
    lengths = set()
    for copy in range(1, 16):
        degraded = chain.degraded_copy(samples, Path('folder/clip'), copy)
        assert degraded.dtype == np.float32
        assert np.all(np.isfinite(degraded))
        np.testing.assert_array_equal(degraded, channel.to_16_bit(degraded))
        assert len(degraded) >= len(samples)
        assert level.active_power(degraded) > 0
        lengths.add(len(degraded))
        silent = chain.degraded_copy(np.zeros_like(samples), Path('folder/clip'), copy)
        assert np.abs(silent).max() < 1e-3
    assert len(lengths) > 3  # of slower ones


@pytest.mark.parametrize('kind', ['talkers', 'rooms'])
def test_the_other_kinds_repeat_and_never_lose_the_speech(kind):
    samples, path = speech(), Path('speaker/clip.wav')
    others = [np.roll(samples, 4000)[::-1].copy(), samples[::2].copy()]
    for copy in range(1, 5):
        degraded = chain.degraded_copy(samples, path, copy, kind, others)
        np.testing.assert_array_equal(
            degraded, chain.degraded_copy(samples, path, copy, kind, others))
        np.testing.assert_array_equal(degraded, channel.to_16_bit(degraded))
        assert level.active_power(degraded) > 0
        assert not np.array_equal(degraded[:len(samples)], samples)


def test_generators_are_told_apart_by_clip_and_purpose():
    drawn = {generator_for(Path(path), purpose).random()
             for path in ('x/a', 'x/b', 'y/a') for purpose in ('copy 1', 'copy 2')}
    assert len(drawn) == 6
