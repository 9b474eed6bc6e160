# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The precision of an engine, from what TensorRT's versions write about its layers."""

import json

import pytest

from ser_ros.errors import SerError
from ser_ros.inference.tensorrt_engine.precision import from_log, inspect

CONVOLUTION = {
    'Name': 'conv', 'LayerType': 'CaskConvolution',
    'Inputs': [{'Name': 'image', 'Dimensions': [1, 3, 512, 512],
                'Format/Datatype': 'Row major linear FP32'}],
    'Outputs': [{'Name': 'relu', 'Dimensions': [1, 8, 256, 256],
                 'Format/Datatype': 'Row major linear FP32'}]}


class Trt:
    class LayerInformationFormat:
        JSON = 1


class Engine:
    """An engine about which the inspector says what it is given."""

    def __init__(self, text):
        self._text = text

    def create_engine_inspector(self):
        return self

    def get_engine_information(self, layer_format):
        return self._text


def of(*layers):
    return inspect(Trt, Engine(json.dumps(
        {'Layers': list(layers), 'Bindings': ['image', 'logits']})))


@pytest.mark.parametrize(('kind', 'expected'), [
    ('Half', 'fp16'), ('Float', 'fp32'), ('Int8', 'int8'), ('FP16', 'fp16')])
def test_weights_of_a_convolution(kind, expected):
    assert of(dict(CONVOLUTION, Weights={'Type': kind, 'Count': 9408},
                   Bias={'Type': 'Float', 'Count': 64})) == expected


@pytest.mark.parametrize(('kind', 'expected'), [
    ('Channel major FP16 format where channel % 8 == 0', 'fp16'), ('Half', 'fp16'),
    ('Row major linear FP32', 'fp32'), ('Four wide channel vectorized row major Int8 format',
                                        'int8')])
def test_weights_among_the_inputs(kind, expected):
    fully_connected = {
        'Name': 'fc', 'LayerType': 'gemm', 'Inputs': [
            {'Name': 'relu', 'Dimensions': [1, 512], 'Format/Datatype': 'Float'},
            {'Name': '__mye1_dconst', 'Dimensions': [512, 7], 'Format/Datatype': kind}],
        'Outputs': [{'Name': 'logits', 'Dimensions': [1, 7], 'Format/Datatype': 'Float'}]}
    # The image is larger than all weights, and says nothing.
    assert of(CONVOLUTION, fully_connected) == expected


def test_constants():
    assert of(dict(CONVOLUTION, Constants=[
        {'Name': 'w', 'Dimensions': [8, 3, 3, 3], 'Datatype': 'Half'}])) == 'fp16'


def test_most_of_the_weights_decide():
    layers = [dict(CONVOLUTION, Weights={'Type': kind, 'Count': count})
              for kind, count in (('Half', 100), ('Float', 60), ('Float', 39))]
    assert of(*layers) == 'fp16'
    assert of(*layers, layers[1]) == 'fp32'


def test_nothing_is_told():
    assert of() is None
    assert of('conv', 'fc') is None  # without detailed verbosity: names
    assert of(CONVOLUTION) is None


def test_no_json():
    with pytest.raises(SerError, match='not return JSON'):
        inspect(Trt, Engine('Layer: conv'))


@pytest.mark.parametrize(('text', 'expected'), [
    ('Layers:\nName: conv, LayerType: CaskConvolution, Inputs: [ { Name: image }], Outputs: [ ], '
     'Weights: {"Type": "Half", "Count": 23232}, Bias: {"Type": "Float", "Count": 64}', 'fp16'),
    ('Layers:\nName: conv, LayerType: correlation, Inputs: [ ], Constants: [ { Name: a, '
     'Dimensions: [8,3], Strides: [3,1], Datatype: Int8, Format: x }, { Name: b, Dimensions: [1], '
     'Strides: [1], Datatype: Float, Format: x }], Outputs: [ ]', 'int8'),
    ('Layers:\nName: pool, LayerType: maxpool, Inputs: [ ], Constants: [], Outputs: [ ]', None)])
def test_log_of_the_builder(text, expected):
    assert from_log(text) == expected
