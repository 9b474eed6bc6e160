# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names in parameter files that nobody knows, and the words for sides that do not match."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.defaults import NODES  # noqa: E402
from ser_ros.nodes import misspelt, qos  # noqa: E402

OURS = {name: '/' + name for name in NODES}


@pytest.fixture
def sections(tmp_path):
    """Return a function that returns the sections of a file with this text."""
    def sections(text):
        path = tmp_path / 'robot.yaml'
        path.write_text(text)
        return misspelt.sections_of(['x', '--ros-args', '--params-file', str(path), '-r', 'a:=b'])
    return sections


def of_parameters(given, sections=()):
    return misspelt.of_parameters('emotion_inference', '/emotion_inference', given, sections)


def test_parameters():
    given = ['mdoel', 'model', 'device', 'use_sim_time', 'qos_overrides./audio.publisher.depth',
             'gain']
    assert of_parameters(given) == [
        "the parameter 'mdoel' is unknown and has no effect; did you mean 'model'?",
        "the parameter 'gain' is unknown and has no effect"]


@pytest.mark.parametrize('node', ['/**', '/*', '/**/*'])
def test_parameters_of_all_nodes_of_a_robot_may_be_those_of_other_nodes(sections, node):
    found = sections(f'{node}: {{ros__parameters: {{gain: 1.0, mdoel: small, rate: 10, '
                     'group: {inner: 1}}}\n')
    assert of_parameters(['gain', 'mdoel', 'rate', 'group.inner'], found) == [
        "the parameter 'mdoel' is unknown and has no effect; did you mean 'model'?"]


@pytest.mark.parametrize('node', ['emotion_inference', '/**/emotion_inference', 'other/*'])
def test_parameters_of_this_node_are_its_own(sections, node):
    found = sections(f'{node}: {{ros__parameters: {{gain: 1.0}}}}')
    assert len(of_parameters(['gain'], found)) == 1


@pytest.mark.parametrize('section', [
    'emotion_inferense', '/**/emotion_inferense', '/left/emotion_inferense', 'emotion_inferrence'])
def test_nodes(sections, section):
    found = sections(f'{section}: {{ros__parameters: {{model: small}}}}\n'
                     '/**/audio_capture: {ros__parameters: {loop: false}}\n'
                     '/**: {ros__parameters: {}}\n'
                     'amcl: {ros__parameters: {alpha1: 0.2}}\n')
    warning, = misspelt.of_nodes(OURS, found)
    assert warning.startswith(found[0].path + ': the parameters of ')
    assert section in warning
    assert warning.endswith("have no effect; did you mean '/**/emotion_inference'?")
    assert misspelt.of_nodes({'audio_capture': '/audio_capture'}, found) == []


@pytest.mark.parametrize('section', [
    'audio_capture_node: {ros__parameters: {format: wave, device: hw}}',
    'audio_capturer_node: {ros__parameters: {chunk: 512, rate: 16000}}',
    'face_feature_extraction: {ros__parameters: {gain: 1.0}}',
    'robot: {amcl: {ros__parameters: {alpha1: 0.2}}}', '/**: {ros__parameters: {gain: 1.0}}'])
def test_nodes_of_other_packages(sections, section):
    assert misspelt.of_nodes(OURS, sections(section)) == []


def test_a_name_that_is_less_close_but_has_our_parameters_only(sections):
    warning, = misspelt.of_nodes(
        OURS, sections('audio_capture_node: {ros__parameters: {wait_for_features: false}}'))
    assert "did you mean '/**/audio_capture'?" in warning


@pytest.mark.parametrize('section', [
    'audio_capture: {ros__parameters: {loop: false}}',
    '/audio_capture: {ros__parameters: {loop: false}}',
    '/left/audio_capture: {ros__parameters: {loop: false}}',
    'left: {audio_capture: {ros__parameters: {loop: false}}}',
    '/*/*/audio_capture: {ros__parameters: {loop: false}}'])
def test_a_namespace_that_the_node_does_not_have(sections, section):
    warning, = misspelt.of_nodes(
        {'audio_capture': '/robot/audio_capture'}, sections(section))
    assert 'have no effect on /robot/audio_capture' in warning
    assert "did you mean '/**/audio_capture'?" in warning


@pytest.mark.parametrize('section', [
    '/robot/audio_capture: {ros__parameters: {}}', 'robot: {audio_capture: {ros__parameters: {}}}',
    '/**/audio_capture: {ros__parameters: {}}', '/*/audio_capture: {ros__parameters: {}}',
    'robot/audio_capture: {ros__parameters: {}}',
    # Both robots share the file.
    '/left/audio_capture: {ros__parameters: {}}\n/robot/audio_capture: {ros__parameters: {}}'])
def test_a_namespace_that_the_node_has(sections, section):
    assert misspelt.of_nodes({'audio_capture': '/robot/audio_capture'}, sections(section)) == []


@pytest.mark.parametrize('text', [
    'a: [', '', '- 1', 'just words', '1: {ros__parameters: {a: 1}}', 'audio_captur: 5',
    'audio_captur: {ros__parameters: 5}', 'audio_captur: {ros__parameters: {1: 2}}'])
def test_a_file_that_ros_refuses_is_no_fault(sections, text):
    misspelt.of_nodes(OURS, sections(text))
    of_parameters(['gain'], sections(text))


@pytest.mark.parametrize('text', ['', '# all is commented out', 'just words', 'a: {b: {}}'])
def test_a_file_without_parameters(sections, text):
    warning, = misspelt.of_nodes(OURS, sections(text))
    assert warning.endswith('robot.yaml gives no node any parameter')


@pytest.mark.parametrize('side, policy, value', [
    ('subscription', 'RELIABILITY', 'best_effort'), ('subscription', 'DURABILITY', 'volatile'),
    ('publisher', 'DURABILITY', 'transient_local')])
def test_a_quality_of_service_that_matches(side, policy, value):
    assert qos.remedy('/audio', side, policy).endswith(
        f' -p qos_overrides./audio.{side}.{policy.lower()}:={value}')


def test_a_quality_of_service_that_only_the_other_side_can_change():
    assert qos.remedy('/audio', 'publisher', 'DEADLINE') == (
        'Change the deadline of the other side')
