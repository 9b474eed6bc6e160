# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is told of a change of session, whatever the order in which the threads tell it."""

import types

import pytest

from ser_ros.errors import SerError
from ser_ros.inference.classifier import Classifier
from ser_ros.inference.engine_options import EngineOptions
from ser_ros.nodes import serving
from ser_ros.nodes.build_progress import BuildProgress
from ser_ros.nodes.serving import Request, Serving

FP32, FP16, INT8 = (Request('onnxruntime', name) for name in ('fp32', 'fp16', 'int8'))


class Engine:
    """Opens nothing; the test calls back as the engine's threads would."""

    switching = False

    def __init__(self, _, **callbacks):
        self.asked = []
        self.callbacks = types.SimpleNamespace(**callbacks)

    def switch(self, request, _):
        self.asked.append(request)


@pytest.fixture
def served(monkeypatch, session):
    """A Serving that has started in FP32."""
    monkeypatch.setattr(serving, 'InferenceThread', Engine)
    backend = types.SimpleNamespace(open=lambda *_: session)
    monkeypatch.setattr(serving, 'choose_backend', lambda *_: backend)
    log = types.SimpleNamespace(info=lambda text: None, error=lambda text: None)
    return Serving(
        None, FP32, EngineOptions(), threads=1, emotions=['all'],
        progress=BuildProgress(log.info), log=log, ask=None, on_result=None, on_failed=None,
        on_changed=lambda: None, is_awaited=lambda: False)


def test_a_failure_that_is_told_late_does_not_outlive_the_next_success(served, session):
    served.switch(FP16, EngineOptions())
    served.switch(INT8, EngineOptions())
    served.thread.callbacks.on_switch_failed(FP16, SerError('no memory'))
    served.thread.callbacks.on_switched(INT8, Classifier(session))
    assert served.problem == '' and served.settle() is None


def test_a_failure_stays_told_when_the_one_before_takes_over(served, session):
    served.switch(FP16, EngineOptions())
    served.switch(INT8, EngineOptions())
    served.thread.callbacks.on_switch_failed(INT8, SerError('no memory'))
    served.thread.callbacks.on_switched(FP16, Classifier(session))
    assert served.problem == 'switching to onnxruntime/int8 failed: no memory'
    assert served.settle() == FP16 and served.settle() is None
    served.switch(FP16, EngineOptions())
    assert served.thread.asked == [FP16, INT8]
