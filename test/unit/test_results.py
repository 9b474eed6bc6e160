# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results of windows and files: their sums, and their forms for JSON and CSV."""

import csv
import io
import json
import math

import numpy as np
import pytest

from ser_ros.emotion.tracker import State
from ser_ros.results import WindowResult, distribution, file_result, unreadable_file

LABELS = ('joy', 'fear')


def window(state, raw, label=''):
    return WindowResult(
        0, 0.0, 2.6, state, label, 0.0, np.zeros(2), np.array(raw, np.float32), 1.0, -20.0,
        float('nan'), LABELS)


def sure(label, confidence, path='a.wav'):
    """Return the result of a file with one window."""
    raw = [confidence, 1 - confidence] if label == 'joy' else [1 - confidence, confidence]
    return file_result(path, 2.6, [window(State.EMOTION, raw, label)], LABELS)


def silent(path='silent.wav'):
    return file_result(path, 2.6, [window(State.NO_SPEECH, [0.0, 0.0])], LABELS)


class TestFile:
    def test_is_the_mean_of_the_windows_with_speech(self):
        found = file_result('a.wav', 3.6, [
            window(State.EMOTION, [0.9, 0.1]), window(State.NO_SPEECH, [0.0, 0.0]),
            window(State.UNCERTAIN, [0.5, 0.5])], LABELS)
        assert (found.state, found.label, found.speech_windows) == (State.EMOTION, 'joy', 2)
        assert found.confidence == pytest.approx(0.7)
        assert found.probabilities == pytest.approx([0.7, 0.3])

    def test_without_speech(self):
        found = silent()
        assert (found.state, found.label, found.confidence) == (State.NO_SPEECH, '', 0.0)
        assert found.probabilities.tolist() == [0.0, 0.0]

    def test_that_could_not_be_read(self):
        found = unreadable_file('b.wav', LABELS, 'no such file')
        assert (found.state, found.label, found.error) == (None, '', 'no such file')
        assert math.isnan(found.confidence) and np.isnan(found.probabilities).all()


class TestForms:
    def test_dictionary(self):
        assert sure('joy', 0.75).to_dict() == {
            'file': 'a.wav', 'duration_s': 2.6, 'state': 'EMOTION', 'label': 'joy',
            'confidence': 0.75, 'speech_windows': 1, 'total_windows': 1,
            'probabilities': {'joy': 0.75, 'fear': 0.25}, 'warning': '', 'error': ''}

    def test_windows_are_wanted_explicitly(self):
        windows = sure('joy', 0.75).to_dict(with_windows=True)['windows']
        assert [entry['raw_probabilities'] for entry in windows] == [{'joy': 0.75, 'fear': 0.25}]

    @pytest.mark.parametrize('result', [
        sure('joy', 0.7), silent(), unreadable_file('b\udcff.wav', LABELS, 'why'),
        window(State.EMOTION, [0.5, 0.5]), distribution(LABELS, [])])
    def test_json_is_strict(self, result):
        def refuse(word):
            raise AssertionError(f'{word} is not JSON')

        text = result.to_json()
        assert json.loads(text, parse_constant=refuse) == result.to_dict()
        text.encode('utf-8')

    def test_json_with_windows(self):
        assert len(json.loads(sure('joy', 0.7).to_json(with_windows=True))['windows']) == 1

    def test_rows_have_the_same_columns(self):
        results = [sure('joy', 0.7), silent(), unreadable_file('b.wav', LABELS, 'why')]
        rows = [result.csv_row() for result in results]
        assert [list(row) for row in rows] == 3 * [[
            'file', 'duration_s', 'state', 'label', 'confidence', 'speech_windows',
            'total_windows', 'probabilities.joy', 'probabilities.fear', 'warning', 'error']]
        file = io.StringIO()
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        read = list(csv.DictReader(io.StringIO(file.getvalue())))
        assert (read[0]['probabilities.fear'], read[2]['confidence']) == ('0.3', '')

    def test_row_of_a_window(self):
        row = window(State.EMOTION, [0.7, 0.3], 'joy').csv_row()
        assert (row['state'], row['pitch_hz'], row['raw_probabilities.joy']) == (
            'EMOTION', None, 0.7)


class TestDistribution:
    @pytest.fixture
    def found(self):
        return distribution(LABELS, [
            sure('joy', 0.6), sure('joy', 0.8), sure('fear', 0.9), silent(),
            unreadable_file('b.wav', LABELS, 'why')])

    def test_counts_and_shares(self, found):
        assert (found.files, found.unreadable) == (4, 1)
        assert found.emotion_counts == {'joy': 2, 'fear': 1, 'uncertain': 0, 'no_speech': 1}
        assert found.shares == {'joy': 0.5, 'fear': 0.25, 'uncertain': 0.0, 'no_speech': 0.25}
        assert found.window_counts == found.emotion_counts
        assert found.window_shares == found.shares

    def test_confidences_are_of_files_with_an_emotion(self, found):
        assert found.mean_confidence == pytest.approx((0.6 + 0.8 + 0.9) / 3)
        assert found.mean_confidences == pytest.approx({'joy': 0.7, 'fear': 0.9})

    def test_of_nothing(self):
        found = distribution(LABELS, [])
        assert (found.files, found.unreadable) == (0, 0)
        assert set(found.shares.values()) == {0.0}
        assert math.isnan(found.mean_confidence) and math.isnan(found.mean_confidences['joy'])
        assert found.to_dict()['mean_confidence'] is None

    def test_row(self, found):
        row = found.csv_row()
        assert (row['files'], row['emotion_counts.joy'], row['shares.no_speech']) == (4, 2, 0.25)

    def test_labels_of_another_model_are_listed_too(self):
        assert list(distribution(['anger'], [sure('joy', 0.6)]).emotion_counts) == [
            'anger', 'joy', 'fear', 'uncertain', 'no_speech']
