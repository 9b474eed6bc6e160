# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A user's labelled clips: those to train on, and the folds that are held out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ser_ros import corpora
from ser_ros.adaptation.fit import Examples
from ser_ros.adaptation.head import Body
from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.corpora.labelled_clips import Clip, read_samples, to_clips
from ser_ros.corpora.labels import as_word
from ser_ros.emotion.tracker import EmotionTracker
from ser_ros.emotion_stream import answers
from ser_ros.errors import SerError, listed
from ser_ros.graph_defaults import graph_settings
from ser_ros.windows.window_stream import WindowStream

FOLDS = 5
MIN_CLIPS = FOLDS  # of an emotion: one in each fold
HOLD_OUT = ('auto', 'speakers', 'clips')


def read_clips(root: Path, labels: Sequence[str],
               corpus: Optional[str] = None) -> tuple[list[Clip], dict[str, int]]:
    """Return the labelled clips in a folder, in any layout of `ser_ros.corpora`.

    Args:
        labels: those of the model.
        corpus: whose file names and labels these are; found out where None.

    Returns:
        the clips, and how many of which label are left out because the corpus's label map says so.

    Raises:
        SerError: if a label is unknown to the model.
    """
    clips: list[Clip] = []
    left_out: Counter = Counter()
    for folder in corpora.find_folders(root):
        listing = corpora.read(folder, corpus)
        words = Counter(recording.label for recording in listing.recordings)
        known = {as_word(label) for label in labels}
        emotions = {**corpora.emotion_map(listing.corpus), **{word: word for word in known}}
        unknown = [f'{word!r} ({count} clips)' for word, count in words.items()
                   if emotions.get(word, word) not in {*known, None}]
        if unknown:
            raise SerError(f'{folder}: the model does not know {listed(unknown)}; rename these '
                           f'labels or remove the clips (labels of the model: {listed(labels)})')
        left_out.update({word: count for word, count in words.items()
                         if emotions.get(word, word) is None})
        clips += to_clips(listing.folder.name, listing, labels, {}, [])
    return clips, dict(left_out)


@dataclass(frozen=True)
class Heard:
    """Where and when there was speech.

    Attributes:
        clips: index of each clip with speech among all; the others hold none.
        end_s: where each window with speech ends in its clip.
        speech: share of it that is speech, [0, 1].
    """

    clips: list[int]
    end_s: np.ndarray
    speech: np.ndarray


def hear(clips: Iterable[Clip], body: Body, stream: WindowStream,
         labels: Sequence[str]) -> tuple[Examples, Heard]:
    """Return the features of the clips' windows with speech, by the steps of the running graph.

    Raises:
        SerError: if a clip cannot be read, or none holds speech.
    """
    gate = EmotionTracker(labels, graph_settings())
    features, which, end_s, shares = [], [], [], []
    heard: list[int] = []
    truth: list[int] = []
    for index, clip in enumerate(clips):
        windows = stream.recording([read_samples(clip.path)])
        for window, pooled in answers(windows, gate, lambda inputs: map(body.features, inputs)):
            if pooled is None:
                continue
            if index not in heard[-1:]:
                heard.append(index)
                truth.append(clip.label)
            features.append(pooled)
            which.append(len(heard) - 1)
            end_s.append(window.end_sample / SAMPLE_RATE_HZ)
            shares.append(window.speech_probability)
    if not heard:
        raise SerError('no clip contains speech; give clips in which somebody speaks')
    return (Examples(np.stack(features), np.array(which), np.array(truth)),
            Heard(heard, np.array(end_s), np.array(shares)))


def check_counts(truth: np.ndarray, labels: Sequence[str]) -> None:
    """Make sure that there are enough clips for training and cross-validation.

    Args:
        truth: label of each clip.

    Raises:
        SerError: if fewer than two emotions have clips, or one has fewer than MIN_CLIPS.
    """
    counts = {label: int(np.sum(truth == index)) for index, label in enumerate(labels)}
    present = ', '.join(f'{count} {label}' for label, count in counts.items() if count)
    if sum(count > 0 for count in counts.values()) < 2:
        raise SerError('two or more emotions with clips are needed; clips with speech are: '
                       f'{present}')
    few = [label for label, count in counts.items() if 0 < count < MIN_CLIPS]
    if few:
        raise SerError(f'each emotion needs at least {MIN_CLIPS} clips with speech, but '
                       f'{listed(few)} has fewer (clips: {present}); add clips or remove these '
                       'emotions')


def split(clips: Sequence[Clip], hold_out: str, seed: int) -> tuple[list[np.ndarray], str]:
    """Part the clips into folds, each of which is judged by a model that did not see it.

    Args:
        hold_out: one of HOLD_OUT; 'auto' is by speaker where several are known.

    Returns:
        indices of each fold's clips, and whether 'speakers' or 'clips' are held out.

    Raises:
        SerError: if the folds cannot be made so.
    """
    speakers = [(clip.corpus, clip.speaker) for clip in clips]
    known = len(set(speakers)) > 1 and all(clip.speaker for clip in clips)
    if hold_out == 'speakers' and not known:
        raise SerError('--hold-out speakers needs two or more speakers, and a speaker for every '
                       'clip (column speaker of the list); add them or use --hold-out clips')
    if hold_out == 'clips' or not known:
        return _by_clip(clips, seed), 'clips'
    folds = _by_speaker(speakers)
    for fold in folds:
        if len({clip.label for index, clip in enumerate(clips) if index not in fold}) < 2:
            raise SerError('only one emotion is left when one speaker is held out; use '
                           '--hold-out clips')
    return folds, 'speakers'


def _by_clip(clips: Sequence[Clip], seed: int) -> list[np.ndarray]:
    """Deal out the clips of each emotion in turn."""
    order = np.random.default_rng(seed).permutation(len(clips))
    ranked = sorted(order.tolist(), key=lambda index: clips[index].label)
    return [np.sort(ranked[start::FOLDS]) for start in range(FOLDS)]


def _by_speaker(speakers: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    """Put speakers into folds, those with most clips first, each into the smallest fold."""
    counts = Counter(speakers)
    folds: list[list[int]] = [[] for _ in range(min(FOLDS, len(counts)))]
    for speaker, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        smallest = min(folds, key=len)
        smallest += [index for index, name in enumerate(speakers) if name == speaker]
    return [np.sort(fold) for fold in folds]
