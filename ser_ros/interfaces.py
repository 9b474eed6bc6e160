# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the messages that the graph needs can be imported, and are the right ones.

Both packages of messages come from outside this one's Python modules: `ser_ros.msg` is generated
when the package is built in a workspace, `audio_common_msgs` belongs to the distribution.
"""

import importlib
import os
import types
import typing

import ser_ros
from ser_ros.errors import SerError, listed

_OWN_MESSAGES = ('AudioProgress', 'Emotion', 'EndOfStream', 'Mitigation', 'MitigationState',
                 'ModelInfo', 'SpeechFeatures')
_AUDIO_FIELDS = {
    'AudioDataStamped': ('header', 'audio'),
    'AudioInfo': ('channels', 'sample_rate', 'sample_format', 'coding_format'),
}


def check() -> None:
    """Check that `ser_ros.msg` and `audio_common_msgs.msg` can be imported.

    Raises:
        SerError: if not; the text says what was found where, and what to do.
    """
    check_own_messages()
    check_audio_messages()


def check_own_messages() -> None:
    """Check that `ser_ros.msg` can be imported.

    Raises:
        SerError: as `check`.
    """
    module = _import('ser_ros.msg')
    if module is None:
        raise SerError(
            f'ser_ros was imported from {os.path.dirname(os.path.abspath(ser_ros.__file__))}, '
            'which has no messages (ser_ros.msg): it is a copy installed by pip, or the source '
            'folder. Source the workspace in which ser_ros was built (`source '
            'install/setup.bash`). If pip installed a copy that hides it, run `pip uninstall '
            'ser_ros`. Do not start it from the source folder')
    missing = [name for name in _OWN_MESSAGES if not hasattr(module, name)]
    if missing:
        raise SerError(
            f'the messages in {_folder(module)} belong to another version of ser_ros, without '
            f'{listed(missing)}; build the workspace again')


def check_audio_messages() -> None:
    """Check that `audio_common_msgs.msg` can be imported, and is that of ros-drivers.

    Raises:
        SerError: as `check`.
    """
    distro = os.environ.get('ROS_DISTRO', '<distro>')
    remedy = f'install ros-{distro}-audio-common-msgs (ros-drivers, 0.4.0)'
    module = _import('audio_common_msgs.msg')
    if module is None:
        raise SerError('audio_common_msgs is not installed: ' + remedy)
    for name, fields in _AUDIO_FIELDS.items():
        message = getattr(module, name, None)
        known = message.get_fields_and_field_types() if message is not None else {}
        if not all(field in known for field in fields):
            raise SerError(
                f'audio_common_msgs in {_folder(module)} is another package with this name: its '
                f'{name} differs from that of ros-drivers; remove it from the workspace, then '
                f'{remedy}')


def _import(name: str) -> typing.Optional[types.ModuleType]:
    """Import the module, or return None if there is none; let other failures pass."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # One that the messages in turn lack is a broken installation, not a missing one.
        if error.name is not None and (name + '.').startswith(error.name + '.'):
            return None
        raise


def _folder(module: types.ModuleType) -> str:
    return os.path.dirname(os.path.abspath(module.__file__ or ''))
