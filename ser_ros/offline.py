# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
From an audio file to the emotions of its windows, without ROS.

Every step is the graph's own: the file's chunks in 16 bits, the stream of windows, the classifier
and the tracker. So the graph, fed with the same file, says the same.
"""

import contextlib
from dataclasses import dataclass
from typing import Any, Iterable, Iterator, Optional, Sequence

import numpy as np

from ser_ros.audio.file_source import FileSource
from ser_ros.audio.format import SAMPLE_RATE_HZ, int16_to_float
from ser_ros.audio.source import AudioSource
from ser_ros.defaults import load_defaults
from ser_ros.emotion.settings import TrackerSettings, make_settings
from ser_ros.emotion.tracker import EmotionTracker, State
from ser_ros.features.registry import create_extractor
from ser_ros.inference.classifier import Classifier, open_classifier
from ser_ros.inference.model_metadata import DEFAULT_MIN_CONFIDENCE, ModelInfo
from ser_ros.windows.voice_activity import VoiceActivity
from ser_ros.windows.window_stream import Window, WindowStream


@dataclass(frozen=True)
class WindowEstimate:
    """
    What is heard in one window of a file.

    Attributes:
        index: number of the window, from 0.
        start_s, end_s: its place in the file.
        state: NO_SPEECH, UNCERTAIN or EMOTION.
        label: the emotion; empty unless ``state`` is EMOTION.
        confidence: smoothed probability of the emotion, [0, 1]; 0 in NO_SPEECH.
        probabilities: smoothed over time, float32 (n,), in the order of the classifier's labels,
            adding up to 1; all 0 in NO_SPEECH.
        raw_probabilities: the same of this window alone.
        speech_probability: share of the window that is speech, [0, 1].
        level_dbfs: level of the newest part of the window, -120..0.
        pitch_hz: median pitch of the voiced frames; NaN where there is none.
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


@dataclass(frozen=True)
class ClipEstimate:
    """
    What is heard in a whole file.

    Attributes:
        state: EMOTION, or NO_SPEECH where no window holds enough speech.
        label: the most probable emotion; empty in NO_SPEECH.
        confidence: its probability, [0, 1]; 0 in NO_SPEECH.
        probabilities: mean of the raw probabilities over the windows with speech, float32 (n,);
            all 0 in NO_SPEECH.
        speech_windows: number of windows with speech.
    """

    state: State
    label: str
    confidence: float
    probabilities: np.ndarray
    speech_windows: int


def graph_settings(info: Optional[ModelInfo] = None, **changes: Any) -> TrackerSettings:
    """
    Return the settings that the graph's tracker has by default with a model, but for the changes.

    :param info: of the model; None stands for one whose file names no ``min_confidence``.
    :param changes: parameters of config/ser.yaml, such as ``min_confidence``; None for the default.
    :raises SerError: for a value out of its range.
    """
    parameters = load_defaults('emotion_inference')
    parameters.update({name: value for name, value in changes.items() if value is not None})
    return make_settings(
        parameters, DEFAULT_MIN_CONFIDENCE if info is None else info.min_confidence)


def open_graph_classifier(**changes: Any) -> Classifier:
    """
    Load the model as the graph does by default, but for the changes.

    :param changes: ``model``, ``backend``, ``precision``, ``threads`` or ``emotions``; None for
        the default.
    :raises SerError: if anything of it is wrong.
    """
    parameters = load_defaults('emotion_inference')
    chosen = {
        name: parameters[name] if changes.get(name) is None else changes[name]
        for name in ('model', 'backend', 'precision', 'threads', 'emotions')}
    return open_classifier(**chosen)


def open_stream(feature_set: str, period_s: Optional[float] = None) -> WindowStream:
    """
    Return a stream of windows, with voice activity, for one file after the other.

    :param feature_set: the name that a model gives.
    :param period_s: time from one window to the next; the graph's default where None.
    :raises SerError: for an unknown feature set or a period that is not allowed.
    """
    if period_s is None:
        period_s = load_defaults('feature_extraction')['period']
    return WindowStream(create_extractor(feature_set), VoiceActivity(), period_s)


def classify_file(
    path: str, classifier: Optional[Classifier] = None, stream: Optional[WindowStream] = None,
    settings: Optional[TrackerSettings] = None,
) -> Iterator[WindowEstimate]:
    """
    Yield the windows of an audio file, one each period, the first after the first full window.

    What is not given is made for this file, as the graph has it by default; for many files open
    it once.

    :param classifier: from `open_graph_classifier`; its user closes it.
    :param stream: from `open_stream`.
    :param settings: of the tracker.
    :raises SerError: if the file is missing, no audio, or cannot be decoded any further.
    """
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(contextlib.closing(FileSource(path)))
        if classifier is None:
            classifier = stack.enter_context(contextlib.closing(open_graph_classifier()))
        if stream is None:
            stream = open_stream(classifier.session.info.feature_set)
        yield from classify_source(source, classifier, stream, settings)


def classify_source(
    source: AudioSource, classifier: Classifier, stream: WindowStream,
    settings: Optional[TrackerSettings] = None,
) -> Iterator[WindowEstimate]:
    """Yield the windows of a source that is open, up to its end; see `classify_file`."""
    return classify_chunks(_chunks(source), classifier, stream, settings)


def classify_chunks(
    chunks: Iterable[np.ndarray], classifier: Classifier, stream: WindowStream,
    settings: Optional[TrackerSettings] = None,
) -> Iterator[WindowEstimate]:
    """Yield the windows of sound in chunks of float32 (n,) at 16 kHz; see `classify_file`."""
    stream.reset()
    tracker = EmotionTracker(
        classifier.labels, settings or graph_settings(classifier.session.info))
    for chunk in chunks:
        for window in stream.push(chunk):
            yield _estimate(window, classifier, tracker)


def _chunks(source: AudioSource) -> Iterator[np.ndarray]:
    chunk = source.read()
    while chunk is not None:
        yield int16_to_float(chunk)
        chunk = source.read()


def clip_estimate(labels: Sequence[str], windows: Iterable[WindowEstimate]) -> ClipEstimate:
    """Sum up the windows of one file; every window with speech counts the same."""
    raw = [window.raw_probabilities for window in windows if window.state != State.NO_SPEECH]
    if not raw:
        return ClipEstimate(State.NO_SPEECH, '', 0.0, np.zeros(len(labels), np.float32), 0)
    mean = np.asarray(np.mean(raw, axis=0, dtype=np.float64), np.float32)
    leader = int(np.argmax(mean))
    return ClipEstimate(State.EMOTION, labels[leader], float(mean[leader]), mean, len(raw))


def _estimate(window: Window, classifier: Classifier, tracker: EmotionTracker) -> WindowEstimate:
    # In single precision, as it goes through the graph's messages: the gate then decides alike.
    speech_probability = float(np.float32(window.speech_probability))
    raw = None
    if tracker.hears_speech(speech_probability):
        raw = classifier.probabilities(window.input)
    estimate = tracker.update(window.end_sample / SAMPLE_RATE_HZ, raw, speech_probability)
    return WindowEstimate(
        index=window.index,
        start_s=window.start_sample / SAMPLE_RATE_HZ,
        end_s=window.end_sample / SAMPLE_RATE_HZ,
        state=estimate.state,
        label=estimate.label,
        confidence=estimate.confidence,
        probabilities=estimate.probabilities,
        raw_probabilities=np.zeros_like(estimate.probabilities) if raw is None else raw,
        speech_probability=speech_probability,
        level_dbfs=window.level_dbfs,
        pitch_hz=window.pitch_hz)
