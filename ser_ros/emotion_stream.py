# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From samples to the emotions of their windows.

Every step is the graph's own: the stream of windows, the speech gate, the classifier and the
tracker. So the graph says the same of the same sound.
"""

import os
from typing import (
    Any,
    Callable,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.emotion.enrolled_voices import ENROLLED, OFF, RUNNING, open_baseline
from ser_ros.emotion.tracker import EmotionTracker
from ser_ros.emotion.voice_baseline import KnownVoice, SpeechShare, VoiceBaseline
from ser_ros.errors import SerError, listed
from ser_ros.graph_defaults import graph_settings, open_graph_classifier, open_stream
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.results import WindowResult
from ser_ros.windows.window_stream import Window

Model = Union[str, 'os.PathLike[str]', Classifier, None]
Ask = Callable[[np.ndarray], Iterable[np.ndarray]]
Stream = TypeVar('Stream', bound='EmotionStream')


class EmotionStream:
    """Samples in, the emotions of their windows out; `ser_ros.Recognizer` also reads files."""

    def __init__(
            self, model: Model = None, precision: Optional[str] = None,
            period_s: Optional[float] = None, *, backend: Optional[str] = None,
            threads: Optional[int] = None, emotions: Optional[Sequence[str]] = None,
            baseline: str = OFF, **tracking: Optional[float]):
        """Load the model; what is not given is as in config/ser.yaml, the settings of the graph.

        Args:
            model: name of a model that ships, such as 'small', or path of a model's folder or
                ONNX file. Or a `Classifier` that is open, which then decides the next four and
                is closed with the recognizer.
            precision: 'fp32', 'fp16' or 'int8', one that the model stores.
            period_s: time from one window to the next [s], 0.1 to 5.
            backend: 'auto', 'onnxruntime', 'tensorrt' or 'pytorch'.
            threads: CPU threads for one window.
            emotions: two or more of the model's labels; only these are possible answers.
            baseline: what is known of the speaker's voice, for a model that takes it: 'off' for
                nothing, 'running' for a slow mean of the calm speech since the reset, or the name
                or path of an enrolled voice, from which that mean then starts.
            tracking: how probabilities become a steady statement, by the attributes of
                `ser_ros.emotion.settings.TrackerSettings`: ``min_confidence``, ``smoothing_s``...

        Raises:
            SerError: if there is no such model, or a value is not allowed.
        """
        self._closed = False
        self._begun = 0  # recordings and streams so far
        self._classifier = _open(
            model, precision=precision, backend=backend, threads=threads, emotions=emotions)
        try:
            self._stream = open_stream(self.info.feature_set, period_s, self.info.input_shape)
            self._tracker = EmotionTracker(self.labels, graph_settings(self.info, **tracking))
            self._baseline = open_baseline(
                *((baseline, '') if baseline in (OFF, RUNNING) else (ENROLLED, baseline)),
                self.info)
        except BaseException:
            self.close()
            raise

    def __enter__(self: Stream) -> Stream:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Give back the model; the recognizer cannot be used afterwards."""
        self._closed = True
        self._classifier.close()

    @property
    def labels(self) -> Tuple[str, ...]:
        """The emotions, in the order of the probabilities."""
        return self._classifier.labels

    @property
    def info(self) -> ModelInfo:
        """What the model file says of the model."""
        return self._classifier.session.info

    @property
    def backend(self) -> str:
        """Name of the backend that runs the model."""
        return self._classifier.session.backend

    @property
    def precision(self) -> str:
        """Precision in which the model really runs, read from what was loaded."""
        return self._classifier.session.precision

    @property
    def min_samples(self) -> int:
        """Length up to which silence follows a shorter recording before it is degraded."""
        return self._stream.min_samples

    @property
    def window_s(self) -> float:
        """Length of a window [s]."""
        return self._stream.window_s

    @property
    def period_s(self) -> float:
        """Time from one window to the next [s]."""
        return self._stream.period_s

    def reset(self) -> None:
        """Forget all sound: what is pushed next is another stream."""
        self._begun += 1
        self._stream.reset()
        self._tracker.reset()
        if self._baseline is not None:
            self._baseline.reset()

    def change_person(self) -> None:
        """Take it that another person speaks from now on, in the same stream."""
        self._tracker.reset()
        if self._baseline is not None:
            self._baseline.change_person()

    def push(self, samples: np.ndarray) -> List[WindowResult]:
        """Take in the next samples of a stream.

        Args:
            samples: float32 (n,) at 16 kHz, full scale is 1.0; any n.

        Returns:
            The windows that these samples complete, with times since the last reset.

        Raises:
            SerError: for another dtype or shape, NaN or infinity. The stream then stays as it is.
        """
        return list(self._results(self._stream.push(samples)))

    def recording(self, chunks: Iterable[np.ndarray],
                  every_window: bool = False) -> Iterator[WindowResult]:
        """Yield the windows of a recording, from a reset to a reset.

        A recording shorter than a window is followed by silence, so there is one window at least.

        Args:
            chunks: samples, see `push`.
            every_window: ask the model also where there is too little speech. This changes the
                raw probabilities of these windows and nothing else.
        """
        self.reset()
        begun = self._begun
        try:
            windows = self._stream.recording(chunks)
            for result in self._results(windows, every_window, self._classifier.session.batch):
                yield result
                if self._begun != begun:
                    raise SerError('another recording or stream has begun in this recognizer; '
                                   'read one to its end first, or make a second recognizer')
        finally:
            if self._begun == begun:
                self.reset()

    def hear_voice(self, chunks: Iterable[np.ndarray]) -> KnownVoice:
        """Return the mean voice of a recording, in which one person speaks calmly throughout.

        Args:
            chunks: samples, see `push`.

        Raises:
            SerError: for a model that takes no baseline of the voice.
        """
        self._check_open()
        heard = open_baseline(RUNNING, '', self.info)
        assert heard is not None  # it is not off
        self.reset()
        for window in self._stream.recording(chunks):
            start_s, end_s = _times(window)
            voice = (self._classifier.recognize(window.input).voice
                     if self._tracker.hears_speech(window.speech_probability) else None)
            heard.hear(start_s, end_s, voice, _speech(window))
        self.reset()
        return KnownVoice(heard.mean, heard.seconds)

    def _results(self, windows: Iterable[Window], every_window: bool = False,
                 batch: int = 1) -> Iterator[WindowResult]:
        self._check_open()
        found = (
            answers(windows, self._tracker, self._classifier.batch_probabilities, every_window,
                    batch)
            if self._baseline is None else
            self._answers_as_known(windows, self._baseline, every_window))
        for window, raw in found:
            yield self._result(window, raw)

    def _check_open(self) -> None:
        if self._closed:
            raise SerError('the recognizer is closed; make another one')

    def _answers_as_known(
            self, windows: Iterable[Window], baseline: VoiceBaseline, every_window: bool,
    ) -> Iterator[Tuple[Window, Optional[np.ndarray]]]:
        """Do as `answers`, one by one: what is heard in a window counts for the next."""
        for window in windows:
            start_s, end_s = _times(window)
            if self._tracker.hears_speech(window.speech_probability):
                yield window, baseline.recognize(
                    self._classifier, window.input, start_s, end_s, _speech(window))
                continue
            baseline.hear(start_s, end_s)
            yield window, (
                self._classifier.recognize(window.input, baseline.value).probabilities
                if every_window else None)

    def _result(self, window: Window, raw: Optional[np.ndarray]) -> WindowResult:
        end_s = window.end_sample / SAMPLE_RATE_HZ
        estimate = self._tracker.update(end_s, raw, window.speech_probability)
        return WindowResult(
            index=window.index,
            start_s=window.start_sample / SAMPLE_RATE_HZ,
            end_s=end_s,
            state=estimate.state,
            label=estimate.label,
            confidence=estimate.confidence,
            probabilities=estimate.probabilities,
            raw_probabilities=np.zeros_like(estimate.probabilities) if raw is None else raw,
            speech_probability=window.speech_probability,
            level_dbfs=window.level_dbfs,
            pitch_hz=window.pitch_hz,
            labels=self.labels)


def _times(window: Window) -> Tuple[float, float]:
    return window.start_sample / SAMPLE_RATE_HZ, window.end_sample / SAMPLE_RATE_HZ


def _speech(window: Window) -> SpeechShare:
    return SpeechShare(window.speech_probability, window.recent_speech_probability)


def _open(model: Model, **choices: Any) -> Classifier:
    if isinstance(model, os.PathLike):
        # A plain name would be that of a model that ships.
        model = os.path.join(os.curdir, os.fspath(model))
    if not isinstance(model, Classifier):
        return open_graph_classifier(model=model, **choices)
    given = [name for name, value in choices.items() if value is not None]
    if given:
        raise SerError(f'{listed(given)} cannot be chosen for a classifier that is open')
    return model


def answers(
        windows: Iterable[Window], gate: EmotionTracker, ask: Ask, every_window: bool = False,
        batch: int = 1) -> Iterator[Tuple[Window, Optional[np.ndarray]]]:
    """Yield each window with the model's answer; None where it holds too little speech to be asked.

    Args:
        windows: of a stream.
        gate: decides what is enough speech.
        ask: from the inputs of some windows, along a first axis, to an answer for each.
        every_window: ask whatever the gate says.
        batch: most windows that are asked at once.
    """
    group: List[Tuple[Window, Optional[np.ndarray]]] = []  # with the input of those to be asked
    for window in windows:
        asked = every_window or gate.hears_speech(window.speech_probability)
        group.append((window, window.input.copy() if asked else None))
        if len(group) == batch:
            yield from _answered(group, ask)
            group = []
    yield from _answered(group, ask)


def _answered(group: Sequence[Tuple[Window, Optional[np.ndarray]]],
              ask: Ask) -> Iterator[Tuple[Window, Optional[np.ndarray]]]:
    inputs = [model_input for _, model_input in group if model_input is not None]
    found = iter(ask(np.stack(inputs)) if inputs else ())
    for window, model_input in group:
        yield window, None if model_input is None else next(found)
