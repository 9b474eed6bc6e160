# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
From sound to the emotions of its windows, without ROS.

Every step is the graph's own: the stream of windows, the speech gate, the classifier and the
tracker. So the graph says the same of the same sound.
"""

import contextlib
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from ser_ros.audio.file_source import FileSource
from ser_ros.audio.format import SAMPLE_RATE_HZ, int16_to_float
from ser_ros.audio.source import AudioSource
from ser_ros.emotion.tracker import EmotionTracker
from ser_ros.graph_defaults import graph_settings, open_graph_classifier, open_stream
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.results import WindowResult
from ser_ros.windows.window_stream import Window


class Recognizer:
    """
    Hears emotions in sound: a stream of samples, or audio files.

    Attributes:
        labels: the emotions, in the order of the probabilities.
        info: what the model file says of the model.
    """

    def __init__(
            self, model: Union[str, Classifier, None] = None, precision: Optional[str] = None,
            period_s: Optional[float] = None, backend: Optional[str] = None,
            threads: Optional[int] = None, emotions: Optional[Sequence[str]] = None,
            **tracking: Optional[float]):
        """
        Load the model; what is not given is as in config/ser.yaml.

        Args:
            model: name of a model that ships, path of a folder or ONNX file, or a classifier
                that is open already. The recognizer closes it.
            precision, backend, threads, emotions: as the parameters of emotion_inference.
            period_s: time from one window to the next.
            tracking: of the fields of `TrackerSettings`.

        Raises:
            SerError: if anything of it is wrong.
        """
        self._classifier = model if isinstance(model, Classifier) else open_graph_classifier(
            model=model, precision=precision, backend=backend, threads=threads, emotions=emotions)
        try:
            self._stream = open_stream(self.info.feature_set, period_s, self.info.input_shape)
            self._tracker = EmotionTracker(self.labels, graph_settings(self.info, **tracking))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> 'Recognizer':
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Give back the model; the recognizer cannot be used afterwards."""
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

    def reset(self) -> None:
        """Forget all sound: what comes next is another recording."""
        self._stream.reset()
        self._tracker.reset()

    def push(self, samples: np.ndarray) -> List[WindowResult]:
        """
        Take in the next samples of a stream and return the windows that they complete.

        Args:
            samples: float32 (n,) at 16 kHz, full scale is 1.0, any n.

        Raises:
            SerError: for another dtype or shape, NaN or infinity.
        """
        return list(self._results(self._stream.push(samples)))

    def recording(self, chunks: Iterable[np.ndarray],
                  every_window: bool = False) -> Iterator[WindowResult]:
        """
        Yield the windows of a recording from its start.

        A recording shorter than a window is followed by silence, so there is one window at least.

        Args:
            chunks: samples, see `push`.
            every_window: ask the model also where there is too little speech. This changes the
                raw probabilities of these windows and nothing else.
        """
        self._tracker.reset()
        yield from self._results(self._stream.recording(chunks), every_window)

    def classify(self, path: str) -> Iterator[WindowResult]:
        """
        Yield the windows of an audio file.

        Raises:
            SerError: if the file is missing, no audio, or cannot be decoded any further.
        """
        with contextlib.closing(FileSource(path)) as source:
            yield from self.source(source)

    def source(self, source: AudioSource) -> Iterator[WindowResult]:
        """Yield the windows of a source that is open, up to its end."""
        return self.recording(map(int16_to_float, source))

    def _results(self, windows: Iterable[Window],
                 every_window: bool = False) -> Iterator[WindowResult]:
        for window, raw in answers(
                windows, self._tracker, self._classifier.probabilities, every_window):
            yield self._result(window, raw)

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
            pitch_hz=window.pitch_hz)


def answers(
        windows: Iterable[Window], gate: EmotionTracker, ask: Callable[[np.ndarray], np.ndarray],
        every_window: bool = False) -> Iterator[Tuple[Window, Optional[np.ndarray]]]:
    """
    Yield each window with the model's answer; None where it holds too little speech to be asked.

    Args:
        windows: of a stream.
        gate: decides what is enough speech.
        ask: from the model's input to the answer.
        every_window: ask whatever the gate says.
    """
    for window in windows:
        asked = every_window or gate.hears_speech(window.speech_probability)
        yield window, ask(window.input) if asked else None
