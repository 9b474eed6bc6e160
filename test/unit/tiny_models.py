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
                stored_only=False, input_type=None, tail=(), windows=1, shape=SHAPE):
    """
    Write logits = flatten(image) @ weight + bias, whose weights are multiplied in ``precision``.

    :param values: the metadata, None for good ones, '' for none, any other text as it is.
    :param stored_only: keep the weights in FP16 behind a Cast, computing in FP32.
    :param tail: operators, such as 'Erf', that follow.
    :param windows: how many the graph takes at once; a name leaves it open.
    :param shape: of one window, 16 numbers in all; the metadata must say the same.
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
        [helper.make_tensor_value_info('image', input_type or floating, (windows,) + tuple(shape))],
        [helper.make_tensor_value_info('logits', floating, (windows, 3))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    return _save(graph, path, values, opset, ir_version)


def _save(graph, path, values, opset=13, ir_version=8):
    helper = pytest.importorskip('onnx').helper
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', opset)])
    model.ir_version = ir_version
    if values != '':
        text = values if isinstance(values, str) else json.dumps(values or metadata())
        helper.set_model_props(model, {'ser_ros': text})
    pytest.importorskip('onnx').save(model, str(path))
    return path


VOICE_SIZE = 4
VOICE_LABELS = ('happiness', 'anger', 'neutral')


def voice_weights(shape=SHAPE, seed=0):
    """Return (to the voice (n, 4), from the voice (4, 3), from the baseline (5, 4)), float32."""
    generator = np.random.default_rng(seed)
    size = int(np.prod(shape))
    hear = (generator.normal(size=(size, VOICE_SIZE)) / np.sqrt(size)).astype(np.float32)
    tell = generator.normal(size=(VOICE_SIZE, 3)).astype(np.float32)
    return hear, tell, np.concatenate([-np.eye(VOICE_SIZE), [[1, -1, 0.5, 0]]]).astype(np.float32)


def voice_answer(image, baseline=None, seed=0):
    """Return (logits, voice) of the voice model, computed in float64."""
    hear, tell, known = voice_weights(image.shape, seed)
    voice = image.reshape(-1).astype(np.float64) @ hear
    baseline = np.zeros(VOICE_SIZE + 1) if baseline is None else baseline
    return (voice + baseline @ known) @ tell, voice


def write_voice_model(
        path, precision='fp32', shape=SHAPE, seed=0, inputs=(), batch=1, **changes):
    """
    Write voice = flatten(image) @ hear and logits = (voice + baseline @ known) @ tell.

    :param inputs: (name, shape) of the second input and output in place of the right ones.
    :param batch: its size, or a name for one that is open.
    :param changes: of the metadata.
    """
    onnx = pytest.importorskip('onnx')
    numpy_helper = pytest.importorskip('onnx.numpy_helper')
    helper, floating = onnx.helper, onnx.TensorProto.FLOAT
    hear, tell, known = voice_weights(shape, seed)
    constants = {'hear': hear, 'tell': tell, 'known': known, 'bias': np.zeros(3, np.float32)}
    nodes = [
        helper.make_node('Flatten', ['image'], ['flat']),
        helper.make_node('MatMul', ['flat', 'hear'], ['voice']),
        helper.make_node('MatMul', ['baseline', 'known'], ['normal']),
        helper.make_node('Add', ['voice', 'normal'], ['apart']),
        helper.make_node('Gemm', ['apart', 'tell', 'bias'], ['logits'])]
    if precision == 'int8':
        scale = np.abs(hear).max(axis=0) / 127
        constants.update(hear=np.round(hear / scale).astype(np.int8), scale=scale,
                         zero=np.zeros(VOICE_SIZE, np.int8))
        nodes[1].input[1] = 'heard'
        nodes.insert(0, helper.make_node(
            'DequantizeLinear', ['hear', 'scale', 'zero'], ['heard'], axis=1))
    (baseline, baseline_size), (voice, voice_size) = inputs or (
        ('baseline', VOICE_SIZE + 1), ('voice', VOICE_SIZE))
    for node in nodes:
        for names in node.input, node.output:
            names[:] = [{'baseline': baseline, 'voice': voice}.get(name, name) for name in names]
    graph = helper.make_graph(
        nodes, 'tiny voice',
        [helper.make_tensor_value_info('image', floating, (batch,) + tuple(shape)),
         helper.make_tensor_value_info(baseline, floating, (batch, baseline_size))],
        [helper.make_tensor_value_info('logits', floating, (batch, 3)),
         helper.make_tensor_value_info(voice, floating, (batch, voice_size))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    values = metadata(**dict(dict(
        labels=list(VOICE_LABELS), input_shape=list(shape), voice_size=VOICE_SIZE), **changes))
    _save(graph, path, values)
    if precision == 'fp16':
        forms = pytest.importorskip('ser_ros.inference.onnx_file.forms')
        onnx.save(forms.to_fp16(onnx.load(str(path))), str(path))
    return path
