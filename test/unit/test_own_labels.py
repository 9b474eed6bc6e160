# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of a model's file that are not among the usual emotions, from the file to every output."""

import csv
import io
import os

import numpy as np
import pytest
from rich.console import Console
from waveform_model import LABELS, RATE_HZ, write_waveform_model

from ser_ros.cli.main import main
from ser_ros.emotion.labels import EMOTIONS, HRI_EXPRESSIONS
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import EmotionTracker, State
from ser_ros.recognizer import Recognizer
from ser_ros.sinks.live_view import LiveView
from ser_ros.sinks.record import open_record
from ser_ros.sinks.tally import Tally

EMOTION = {
    'stamp_s': 14.0, 'window_start_s': 10.0, 'sequence': 3, 'state': 'EMOTION',
    'label': 'anxious', 'confidence': 0.7, 'labels': list(LABELS),
    'probabilities': [0.7, 0.1, 0.15, 0.05], 'raw_probabilities': [0.6, 0.2, 0.15, 0.05],
    'speech_probability': 0.9, 'latency_s': 0.8, 'model': 'own 1', 'backend': 'onnxruntime',
    'precision': 'int8'}


@pytest.fixture
def model(tmp_path):
    return write_waveform_model(tmp_path / 'model', 4)


def test_they_are_none_of_the_usual_and_rep_155_has_no_word_for_them():
    assert not set(LABELS) & (set(EMOTIONS) | set(HRI_EXPRESSIONS))


def test_recognizer(model, loud_is_speech):
    sound = (0.2 * np.sin(np.arange(6 * RATE_HZ) * 0.05)).astype(np.float32)
    with Recognizer(model) as recognizer:
        windows = list(recognizer.recording([sound]))
    assert len(windows) == 5
    assert {window.label for window in windows} == {'anxious'}


def test_classify_writes_a_column_for_each(model, tmp_path, loud_is_speech):
    soundfile = pytest.importorskip('soundfile')
    soundfile.write(str(tmp_path / 'a.wav'), np.full(RATE_HZ, 0.2), RATE_HZ, subtype='PCM_16')
    output = tmp_path / 'a.csv'
    assert main(['classify', str(tmp_path / 'a.wav'), '--model', model, '--format', 'csv',
                 '--output', str(output)]) == 0
    with open(str(output), encoding='utf-8', newline='') as file:
        row, = csv.DictReader(file)
    assert {f'probabilities.{label}' for label in LABELS} <= set(row)


def test_tracker():
    tracker = EmotionTracker(LABELS, TrackerSettings())
    estimates = [tracker.update(0.5 * index, (0.1, 0.1, 0.7, 0.1), 1.0) for index in range(4)]
    assert (estimates[-1].state, estimates[-1].label) == (State.EMOTION, 'dry')


@pytest.mark.parametrize('terminal', [False, True])
def test_live_view(terminal):
    output = io.StringIO()
    with LiveView(Console(file=output, force_terminal=terminal, width=100)) as view:
        view.update(EMOTION)
    assert 'anxious' in output.getvalue()
    assert 'dry' in output.getvalue()


def test_record_and_tally(tmp_path):
    path = os.path.join(str(tmp_path), 'record.csv')
    record = open_record(path)
    record.write('emotion', EMOTION)
    record.close()
    with open(path, encoding='utf-8', newline='') as file:
        row, = csv.DictReader(file)
    assert (row['label'], row['p_anxious'], row['raw_dry']) == ('anxious', '0.7', '0.15')
    tally = Tally()
    tally.add(EMOTION)
    assert tally.summary().shares['anxious'] == 1.0
