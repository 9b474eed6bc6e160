# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files of parameters in config/ set what the nodes have, and nothing for nothing."""

import importlib
import pathlib
import re

import pytest
import yaml

CONFIG = pathlib.Path(__file__).resolve().parents[2] / 'config'


def load(name):
    """Return {node: {parameter: value}}."""
    content = yaml.safe_load((CONFIG / name).read_text(encoding='utf-8'))
    return {key[len('/**/'):]: value['ros__parameters'] for key, value in content.items()}


BOARD, SPEECH_ENCODER, DEFAULTS = map(load, ('jetson_nano.yaml', 'wav2vec2.yaml', 'ser.yaml'))
NODES = [(parameters, node) for parameters in (BOARD, SPEECH_ENCODER) for node in parameters]


@pytest.mark.parametrize('parameters, node', NODES)
def test_every_key_is_a_parameter_and_has_its_type(parameters, node):
    for name, value in parameters[node].items():
        assert type(value) is type(DEFAULTS[node][name]), name


@pytest.mark.parametrize('parameters, node', NODES)
def test_values_are_allowed(parameters, node):
    pytest.importorskip('rclpy', reason='ROS 2 is not sourced')
    module = importlib.import_module('ser_ros.nodes.' + node)
    node_class = next(
        value for value in vars(module).values() if getattr(value, 'NAME', None) == node)
    specs = {spec.name: spec for spec in node_class.PARAMETERS}
    for name, value in parameters[node].items():
        spec = specs[name]
        assert not spec.choices or value in spec.choices
        assert not spec.range or spec.range[0] <= value <= spec.range[1]


def test_what_a_small_board_needs():
    def changed(node, name):
        return BOARD[node][name], DEFAULTS[node][name]

    chunk_s, default_chunk_s = changed('audio_capture', 'chunk_s')
    assert chunk_s > default_chunk_s
    workspace_mib, default_workspace_mib = changed('emotion_inference', 'workspace_mib')
    assert workspace_mib < default_workspace_mib
    assert BOARD['emotion_inference']['precision'] == 'fp16'


def test_the_documents_build_the_engine_that_the_file_asks_for():
    # The workspace is part of what identifies an engine.
    served = BOARD['emotion_inference']
    for path in (CONFIG.parent / 'docs' / 'jetson.md', CONFIG.parent / 'docker' / 'README.md'):
        text = path.read_text(encoding='utf-8')
        commands = re.findall(r'build-engine (\w+) --precision fp16 --workspace-mib (\d+)', text)
        assert commands == [(served['model'], str(served['workspace_mib']))]
    assert served['model'] == 'voice_light'


def test_what_a_large_speech_encoder_needs():
    served = SPEECH_ENCODER['emotion_inference']
    assert SPEECH_ENCODER['feature_extraction']['period'] == 1.0
    assert (served['precision'], served['threads']) == ('int8', 2)


def test_the_answers_that_the_file_proposes_are_there():
    text = (CONFIG / 'wav2vec2.yaml').read_text(encoding='utf-8')
    proposed = yaml.safe_load(text[text.index('# /**/mitigation'):].replace('# ', ''))
    path = proposed['/**/mitigation_responder']['ros__parameters']['config']
    assert (CONFIG.parent / path).is_file()
