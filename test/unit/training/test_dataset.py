# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files as samples and as a data set of torch."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.training.fit.dataset import SpeechEmotionDataset
from ser_ros.training.fit.preprocessor import USUAL, AudioPreprocessor
from ser_ros.training.fit.windows import BalancedWindows, WindowInputs
from ser_ros.training.options import SoundOptions

SAMPLES = 16000
LABELS = ['anger', 'neutral']


@pytest.fixture
def files(write_wav, noise):
    """Two files, of which the second is shorter than a window."""
    return [write_wav('long.wav', noise(2.2, 44100), 44100), write_wav('short.wav', noise(0.7))]


@pytest.fixture
def processor():
    """Windows of 1 s, augmented by pitch alone."""
    return AudioPreprocessor(max_duration=1.0, augmentation=SoundOptions(pitch=1.0))


class TestPreprocessor:
    def test_a_window_is_what_the_graph_hears_first(self, processor, files, tmp_path):
        found = processor.preprocess(files[0])
        np.testing.assert_array_equal(
            found, read_samples(tmp_path / 'long.wav')[:SAMPLES])
        assert found.dtype == np.float32
        short = processor.preprocess(files[1])
        assert short.shape == (SAMPLES,) and not short[SAMPLES * 3 // 4:].any()

    def test_it_normalizes_as_the_network_does(self, files):
        found = AudioPreprocessor(max_duration=1.0, normalize=True).preprocess(files[0])
        assert found.mean() == pytest.approx(0, abs=1e-5)
        assert found.std() == pytest.approx(1, abs=1e-3)

    def test_augmentation_differs_from_window_to_window_but_not_from_run_to_run(self, files):
        def windows(seed):
            made = AudioPreprocessor(max_duration=1.0, seed=seed)
            assert made.augmentation == USUAL
            return [made.preprocess(files[0], apply_augmentation=True) for _ in range(3)]
        first = windows(0)
        assert all(window.shape == (SAMPLES,) for window in first)
        assert not np.array_equal(first[0], first[1])
        np.testing.assert_array_equal(first, windows(0))
        assert not np.array_equal(first, windows(1))

    @pytest.mark.parametrize('options, complaint', [
        ({'target_sr': 8000}, 'target_sr is 8000; allowed: 16000'),
        ({'max_duration': 0.1}, 'windows of 0.5 to 15 s')])
    def test_what_it_cannot_make(self, options, complaint):
        with pytest.raises(SerError, match=complaint):
            AudioPreprocessor(**options)

    def test_a_file_that_is_none(self, processor):
        with pytest.raises(SerError, match='absent.wav'):
            processor.preprocess('absent.wav')


class TestDataset:
    def test_training_windows_are_the_trainers(self, processor, files):
        dataset = SpeechEmotionDataset(files, LABELS, processor, is_training=True, seed=3)
        extractor = create_extractor('waveform/1', (SAMPLES,))
        columns = [processor.columns(path) for path in files]
        clips = [Clip('clips', path, '', label) for label, path in enumerate(files)]
        trainer = BalancedWindows(
            clips, columns, extractor, np.random.default_rng(3), 3, processor.augmentation)
        expected = np.empty(SAMPLES, np.float32)
        assert len(dataset) == 2
        for epoch in 0, 1:
            dataset.epoch = epoch
            for number in range(2):
                window, label = dataset[number]
                trainer.make_numbered(number, 2 * epoch + number, expected)
                np.testing.assert_array_equal(window, expected)
                assert label == number
        ours, theirs = (next(iter(source.batches(4, 4))) for source in (dataset.windows, trainer))
        np.testing.assert_array_equal(ours.labels, theirs.labels)
        np.testing.assert_array_equal(ours.inputs(slice(None)), theirs.inputs(slice(None)))

    def test_other_windows_are_all_of_the_graph(self, processor, files, tmp_path):
        dataset = SpeechEmotionDataset(files, LABELS, processor)
        expected = WindowInputs([processor.columns(path) for path in files], processor.extractor)
        assert len(dataset) == len(expected) == 4
        assert [label for _, label in dataset] == [0, 0, 0, 1]
        for (window, _), other in zip(dataset, expected, strict=True):
            np.testing.assert_array_equal(window, other)

    def test_sound_may_be_kept_on_disk(self, processor, files, tmp_path):
        plain = SpeechEmotionDataset(files, LABELS, processor)
        kept = SpeechEmotionDataset(files, LABELS, processor, cache=tmp_path / 'cache')
        assert len(list((tmp_path / 'cache').iterdir())) == 2
        for (first, _), (second, _) in zip(plain, kept, strict=True):
            np.testing.assert_allclose(first, second, atol=2 / 32768)

    def test_torch_loads_it(self, processor, files):
        dataset = SpeechEmotionDataset(
            files, ['happy', 'anger'], processor, True, ['anger', 'happiness'])
        inputs, labels = next(iter(DataLoader(dataset, batch_size=2)))
        assert inputs.shape == (2, SAMPLES) and inputs.dtype == torch.float32
        assert labels.tolist() == [1, 0]

    def test_what_cannot_be_is_refused(self, processor, files):
        with pytest.raises(SerError, match='unknown labels bored'):
            SpeechEmotionDataset(files, ['anger', 'bored'], processor, label_names=LABELS)
        with pytest.raises(SerError, match='absent.wav'):
            SpeechEmotionDataset(['absent.wav'], ['anger'], processor)
        with pytest.raises(IndexError):
            SpeechEmotionDataset(files, LABELS, processor, True)[2]
