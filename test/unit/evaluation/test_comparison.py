# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two models on the same clips, by hand-made scores and files."""

import json
from pathlib import Path

import numpy as np
import pytest

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError
from ser_ros.evaluation import comparison, score_files
from ser_ros.evaluation.scoring import ClipScores

LABELS = ('happiness', 'anger', 'fear')


def clips(root='/data', speakers='abcdef'):
    """Two clips of each emotion and speaker, named only by number, as in folders of emotions."""
    return [Clip('c', Path(root, emotion, f'{speaker}{take}.wav'), speaker, label)
            for label, emotion in enumerate(LABELS) for speaker in speakers for take in range(2)]


def answered(members, right, labels=LABELS):
    """Return scores of two windows a clip, with the right answer or that of the next label."""
    scores = []
    for clip in members:
        answer = clip.label if right(clip) else (clip.label + 1) % len(labels)
        probabilities = np.full((2, len(labels)), 0.1, np.float32)
        probabilities[:, answer] = 0.8
        scores.append(ClipScores(
            probabilities, np.array([2.6, 3.1]), np.ones(2), (State.EMOTION,) * 2,
            (labels[answer],) * 2, np.full(2, 0.8), np.array([120.0, np.nan])))
    return scores


def good(clip):
    return clip.path.stem[1] == '0' or clip.speaker == 'a'


def poor(clip):
    return clip.path.stem == 'b0'


def test_the_better_one_is_found():
    members = clips()
    found = comparison.compare(
        members, answered(members, good), answered(members, poor), LABELS)['c']
    assert set(found) == {'all', 'main'}
    entry = found['all']
    assert (entry.clips, entry.resampled) == (36, 'speakers')
    assert entry.uar_a == pytest.approx(7 / 12) and entry.uar_b == pytest.approx(1 / 12)
    assert entry.difference.uar == pytest.approx(entry.uar_a - entry.uar_b)
    low, high = entry.difference.interval
    assert low < entry.difference.uar < high
    other = comparison.compare(
        members, answered(members, poor), answered(members, good), LABELS)['c']['all']
    assert other.difference.uar == pytest.approx(-entry.difference.uar)
    assert (entry.better, other.better) == ('A', 'B')


def test_equal_ones_are_not_called_better():
    members = clips()
    scores = answered(members, good)
    entry = comparison.compare(members, scores, scores, LABELS)['c']['all']
    assert (entry.better, entry.difference.interval) == ('', (0, 0))
    text = comparison.build({'c': {'all': entry}}, ['one', 'two'])
    assert text[-1].rows[0][-1] == 'not clear'


def test_clips_of_unknown_speakers_are_drawn_themselves():
    members = clips(speakers=' ')
    members = [Clip(clip.corpus, clip.path, '', clip.label) for clip in members]
    entry = comparison.compare(
        members, answered(members, good), answered(members, good), LABELS)['c']['all']
    assert entry.resampled == 'clips'


def save(folder, members, scores, labels=LABELS):
    folder.mkdir()
    score_files.save_windows(folder / 'windows.csv', members, scores, labels)
    return folder


def test_files_of_evaluations_are_compared(tmp_path):
    members = clips()
    first = save(tmp_path / 'one', members, answered(members, good))
    # Evaluated on another machine, and in another order.
    elsewhere = clips('/elsewhere')[::-1]
    second = save(tmp_path / 'two', elsewhere, answered(elsewhere, poor))
    text = comparison.run(first, second, ['one', 'two'], tmp_path)
    assert text.startswith('# A: one, B: two\n')
    assert '| c | all classes of the model | 36 | speakers | 58.3 | 8.3 | +50.0 |' in text
    assert (tmp_path / 'comparison.md').read_text() == text
    values = json.loads((tmp_path / 'comparison.json').read_text())
    assert values['labels'] == list(LABELS)
    assert values['corpora']['c']['all']['better'] == 'A'
    assert 'different labels' not in text


def test_what_is_stored_is_read_back(tmp_path):
    members = clips()
    scores = answered(members, good)
    path = save(tmp_path / 'one', members, scores) / 'windows.csv'
    assert score_files.labels_of(path) == list(LABELS)
    assert score_files.load_clips(path, LABELS) == members
    for found, expected in zip(
            score_files.load_windows(path, members, LABELS), scores, strict=True):
        assert (found.states, found.labels) == (expected.states, expected.labels)
        np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
        np.testing.assert_allclose(found.pitch_hz, expected.pitch_hz)


def test_clips_of_the_same_name_are_not_mixed_up(tmp_path):
    """Folders of speakers and emotions number their clips from 1 again."""
    members = [Clip('c', Path(f'/data/{speaker}/{emotion}/1.wav'), '', label)
               for speaker in 'xy' for label, emotion in enumerate(LABELS)]
    path = save(tmp_path / 'one', members, answered(members, lambda clip: True)) / 'windows.csv'
    assert all(len(entry.states) == 2
               for entry in score_files.load_windows(path, members, LABELS))
    moved = [Clip('c', Path('/moved', *clip.path.parts[2:]), '', clip.label) for clip in members]
    with pytest.raises(SerError, match='no scores of /moved/x/happiness/1.wav of c .and 5 more'):
        score_files.load_windows(path, moved, LABELS)


def test_models_of_different_labels_share_some(tmp_path):
    members = clips()
    first = save(tmp_path / 'one', members, answered(members, good))
    labels = ('fear', 'anger', 'joy')
    theirs = [Clip(clip.corpus, clip.path, clip.speaker, {2: 0, 1: 1}[clip.label])
              for clip in members if clip.label]
    second = save(tmp_path / 'two', theirs, answered(theirs, good, labels), labels)
    text = comparison.run(first, second, ['one', 'two'], tmp_path)
    assert 'The models have different labels. Compared are those of both: anger, fear.' in text
    assert '| c | all common classes | 24 | speakers |' in text


def test_models_without_common_labels(tmp_path):
    members = clips()
    first = save(tmp_path / 'one', members, answered(members, good))
    second = save(tmp_path / 'two', members, answered(members, good), ('joy', 'rage', 'fear'))
    with pytest.raises(SerError, match='happiness, anger, fear, but .* at least two must be the'):
        comparison.run(first, second, ['one', 'two'], tmp_path)
