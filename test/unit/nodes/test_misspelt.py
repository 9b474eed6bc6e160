# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names in parameter files that nobody knows, and the words for sides that do not match."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.defaults import NODES  # noqa: E402
from ser_ros.nodes import misspelt, qos  # noqa: E402


def test_parameters():
    given = ['mdoel', 'model', 'device', 'use_sim_time', 'qos_overrides./audio.publisher.depth',
             'gain']
    assert misspelt.of_parameters('emotion_inference', given) == [
        "the parameter 'mdoel' is unknown and has no effect; did you mean 'model'?",
        "the parameter 'gain' is unknown and has no effect"]


@pytest.mark.parametrize('section', ['emotion_inferense', '/**/emotion_inferense',
                                     '/left/emotion_inferense'])
def test_nodes(tmp_path, section):
    path = tmp_path / 'robot.yaml'
    path.write_text(f'{section}: {{ros__parameters: {{model: small}}}}\n'
                    '/**/audio_capture: {ros__parameters: {loop: false}}\n'
                    '/**: {ros__parameters: {}}\n'
                    'amcl: {ros__parameters: {alpha1: 0.2}}\n')
    arguments = ['x', '--ros-args', '--params-file', str(path)]
    assert misspelt.of_nodes(NODES, arguments) == [
        f'{path}: the parameters of {section!r} have no effect; did you mean '
        "'/**/emotion_inference'?"]
    assert misspelt.of_nodes(['audio_capture'], arguments) == []


def test_a_file_that_ros_refuses_says_nothing_here(tmp_path):
    path = tmp_path / 'broken.yaml'
    path.write_text('a: [')
    assert misspelt.of_nodes(NODES, ['--params-file', str(path)]) == []


@pytest.mark.parametrize('side, policy, value', [
    ('subscription', 'RELIABILITY', 'best_effort'), ('subscription', 'DURABILITY', 'volatile'),
    ('publisher', 'DURABILITY', 'transient_local')])
def test_a_quality_of_service_that_matches(side, policy, value):
    assert qos.remedy('/audio', side, policy).endswith(
        f' -p qos_overrides./audio.{side}.{policy.lower()}:={value}')


def test_a_quality_of_service_that_only_the_other_side_can_change():
    assert qos.remedy('/audio', 'publisher', 'DEADLINE') == (
        'Change the deadline of the other side')
