# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was heard in a window, in a file and in many files, with forms for JSON and CSV."""

import abc
import json
import math
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Optional, Sequence, Tuple

import numpy as np

from ser_ros.emotion.counts import EmotionCounts
from ser_ros.emotion.tracker import State

Values = Dict[str, Any]


class Result(abc.ABC):
    """The forms of a result for JSON and CSV."""

    @abc.abstractmethod
    def to_dict(self) -> Values:
        """Return plain values: texts, numbers, None for NaN, and dictionaries of them."""

    def to_json(self) -> str:
        """Return `to_dict` as JSON text."""
        return _json(self.to_dict())

    def csv_row(self) -> Values:
        """Return one value for each column; inner names follow a dot, as ``shares.anger``."""
        return flatten(self.to_dict())


def flatten(values: Values) -> Values:
    """Return the values with those of inner dictionaries as ``outer.inner``."""
    row: Values = {}
    for key, value in values.items():
        if isinstance(value, dict):
            row.update((f'{key}.{name}', inner) for name, inner in value.items())
        else:
            row[key] = value
    return row


@dataclass(frozen=True)
class WindowResult(Result):
    """What was heard in one window of sound.

    Attributes:
        index: number of the window, from 0.
        start_s, end_s: its place in the recording [s].
        state: NO_SPEECH, UNCERTAIN or EMOTION.
        label: the emotion; empty unless ``state`` is EMOTION.
        confidence: smoothed probability of the emotion, [0, 1]; 0 in NO_SPEECH.
        probabilities: smoothed over time, float32 (n,), in the order of ``labels``, adding up to
            1; all 0 in NO_SPEECH.
        raw_probabilities: the same of this window alone.
        speech_probability: share of the window that is speech, [0, 1].
        level_dbfs: level of the newest part of the window [dB re full scale], -120..0.
        pitch_hz: median pitch of the voiced frames [Hz]; NaN where there is none.
        labels: the emotions that could have been named.
    """

    index: int
    start_s: float
    end_s: float
    state: State
    label: str
    confidence: float
    probabilities: np.ndarray
    raw_probabilities: np.ndarray
    speech_probability: float
    level_dbfs: float
    pitch_hz: float
    labels: Tuple[str, ...]

    def to_dict(self) -> Values:
        """Return plain values; see `Result`."""
        return {
            'index': self.index,
            'start_s': _number(self.start_s),
            'end_s': _number(self.end_s),
            'state': self.state.name,
            'label': self.label,
            'confidence': _number(self.confidence),
            'speech_probability': _number(self.speech_probability),
            'level_dbfs': _number(self.level_dbfs),
            'pitch_hz': _number(self.pitch_hz),
            'probabilities': _by_label(self.labels, self.probabilities),
            'raw_probabilities': _by_label(self.labels, self.raw_probabilities),
        }


@dataclass(frozen=True)
class FileResult(Result):
    """What was heard in an audio file, or why it could not be read.

    Attributes:
        path: of the file.
        duration_s: length of the sound that was read [s]; NaN with an error.
        state: EMOTION, NO_SPEECH where no window holds enough speech, or None with an error.
        label: the most probable emotion; empty unless ``state`` is EMOTION.
        confidence: its probability, [0, 1]; 0 in NO_SPEECH, NaN with an error.
        probabilities: mean of the raw probabilities over the windows with speech, float32 (n,),
            in the order of ``labels``; all 0 in NO_SPEECH, all NaN with an error.
        windows: the windows of the file.
        labels: the emotions that could have been named.
        warning: what is wrong with the file though it could be read; usually empty.
        incomplete: whether a part of its sound is missing here; the warning says which.
        error: why the file could not be read; empty if it could.
    """

    path: str
    duration_s: float
    state: Optional[State]
    label: str
    confidence: float
    probabilities: np.ndarray
    windows: Tuple[WindowResult, ...]
    labels: Tuple[str, ...]
    warning: str = ''
    error: str = ''
    incomplete: bool = False

    @property
    def speech_windows(self) -> int:
        """Number of windows with enough speech."""
        return sum(window.state is not State.NO_SPEECH for window in self.windows)

    def to_dict(self, with_windows: bool = False) -> Values:
        """Return plain values; see `Result`.

        Args:
            with_windows: also those of every window.
        """
        values: Values = {
            'file': _text(self.path),
            'duration_s': _number(self.duration_s),
            'state': None if self.state is None else self.state.name,
            'label': self.label,
            'confidence': _number(self.confidence),
            'speech_windows': self.speech_windows,
            'total_windows': len(self.windows),
            'probabilities': _by_label(self.labels, self.probabilities),
            'warning': _text(self.warning),
            'error': _text(self.error),
        }
        if with_windows:
            values['windows'] = [window.to_dict() for window in self.windows]
        return values

    def to_json(self, with_windows: bool = False) -> str:
        """Return `to_dict` as JSON text."""
        return _json(self.to_dict(with_windows))


@dataclass(frozen=True)
class EmotionDistribution(Result):
    """How often each emotion was heard in some files.

    Attributes:
        files: number of files that could be read.
        unreadable: number of files that could not; they count nowhere else.
        emotion_counts: files by emotion, then 'uncertain' and 'no_speech'.
        shares: the same as shares of ``files``.
        mean_confidence: mean confidence of the files with an emotion; NaN without any.
        mean_confidences: the same by emotion.
        window_counts, window_shares: as the two of the files, of their windows.
    """

    files: int
    unreadable: int
    emotion_counts: Dict[str, int]
    shares: Dict[str, float]
    mean_confidence: float
    mean_confidences: Dict[str, float]
    window_counts: Dict[str, int]
    window_shares: Dict[str, float]

    def to_dict(self) -> Values:
        """Return plain values; see `Result`."""
        return {
            'files': self.files,
            'unreadable': self.unreadable,
            'emotion_counts': dict(self.emotion_counts),
            'shares': numbers(self.shares),
            'mean_confidence': _number(self.mean_confidence),
            'mean_confidences': numbers(self.mean_confidences),
            'window_counts': dict(self.window_counts),
            'window_shares': numbers(self.window_shares),
        }


def file_result(path: str, duration_s: float, windows: Sequence[WindowResult],
                labels: Tuple[str, ...], warning: str = '',
                incomplete: bool = False) -> FileResult:
    """Sum up the windows of one file; every window with speech counts the same."""
    raw = [window.raw_probabilities for window in windows if window.state is not State.NO_SPEECH]
    if not raw:
        return FileResult(path, duration_s, State.NO_SPEECH, '', 0.0,
                          np.zeros(len(labels), np.float32), tuple(windows), labels, warning,
                          incomplete=incomplete)
    mean = np.asarray(np.mean(raw, axis=0, dtype=np.float64), np.float32)
    leader = int(np.argmax(mean))
    return FileResult(path, duration_s, State.EMOTION, labels[leader], float(mean[leader]), mean,
                      tuple(windows), labels, warning, incomplete=incomplete)


def unreadable_file(path: str, labels: Tuple[str, ...], error: str) -> FileResult:
    """Return the result of a file that could not be read."""
    return FileResult(path, math.nan, None, '', math.nan,
                      np.full(len(labels), np.nan, np.float32), (), labels, error=error)


def distribution(labels: Iterable[str], results: Iterable[FileResult]) -> EmotionDistribution:
    """Return how often each emotion was heard in the files."""
    labels = tuple(labels)
    files, windows = EmotionCounts(labels), EmotionCounts(labels)
    confidences: Dict[str, list] = {label: [] for label in labels}
    unreadable = 0
    for result in results:
        if result.state is None:
            unreadable += 1
            continue
        files.add(result.state.name, result.label, result.labels)
        if result.label:
            confidences.setdefault(result.label, []).append(result.confidence)
        for window in result.windows:
            windows.add(window.state.name, window.label, result.labels)
    return EmotionDistribution(
        files=len(files), unreadable=unreadable,
        emotion_counts=files.counts(), shares=files.shares(),
        mean_confidence=_mean(sum(confidences.values(), [])),
        mean_confidences={name: _mean(values) for name, values in confidences.items()},
        window_counts=windows.counts(), window_shares=windows.shares())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _json(values: Values) -> str:
    return json.dumps(values, ensure_ascii=False, allow_nan=False)


def _number(value: float) -> Optional[float]:
    """Return a number as JSON and CSV write it: NaN as nothing, no digits without meaning."""
    return round(float(value), 6) if math.isfinite(value) else None


def numbers(values: Dict[str, float]) -> Values:
    """Return numbers as JSON and CSV write them."""
    return {name: _number(value) for name, value in values.items()}


def _by_label(labels: Sequence[str], values: np.ndarray) -> Values:
    return {label: _number(value) for label, value in zip(labels, values)}


def _text(text: str) -> str:
    """Return a text that can be written anywhere: file names need not be valid UTF-8."""
    return text.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
