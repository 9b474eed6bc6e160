# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny ONNX models, built on the fly."""

import json

import numpy as np
import pytest

SHAPE = (1, 4, 4)
LABELS = ('happiness', 'anger', 'sadness')


def metadata(**changes):
    """Return good metadata with ``changes``; a change to None leaves the key out."""
    values = {
        'name': 'tiny', 'version': '1', 'labels': list(LABELS), 'feature_set': 'mel_yin_rms/1',
        'input_shape': list(SHAPE), 'temperature': 2.0, 'training_data': 'none', 'licence': 'none',
        'metrics': {}}
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def weights(seed=0):
    """Return the tiny model's (weight (16, 3), bias (3,)), float32."""
    generator = np.random.default_rng(seed)
    return (generator.normal(size=(16, 3)).astype(np.float32),
            generator.normal(size=3).astype(np.float32))


def write_model(path, precision='fp32', values=None, seed=0, opset=13, ir_version=8,
                stored_only=False, input_type=None, tail=(), windows=1):
    """
    Write logits = flatten(image) @ weight + bias, whose weights are multiplied in ``precision``.

    :param values: the metadata, None for good ones, '' for none, any other text as it is.
    :param stored_only: keep the weights in FP16 behind a Cast, computing in FP32.
    :param tail: operators, such as 'Erf', that follow.
    :param windows: how many the graph takes at once; a name leaves it open.
    """
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnx.numpy_helper')  # older versions don't import it by themselves
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    floating = onnx.TensorProto.FLOAT
    weight, bias = weights(seed)
    nodes = [helper.make_node('Flatten', ['image'], ['flat'])]
    constants = {}
    last = 'logits' if not tail else 'inner'
    if precision == 'fp16':
        constants = {'weight': weight.astype(np.float16), 'bias': bias.astype(np.float16)}
        nodes += [helper.make_node('Cast', ['flat'], ['half'], to=onnx.TensorProto.FLOAT16),
                  helper.make_node('Gemm', ['half', 'weight', 'bias'], ['sum']),
                  helper.make_node('Cast', ['sum'], [last], to=floating)]
    elif precision == 'int8':
        scale = np.abs(weight).max(axis=0) / 127
        constants = {
            'stored': np.round(weight / scale).astype(np.int8), 'scale': scale,
            'zero': np.zeros(3, np.int8), 'bias': bias}
        nodes += [helper.make_node('DequantizeLinear', ['stored', 'scale', 'zero'], ['weight'],
                                   axis=1),
                  helper.make_node('Gemm', ['flat', 'weight', 'bias'], [last])]
    elif stored_only:
        constants = {'stored': weight.astype(np.float16), 'bias': bias}
        nodes += [helper.make_node('Cast', ['stored'], ['weight'], to=floating),
                  helper.make_node('Gemm', ['flat', 'weight', 'bias'], [last])]
    else:
        constants = {'weight': weight, 'bias': bias}
        nodes += [helper.make_node('Gemm', ['flat', 'weight', 'bias'], [last])]
    for index, operator in enumerate(tail):
        following = 'logits' if index == len(tail) - 1 else f'tail{index}'
        nodes.append(helper.make_node(operator, [last], [following]))
        last = following
    graph = helper.make_graph(
        nodes, 'tiny',
        [helper.make_tensor_value_info('image', input_type or floating, (windows,) + SHAPE)],
        [helper.make_tensor_value_info('logits', floating, (windows, 3))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)])
    model.ir_version = ir_version
    if values != '':
        text = values if isinstance(values, str) else json.dumps(values or metadata())
        helper.set_model_props(model, {'ser_ros': text})
    onnx.save(model, str(path))
    return path
