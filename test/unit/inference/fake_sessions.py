# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A backend and sessions that do what a test tells them, and note what is done to them."""

import threading

import numpy as np

from ser_ros.inference.backend import Backend, Session
from ser_ros.inference.model_metadata import ModelInfo

LABELS = ('happiness', 'anger', 'sadness')
SHAPE = (1, 2, 2)
PATIENCE_S = 120.0  # how long a test waits for what must happen


def model_info(**changes):
    """Return the description of a model that exists nowhere."""
    values = dict(
        path='fake.onnx', name='fake', version='1', labels=LABELS, feature_set='mel_yin_rms/1',
        input_shape=SHAPE, temperature=1.0, training_data='', licence='', metrics={},
        precision='fp32', ir_version=7, opset=13)
    values.update(changes)
    return ModelInfo(**values)


class FakeSession(Session):
    """
    Answers the image's first three values, or what ``answer`` makes of the image.

    Attributes
    ----------
    threads: names of the threads in which it was run or closed.

    """

    backend = 'fake'

    def __init__(self, precision='fp32', answer=None, **info):
        super().__init__(model_info(precision=precision, **info), precision)
        self._answer = answer or (lambda image: image.reshape(-1)[:3])
        self.closed = threading.Event()
        self.threads = set()

    def _run(self, image):
        assert not self.closed.is_set(), 'run after close'
        self.threads.add(threading.current_thread().name)
        return np.asarray(self._answer(image), np.float32)

    def close(self):
        assert not self.closed.is_set(), 'closed twice'
        self.threads.add(threading.current_thread().name)
        self.closed.set()


class FakeBackend(Backend):
    """A backend called ``tensorrt`` unless told otherwise."""

    def __init__(self, name='tensorrt', reason=None, session=None):
        self.name = name
        self._reason = reason
        self._session = session or FakeSession()

    def unavailable_reason(self):
        return self._reason

    def precisions(self, model):
        return model.precisions

    def _open(self, model, precision, threads, engines):
        return self._session
