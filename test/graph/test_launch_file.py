# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file, through the real `ros2 launch`."""

import os
import shutil
import signal
import subprocess

import pytest
from harness import DEADLINE_S, NODES

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion

pytestmark = pytest.mark.skipif(
    shutil.which('ros2') is None,
    reason='the ros2 command is not installed: it is not on PyPI, a ROS distribution brings it')


@pytest.fixture
def launch(tmp_path):
    """Return a function that runs `ros2 launch` until it is told to end."""
    processes = []

    def launch(*, file=('ser_ros', 'ser.launch.py'), **arguments):
        log = open(str(tmp_path / 'launch.log'), 'w+', encoding='utf-8')
        process = subprocess.Popen(
            ['ros2', 'launch', *map(str, file)]
            + ['{}:={}'.format(*pair) for pair in arguments.items()],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True, env=dict(os.environ, ROS_LOG_DIR=str(tmp_path)))

        def finish():
            """Do what Ctrl-C does, which reaches every process; return what was printed."""
            os.killpg(process.pid, signal.SIGINT)
            process.wait(DEADLINE_S)
            log.seek(0)
            return log.read()

        processes.append(process)
        return finish

    yield launch
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize('arguments, namespace, processes', [
    ({}, '', 4),
    ({'single_process': 'true', 'namespace': 'left', 'precision': 'fp16',
      'baseline': 'running'}, '/left', 1),
])
def test_four_active_nodes_emotions_and_a_clean_end(
        peer, launch, speech, arguments, namespace, processes):
    emotions = peer.listen(Emotion, namespace + '/emotion', qos.EMOTION)
    finish = launch(audio=speech, **arguments)
    peer.wait_active(*[namespace + '/' + name for name in NODES])
    peer.wait_for(lambda: len(emotions) >= 2, 'emotions')
    assert emotions[0].precision == arguments.get('precision', 'fp32')
    served = peer.get_parameter(namespace + '/emotion_inference', 'baseline')
    assert served == arguments.get('baseline', 'off')
    printed = finish()
    assert printed.count('process has finished cleanly') == processes, printed
    assert 'Traceback' not in printed


def test_without_autostart_nothing_is_configured(peer, launch, speech):
    finish = launch(audio=speech, autostart='false')
    for name in NODES:
        assert peer.state('/' + name) == 'unconfigured'
    assert 'Traceback' not in finish()


def test_every_argument_is_explained():
    shown = subprocess.run(
        ['ros2', 'launch', 'ser_ros', 'ser.launch.py', '--show-args'], check=True,
        stdout=subprocess.PIPE, universal_newlines=True, timeout=DEADLINE_S).stdout
    for name in ('audio', 'model', 'backend', 'precision', 'baseline', 'voice', 'namespace',
                 'params_file', 'single_process', 'autostart', 'respawn', 'use_sim_time',
                 'log_level'):
        assert f"'{name}':" in shown
    assert 'no description' not in shown


def test_a_misspelt_argument_is_told(peer, launch, speech):
    finish = launch(audio=speech, autostart='false', precison='fp16')
    peer.state('/audio_capture')  # it runs all the same
    printed = finish()
    assert "unknown launch argument 'precison' has no effect; did you mean precision?" in printed


INCLUDING = '''
import os
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import PushRosNamespace


def generate_launch_description():
    path = os.path.join(get_package_share_directory('ser_ros'), 'launch', 'ser.launch.py')
    return LaunchDescription([
        DeclareLaunchArgument('use_respawn', default_value='False'),
        GroupAction([PushRosNamespace('robot'), IncludeLaunchDescription(
            PythonLaunchDescriptionSource(path),
            launch_arguments={'autostart': 'False', 'single_process': 'True'}.items())])])
'''


def test_an_including_file_has_a_namespace_and_arguments_of_its_own(peer, launch, tmp_path):
    path = tmp_path / 'robot.launch.py'
    path.write_text(INCLUDING)
    finish = launch(file=[path], use_respawn='True')
    assert peer.state('/robot/audio_capture') == 'unconfigured'
    assert 'unknown launch argument' not in finish()


def test_names_with_spaces_quotes_and_korean_letters(peer, launch, speech, tmp_path):
    folder = tmp_path / "내 목소리's \"1\""
    folder.mkdir()
    sound, params = folder / 'a: b.wav', folder / "robot's.yaml"
    sound.symlink_to(speech)
    params.write_text('/**/feature_extraction: {ros__parameters: {period: 0.3}}')
    emotions = peer.listen(Emotion, '/emotion', qos.EMOTION)
    finish = launch(audio=sound, params_file=params)
    peer.wait_for(lambda: len(emotions) >= 2, 'emotions')
    assert peer.get_parameter('/audio_capture', 'device') == str(sound)
    assert peer.get_parameter('/feature_extraction', 'period') == 0.3
    assert 'Traceback' not in finish()


def test_misspelt_names_in_a_file_of_parameters(peer, launch, tmp_path):
    path = tmp_path / 'robot.yaml'
    path.write_text('/**/emotion_inference: {ros__parameters: {mdoel: small}}\n'
                    '/**/audio_captur: {ros__parameters: {loop: true}}\n')
    finish = launch(params_file=path, autostart='false', audio='a.wav')
    for name in NODES:
        peer.state('/' + name)
    printed = finish()
    assert printed.count("did you mean 'model'?") == 1
    assert printed.count("did you mean '/**/audio_capture'?") == 1
