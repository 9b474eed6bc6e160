# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Start the whole graph: audio in, /emotion and /mitigation out."""

import difflib
import os
import sys

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, LogInfo, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

NODES = ('mitigation_responder', 'emotion_inference', 'feature_extraction', 'audio_capture')
RESPAWN_DELAY_S = 2.0
FILE = 'ser.launch.py'

# name, default, description, allowed values. Empty: the value of params_file.
ARGUMENTS = (
    ('audio', '', 'Microphone (index or part of its name, see `ser_ros devices`) or path of an '
     'audio file. Empty: the device of params_file, by default the default microphone.', None),
    ('loop', '', 'Repeat an audio file endlessly. Empty: the loop of params_file, by default '
     'true.', ['', 'true', 'false']),
    ('model', '', 'Name of a model in models/, or the path of a model folder or ONNX file. '
     'Empty: the model of params_file.', None),
    ('backend', '', 'Runtime for the model. Empty: the backend of params_file, by default auto.',
     None),
    ('precision', '', 'Numeric precision of the model. Empty: the precision of params_file, by '
     'default fp32.', ['', 'fp32', 'fp16', 'int8']),
    ('baseline', '', "Whether the voice's own baseline is subtracted. Empty: the baseline of "
     "params_file, by default off.", ['', 'off', 'running', 'enrolled']),
    ('voice', '', 'Name of the enrolled voice, for baseline:=enrolled. Empty: the voice of '
     'params_file.', None),
    ('language', '', 'Language of the mitigation texts: en or ko. Empty: the language of '
     'params_file, by default en.', None),
    ('sensitivity', '', 'How readily an answer starts: calm, normal or keen. Empty: the '
     'sensitivity of params_file, by default normal.', None),
    ('namespace', '', 'Namespace of all nodes and topics, for a second microphone or robot.',
     None),
    ('params_file', os.path.join(get_package_share_directory('ser_ros'), 'config', 'ser.yaml'),
     'YAML file with the parameters of the nodes.', None),
    ('single_process', 'false', 'Run the four nodes in one process to save memory.',
     ['true', 'false']),
    ('autostart', 'true', 'Configure and activate the nodes. false: leave them unconfigured '
     'for a lifecycle manager.', ['true', 'false']),
    ('respawn', 'false', 'Restart a node if its process dies.', ['true', 'false']),
    ('use_sim_time', 'false', 'Take the time from /clock instead of the system clock.',
     ['true', 'false']),
    ('log_level', 'info', 'Minimum severity of log messages.',
     ['debug', 'info', 'warn', 'error', 'fatal']),
)


def _text(name, value):
    return {name: ParameterValue(value, value_type=str)} if value else {}


def _is_true(text):
    return text.lower() == 'true'


def _with_capitals(choices):
    """Return the choices also as other launch files hand them on, such as Nav2's True and False."""
    return choices + [choice.title() for choice in choices if choice in ('true', 'false')]


def _overrides(value):
    """Return the parameters of each node that launch arguments set."""
    audio = _text('device', value['audio'])
    if value['loop']:
        audio['loop'] = _is_true(value['loop'])
    inference = {}
    for name in ('model', 'backend', 'precision', 'baseline', 'voice'):
        inference.update(_text(name, value[name]))
    return {'audio_capture': audio, 'emotion_inference': inference,
            'mitigation_responder': {**_text('language', value['language']),
                                     **_text('sensitivity', value['sensitivity'])}}


def _misspelt(command_line):
    """Return a warning for each unknown argument, which `ros2 launch` silently ignores."""
    # A launch file that includes this one has arguments of its own, and so has launch.
    if not any(os.path.basename(word) == FILE for word in command_line):
        return []
    names = [name for name, _, _, _ in ARGUMENTS]
    given = [word.partition(':=')[0] for word in command_line if ':=' in word]
    return [LogInfo(msg=f'unknown launch argument {name!r} has no effect{_meant(name, names)} '
                    f"Allowed: {', '.join(names)}")
            for name in given if name not in names]


def _meant(name, names):
    close = difflib.get_close_matches(name, names, n=1)
    return f'; did you mean {close[0]}?' if close else '.'


def _launch(context):
    value = {name: LaunchConfiguration(name).perform(context) for name, _, _, _ in ARGUMENTS}
    if not os.path.isfile(value['params_file']):
        raise RuntimeError(f"params_file {value['params_file']}: it is not there, or no file")
    warnings = _misspelt(sys.argv)
    overrides = _overrides(value)
    common = {
        'autostart': _is_true(value['autostart']),
        'use_sim_time': _is_true(value['use_sim_time']),
    }
    options = {
        'package': 'ser_ros',
        'namespace': value['namespace'],
        'output': 'screen',
        'emulate_tty': True,
        'respawn': _is_true(value['respawn']),
        'respawn_delay': RESPAWN_DELAY_S,
    }
    log_level = ['--log-level', value['log_level']]
    if _is_true(value['single_process']):
        # Each node takes what it has declared, and no two declare the same of these.
        return warnings + [
            Node(executable='graph', ros_arguments=log_level,
                 parameters=[value['params_file'], common, *overrides.values()], **options)]
    return warnings + [
        Node(executable=name, name=name, ros_arguments=log_level,
             parameters=[value['params_file'], common, overrides.get(name, {})], **options)
        for name in NODES]


def generate_launch_description():
    """Return the description that `ros2 launch` runs."""
    return LaunchDescription([
        DeclareLaunchArgument(name, default_value=default, description=description,
                              **({'choices': _with_capitals(choices)} if choices else {}))
        for name, default, description, choices in ARGUMENTS
    ] + [OpaqueFunction(function=_launch)])
