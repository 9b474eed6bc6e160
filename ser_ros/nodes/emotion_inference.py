#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that recognises the emotion in every window of features."""

import functools
import sys
from typing import Any, Dict, Iterable, List, Optional, Sequence

import numpy as np
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher

from ser_ros.emotion.settings import RANGES, TrackerSettings, make_settings
from ser_ros.emotion.tracker import EmotionTracker, Estimate
from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.engine_options import WORKSPACE_RANGE_MIB, EngineOptions
from ser_ros.inference.model_file import PRECISIONS, Model, is_path
from ser_ros.inference.model_metadata import DEFAULT_MIN_CONFIDENCE
from ser_ros.inference.registry import AUTO, BACKENDS
from ser_ros.nodes import (
    audio_progress,
    hri,
    managed,
    person,
    process,
    qos,
    tracker_parameters,
)
from ser_ros.nodes.allowed_folders import ALLOWED_FOLDERS
from ser_ros.nodes.build_progress import BuildProgress
from ser_ros.nodes.diagnostics import ERROR, OK, WARN, Increase, Meter, Report
from ser_ros.nodes.emotion_messages import to_emotion
from ser_ros.nodes.few_lines import FewLines
from ser_ros.nodes.inputs import Input
from ser_ros.nodes.messages import Emotion, EndOfStream, ModelInfo, SpeechFeatures
from ser_ros.nodes.model_announcement import ModelAnnouncement
from ser_ros.nodes.model_input import check_model, features_problem, unusable
from ser_ros.nodes.parameters import ALWAYS, spec
from ser_ros.nodes.serving import Request, Serving
from ser_ros.nodes.stamps import latency_s, to_ns, to_s
from ser_ros.nodes.topics import publishes, subscribes
from ser_ros.threads import THREADS_RANGE
from ser_ros.windows.lost_windows import LostWindows


class EmotionInference(managed.ManagedNode):
    """Publish one Emotion for each SpeechFeatures.

    Inactive: the model is loaded. Active: windows are taken in and answered.

    A change of ``backend`` or ``precision`` is refused at once if this machine or the model can't
    do it. While unconfigured an allowed value is kept for the next configuration. While inactive
    or active the new session is opened in the background and the old one serves until the new one
    has taken over; if opening it fails, the parameters go back to what serves, and the log and
    the diagnostics say why. Emotion and model_info report what is really used.
    """

    NAME = 'emotion_inference'
    PARAMETERS = (
        spec('model', 'Name of a model in models/, or the path of a model folder or ONNX file.',
             is_path=is_path),
        spec('backend', 'Runtime for the model. auto: the fastest one that works here.',
             choices=(AUTO, *BACKENDS), changes=ALWAYS),
        spec('precision', 'Numeric precision of the model.', choices=PRECISIONS, changes=ALWAYS),
        spec('threads', 'CPU threads for one window.', range=THREADS_RANGE),
        spec('engine_cache', 'Folder for the engines that TensorRT builds. Empty: ser_ros/engines '
             "in the user's cache folder. A change applies to the next engine.", changes=ALWAYS,
             is_path=bool),
        spec('workspace_mib', 'Memory for intermediate results while TensorRT builds and runs an '
             'engine [MiB]. A change applies to the next engine.', range=WORKSPACE_RANGE_MIB,
             changes=ALWAYS),
        spec('emotions', 'Emotions to choose from: [all], or two or more labels of the model. '
             'Their probabilities then add up to 1, and the accuracy stated for the '
             "model's min_confidence does not apply."),
    ) + tracker_parameters.PARAMETERS + person.PARAMETERS + (hri.VOICE_ID, ALLOWED_FOLDERS)
    TOPICS = (
        subscribes('features', SpeechFeatures, qos.FEATURES, 'Windows of features.'),
        subscribes('audio/end_of_stream', EndOfStream, qos.LATCHED, 'The end of a file.'),
        publishes('emotion', Emotion, qos.EMOTION, 'The emotion in each window.'),
        publishes('model_info', ModelInfo, qos.LATCHED, 'The model that serves.'),
        audio_progress.TOPIC,
        person.TOPIC,
    ) + hri.TOPICS

    # What the latest check has found.
    _engines: EngineOptions
    # From configure on.
    _emotions: Publisher
    _announcement: ModelAnnouncement
    _mirror: Optional[hri.HriMirror]
    # From activate on. The inference thread alone touches the tracker.
    _tracker: EmotionTracker
    _tracker_settings: TrackerSettings

    def __init__(self) -> None:
        self._serving: Optional[Serving] = None
        self._problem = ''
        self._lost = LostWindows()
        self._refused = 0
        self._meter = Meter()
        self._new_losses = Increase()
        super().__init__()
        self._log_problem = FewLines(self.get_logger().error)
        self._progress = BuildProgress(self.get_logger().info)
        self._person = person.Person(
            self.get_logger(), lambda voice: self.files.resolve('voice', voice))
        self._input = Input(self, 'features', 'features', 'Look at feature_extraction: does it '
                            'run, is it active, and does it hear sound?')
        self.inputs = [self._input]

    def configure(self) -> None:
        name = self.value('model')
        model = Model(name, self.files.resolver('model', name))
        check_model(model.info)
        with self.diagnostics.while_blocked():
            serving = Serving(
                model, self._request(), self._engine_options(), threads=self.value('threads'),
                emotions=self.value('emotions'), progress=self._progress, log=self.get_logger(),
                ask=self._ask, on_result=self._on_result, on_failed=self._on_failed,
                on_changed=lambda: self.later(self._settle),
                is_awaited=lambda: self.progress.is_awaited)
        self._serving = serving
        self._person.configure(self._values(person.NAMES), model.info)
        self._emotions = self.publish_to('emotion')
        self._announcement = ModelAnnouncement(self)
        self._mirror = hri.mirror(self)
        session = serving.classifier.session
        self.get_logger().info(f'{model.info.name} on {session.backend} in {session.precision}')

    def activate(self) -> None:
        serving = self._serving
        assert serving is not None, 'configured'
        self._problem = ''
        self._log_problem('')
        self._lost.forget()
        self._tracker_settings = self._settings()
        self._tracker = EmotionTracker(serving.classifier.labels, self._tracker_settings)
        self._announcement.publish(serving.classifier)
        self.subscribe_to('person_changed', self._person.on_changed)
        self._input.start()
        self.subscribe_to('audio/end_of_stream', self._input.on_end)
        self.subscribe_to('features', functools.partial(self._on_features, serving))
        self.progress.begin()

    def deactivate(self) -> None:
        if self._serving is not None:
            self._serving.thread.flush()

    def cleanup(self) -> None:
        if self._serving is not None:
            self._serving.close()
        self._serving = None

    # Windows in, emotions out.

    def _on_features(
            self, serving: Serving, message: SpeechFeatures, info: Dict[str, Any]) -> None:
        problem = features_problem(message, serving.model.info)
        if not self._input.takes(info, to_ns(message.window_start), fits=not problem):
            return
        self._lost.hear(message.sequence)
        if problem:
            self._refuse(problem)
            self._announcement.repeat(serving.classifier)
            self.progress.finish(message.sequence)
        else:
            serving.thread.submit(message, message.period_s)

    # The inference thread calls these.

    def _ask(self, features: SpeechFeatures, classifier: Classifier) -> Optional[np.ndarray]:
        """Return what the model says of a window, None where nobody speaks."""
        if self._person.take_change():
            self._tracker.reset()
        # Thresholds change between two windows, never between the gate and the update.
        self._tracker.settings = self._tracker_settings
        speech = self._tracker.hears_speech(features.speech_probability, unusable(features))
        return self._person.ask(classifier, features, speech)

    def _on_result(self, features: SpeechFeatures, probabilities: Optional[np.ndarray],
                   classifier: Classifier) -> None:
        try:
            estimate = self._tracker.update(
                to_s(features.header.stamp), probabilities, features.speech_probability,
                unusable(features))
        except SerError as error:
            self._refuse(str(error))
        else:
            self._problem = ''
            self._log_problem('')
            self._publish(features, probabilities, estimate, classifier)
        self.progress.finish(features.sequence)

    def _publish(self, features: SpeechFeatures, probabilities: Optional[np.ndarray],
                 estimate: Estimate, classifier: Classifier) -> None:
        message = to_emotion(features, probabilities, estimate, classifier)
        message.latency_s = latency_s(self.now_ns(), features.header.stamp)
        self._emotions.publish(message)
        if self._mirror is not None:
            self._mirror.publish(message, self._tracker_settings.reset_after_s)
        self._meter.tick(message.latency_s)

    def _on_failed(self, features: SpeechFeatures, error: SerError) -> None:
        self._refuse(f'window {features.sequence}: {error}')
        self.progress.finish(features.sequence)

    def _refuse(self, problem: str) -> None:
        self._refused += 1
        self._problem = problem
        self._log_problem(problem)

    # Parameters, and the change to another session.

    def check(self, changes: Sequence[Parameter]) -> None:
        """Refuse what this machine or the model can't do."""
        self._settings(changes)
        if self._serving is not None:
            self._serving.check(self._request(changes))
            self._engines = self._engine_options(changes)
            if person.concerned(changes):
                self._person.check(
                    self._values(person.NAMES, changes), self._serving.model.info)

    def accept(self, changes: Sequence[Parameter]) -> None:
        """Take over thresholds at once; begin to change the session."""
        self._tracker_settings = self._settings(changes)
        if self._serving is not None:
            self._serving.switch(self._request(changes), self._engines)
            if person.concerned(changes):
                self._person.configure(
                    self._values(person.NAMES, changes), self._serving.model.info)

    def _settings(self, changes: Sequence[Parameter] = ()) -> TrackerSettings:
        models_own = DEFAULT_MIN_CONFIDENCE
        if self._serving is not None:
            models_own = self._serving.model.info.min_confidence
        return make_settings(self._values(RANGES, changes), models_own)

    def _request(self, changes: Sequence[Parameter] = ()) -> Request:
        return Request(**self._values(Request._fields, changes))

    def _engine_options(self, changes: Sequence[Parameter] = ()) -> EngineOptions:
        values = self._values(('engine_cache', 'workspace_mib'), changes)
        return EngineOptions(
            folder=self.files.resolve('engine_cache', values['engine_cache']),
            workspace_mib=values['workspace_mib'],
            on_progress=self._progress)

    def _values(self, names: Iterable[str],
                changes: Sequence[Parameter] = ()) -> Dict[str, Any]:
        """Return the parameters of these names as they are once the changes are made."""
        values = {name: self.value(name) for name in names}
        values.update({change.name: change.value for change in changes if change.name in values})
        return values

    def _settle(self) -> None:
        """Publish what serves; once nothing else is under way, the parameters follow."""
        serving = self._serving
        if serving is None:
            return
        self._announcement.publish(serving.classifier)
        served = serving.settle()
        if served is not None:
            # At once: one by one, the first would ask for a session that nobody wants.
            self.set_parameters_atomically([
                Parameter(name, value=value) for name, value in served._asdict().items()])

    def report(self) -> Report:
        """Say what serves, and what was lost or refused."""
        values = self._meter.values()
        values.update({'lost windows': self._lost.count, 'refused windows': self._refused})
        values.update(self._progress.values())
        serving = self._serving
        if serving is None:
            return OK, self._progress.text(), values
        values.update(serving.values())
        values.update(self._person.values())
        if not serving.thread.alive:
            return ERROR, 'the inference thread has ended; see the log', values
        if serving.thread.switching:
            return OK, self._progress.text() or 'loading another backend or precision', values
        if self._problem:
            return ERROR, self._problem, values
        problem = serving.problem or serving.slow or self._person.problem
        if problem:
            return WARN, problem, values
        if self._new_losses(self._lost.count + serving.thread.overloads):
            return WARN, 'windows were lost', values
        return OK, '', values


def main(args: Optional[List[str]] = None) -> int:
    """Run the node."""
    return process.main([EmotionInference], args)


if __name__ == '__main__':
    sys.exit(main())
