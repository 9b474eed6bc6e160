# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows that training draws: valid columns whatever is drawn, and balanced."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.features.registry import FEATURE_SETS, create_extractor
from ser_ros.graph_defaults import open_stream
from ser_ros.training.augment import mel_f0_level
from ser_ros.training.augment.registry import draw_window_of
from ser_ros.training.fit.windows import BalancedWindows, WindowInputs


@pytest.fixture(params=sorted(FEATURE_SETS))
def extractor(request):
    return create_extractor(request.param)


def draw(extractor, columns, generator):
    return draw_window_of(extractor.name)(columns, extractor.window_columns, generator)


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
        'whisper_mel/1': (-0.6251, 1.3751), 'waveform/1': (-1, 1),
    }[extractor.name]
    for _ in range(100):
        image = extractor.input_from_columns(draw(extractor, columns, generator))
        assert image.shape == extractor.input_shape
        assert image.min() >= lowest
        assert image.max() <= highest


def test_pitch_and_loudness_of_drawn_windows():
    columns = create_extractor('mel_yin_rms/1').columns(sound(60000))
    generator = np.random.default_rng(2)
    for _ in range(100):
        window = draw_window_of('mel_yin_rms/1')(columns, 128, generator)
        assert window.f0_hz.shape == window.rms.shape == (128,)
        assert window.f0_hz.min() >= 50
        assert window.f0_hz.max() <= 8000
        assert window.rms.min() >= 0


def test_pitch_goes_with_the_spectrum():
    # A tract that is longer lowers the peak in the spectrum and the pitch by the same factor.
    time_s = np.arange(60000) / 16000
    tone = 0.2 * np.sin(2 * np.pi * 400 * time_s).astype(np.float32)
    columns = create_extractor('mel_f0_level/1').columns(tone)
    generator = np.random.default_rng(5)
    centres_hz = mel_f0_level.BANDS.centres_hz
    drawn = []
    for _ in range(60):
        window = draw_window_of('mel_f0_level/1')(columns, 128, generator)
        assert window.power.min() >= 0
        hop = int(window.power.sum(axis=0).argmax())
        if window.trough[hop] < 0.03:  # no noise
            drawn.append((window.f0_hz[hop], centres_hz[window.power[:, hop].argmax()]))
    pitch_hz, peak_hz = np.array(drawn).T
    assert len(drawn) > 20
    assert np.ptp(pitch_hz) > 60
    # Now and then the band with the peak is masked.
    assert np.mean(np.abs(pitch_hz / peak_hz - 1) < 0.06) > 0.8


@pytest.mark.parametrize('snr_db', [0, 10, 20])
def test_voicing_in_noise_is_that_of_the_mixed_sound(snr_db):
    extractor = create_extractor('mel_f0_level/1')
    time_s = np.arange(60000) / 16000
    syllables = np.sin(2 * np.pi * 1.5 * time_s) ** 2
    voice = syllables * sum(
        np.sin(2 * np.pi * harmonic * 150 * time_s) / harmonic for harmonic in range(1, 20))
    noise = np.random.default_rng(0).standard_normal(60000)
    noise *= voice.std() * 10 ** (-snr_db / 20)
    parts, mixed = (extractor.columns(samples.astype(np.float32))
                    for samples in (0.1 * noise, 0.1 * (voice + noise)))
    alone = extractor.columns((0.1 * voice).astype(np.float32))
    trough = mel_f0_level.trough_in_noise(alone.trough, mixed.power, parts.power)
    voiced, expected = trough < 0.4, mixed.trough < 0.4
    assert np.mean(voiced == expected) > 0.9
    assert 0.1 < np.mean(expected) < 0.99


def test_silence_can_be_drawn_from(extractor):
    columns = extractor.columns(np.zeros(41920, np.float32))
    generator = np.random.default_rng(0)
    for _ in range(20):
        assert np.all(np.isfinite(extractor.input_from_columns(
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
    for batch in drawn.batches(610, 100):
        counts.update(batch.labels.tolist())
        sizes.append(len(batch))
        images = batch.inputs(slice(None))
        assert images.shape == (len(batch.labels), *extractor.input_shape)
    assert sizes == [100] * 6 + [10]
    for label, share in (0, 0.25), (1, 0.25), (2, 0.5):
        assert counts[label] / 610 == pytest.approx(share, abs=0.06)


def test_windows_to_measure_on_are_those_of_the_stream(extractor):
    samples = sound(extractor.window_samples + 8000 * 3 + 100)
    inputs = WindowInputs([extractor.columns(samples)] * 2, extractor)
    images = inputs[:4]
    streamed = [window.input.copy() for window in open_stream(extractor.name, 0.5).push(samples)]
    assert inputs.clip_indices.tolist() == [0] * 4 + [1] * 4
    np.testing.assert_array_equal(images, np.stack(streamed))
    np.testing.assert_array_equal(inputs[4:], images)
    np.testing.assert_array_equal(inputs[1::3], images[[1, 0, 3]])
    np.testing.assert_array_equal(inputs[[6, 2]], images[[2, 2]])
    np.testing.assert_array_equal(inputs[-1], images[3])
    np.testing.assert_array_equal(np.stack(list(inputs)), inputs[:])
