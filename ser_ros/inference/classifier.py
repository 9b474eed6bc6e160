# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From logits to the probabilities of the emotions that are asked for."""

import logging
from typing import List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ser_ros.errors import SerError, listed
from ser_ros.inference.backend import Session
from ser_ros.inference.engine_options import DEFAULT_ENGINE_OPTIONS, EngineOptions
from ser_ros.inference.model_file import Model
from ser_ros.inference.registry import FALLBACK, choose_backend, may_fall_back
from ser_ros.inference.softmax import softmax

ALL = 'all'
CALM = 'neutral'  # the label of calm speech
LOGGER = logging.getLogger(__name__)


class Recognition(NamedTuple):
    """What a classifier says of one window.

    Attributes:
        probabilities: Float32 (n,) of the emotions that are asked for, adding up to 1.
        calm: probability of neutral among all labels of the model; 0 where it has no such label.
        voice: the voice in the window, see `Session.answer`; None where the model gives none.
    """

    probabilities: np.ndarray
    calm: float
    voice: Optional[np.ndarray]


class Classifier:
    """A session whose answers are probabilities.

    Attributes:
        session: the loaded model.
        labels: the possible emotions, in the order of the probabilities.
    """

    def __init__(self, session: Session, emotions: Sequence[str] = (ALL,)):
        """Choose among the model's labels.

        Args:
            emotions: ``('all',)`` or two or more of the model's labels, in any order; the model's
                order is kept.

        Raises:
            SerError: if one is not a label of the model.
        """
        self.session = session
        self._chosen = check_emotions(emotions, session.info.labels)
        self.labels = tuple(session.info.labels[index] for index in self._chosen)
        labels = list(session.info.labels)
        self._calm = labels.index(CALM) if CALM in labels else None

    def probabilities(self, model_input: np.ndarray) -> np.ndarray:
        """Return softmax(logits / temperature) over ``labels``, float32 (n,), adding up to 1.

        Softmax over a subset of the logits is the full one, restricted and renormalised.

        Args:
            model_input: float32 of the model's input shape.

        Raises:
            SerError: if the input does not fit, or the logits are not finite.
        """
        return self._probabilities(self.session.run(model_input))

    def batch_probabilities(self, model_inputs: np.ndarray) -> np.ndarray:
        """Return the probabilities of several windows, float32 (windows, n).

        Args:
            model_inputs: see `Session.run_batch`.

        Raises:
            SerError: as `probabilities`.
        """
        return self._probabilities(self.session.run_batch(model_inputs))

    def recognize(self, model_input: np.ndarray,
                  baseline: Optional[np.ndarray] = None) -> Recognition:
        """Return the probabilities, and what a baseline of the voice is made from.

        Args:
            model_input: as for `probabilities`.
            baseline: what is known of the voice, see `Session.answer`; None for a stranger.

        Raises:
            SerError: if an input does not fit, or the logits are not finite.
        """
        logits, voice = self.session.answer(model_input, baseline)
        probabilities = self._probabilities(logits)
        return Recognition(probabilities, self._calmness(logits), voice)

    def _calmness(self, logits: np.ndarray) -> float:
        if self._calm is None:
            return 0.0
        return float(softmax(logits / self.session.info.temperature)[self._calm])

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        chosen = logits[..., self._chosen]
        if not np.all(np.isfinite(chosen)):
            raise SerError(
                f'the model {self.session.info.name} answered {chosen} in '
                f'{self.session.precision} on {self.session.backend}')
        return softmax(chosen / self.session.info.temperature)

    def close(self) -> None:
        """Close the session."""
        self.session.close()


def check_emotions(emotions: Sequence[str], labels: Sequence[str]) -> List[int]:
    """Return the positions in ``labels`` of the emotions that are asked for, in ascending order.

    Raises:
        SerError: if one is unknown or given twice, or fewer than two are left.
    """
    if tuple(emotions) == (ALL,):
        return list(range(len(labels)))
    for emotion in emotions:
        if emotion not in labels:
            raise SerError(f'unknown emotion {emotion!r}; allowed: {listed(labels)}')
    if len(emotions) < 2 or len(set(emotions)) != len(emotions):
        raise SerError(
            f"emotions must be ['{ALL}'] or two or more different labels, got {list(emotions)}")
    return sorted(list(labels).index(emotion) for emotion in emotions)


def open_classifier(model: str, backend: str = 'auto', precision: str = 'fp32', threads: int = 1,
                    emotions: Tuple[str, ...] = (ALL,),
                    engines: EngineOptions = DEFAULT_ENGINE_OPTIONS) -> Classifier:
    """Load a model by name or path and return it ready to use.

    Args:
        backend: 'auto' or a backend's name; with 'auto' FALLBACK takes the place of a backend that
            cannot open the model, with a warning.

    Raises:
        SerError: if anything of it is wrong; nothing is left open.
    """
    files = Model(model)
    check_emotions(emotions, files.info.labels)
    chosen = choose_backend(backend, files)
    try:
        session = chosen.open(files, precision, threads, engines)
    except SerError as error:
        if not may_fall_back(backend):
            raise
        LOGGER.warning('using %s because %s failed: %s', FALLBACK, chosen.name, error)
        session = choose_backend(FALLBACK).open(files, precision, threads, engines)
    return Classifier(session, emotions)
