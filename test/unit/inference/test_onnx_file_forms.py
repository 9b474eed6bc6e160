# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The forms of a model that TensorRT is given."""

import numpy as np
import pytest
from test_shipped_models import WINDOW_SAMPLES, speech_like, window

from ser_ros.inference.model_file import Model, available_models
from ser_ros.inference.softmax import softmax
from ser_ros.inference.tensorrt_engine.reference import stored_input

onnx = pytest.importorskip('onnx')
onnxruntime = pytest.importorskip('onnxruntime')
onnx_forms = pytest.importorskip('ser_ros.inference.onnx_file.forms')

# Of probabilities, the mean over windows and labels and the largest, between two ways of rounding
# the same activations: U8 with a zero point, and S8 without. If all scales of the activations are
# wrong by 5 %, the mean is 0.09 to 0.15. `voice` has a larger one than the others, since windows of
# these buzzing voices are near to a change of its answer.
INT8_DIFFERENCES = {'voice': (0.03, 0.15)}
INT8_DIFFERENCE = (0.012, 0.1)
PITCHES_HZ = range(80, 320, 20)


def answers(model, images):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=['CPUExecutionProvider'])
    first, *others = session.get_inputs()
    strangers = {tensor.name: np.zeros(tensor.shape, np.float32) for tensor in others}
    return np.array([session.run(None, {first.name: image[np.newaxis], **strangers})[0][0]
                     for image in images])


def images(shape):
    generator = np.random.default_rng(0)
    return [stored_input(shape)] + [
        generator.uniform(size=shape).astype(np.float32) for _ in range(3)]


def stored_models(precision):
    return [name for name in available_models() if precision in Model(name).precisions]


@pytest.mark.parametrize('name', stored_models('int8'))
class TestSignedInt8:
    def test_answers_are_close_to_those_of_u8(self, name):
        model = Model(name)
        unsigned = onnx.load(model.path('int8'))
        signed = onnx_forms.to_signed_int8(unsigned)
        onnx.checker.check_model(signed, full_check=True)
        windows = [window(speech_like(WINDOW_SAMPLES, pitch_hz), model.info.feature_set)
                   for pitch_hz in PITCHES_HZ]
        expected, found = [softmax(answers(form, windows) / model.info.temperature)
                           for form in (unsigned, signed)]
        difference = np.abs(found - expected)
        mean, largest = INT8_DIFFERENCES.get(name, INT8_DIFFERENCE)
        assert difference.mean() < mean
        assert difference.max() < largest

    def test_only_what_tensorrt_knows(self, name):
        graph = onnx_forms.to_signed_int8(onnx.load(Model(name).path('int8'))).graph
        constants = {tensor.name: onnx.numpy_helper.to_array(tensor)
                     for tensor in graph.initializer}
        pairs = [node for node in graph.node
                 if node.op_type in ('QuantizeLinear', 'DequantizeLinear')]
        assert pairs
        for node in pairs:
            assert constants[node.input[2]].dtype == np.int8
            assert not constants[node.input[2]].any()
            assert (constants[node.input[1]] > 0).all()
        assert not [name for name, value in constants.items() if value.dtype == np.int32]


def graph_of(nodes, constants, shape=(1, 4)):
    helper = onnx.helper
    floating = onnx.TensorProto.FLOAT
    model = helper.make_model(helper.make_graph(
        nodes, 'small', [helper.make_tensor_value_info('x', floating, shape)],
        [helper.make_tensor_value_info('y', floating, shape)],
        [onnx.numpy_helper.from_array(np.asarray(value), name)
         for name, value in constants.items()]),
        opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 7
    return model


def pair(zero):
    helper = onnx.helper
    return graph_of(
        [helper.make_node('QuantizeLinear', ['x', 's', 'z'], ['q']),
         helper.make_node('DequantizeLinear', ['q', 's', 'z'], ['y'])],
        {'s': np.float32(0.1), 'z': zero})


@pytest.mark.parametrize(('zero', 'expected'), [
    (np.uint8(0), [0.0, 0.0, 1.0, 25.4]),  # what is negative was cut off, and is
    (np.uint8(128), [-30.0, -1.0, 1.0, 25.4]),
    (np.int8(0), [-12.7, -1.0, 1.0, 12.7])])
def test_range_of_an_activation(zero, expected):
    signed = onnx_forms.to_signed_int8(pair(zero))
    window = np.array([-30.0, -1.0, 1.0, 25.4], np.float32)
    found = answers(signed, [window])[0]
    # max(|low|, |high|) / 127 is a step.
    limit = 12.8 if zero == 128 else 25.5
    np.testing.assert_allclose(found, np.clip(expected, -limit, limit), atol=0.11)


@pytest.mark.parametrize(('model', 'reason'), [
    (pair(np.int32(0)), 'zero point of type int32'),
    (graph_of([onnx.helper.make_node('QuantizeLinear', ['x', 's'], ['q']),
               onnx.helper.make_node('DequantizeLinear', ['q', 's'], ['y'])],
              {'s': np.float32(1)}), 'no constant scale'),
    (graph_of([onnx.helper.make_node('DequantizeLinear', ['w', 's', 'z'], ['d']),
               onnx.helper.make_node('Add', ['x', 'd'], ['y'])],
              {'w': np.zeros(4, np.int8), 's': np.float32(1), 'z': np.int8(3)}),
     'with zero point 0')])
def test_what_cannot_be_converted(model, reason):
    with pytest.raises(ValueError, match=reason):
        onnx_forms.to_signed_int8(model)


@pytest.mark.parametrize('name', stored_models('fp32'))
def test_fp16_answers_like_fp32(name):
    model = Model(name)
    single = onnx_forms.fold_stored_weights(onnx.load(model.path('fp32')))
    half = onnx_forms.to_fp16(single)
    onnx.checker.check_model(half, full_check=True)
    windows = images(model.info.input_shape)
    expected, found = [softmax(answers(form, windows) / model.info.temperature)
                       for form in (single, half)]
    assert np.abs(found - expected).max() < 1e-2


def test_weights_stored_in_fp16_are_folded():
    helper = onnx.helper
    model = graph_of(
        [helper.make_node('Cast', ['w'], ['v'], to=onnx.TensorProto.FLOAT),
         helper.make_node('Mul', ['x', 'v'], ['y'])], {'w': np.arange(4, dtype=np.float16)})
    folded = onnx_forms.fold_stored_weights(model)
    assert [node.op_type for node in folded.graph.node] == ['Mul']
    assert [(tensor.name, tensor.data_type) for tensor in folded.graph.initializer] == [('v', 1)]
    window = np.ones(4, np.float32)
    np.testing.assert_array_equal(answers(folded, [window])[0], [0, 1, 2, 3])


def test_numbers_that_are_no_weights_stay():
    helper = onnx.helper
    model = graph_of([helper.make_node('Reshape', ['x', 'shape'], ['y'])],
                     {'shape': np.array([1, 4], np.int64)})
    half = onnx_forms.to_fp16(model)
    assert half.graph.initializer[0].data_type == onnx.TensorProto.INT64


def test_too_much_for_fp16():
    model = graph_of([onnx.helper.make_node('Add', ['x', 'w'], ['y'])],
                     {'w': np.full(4, 1e5, np.float32)})
    with pytest.raises(ValueError, match='w reaches 100000.0, which is too large for FP16'):
        onnx_forms.to_fp16(model)


@pytest.mark.parametrize('level', [1e-4, 1e-3, 1.0, 2000.0])
def test_variances_are_not_computed_in_fp16(level):
    helper = onnx.helper
    values = level * np.array([3.0, -1.0, 4.0, -1.0, -5.0], np.float32)
    epsilon = np.float32(1e-7)
    nodes = [
        helper.make_node('Pow', ['input', 'two'], ['squares']),
        helper.make_node('ReduceMean', ['squares'], ['variance'], axes=[1], keepdims=1),
        helper.make_node('Add', ['variance', 'epsilon'], ['sum']),
        helper.make_node('Sqrt', ['sum'], ['deviation']),
        helper.make_node('Div', ['input', 'deviation'], ['normal']),
        helper.make_node('Add', ['normal', 'two'], ['logits'])]
    constants = [onnx.numpy_helper.from_array(value, name)
                 for name, value in (('two', np.float32(2)), ('epsilon', epsilon))]
    tensors = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, 5))
               for name in ('input', 'logits')]
    model = helper.make_model(
        helper.make_graph(nodes, 'normal', tensors[:1], tensors[1:], constants),
        opset_imports=[helper.make_opsetid('', 13)], ir_version=7)
    half = onnx_forms.to_fp16(model)
    onnx.checker.check_model(half, full_check=True)
    expected = values / np.sqrt(np.mean(values ** 2) + epsilon) + 2
    np.testing.assert_allclose(answers(half, [values])[0], expected, atol=0.005)
