# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""mel_yin_rms/1 against librosa and torch, on speech and on what is hard."""

import numpy as np
import pytest
from signals import DC_AND_NOISE, RATE_HZ, SIGNALS, TONES_HZ, WINDOW_SAMPLES, voice

from ser_ros.features.mel import mel_filterbank
from ser_ros.features.mel_corners import MEL_CORNERS_HZ
from ser_ros.features.mel_yin_rms import MelYinRms

IMAGE_TOLERANCE = 2e-5
# In 2 % of speech windows torch in single precision is further than that from torch in double
# precision: rounding, relative to the loudest bin, shows where a band is 70 dB below.
SINGLE_PRECISION_TOLERANCE = 5e-5
F0_TOLERANCE = 1e-5
MAX_NEAR_TIES = 1e-3
ALL_SIGNALS = dict(SIGNALS, **DC_AND_NOISE)

# What librosa 0.11 and torch (in double precision) say of SIGNALS['voice'].
STORED_HOPS = [0, 5, 17, 40, 64, 90, 127]
STORED_F0_HZ = [
    148.2062209, 159.9061784, 179.7404905, 123.548784, 158.0340351, 179.8037413, 55.3883073]
STORED_RMS = [0.0546741, 0.0574147, 0.0601187, 0.022869, 0.003421, 0.0232761, 0.0009852]
STORED_MEL_BANDS = [3, 20, 60, 100]
STORED_MEL_DB = {
    5: [-16.220451, -23.8607066, -17.0346229, -26.0073728],
    64: [-22.8028653, -32.1737876, -28.9141924, -30.040588],
}


def image_of(samples):
    extractor = MelYinRms()
    extractor.push(samples)
    return extractor.input()


def near_ties(f0_hz, expected_hz):
    """Count the frames with another pitch; all others have to agree closely."""
    period, expected = RATE_HZ / f0_hz, RATE_HZ / expected_hz
    other = np.abs(period - expected) > 0.5
    np.testing.assert_allclose(f0_hz[~other], expected_hz[~other], rtol=F0_TOLERANCE)
    return int(other.sum())


def windows(samples, step=40 * 320):
    padded = np.pad(samples, (0, max(0, WINDOW_SAMPLES - len(samples))), mode='constant')
    for start in range(0, len(padded) - WINDOW_SAMPLES + 1, step):
        yield padded[start:start + WINDOW_SAMPLES]


def test_window_is_what_the_name_promises():
    assert MelYinRms.name == 'mel_yin_rms/1'
    assert MelYinRms().window_samples == WINDOW_SAMPLES
    assert MelYinRms.input_shape == (3, 128, 128)


@pytest.mark.parametrize('name', sorted(SIGNALS))
def test_image_of_hard_signals(reference, name):
    np.testing.assert_allclose(
        image_of(SIGNALS[name]), reference.image(SIGNALS[name]), rtol=0, atol=IMAGE_TOLERANCE)


@pytest.mark.parametrize('name', sorted(ALL_SIGNALS))
def test_mel_of_hard_signals_in_double_precision(reference, name):
    import torch
    expected = reference.min_max_scale(reference.mel_db(ALL_SIGNALS[name], torch.float64))
    np.testing.assert_allclose(
        image_of(ALL_SIGNALS[name])[0], expected, rtol=0, atol=IMAGE_TOLERANCE)


@pytest.mark.parametrize('name', sorted(ALL_SIGNALS))
def test_pitch_and_rms_of_hard_signals(reference, name):
    columns = MelYinRms().columns(ALL_SIGNALS[name])
    # A window has 128 frames: no near-tie at all.
    np.testing.assert_allclose(
        columns.f0_hz, reference.f0_hz(ALL_SIGNALS[name]), rtol=F0_TOLERANCE)
    np.testing.assert_allclose(columns.rms, reference.rms(ALL_SIGNALS[name]), rtol=1e-6)


def test_image_of_speech(reference, speech):
    import torch
    for path, clip in speech.items():
        for window in windows(clip):
            image = image_of(window)
            np.testing.assert_allclose(
                image, reference.image(window, torch.float64), rtol=0, atol=IMAGE_TOLERANCE,
                err_msg=path)
            np.testing.assert_allclose(
                image, reference.image(window), rtol=0, atol=SINGLE_PRECISION_TOLERANCE,
                err_msg=path)


@pytest.mark.parametrize('damage', ['none', 'clipped', '8 bit', 'quiet'])
def test_pitch_of_speech(reference, speech, damage):
    ties, frames = 0, 0
    for clip in speech.values():
        peak = np.abs(clip).max()
        samples = {
            'none': clip,
            'clipped': np.clip(clip * 8 / peak, -1, 1),
            '8 bit': (np.round(clip / peak * 127) / 128).astype(np.float32),
            'quiet': clip * np.float32(1e-4 / peak),
        }[damage]
        columns = MelYinRms().columns(samples)
        ties += near_ties(columns.f0_hz, reference.f0_hz(samples))
        frames += len(columns.f0_hz)
        np.testing.assert_allclose(columns.rms, reference.rms(samples), rtol=1e-6)
    assert ties < MAX_NEAR_TIES * frames, f'{ties} of {frames} frames'


def test_filterbank_is_torchaudios(reference):
    np.testing.assert_array_equal(
        mel_filterbank(MEL_CORNERS_HZ, RATE_HZ, 1024), reference.FILTERBANK.numpy())


def test_stored_values():
    # Also where librosa and torch are not installed.
    columns = MelYinRms().columns(SIGNALS['voice'])
    np.testing.assert_allclose(columns.f0_hz[STORED_HOPS], STORED_F0_HZ, rtol=F0_TOLERANCE)
    np.testing.assert_allclose(columns.rms[STORED_HOPS], STORED_RMS, rtol=1e-4)
    for hop, expected in STORED_MEL_DB.items():
        np.testing.assert_allclose(columns.mel_db[STORED_MEL_BANDS, hop], expected, atol=1e-4)


@pytest.mark.parametrize('samples', [0.0, 0.5, -0.1, 1.0])
def test_constant_channels_are_0(samples):
    image = image_of(np.full(WINDOW_SAMPLES, samples, np.float32))
    np.testing.assert_array_equal(image, np.zeros(MelYinRms.input_shape))


def test_silence_has_the_highest_pitch():
    columns = MelYinRms().columns(np.zeros(WINDOW_SAMPLES, np.float32))
    np.testing.assert_array_equal(columns.f0_hz, 8000.0)
    np.testing.assert_array_equal(columns.mel_db, -100.0)


@pytest.mark.parametrize('name', ['voice', 'noise at full scale', 'impulse', 'chirp'])
def test_channels_fill_0_to_1(name):
    image = image_of(SIGNALS[name])
    assert image.dtype == np.float32
    for channel in image:
        assert (channel.min(), channel.max()) == (0.0, 1.0)


def test_image_does_not_depend_on_the_gain():
    loud, quiet = image_of(voice(0.5).astype(np.float32)), image_of(voice(0.05).astype(np.float32))
    np.testing.assert_allclose(loud, quiet, atol=1e-3)


@pytest.mark.parametrize('frequency_hz', [hz for hz in TONES_HZ if 60 <= hz <= 500])
def test_pitch_of_tones(frequency_hz):
    extractor = MelYinRms()
    extractor.push(SIGNALS[f'tone of {frequency_hz} Hz'])
    assert extractor.pitch_hz() == pytest.approx(frequency_hz, rel=0.02)


def test_pitch_of_a_voice():
    extractor = MelYinRms()
    extractor.push(SIGNALS['voice'])
    assert 110 < extractor.pitch_hz() < 170


@pytest.mark.parametrize(
    'name', ['silence', 'dc', 'noise at -20 dBFS', 'noise at -90 dBFS', 'tone of 4000 Hz'])
def test_what_is_no_voice_has_no_pitch(name):
    extractor = MelYinRms()
    extractor.push(SIGNALS[name])
    assert np.isnan(extractor.pitch_hz())


@pytest.mark.parametrize('samples, hops', [(0, 0), (1023, 0), (1024, 1), (1343, 1), (1344, 2)])
def test_columns_of_short_sounds(samples, hops):
    columns = MelYinRms().columns(np.zeros(samples, np.float32))
    assert [part.shape for part in columns] == [(128, hops), (hops,), (hops,), (hops,)]
