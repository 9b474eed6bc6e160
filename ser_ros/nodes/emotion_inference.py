#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that recognises the emotion in every window of features."""

import array
import math
import sys

import numpy as np
from rclpy.parameter import Parameter

from ser_ros.emotion.tracker import (
    MODELS_OWN,
    RANGES,
    EmotionTracker,
    State,
    make_settings,
)
from ser_ros.errors import SerError
from ser_ros.features import create_extractor
from ser_ros.inference import AUTO, BACKEND_NAMES, choose_backend
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.engine import InferenceEngine
from ser_ros.inference.engine_options import WORKSPACE_RANGE_MIB, EngineOptions
from ser_ros.inference.model_file import DEFAULT_MIN_CONFIDENCE, PRECISIONS, Model
from ser_ros.inference.threads import THREADS_RANGE
from ser_ros.nodes import hri, managed, process, qos
from ser_ros.nodes.build_progress import BuildProgress
from ser_ros.nodes.diagnostics import ERROR, OK, WARN, Increase, Meter
from ser_ros.nodes.messages import Emotion, ModelInfo, SpeechFeatures
from ser_ros.nodes.parameters import ALWAYS, spec
from ser_ros.nodes.stamps import to_ns

SETTINGS = tuple(sorted(RANGES))
# What decides on the session; they are changed together.
SESSION = ('backend', 'precision')
# What 'auto' starts with where the backend that it prefers is there but cannot open the model.
FALLBACK = 'onnxruntime'


class EmotionInference(managed.ManagedNode):
    """
    Publish one Emotion for each SpeechFeatures.

    Inactive: the model is loaded. Active: windows are taken in and answered.

    A change of ``backend`` or ``precision`` is refused at once if this machine or the model can't
    do it. While unconfigured an allowed value is kept for the next configuration. While inactive
    or active the new session is opened in the background and the old one serves until the new one
    has taken over; if opening it fails, the parameters go back to what serves, and the log and
    the diagnostics say why. Emotion and model_info tell what really serves.
    """

    NAME = 'emotion_inference'
    PARAMETERS = (
        spec('model', 'Name of a model in models/, or the path of a model folder or ONNX file.'),
        spec('backend', 'What runs the model; auto: the fastest that works here.',
             choices=BACKEND_NAMES, changes=ALWAYS),
        spec('precision', 'Precision of the model.', choices=PRECISIONS, changes=ALWAYS),
        spec('threads', 'CPU threads for one window.', range=THREADS_RANGE),
        spec('engine_cache', 'Folder of the engines that tensorrt builds, used from the next one '
             "on; '': ser_ros/engines in the user's cache folder.", changes=ALWAYS),
        spec('workspace_mib', 'Memory that tensorrt may use for intermediate results while it '
             'builds and runs an engine [MiB], from the next one on.', range=WORKSPACE_RANGE_MIB,
             changes=ALWAYS),
        spec('emotions', 'The emotions to tell apart: [all], or two or more labels of the model; '
             'their probabilities then add up to 1.'),
        spec('min_speech', 'Windows of which a smaller share is speech are NO_SPEECH.',
             range=RANGES['min_speech'], changes=ALWAYS),
        spec('min_confidence', 'Under this smoothed probability the state is UNCERTAIN; -1: the '
             "model's own, chosen so that a stated share of the answers is right.",
             range=(MODELS_OWN, RANGES['min_confidence'][1]), changes=ALWAYS),
        spec('smoothing_s', 'Time constant of the moving average of the probabilities [s]; 0: '
             'none.', range=RANGES['smoothing_s'], changes=ALWAYS),
        spec('hysteresis', 'Lead in probability by which another emotion takes over.',
             range=RANGES['hysteresis'], changes=ALWAYS),
        spec('min_hold_s', 'No other emotion is named for this time after one was [s].',
             range=RANGES['min_hold_s'], changes=ALWAYS),
        spec('reset_after_s', 'After a longer silence what was heard before it is forgotten [s].',
             range=RANGES['reset_after_s'], changes=ALWAYS),
    )

    def __init__(self, **kwargs):
        self._model = None
        self._engine = None
        self._classifier = None
        self._tracker = None
        # (backend, precision) that serves, and that was asked for last.
        self._served = None
        self._requested = None
        self._problem = ''
        self._switch_failure = ''
        self._expected_sequence = None
        self._lost = 0
        self._refused = 0
        self._meter = Meter()
        self._new_losses = Increase()
        self._mirror = None
        super().__init__(**kwargs)
        self._progress = BuildProgress(self.get_logger().info)

    # The lifecycle.

    def configure(self):
        self._model = Model(self.value('model'))
        _check_input(self._model.info)
        self._served = self._requested = self._wanted(())
        self._switch_failure = ''
        with self.diagnostics.while_blocked():
            self._classifier = self._open_first(*self._served)
        self._engine = InferenceEngine(
            self._classifier, on_result=self._on_result, on_failed=self._on_failed,
            on_switched=self._on_switched, on_switch_failed=self._on_switch_failed)
        self._emotions = self.publish_to(Emotion, 'emotion', qos.EMOTION)
        self._model_info = self.latch_to(ModelInfo, 'model_info')
        expression_type = hri.message_type()
        self._mirror = hri.HriMirror(self, expression_type) if expression_type else None
        self.get_logger().info('{} on {} in {}'.format(
            self._model.info.name, self._classifier.session.backend,
            self._classifier.session.precision))

    def activate(self):
        self._problem = ''
        self._expected_sequence = None
        self._tracker = EmotionTracker(self._classifier.labels, self._settings())
        self._publish_model_info()
        self.subscribe_to(SpeechFeatures, 'features', self._on_features, qos.FEATURES)

    def deactivate(self):
        if self._engine is not None:
            self._engine.flush()

    def cleanup(self):
        if self._engine is not None:
            self._engine.close()
        self._engine = self._classifier = self._model = self._tracker = self._served = None

    # Windows in, emotions out.

    def _on_features(self, message):
        self._count_losses(message.sequence)
        info = self._model.info
        shape = tuple(message.shape)
        if message.feature_set != info.feature_set or shape != info.input_shape:
            self._refuse('features of the set {!r} and shape {} came, the model {} takes {!r} and '
                         '{}: set feature_set of feature_extraction to auto'.format(
                             message.feature_set, list(shape), info.name, info.feature_set,
                             list(info.input_shape)))
            return
        if len(message.data) != np.prod(shape):
            self._refuse('features with {} values came, the shape {} has {}'.format(
                len(message.data), list(shape), np.prod(shape)))
            return
        image = None
        if self._tracker.hears_speech(message.speech_probability, message.muted):
            image = np.frombuffer(message.data, np.float32).reshape(shape)
        self._engine.submit(message, image)

    def _count_losses(self, sequence):
        if self._expected_sequence is not None:
            # A restart of feature_extraction counts from 0 again and loses nothing.
            self._lost += max(0, sequence - self._expected_sequence)
        self._expected_sequence = sequence + 1

    def _on_result(self, features, probabilities, classifier):
        try:
            estimate = self._tracker.update(
                to_ns(features.header.stamp) * 1e-9, probabilities,
                features.speech_probability,
                # What counts as speech was decided when the window came in.
                muted=features.muted or probabilities is None)
        except SerError as error:
            self._refuse(str(error))
            return
        self._problem = ''
        self._publish(features, probabilities, estimate, classifier)

    def _publish(self, features, probabilities, estimate, classifier):
        session = classifier.session
        if estimate.state == State.NO_SPEECH:
            probabilities = estimate.probabilities
        message = Emotion(
            header=features.header, window_start=features.window_start,
            sequence=features.sequence, state=int(estimate.state), label=estimate.label,
            confidence=estimate.confidence, labels=list(classifier.labels),
            probabilities=_floats(estimate.probabilities),
            raw_probabilities=_floats(probabilities),
            valence=math.nan, arousal=math.nan, speech_probability=features.speech_probability,
            model_name=session.info.name, model_version=session.info.version,
            backend=session.backend, precision=session.precision)
        latency_s = (self.now_ns() - to_ns(features.header.stamp)) * 1e-9
        message.latency_s = latency_s if latency_s >= 0.0 else math.nan
        self._emotions.publish(message)
        if self._mirror is not None:
            self._mirror.publish(message)
        self._meter.tick(message.latency_s)

    def _on_failed(self, features, error):
        self._refuse('window {}: {}'.format(features.sequence, error))

    def _refuse(self, problem):
        self._refused += 1
        # Once for each new problem, not for each window.
        if problem != self._problem:
            self.get_logger().error(problem)
        self._problem = problem

    # Parameters, and the change to another session.

    def _settings(self, changes=()):
        values = {name: self.value(name) for name in SETTINGS}
        values.update({change.name: change.value for change in changes if change.name in values})
        models_own = DEFAULT_MIN_CONFIDENCE
        if self._model is not None:
            models_own = self._model.info.min_confidence
        return make_settings(values, models_own)

    def _values(self, names, changes):
        values = {name: self.value(name) for name in names}
        values.update({change.name: change.value for change in changes if change.name in values})
        return tuple(values[name] for name in names)

    def _wanted(self, changes):
        return self._values(SESSION, changes)

    def _opener(self, backend_name, precision, changes=()):
        model, threads, emotions = self._model, self.value('threads'), self.value('emotions')
        folder, workspace_mib = self._values(('engine_cache', 'workspace_mib'), changes)
        engines = EngineOptions(
            folder=folder, workspace_mib=workspace_mib, on_progress=self._progress)

        def open_classifier():
            try:
                return Classifier(choose_backend(backend_name).open(
                    model, precision, threads, engines), emotions)
            finally:
                self._progress.clear()

        return open_classifier

    def _open_first(self, backend_name, precision):
        """Open what is asked for; with auto a robot must not stay deaf for want of an engine."""
        try:
            return self._opener(backend_name, precision)()
        except SerError as error:
            if backend_name != AUTO or choose_backend(AUTO).name == FALLBACK:
                raise
            self._switch_failure = '{} serves instead of {}: {}'.format(
                FALLBACK, choose_backend(AUTO).name, error)
        self.get_logger().error(self._switch_failure)
        return self._opener(FALLBACK, precision)()

    def check(self, changes):
        """Refuse what this machine or the model can't do."""
        self._settings(changes)
        backend_name, precision = self._wanted(changes)
        # Going back to what serves is always possible.
        if self._model is None or (backend_name, precision) == self._served:
            return
        backend = choose_backend(backend_name)
        offered = backend.precisions(self._model)
        if precision not in offered:
            raise SerError('{} offers no {} for the model {}; offered: {}'.format(
                backend.name, precision, self._model.info.name, ', '.join(offered)))

    def accept(self, changes):
        """Take over thresholds at once; begin to change the session."""
        if self._tracker is not None:
            self._tracker.settings = self._settings(changes)
        wanted = self._wanted(changes)
        if self._engine is not None and wanted != self._requested:
            self._requested = wanted
            self._switch_failure = ''
            self._engine.switch(wanted, self._opener(*wanted, changes))

    def _on_switched(self, request, classifier):
        self._served, self._classifier = request, classifier
        self.get_logger().info('now serving on {} in {}'.format(
            classifier.session.backend, classifier.session.precision))
        self.later(self._settle)

    def _on_switch_failed(self, request, error):
        self._switch_failure = 'no change to {} in {}: {}'.format(*request, error)
        self.get_logger().error(self._switch_failure)
        self.later(self._settle)

    def _settle(self):
        """Tell what serves; once nothing else is under way, the parameters say it, too."""
        if self._engine is None:
            return
        self._publish_model_info()
        if not self._engine.switching and self._requested != self._served:
            self._requested = self._served
            # At once: one by one, the first would ask for a session that nobody wants.
            self.set_parameters_atomically([
                Parameter(name, value=value) for name, value in zip(SESSION, self._served)])

    def _publish_model_info(self):
        session = self._classifier.session
        message = ModelInfo(
            name=session.info.name, version=session.info.version, sha256=session.info.sha256,
            labels=list(self._classifier.labels), feature_set=session.info.feature_set,
            input_shape=list(session.info.input_shape), backend=session.backend,
            precision=session.precision)
        message.header.stamp = self.get_clock().now().to_msg()
        self._model_info.publish(message)

    def report(self):
        """Say what serves, and what was lost or refused."""
        values = self._meter.values()
        values.update({'lost windows': self._lost, 'refused windows': self._refused})
        values.update(self._progress.values())
        engine, classifier = self._engine, self._classifier
        if engine is None:
            return OK, self._progress.text(), values
        session = classifier.session
        values.update({
            'overload drops': engine.overloads, 'backend': session.backend,
            'precision': session.precision,
            'model': '{} {}'.format(session.info.name, session.info.version)})
        if not engine.alive:
            return ERROR, 'the inference thread has ended, see the log', values
        if engine.switching:
            return OK, self._progress.text() or 'opening another session', values
        if self._problem:
            return ERROR, self._problem, values
        if self._switch_failure:
            return WARN, self._switch_failure, values
        if self._new_losses(self._lost + engine.overloads):
            return WARN, 'windows were lost', values
        return OK, '', values


def _check_input(info):
    extractor = create_extractor(info.feature_set)
    if tuple(extractor.shape) != info.input_shape:
        raise SerError('the model {} takes {}, but {} has the shape {}'.format(
            info.name, list(info.input_shape), info.feature_set, list(extractor.shape)))


def _floats(values):
    return array.array('f', values.tobytes())


def main(args=None):
    """Run the node."""
    return process.main([EmotionInference], args)


if __name__ == '__main__':
    sys.exit(main())
