# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the messages that the nodes speak can be had here, and if not, what to do."""

import importlib
import importlib.util
import os

from ser_ros.errors import SerError

_SETUP = 'source the setup file of ROS 2 and of the workspace (or, in a checkout, scripts/env.sh)'


def check() -> None:
    """
    Check that rclpy, our messages and the right audio_common_msgs can be imported.

    :raises SerError: if one can't; the text says which, and what to do.
    """
    if importlib.util.find_spec('rclpy') is None:
        raise SerError('ROS 2 is not there (no Python package rclpy): ' + _SETUP)
    _check_own_messages()
    _check_audio_messages()


def _check_own_messages() -> None:
    if importlib.util.find_spec('ser_ros.msg') is not None:
        return
    import ser_ros
    raise SerError(
        'ser_ros.msg is not there: ser_ros was imported from {}, which has no messages. Build the '
        'workspace with colcon, then {}; a copy that was installed by pip hides the one of the '
        'workspace: pip uninstall ser_ros'.format(
            os.path.dirname(os.path.abspath(ser_ros.__file__)), _SETUP))


def _check_audio_messages() -> None:
    try:
        messages = importlib.import_module('audio_common_msgs.msg')
    except ImportError:
        raise SerError(
            'audio_common_msgs is not there: install ros-$ROS_DISTRO-audio-common-msgs, or build '
            'interfaces/audio_common_msgs of ser_ros; then ' + _SETUP)
    if not hasattr(messages, 'AudioDataStamped'):
        raise SerError(
            '{} is another package of the same name: it has no AudioDataStamped. Needed is '
            'audio_common_msgs of ros-drivers (ros-$ROS_DISTRO-audio-common-msgs)'.format(
                os.path.dirname(os.path.abspath(messages.__file__))))
