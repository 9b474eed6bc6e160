# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The running graph says of real clips, window by window, what `ser_ros evaluate` writes down."""

import csv

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition

from ser_ros.inference.model_file import available_models
from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion
from ser_ros.recognizer import Recognizer

GRAPH = ('emotion_inference', 'feature_extraction', 'audio_capture')
# A man, a woman, another language; the last is shorter than a window.
CLIPS = (
    ('ravdess', 'Actor_19/03-01-07-02-01-02-19.flac', '19', 'disgust'),
    ('ravdess', 'Actor_20/03-01-05-02-02-01-20.flac', '20', 'anger'),
    ('nemo', 'KD0/KD0_sadness_85.opus', 'KD0', 'sadness'),
    ('nemo', 'KD0/KD0_anger_3.opus', 'KD0', 'anger'))
TOLERANCE = 1e-4


@pytest.fixture
def folder(shared_data, tmp_path):
    """Return a corpus of the clips."""
    with open(str(tmp_path / 'metadata.csv'), 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['file_path', 'emotion', 'speaker'])
        for corpus, path, speaker, emotion in CLIPS:
            writer.writerow([shared_data / corpus / path, emotion, speaker])
    return tmp_path


def evaluated(model, folder):
    """Return the rows that `ser_ros evaluate` writes, by clip."""
    data = pytest.importorskip('ser_ros.corpora.labelled_clips')
    from ser_ros.evaluation.score_files import save_windows
    from ser_ros.evaluation.scoring import Scorer
    with Recognizer(model) as recognizer:
        labels = recognizer.labels
        clips, left_out = data.strangers(folder, labels)
        assert not left_out
        save_windows(folder / 'windows.csv', clips, list(Scorer(recognizer).clips(clips)), labels)
    rows = {}
    with open(str(folder / 'windows.csv'), newline='') as file:
        for row in csv.DictReader(file):
            rows.setdefault(row['file_path'], []).append(row)
    return rows


def play(peer, process, path):
    """Let the graph, which is inactive, begin anew with a file."""
    assert peer.set_parameter('audio_capture', 'device', path) == (True, '')
    assert peer.transition('audio_capture', Transition.TRANSITION_CONFIGURE), process.log()
    for node in GRAPH:
        assert peer.transition(node, Transition.TRANSITION_ACTIVATE), process.log()


def stop(peer, process):
    for node in reversed(GRAPH):
        assert peer.transition(node, Transition.TRANSITION_DEACTIVATE), process.log()
    assert peer.transition('audio_capture', Transition.TRANSITION_CLEANUP), process.log()


def check(emotion, row):
    assert Emotion.STATE_NO_SPEECH == 0  # the order of the names below
    state = ('NO_SPEECH', 'UNCERTAIN', 'EMOTION')[emotion.state]
    assert (state, emotion.label) == (row['state'], row['label'])
    assert emotion.confidence == pytest.approx(float(row['confidence']), abs=TOLERANCE)
    if emotion.state != Emotion.STATE_NO_SPEECH:
        np.testing.assert_allclose(
            emotion.raw_probabilities, [float(row[label]) for label in emotion.labels],
            atol=TOLERANCE)


@pytest.mark.parametrize('model', available_models())
def test_every_window_of_every_clip(peer, start, folder, model):
    expected = evaluated(model, folder)
    assert len(expected) == len(CLIPS)
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    process = start('graph', '-p', 'model:=' + model, '-p', 'loop:=false',
                    '-p', 'realtime:=false', '-p', 'chunk_s:=0.1')
    for node in GRAPH[:-1]:
        assert peer.transition(node, Transition.TRANSITION_CONFIGURE), process.log()
    peer.wait_until_connected([process])
    for path, rows in expected.items():
        play(peer, process, path)
        peer.wait_for(lambda rows=rows: len(emotions) >= len(rows), 'all windows', [process])
        stop(peer, process)
        first = emotions[0].sequence
        assert [emotion.sequence - first for emotion in emotions] == list(range(len(rows)))
        for emotion, row in zip(emotions, rows):
            check(emotion, row)
        emotions.clear()
    assert 'has not followed the file' not in process.log()
