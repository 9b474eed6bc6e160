# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From sound to the emotions of its windows, without ROS."""

import contextlib
import dataclasses
import importlib.util
import os
import pathlib

import numpy as np
import pytest

from ser_ros import defaults, graph_defaults, progress
from ser_ros.audio.file_source import FileSource
from ser_ros.audio.format import int16_to_float
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import EmotionTracker, State
from ser_ros.errors import SerError
from ser_ros.graph_defaults import graph_settings, open_stream
from ser_ros.inference.classifier import Classifier
from ser_ros.recognizer import Recognizer

WINDOW_S = 2.604
# Looked up only: its code needs torch, its ONNX file does not.
needs_silero = pytest.mark.skipif(
    importlib.util.find_spec('silero_vad') is None, reason='silero-vad is not installed')


@pytest.fixture(autouse=True)
def shipped_configuration(monkeypatch, request):
    """Read config/ of this checkout, whatever is installed."""
    root = os.path.join(os.path.dirname(__file__), '..', '..')
    monkeypatch.setattr(defaults, 'share_path', lambda *parts: os.path.join(root, *parts))


def windows(path, classifier, period_s=0.5, **tracking):
    return list(Recognizer(classifier, period_s=period_s, **tracking).classify(path))


@pytest.mark.usefixtures('loud_is_speech')
class TestWindows:
    def test_one_window_each_period(self, write_wav, noise, classifier):
        found = windows(write_wav('noise.wav', noise(5.0)), classifier)
        assert [window.index for window in found] == [0, 1, 2, 3, 4]
        assert [window.start_s for window in found] == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0])
        for window in found:
            assert window.end_s - window.start_s == pytest.approx(WINDOW_S)
            assert window.state in (State.EMOTION, State.UNCERTAIN)
            assert window.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
            assert window.raw_probabilities.sum() == pytest.approx(1.0, abs=1e-5)
            assert window.speech_probability == 1.0
            assert -20.0 < window.level_dbfs < 0.0

    def test_windows_are_smoothed(self, write_wav, noise, classifier):
        first, second = windows(write_wav('noise.wav', noise(3.2)), classifier)
        assert first.probabilities == pytest.approx(first.raw_probabilities)
        low = np.minimum(first.raw_probabilities, second.raw_probabilities) - 1e-6
        high = np.maximum(first.raw_probabilities, second.raw_probabilities) + 1e-6
        assert np.all((low <= second.probabilities) & (second.probabilities <= high))

    def test_settings_are_those_of_the_tracker(self, write_wav, noise, classifier):
        path = write_wav('noise.wav', noise(3.2))
        found = windows(path, classifier, min_confidence=1.0)
        assert {window.state for window in found} == {State.UNCERTAIN}

    def test_silence_is_not_asked(self, write_wav, classifier, session):
        found = windows(write_wav('silence.wav', np.zeros(50000)), classifier)
        assert session.asked == 0
        for window in found:
            assert (window.state, window.label, window.confidence) == (State.NO_SPEECH, '', 0.0)
            assert not window.probabilities.any() and not window.raw_probabilities.any()
            assert np.isnan(window.pitch_hz)

    def test_short_file_has_one_window(self, write_wav, noise, classifier):
        assert len(windows(write_wav('short.wav', noise(1.0)), classifier)) == 1

    def test_any_rate_and_channels(self, write_wav, noise, classifier):
        mono = windows(write_wav('mono.wav', noise(3.2)), classifier)
        sound = noise(3.2, 44100)
        path = write_wav('stereo.wav', np.stack([sound, sound], axis=1), 44100)
        assert len(windows(path, classifier)) == len(mono)

    def test_files_do_not_touch_each_other(self, write_wav, noise, classifier):
        path = write_wav('noise.wav', noise(4.0))
        recognizer = Recognizer(classifier)
        first, again = (list(recognizer.classify(path)) for _ in range(2))
        assert len(first) == len(again)
        for a, b in zip(first, again):
            np.testing.assert_array_equal(a.probabilities, b.probabilities)

    def test_all_has_defaults_and_is_closed(
            self, write_wav, noise, classifier, session, monkeypatch):
        monkeypatch.setattr(graph_defaults, 'open_classifier', lambda **_: classifier)
        path = write_wav('noise.wav', noise(3.2))
        with Recognizer() as recognizer:
            assert len(list(recognizer.classify(path))) == 2
            assert not session.closed
        assert session.closed

    def test_the_model_is_closed_where_a_setting_is_wrong(self, classifier, session):
        with pytest.raises(SerError, match='period'):
            Recognizer(classifier, period_s=0.03)
        assert session.closed

    def test_file_is_closed_where_the_reader_stops_early(
            self, write_wav, noise, classifier, monkeypatch):
        closed = []
        monkeypatch.setattr(FileSource, 'close', lambda self: closed.append(self))
        found = Recognizer(classifier).classify(write_wav('noise.wav', noise(4.0)))
        next(found)
        found.close()
        assert len(closed) == 1

    def test_missing_file(self, classifier):
        with pytest.raises(SerError, match='absent.wav'):
            windows('absent.wav', classifier)

    def test_a_file_is_pushed_a_second_at_a_time(
            self, write_wav, noise, classifier, monkeypatch):
        """In blocks of 20 ms the features take four times as long."""
        path = write_wav('noise.wav', noise(4.3))
        recognizer = Recognizer(classifier)
        chunks = list(map(int16_to_float, np.split(_all_chunks(path), 215)))
        expected = list(recognizer.recording(chunks))
        sizes, push = [], recognizer._stream.push
        monkeypatch.setattr(
            recognizer._stream, 'push',
            lambda samples: sizes.append(len(samples)) or push(samples))
        assert_same(list(recognizer.classify(path)), expected)
        assert_same(recognizer.predict(path).windows, expected)
        assert sizes == [16000] * 4 + [4800] + [16000] * 4 + [4800]

    def test_same_as_the_graph(self, write_wav, noise, classifier):
        """The steps of the nodes, with other chunks and a real clock, say the same."""
        stage_module = pytest.importorskip('ser_ros.windows.audio_input')
        from ser_ros.windows.speaking_gate import SpeakingGate
        sound = noise(6.0)
        sound[40000:60000] = 0.0
        path = write_wav('noise.wav', sound)
        stage = stage_module.FeatureStage(
            open_stream('mel_yin_rms/1', 0.5), SpeakingGate(0.5))
        stage.set_format(1, 16000, 'S16LE', 'WAVE')
        tracker = EmotionTracker(classifier.labels, graph_settings())
        data = _all_chunks(path).astype('<i2').tobytes()
        estimates, start_ns = [], 1700000000123456789
        for i in range(0, len(data), 1234):
            stamp_ns = start_ns + i // 2 * 62500
            for window in stage.push(data[i:i + 1234], stamp_ns):
                speech = window.window.speech_probability
                raw = None
                if tracker.hears_speech(speech, window.muted):
                    raw = classifier.probabilities(window.window.input)
                estimates.append(tracker.update(window.end_ns * 1e-9, raw, speech))
        found = windows(path, classifier)
        assert len(found) == len(estimates) == 7
        for a, b in zip(found, estimates):
            assert (a.state, a.label) == (b.state, b.label)
            assert a.probabilities == pytest.approx(b.probabilities, abs=1e-5)


def _all_chunks(path):
    with contextlib.closing(FileSource(path)) as source:
        return np.concatenate(list(source))


@pytest.fixture
def recognizer(classifier, loud_is_speech):
    with Recognizer(classifier) as found:
        yield found


@pytest.fixture
def folder(write_wav, noise, tmp_path):
    """A folder with two sounds, silence and a file that is no audio."""
    write_wav('set/b.wav', noise(3.2, seed=1))
    write_wav('set/inner/a.wav', noise(4.0, seed=2))
    write_wav('set/silent.wav', np.zeros(48000))
    (tmp_path / 'set' / 'broken.wav').write_bytes(b'hello')
    (tmp_path / 'set' / 'notes.txt').write_text('not audio')
    return tmp_path / 'set'


class TestFiles:
    def test_a_file_is_the_sum_of_its_windows(self, recognizer, write_wav, noise):
        path = write_wav('noise.wav', noise(4.0))
        found = recognizer.predict(path)
        windows = list(recognizer.classify(path))
        assert (found.path, found.duration_s, found.labels) == (path, 4.0, recognizer.labels)
        assert_same(found.windows, windows)
        mean = np.mean([window.raw_probabilities for window in windows], axis=0)
        assert found.probabilities == pytest.approx(mean)
        assert found.label == recognizer.labels[int(np.argmax(mean))]

    def test_paths_are_taken_as_such(self, recognizer, folder):
        assert recognizer.predict(folder / 'b.wav').path == str(folder / 'b.wav')

    def test_one_file_that_cannot_be_read_is_an_error(self, recognizer, folder):
        with pytest.raises(SerError, match='broken.wav'):
            recognizer.predict(folder / 'broken.wav')

    def test_of_many_it_is_a_result(self, recognizer, folder):
        names = ['silent.wav', 'broken.wav', 'b.wav', 'absent.wav', 'silent.wav']
        results = recognizer.predict_batch([folder / name for name in names])
        assert [os.path.basename(result.path) for result in results] == names
        assert [bool(result.error) for result in results] == [False, True, False, True, False]
        assert 'absent.wav' in results[3].error and results[3].state is None
        assert_same(results[0].windows, results[4].windows)

    def test_results_are_those_of_each_file_alone(self, recognizer, folder):
        for result in recognizer.predict_directory(folder):
            if not result.error:
                assert_same(result.windows, recognizer.predict(result.path).windows)

    def test_a_folder_is_read_in_order(self, recognizer, folder):
        results = recognizer.predict_directory(folder)
        assert [os.path.relpath(result.path, str(folder)) for result in results] == [
            'b.wav', 'broken.wav', 'silent.wav', os.path.join('inner', 'a.wav')]

    def test_a_folder_without_audio(self, recognizer, tmp_path):
        with pytest.raises(SerError, match='no audio files'):
            recognizer.predict_directory(tmp_path)

    def test_ctrl_c_keeps_what_is_done(self, recognizer, folder, monkeypatch, caplog):
        real_read = FileSource.read

        def read(self):
            if self.description.endswith('silent.wav'):
                raise KeyboardInterrupt
            return real_read(self)

        monkeypatch.setattr(FileSource, 'read', read)
        results = recognizer.predict_directory(folder)
        assert [os.path.basename(result.path) for result in results] == ['b.wav', 'broken.wav']
        assert 'interrupted: 2 of 4 files are done' in caplog.text

    def test_progress_is_that_of_files_and_their_parts(self, recognizer, folder):
        done = []
        list(recognizer.predict_each([folder / 'b.wav', folder / 'broken.wav'], done.append))
        assert done == sorted(done)
        assert done[-2:] == [1.0, 2.0] and 0.0 < done[0] < 1.0

    @pytest.mark.parametrize('show', [True, False])
    def test_progress_can_be_hidden(self, recognizer, folder, show, monkeypatch, capsys):
        monkeypatch.setattr(progress._Lines, 'interval_s', 0.0)
        recognizer.predict_directory(folder, show_progress=show)
        assert ('files: 4/4' in capsys.readouterr().err) == show

    def test_distribution(self, recognizer, folder):
        results = recognizer.predict_directory(folder)
        found = recognizer.analyze_emotions_distribution(results)
        assert (found.files, found.unreadable) == (3, 1)
        assert list(found.emotion_counts)[:4] == list(recognizer.labels)
        assert found.emotion_counts['no_speech'] == 1
        assert sum(found.emotion_counts.values()) == 3
        assert found.mean_confidence == pytest.approx(
            np.mean([results[0].confidence, results[3].confidence]))


class TestLife:
    def test_a_file_is_a_recording_of_its_own(self, recognizer, write_wav, noise):
        samples = noise(4.0).astype(np.float32)
        first = recognizer.push(samples)
        path = write_wav('noise.wav', noise(4.0))
        result = recognizer.predict(path)
        assert result.windows[0].index == 0
        assert_same(recognizer.push(samples), first)

    def test_a_file_that_is_left_early_leaves_nothing(self, recognizer, write_wav, noise):
        samples = noise(4.0).astype(np.float32)
        first = recognizer.push(samples)
        found = recognizer.classify(write_wav('noise.wav', noise(4.0)))
        next(found)
        found.close()
        assert_same(recognizer.push(samples), first)

    def test_it_is_not_used_after_it_was_closed(self, recognizer, write_wav, noise):
        path = write_wav('noise.wav', noise(4.0))
        recognizer.close()
        for use in (lambda: recognizer.push(np.zeros(100, np.float32)),
                    lambda: recognizer.predict(path)):
            with pytest.raises(SerError, match='the recognizer is closed'):
                use()

    def test_lengths(self, recognizer):
        assert recognizer.window_s == pytest.approx(WINDOW_S)
        assert recognizer.period_s == 0.5
        assert (recognizer.backend, recognizer.precision) == ('stub', 'fp32')


class TestBatches:
    """Windows of a file are asked together where the session can."""

    @pytest.fixture
    def sizes(self, session, monkeypatch):
        """Let the session take three windows at once; return how many were asked each time."""
        found = []
        real_run_batch = session.run_batch

        def run_batch(inputs):
            found.append(len(inputs))
            return real_run_batch(inputs)

        monkeypatch.setattr(session, 'run_batch', run_batch)
        session.batch = 3
        return found

    def test_results_are_the_same(self, recognizer, session, write_wav, noise, sizes):
        sound = np.concatenate([noise(4.5), np.zeros(60000), noise(2.0)])
        path = write_wav('noise.wav', sound)
        together = recognizer.predict(path)
        assert max(sizes) == 3
        session.batch = 1
        assert_same(recognizer.predict(path).windows, together.windows)
        assert sum(sizes) == session.asked == 2 * together.speech_windows

    def test_a_stream_is_never_kept_waiting(self, recognizer, noise, sizes):
        found = recognizer.push(noise(3.2).astype(np.float32))
        assert (len(found), sizes) == (2, [1, 1])


class TestDefaults:
    def test_settings_are_the_graphs(self):
        assert graph_settings() == TrackerSettings()

    def test_the_model_file_names_the_confidence(self, session):
        info = dataclasses.replace(session.info, min_confidence=0.9)
        assert graph_settings(info).min_confidence == 0.9
        assert graph_settings(info, min_confidence=0.2, min_hold_s=None) == (
            TrackerSettings(min_confidence=0.2))

    @pytest.mark.usefixtures('loud_is_speech')
    def test_files_are_classified_with_it(self, write_wav, noise, session):
        session.info = dataclasses.replace(session.info, min_confidence=1.0)
        found = windows(write_wav('noise.wav', noise(3.2)), Classifier(session))
        assert {window.state for window in found} == {State.UNCERTAIN}

    @pytest.mark.parametrize('period_s', [0.03, 0.0, 10.0, float('nan')])
    @pytest.mark.usefixtures('loud_is_speech')
    def test_period(self, period_s):
        with pytest.raises(SerError, match='period'):
            open_stream('mel_yin_rms/1', period_s)

    @pytest.mark.usefixtures('loud_is_speech')
    def test_unknown_setting(self, classifier):
        with pytest.raises(SerError, match="unknown setting 'smoothing'; allowed: .*smoothing_s"):
            Recognizer(classifier, smoothing=1.0)

    def test_a_path_is_never_a_name(self):
        with pytest.raises(SerError, match=r'no model \./small'):
            Recognizer(pathlib.Path('small'))

    def test_what_an_open_classifier_has_decided(self, classifier):
        with pytest.raises(SerError, match='precision, threads cannot be chosen'):
            Recognizer(classifier, precision='fp16', threads=2)

    def test_unknown_feature_set(self):
        with pytest.raises(SerError, match='mel_yin_rms/1'):
            open_stream('mfcc/7')


@pytest.mark.usefixtures('loud_is_speech')
class TestStream:
    def test_any_pieces_give_the_windows_of_the_file(self, write_wav, noise, classifier):
        path = write_wav('noise.wav', noise(4.0))
        expected = windows(path, classifier)
        samples = int16_to_float(_all_chunks(path))
        recognizer = Recognizer(classifier)
        found = [window for start in range(0, len(samples), 1234)
                 for window in recognizer.push(samples[start:start + 1234])]
        assert_same(found, expected)

    def test_samples_are_taken_in_where_nobody_looks_at_the_windows(self, noise, classifier):
        samples = noise(3.2).astype(np.float32)
        recognizer = Recognizer(classifier)
        recognizer.push(samples[:30000])
        found = recognizer.push(samples[30000:])
        assert [window.index for window in found] == [0, 1]

    def test_reset_is_another_recording(self, noise, classifier):
        samples = noise(4.0).astype(np.float32)
        recognizer = Recognizer(classifier)
        first = recognizer.push(samples)
        assert recognizer.push(samples)[0].index == 3
        recognizer.reset()
        assert_same(recognizer.push(samples), first)

    def test_a_recording_is_heard_from_its_start(self, noise, classifier):
        samples = noise(4.0).astype(np.float32)
        recognizer = Recognizer(classifier)
        first = recognizer.push(samples)
        assert_same(list(recognizer.recording([samples[:100], samples[100:]])), first)

    def test_a_recording_shorter_than_a_window(self, noise, classifier):
        recognizer = Recognizer(classifier)
        samples = noise(1.0).astype(np.float32)
        assert len(list(recognizer.recording([samples]))) == 1
        assert recognizer.push(samples) == []

    def test_every_window_is_asked_and_nothing_else_changes(self, noise, classifier, session):
        samples = np.concatenate([np.zeros(50000), noise(3.0)]).astype(np.float32)
        recognizer = Recognizer(classifier)
        some = list(recognizer.recording([samples]))
        session.asked = 0
        every = list(recognizer.recording([samples], every_window=True))
        assert session.asked == len(every) == len(some)
        assert some[0].state is State.NO_SPEECH
        for a, b in zip(some, every):
            assert (a.state, a.label, a.confidence) == (b.state, b.label, b.confidence)
            assert b.raw_probabilities.sum() == pytest.approx(1.0, abs=1e-5)

    @pytest.mark.parametrize('samples', [
        np.zeros(1000), np.zeros((2, 1000), np.float32), np.full(1000, np.nan, np.float32)])
    def test_what_is_no_sound(self, classifier, samples):
        with pytest.raises(SerError):
            Recognizer(classifier).push(samples)

    def test_speech_is_given_in_single_precision(self, noise, classifier):
        """As the graph's messages carry it, so that the gate decides the same."""
        samples = noise(2.7).astype(np.float32)
        samples[:12345] = 0.0
        share, = (window.speech_probability for window in Recognizer(classifier).push(samples))
        assert share == np.float32(share)
        assert share == pytest.approx(1 - 12345 / 41664, rel=1e-6)


def assert_same(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        assert (a.index, a.state, a.label, a.start_s, a.end_s) == (
            b.index, b.state, b.label, b.start_s, b.end_s)
        np.testing.assert_array_equal(a.probabilities, b.probabilities)


@needs_silero
def test_real_speech_is_speech(shared_data, classifier):
    path = next((shared_data / 'ravdess').rglob('*.flac'))
    found = windows(str(path), classifier)
    assert found[0].state is not State.NO_SPEECH
    assert 50.0 < found[0].pitch_hz < 600.0


@pytest.mark.usefixtures('loud_is_speech')
class TestOneAtATime:
    def test_a_second_recording_ends_the_first_with_an_error(self, classifier, noise):
        recognizer = Recognizer(classifier)
        loud = [noise(6.0).astype(np.float32)]
        first = recognizer.recording(loud)
        next(first)
        alone = [window.end_s for window in recognizer.recording(loud)]
        with pytest.raises(SerError, match='another recording or stream has begun'):
            next(first)
        assert np.allclose(np.diff(alone), 0.5)

    def test_a_recording_that_is_given_up_leaves_the_next_stream_alone(self, classifier, noise):
        recognizer = Recognizer(classifier)
        samples = noise(4.0).astype(np.float32)
        given_up = recognizer.recording([samples])
        next(given_up)
        recognizer.reset()
        heard = recognizer.push(samples[:len(samples) // 2])
        given_up.close()
        heard += recognizer.push(samples[len(samples) // 2:])
        assert len(heard) == 3

    def test_one_name_is_not_a_list_of_files(self, classifier):
        with pytest.raises(SerError, match="takes a list of files, got 'a.wav'"):
            Recognizer(classifier).predict_batch('a.wav')
