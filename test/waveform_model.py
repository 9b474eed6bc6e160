# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tiny model of waveform/1 with labels of its own, and a backend that is as slow as one likes."""

import json

import numpy as np
import pytest

RATE_HZ = 16000
LABELS = ('anxious', 'kind', 'dry', 'others')
SLOW_BACKEND = '''
import os
import time

from ser_ros.inference.onnxruntime_backend import OnnxRuntimeBackend


class SlowBackend(OnnxRuntimeBackend):
    """ONNX Runtime, and a sleep after each window."""

    name = 'slow'

    def _open(self, *arguments):
        session = super()._open(*arguments)
        run = session._run

        def run_slowly(model_input):
            time.sleep(float(os.environ['SLOW_S']))
            return run(model_input)

        session._run = run_slowly
        return session
'''


def metadata(name, samples):
    """Return what the model's file says of it."""
    return {
        'name': name, 'version': '1', 'labels': list(LABELS), 'feature_set': 'waveform/1',
        'input_shape': [samples], 'temperature': 1.0, 'training_data': 'none', 'licence': 'none',
        'metrics': {}}


def write_waveform_model(folder, window_s, name='tiny_waveform'):
    """Write a model folder, named as a path: logits = mean(abs(samples)) * weight + bias.

    The louder the window, the surer it is of the first label.
    """
    onnx = pytest.importorskip('onnx')
    numpy_helper = pytest.importorskip('onnx.numpy_helper')
    helper, floating = onnx.helper, onnx.TensorProto.FLOAT
    samples = round(window_s * RATE_HZ)
    bias = np.array([3, 0.5, 0, 0], np.float32)
    graph = helper.make_graph(
        [helper.make_node('Abs', ['samples'], ['size']),
         helper.make_node('ReduceMean', ['size'], ['loudness'], axes=[1], keepdims=1),
         helper.make_node('Gemm', ['loudness', 'weight', 'bias'], ['logits'])],
        'tiny waveform',
        [helper.make_tensor_value_info('samples', floating, (1, samples))],
        [helper.make_tensor_value_info('logits', floating, (1, len(LABELS)))],
        [numpy_helper.from_array(np.array([[8, 0, 0, 0]], np.float32), 'weight'),
         numpy_helper.from_array(bias, 'bias')])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 7
    helper.set_model_props(model, {'ser_ros': json.dumps(metadata(name, samples))})
    folder.mkdir(parents=True)
    onnx.save(model, str(folder / 'fp32.onnx'))
    return f'{folder}/'


def write_slow_backend(folder):
    """Write a package with the backend `slow`, found where the folder is in PYTHONPATH.

    It sleeps for SLOW_S of the environment [s].
    """
    info = folder / 'slow_backend-1.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: slow_backend\nVersion: 1\n')
    (info / 'entry_points.txt').write_text(
        '[ser_ros.backends]\nslow = slow_backend:SlowBackend\n')
    (folder / 'slow_backend.py').write_text(SLOW_BACKEND)
    return folder
