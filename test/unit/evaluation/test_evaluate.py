# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of windows, and the figures that follow from them, on values worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.emotion.tracker import State
from ser_ros.evaluation import figures
from ser_ros.evaluation.scoring import ClipScores, Scorer
from ser_ros.recognizer import Recognizer
from ser_ros.results import file_result

LABELS = ('happiness', 'anger', 'fear')


def clip(label, speaker='s', corpus='c'):
    return Clip(corpus, Path('x.wav'), speaker, label)


def scores(*windows, speech=None, said=None, pitch_hz=float('nan')):
    """Return the scores of windows with these probabilities."""
    count = len(windows)
    speech = [True] * count if speech is None else speech
    said = said or ['happiness' if heard else '' for heard in speech]
    return ClipScores(
        np.array(windows, np.float32), 2.604 + 0.5 * np.arange(count), np.array(speech, float),
        tuple(State.EMOTION if label else State.NO_SPEECH for label in said), tuple(said),
        np.zeros(count), np.full(count, pitch_hz))


def test_the_score_is_the_mean_of_the_windows_with_speech():
    entry = scores([0.2, 0.8, 0], [0.6, 0.4, 0], [0, 0, 1], speech=[True, True, False])
    np.testing.assert_allclose(figures.clip_score(entry, [0, 1, 2]), [0.4, 0.6, 0], atol=1e-6)
    silent = scores([0.2, 0.8, 0], [0.6, 0.4, 0], speech=[False, False])
    np.testing.assert_allclose(figures.clip_score(silent, [0, 1, 2]), [0.4, 0.6, 0], atol=1e-6)


def test_a_choice_of_labels_is_renormalised_in_each_window():
    entry = scores([0.1, 0.1, 0.8], [0.1, 0.3, 0.6])
    np.testing.assert_allclose(
        figures.clip_score(entry, [0, 1]), [(0.5 + 0.25) / 2, (0.5 + 0.75) / 2], atol=1e-6)


def test_clips_and_windows_are_compared():
    clips = [clip(0, 'a'), clip(1, 'b'), clip(2, 'b')]
    entries = [scores([0.9, 0.1, 0], [0.4, 0.6, 0]), scores([0.1, 0.9, 0]), scores([0, 1, 0])]
    by_clip = figures.compare(clips, entries, LABELS, LABELS)
    assert by_clip.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert by_clip.uar == pytest.approx(2 / 3)
    assert by_clip.resampled == 'speakers'
    assert by_clip.right.tolist() == [True, True, False]
    by_window = figures.compare(clips, entries, LABELS, LABELS, 'windows')
    assert by_window.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    two = figures.compare(clips, entries, LABELS, LABELS[:2])
    assert (two.labels, two.confusion.tolist()) == (LABELS[:2], [[1, 0], [0, 1]])


@pytest.mark.parametrize('speakers, drawn', [
    ('ab', 'speakers'), ('aa', 'clips'), (['a', ''], 'clips')])
def test_what_the_bootstrap_draws(speakers, drawn):
    clips = [clip(0, speaker) for speaker in speakers]
    assert figures.bootstrap_groups(clips)[1] == drawn
    answers = figures.window_answers(clips, [scores([1, 0, 0], [1, 0, 0])] * 2, [0, 1, 2])
    assert list(answers.groups) == sorted(answers.groups)
    assert len(set(answers.groups)) == 2


@pytest.mark.parametrize('present, expected', [
    ((0, 1, 2), {'all', 'main'}), ((0, 1), {'all', 'corpus', 'main'}), ((0, 2), {'all', 'corpus'}),
])
def test_choices_of_classes(present, expected):
    assert set(figures.choices([clip(label) for label in present], LABELS)) == expected


def test_what_the_graph_says():
    clips = [clip(0), clip(1)]
    entries = [scores([1, 0, 0], [1, 0, 0], said=['happiness', 'anger']),
               scores([1, 0, 0], [0, 0, 1], said=['anger', ''])]
    found = figures.graph_figures(clips, entries, LABELS)
    assert (found.windows, found.no_speech, found.uncertain) == (4, 0.25, 0)
    assert found.right == pytest.approx(2 / 3)
    assert found.silent_clips == 0
    assert found.named['happiness'] == figures.Named(windows=1, right=1, spoken=2)
    assert found.named['anger'] == figures.Named(windows=2, right=1, spoken=1)
    assert (found.named['anger'].precision, found.named['happiness'].recall) == (0.5, 0.5)
    assert np.isnan(found.named['fear'].precision) and np.isnan(found.named['fear'].recall)


def test_a_clip_without_speech_has_no_windows_of_its_own():
    clips = [clip(0, 'a'), clip(1, 'b')]
    silent = scores([0, 1, 0], [0, 1, 0], speech=[False, False])
    heard = scores([1, 0, 0], [0, 1, 0], speech=[True, False])
    by_window = figures.compare(clips, [heard, silent], LABELS, LABELS, 'windows')
    assert by_window.confusion.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert figures.compare(clips, [heard, silent], LABELS, LABELS).confusion.sum() == 2
    assert figures.graph_figures(clips, [heard, silent], LABELS).silent_clips == 1
    nothing = figures.compare(clips, [silent, silent], LABELS, LABELS, 'windows')
    assert nothing.confusion.sum() == 4


@pytest.mark.parametrize('duration_s', [1.0, 4.3])
def test_scores_are_what_classify_says(classifier, loud_is_speech, write_wav, noise, duration_s):
    path = write_wav('a.wav', noise(duration_s))
    recognizer = Recognizer(classifier)
    expected = list(recognizer.classify(path))
    found = Scorer(recognizer).score(read_samples(Path(path)))
    assert found.labels == tuple(window.label for window in expected)
    assert found.states == tuple(window.state for window in expected)
    np.testing.assert_allclose(found.end_s, [window.end_s for window in expected])
    np.testing.assert_allclose(found.confidences, [window.confidence for window in expected])
    rated = [window.raw_probabilities for window in expected if window.state != State.NO_SPEECH]
    np.testing.assert_array_equal(found.probabilities[found.speech], rated)


def test_silence_is_scored_all_the_same(classifier, loud_is_speech):
    found = Scorer(Recognizer(classifier)).score(np.zeros(50000, np.float32))
    assert set(found.states) == {State.NO_SPEECH}
    assert not found.speech.any() and found.rated.all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize('name', [
    'ravdess/Actor_21/03-01-05-02-01-01-21.flac', 'nemo/TP0/TP0_sadness_1.opus'])
def test_real_speech_is_scored_as_classify_does(shared_data, name):
    path = shared_data / name
    with Recognizer() as model:
        expected = list(model.classify(str(path)))
        found = Scorer(model).score(read_samples(path))
        whole = file_result(str(path), 3.0, expected, model.labels)
        everything = list(range(len(model.labels)))
        np.testing.assert_allclose(
            figures.clip_score(found, everything), whole.probabilities, atol=1e-6)
        assert found.labels == tuple(window.label for window in expected)
        assert found.speech.all()
