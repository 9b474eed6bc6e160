# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""mel_f0_level/1 against librosa, and that its scales are fixed."""

import numpy as np
import pytest
from signals import DC_AND_NOISE, RATE_HZ, SIGNALS, TIME_S, WINDOW_SAMPLES, noise, voice

from ser_ros.features.mel_f0_level import MelF0Level
from ser_ros.features.mel_yin_rms import MelYinRms

ALL_SIGNALS = dict(SIGNALS, **DC_AND_NOISE)
F0_TOLERANCE = 1e-5
MAX_NEAR_TIES = 1e-3
LOWEST_VOICE = np.log2(50 / 25) / np.log2(600 / 25)

# Of SIGNALS['voice']; librosa says the same, as the tests of hard signals show.
STORED_HOPS = [0, 5, 17, 40, 64, 90, 127]
STORED_F0_HZ = [148.2054, 159.906, 179.7406, 123.549, 158.031, 179.8038, 55.3883]
STORED_BANDS = [3, 20, 60, 100]
STORED_IMAGE = {
    5: ([-0.484767, -0.70306, -0.508029, -0.764394], 0.583914, 0.398835),
    64: ([-0.672836, -0.940577, -0.847446, -0.879628], 0.0, -0.740189),
}


def image_of(samples):
    extractor = MelF0Level()
    extractor.push(samples.astype(np.float32))
    return extractor.input()


def reference_columns(reference, samples):
    """Compute the columns by librosa: YIN of each frame less its mean, power in double."""
    import librosa
    frames = librosa.util.frame(samples, frame_length=1024, hop_length=320).T
    centred = frames - frames.mean(axis=1, keepdims=True)
    f0_hz = librosa.yin(centred, fmin=50, fmax=600, sr=RATE_HZ, frame_length=1024,
                        trough_threshold=0.1, center=False)[:, 0]
    spectrum = librosa.stft(samples.astype(float), n_fft=1024, hop_length=320, center=False)
    mel = reference.FILTERBANK.numpy().T.astype(float) @ np.abs(spectrum) ** 2
    return mel / (512 * np.sum(librosa.filters.get_window('hann', 1024) ** 2)), f0_hz


def reference_channels(reference, samples):
    """Compute mel spectrogram and level on their scales, from the definition."""
    power = reference_columns(reference, samples)[0]
    frames = power[3:].sum(axis=0)  # the centres of three bands lie below 100 Hz
    gain = 1e-2 / max(frames.mean(), 1e-7)
    mel_db, level_db = (10 * np.log10(np.maximum(values * gain, 1e-30))
                        for values in (power, frames))
    return np.clip((mel_db + 45) / 35, -1, 1), np.clip((level_db + 30) / 30, -1, 1)


def test_window_is_that_of_mel_yin_rms():
    assert MelF0Level.name == 'mel_f0_level/1'
    assert MelF0Level.input_shape == (3, 128, 128)
    assert MelF0Level.grid == MelYinRms.grid == (1024, 320, 128)
    for name in ('sample_rate_hz', 'hop_samples', 'window_columns', 'window_samples'):
        assert getattr(MelF0Level(), name) == getattr(MelYinRms(), name)


@pytest.mark.parametrize('name', sorted(ALL_SIGNALS))
def test_mel_and_level_of_hard_signals(reference, name):
    image = image_of(ALL_SIGNALS[name])
    mel, level = reference_channels(reference, ALL_SIGNALS[name])
    np.testing.assert_allclose(image[0], mel, rtol=0, atol=2e-5)
    np.testing.assert_allclose(image[2], np.broadcast_to(level, (128, 128)), rtol=0, atol=2e-5)


@pytest.mark.parametrize('name', sorted(ALL_SIGNALS))
def test_pitch_of_hard_signals(reference, name):
    columns = MelF0Level().columns(ALL_SIGNALS[name])
    expected_hz = reference_columns(reference, ALL_SIGNALS[name])[1]
    np.testing.assert_allclose(columns.f0_hz, expected_hz, rtol=F0_TOLERANCE)


def test_speech(reference, speech):
    ties, hops = 0, 0
    for path, clip in speech.items():
        samples = np.resize(clip, max(len(clip), WINDOW_SAMPLES))
        f0_hz = MelF0Level().columns(samples).f0_hz
        expected_hz = reference_columns(reference, samples)[1]
        other = np.abs(RATE_HZ / f0_hz - RATE_HZ / expected_hz) > 0.5
        np.testing.assert_allclose(f0_hz[~other], expected_hz[~other], rtol=F0_TOLERANCE)
        ties, hops = ties + int(other.sum()), hops + len(f0_hz)
        window = samples[:WINDOW_SAMPLES]
        mel, level = reference_channels(reference, window)
        image = image_of(window)
        np.testing.assert_allclose(image[0], mel, rtol=0, atol=2e-5, err_msg=path)
        np.testing.assert_allclose(image[2, 0], level, rtol=0, atol=2e-5, err_msg=path)
    assert ties <= MAX_NEAR_TIES * hops, f'{ties} of {hops} frames'


def test_stored_values():
    # Also where librosa and torch are not installed.
    columns = MelF0Level().columns(SIGNALS['voice'])
    np.testing.assert_allclose(columns.f0_hz[STORED_HOPS], STORED_F0_HZ, rtol=F0_TOLERANCE)
    image = image_of(SIGNALS['voice'])
    for hop, (mel, pitch, level) in STORED_IMAGE.items():
        np.testing.assert_allclose(image[0, STORED_BANDS, hop], mel, atol=1e-5)
        assert image[1, 0, hop] == pytest.approx(pitch, abs=1e-5)
        assert image[2, 0, hop] == pytest.approx(level, abs=1e-5)


@pytest.mark.parametrize('name', sorted(ALL_SIGNALS))
def test_range(name):
    image = image_of(ALL_SIGNALS[name])
    assert image.dtype == np.float32
    assert np.isfinite(image).all()
    assert image.min() >= -1 and image.max() <= 1
    voiced = image[1] != 0
    assert np.all(image[1][voiced] > LOWEST_VOICE)
    assert np.all(image[1:] == image[1:, :1])  # the same in all rows


@pytest.mark.parametrize('offset', [0.0, 0.5, -0.1, 1.0])
def test_silence_and_dc(offset):
    image = image_of(np.full(WINDOW_SAMPLES, offset))
    np.testing.assert_array_equal(image[0], -1)
    np.testing.assert_array_equal(image[1], 0)
    np.testing.assert_array_equal(image[2], -1)


@pytest.mark.parametrize('offset', [0.3, -0.02])
def test_dc_changes_nothing(offset):
    image, plain = image_of(voice() + offset), image_of(voice())
    # What single precision leaves of quiet samples beside the offset.
    np.testing.assert_allclose(image[0], plain[0], atol=1e-3)
    np.testing.assert_allclose(image[1:], plain[1:], atol=1e-3)


@pytest.mark.parametrize('gain_db', [-40, -30, -6, 12, 20])
def test_gain_changes_nothing(gain_db):
    loud, image = image_of(voice(0.1)), image_of(voice(0.1) * 10 ** (gain_db / 20))
    np.testing.assert_allclose(image, loud, atol=1e-4)


@pytest.mark.parametrize('level_dbfs, expected_dbfs', [(-3, -20), (-65, -20), (-90, -40)])
def test_level_of_noise(level_dbfs, expected_dbfs):
    level = image_of(noise(10 ** (level_dbfs / 20)))[2, 0]
    np.testing.assert_allclose(30 * level.mean() - 30, expected_dbfs, atol=0.2)


def test_hum_does_not_count():
    hum = 0.5 * np.sin(2 * np.pi * 50 * TIME_S)
    image, plain = image_of(voice() + hum), image_of(voice())
    loud = plain[2] > 0.2
    np.testing.assert_allclose(image[2][loud], plain[2][loud], atol=0.1)


@pytest.mark.parametrize('frequency_hz', [55, 75, 100, 150, 220, 440, 590])
def test_pitch_of_tones(frequency_hz):
    extractor = MelF0Level()
    extractor.push(0.5 * np.sin(2 * np.pi * frequency_hz * TIME_S).astype(np.float32))
    expected = np.log2(frequency_hz / 25) / np.log2(24)
    np.testing.assert_allclose(extractor.input()[1], expected, atol=5e-3)
    if 60 <= frequency_hz <= 500:
        assert extractor.pitch_hz() == pytest.approx(frequency_hz, rel=0.02)


def test_octaves_are_equal_steps():
    low, middle, high = (image_of(0.1 * np.sin(2 * np.pi * hz * TIME_S))[1, 0, 64]
                         for hz in (100, 200, 400))
    assert middle - low == pytest.approx(high - middle, abs=2e-3)


@pytest.mark.parametrize('name', ['noise at -20 dBFS', 'noise at -90 dBFS', 'noise at full scale'])
def test_noise_has_no_pitch(name):
    assert np.mean(image_of(SIGNALS[name])[1] != 0) < 0.01


def test_what_is_quiet_has_no_pitch():
    tone = np.sin(2 * np.pi * 200 * TIME_S)
    # Then 26 and then 34 dB below the mean of the window, which is 3 dB below the first half.
    second = TIME_S > TIME_S[-1] / 2
    for amplitude, voiced in (10 ** (-29 / 20), True), (10 ** (-37 / 20), False):
        pitch = image_of(0.3 * tone * np.where(second, amplitude, 1))[1, 0]
        assert np.all(pitch[:60] > LOWEST_VOICE)
        assert np.all((pitch[70:] > LOWEST_VOICE) == voiced)


def test_pitch_of_a_voice():
    extractor = MelF0Level()
    extractor.push(SIGNALS['voice'])
    assert 110 < extractor.pitch_hz() < 170
    pitch = extractor.input()[1, 0]
    low, high = np.log2(np.array([95, 185]) / 25) / np.log2(24)
    assert np.mean(pitch != 0) > 0.5
    assert np.mean((pitch[pitch != 0] > low) & (pitch[pitch != 0] < high)) > 0.95


@pytest.mark.parametrize('name', ['silence', 'dc', 'noise at -20 dBFS', 'noise at -90 dBFS'])
def test_what_is_no_voice_has_no_pitch(name):
    extractor = MelF0Level()
    extractor.push(SIGNALS[name])
    assert np.isnan(extractor.pitch_hz())


@pytest.mark.parametrize('samples, hops', [(0, 0), (1023, 0), (1024, 1), (1343, 1), (1344, 2)])
def test_columns_of_short_sounds(samples, hops):
    columns = MelF0Level().columns(np.zeros(samples, np.float32))
    assert [part.shape for part in columns] == [(128, hops), (hops,), (hops,)]
