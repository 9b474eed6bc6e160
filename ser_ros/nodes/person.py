# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The person who speaks, as emotion_inference knows them: the baseline of the voice."""

import threading
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence

import numpy as np
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.parameter import Parameter
from std_msgs.msg import Empty

from ser_ros.emotion.enrolled_voices import ENROLLED, MODES, OFF, is_path, open_baseline
from ser_ros.emotion.voice_baseline import SpeechShare, VoiceBaseline
from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.nodes import qos
from ser_ros.nodes.messages import SpeechFeatures
from ser_ros.nodes.model_input import to_array
from ser_ros.nodes.parameters import ALWAYS, spec
from ser_ros.nodes.stamps import to_s
from ser_ros.nodes.topics import subscribes

PARAMETERS = (
    spec('baseline', "What is known of the speaker's voice. off: nothing. running: a slow mean of "
         'the calm speech since the start or the last person_changed. enrolled: the same, starting '
         'from the enrolled voice. Only for models that take a baseline.',
         choices=MODES, changes=ALWAYS),
    spec('voice', 'Name of a voice of ser_ros enroll, or path of its file, for baseline enrolled.',
         changes=ALWAYS, is_path=is_path),
)
NAMES = tuple(parameter.name for parameter in PARAMETERS)
TOPIC = subscribes(
    'person_changed', Empty, qos.PERSON, 'Another person speaks from now on.')


def concerned(changes: Sequence[Parameter]) -> bool:
    """Return whether changes of parameters are about the baseline."""
    return any(change.name in NAMES for change in changes)


class _Wanted(NamedTuple):
    """What decides on the baseline; the precision of the model does not."""

    mode: str
    voice: str
    model: str
    version: str
    voice_size: int


class Person:
    """The baseline of the person who speaks, and its exchange while windows come in.

    The parameters are read in the executor's thread, windows are heard in the inference thread.

    Attributes:
        problem: why there is no baseline although one is wanted; '' where all is well.
    """

    def __init__(self, log: RcutilsLogger, resolve: Callable[[str], str] = str) -> None:
        """Know nobody yet.

        Args:
            log: gets why there is no baseline.
            resolve: returns the path to open for a voice; SerError where it is not allowed.
        """
        self.problem = ''
        self._resolve = resolve
        self._log = log
        self._wanted: Optional[_Wanted] = None
        self._baseline: Optional[VoiceBaseline] = None
        self._changed = threading.Event()

    def check(self, values: Mapping[str, Any], info: ModelInfo) -> None:
        """Check the values of the parameters.

        Raises:
            SerError: if there is no such baseline for this model.
        """
        wanted = _wanted(values, info)
        if not self._serves(wanted):  # which goes on, whatever became of its file
            open_baseline(wanted.mode, self._resolve(wanted.voice), info)

    def configure(self, values: Mapping[str, Any], info: ModelInfo) -> None:
        """Make the baseline, or go on with the one of before if it is of the same model.

        Where it cannot be made, a warning says why, and everybody is a stranger.
        """
        wanted = _wanted(values, info)
        if self._serves(wanted):
            return
        self._wanted, self._baseline, self.problem = wanted, None, ''
        try:
            self._baseline = open_baseline(wanted.mode, self._resolve(wanted.voice), info)
        except SerError as error:
            self.problem = f'baseline is off: {error}'
            self._log.warning(self.problem)

    def _serves(self, wanted: _Wanted) -> bool:
        return wanted == self._wanted and not self.problem

    def on_changed(self, _: Empty) -> None:
        """Take in a message of the topic."""
        self._changed.set()

    # The inference thread calls these.

    def take_change(self) -> bool:
        """Return whether another person speaks since the last call; if so, begin anew."""
        if not self._changed.is_set():
            return False
        self._changed.clear()
        baseline = self._baseline
        if baseline is not None:
            baseline.change_person()
        return True

    def ask(self, classifier: Classifier, features: SpeechFeatures,
            speech: bool) -> Optional[np.ndarray]:
        """Return the probabilities of a window as of this person; None where nobody speaks.

        Args:
            classifier: the model.
            features: the window.
            speech: whether somebody speaks in it.
        """
        baseline = self._baseline  # it may be exchanged meanwhile
        if baseline is None:
            return classifier.probabilities(to_array(features)) if speech else None
        start_s, end_s = to_s(features.window_start), to_s(features.header.stamp)
        if not speech:
            baseline.hear(start_s, end_s)
            return None
        share = SpeechShare(features.speech_probability, features.recent_speech_probability)
        return baseline.recognize(classifier, to_array(features), start_s, end_s, share)

    def values(self) -> Dict[str, Any]:
        """Return what the diagnostics say of it."""
        baseline, wanted = self._baseline, self._wanted
        if baseline is None or wanted is None:
            return {'baseline': OFF}
        return {'baseline': wanted.mode, 'baseline strength': f'{baseline.strength:.2f}',
                'baseline seconds': f'{baseline.seconds:.1f}'}


def _wanted(values: Mapping[str, Any], info: ModelInfo) -> _Wanted:
    mode = values['baseline'] or OFF  # YAML reads the plain word off as false
    voice = values['voice'] if mode == ENROLLED else ''
    return _Wanted(mode, voice, info.name, info.version, info.voice_size)
