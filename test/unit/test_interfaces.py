# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import importlib
import os
import sys

import pytest

from ser_ros import interfaces
from ser_ros.errors import SerError

pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')


def forget(monkeypatch, package):
    """Let the next import of the package start from nothing."""
    for name in list(sys.modules):
        if name == package or name.startswith(package + '.'):
            monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()


def put_package(monkeypatch, folder, package, text):
    """Put a package with this `msg` module in front of all others; return its folder."""
    messages = folder / package / 'msg'
    messages.mkdir(parents=True)
    (folder / package / '__init__.py').write_text('')
    (messages / '__init__.py').write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    forget(monkeypatch, package)
    return messages


def test_messages_of_a_built_workspace_pass():
    interfaces.check()


def test_does_not_import_rclpy():
    assert 'rclpy' not in vars(interfaces)


def test_own_messages_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'ser_ros.msg', None)
    with pytest.raises(SerError) as error:
        interfaces.check()
    assert os.path.dirname(sys.modules['ser_ros'].__file__) in str(error.value)
    assert 'pip uninstall ser_ros' in str(error.value)


def test_own_messages_of_another_version(monkeypatch):
    monkeypatch.delattr(sys.modules['ser_ros.msg'], 'ModelInfo')
    with pytest.raises(SerError, match='without ModelInfo; build the workspace again'):
        interfaces.check()


def test_audio_messages_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'audio_common_msgs', None)
    monkeypatch.setitem(sys.modules, 'audio_common_msgs.msg', None)
    monkeypatch.setenv('ROS_DISTRO', 'kilted')
    with pytest.raises(SerError, match='not installed: install ros-kilted-audio-common-msgs'):
        interfaces.check()


def test_audio_messages_of_the_other_package(monkeypatch, tmp_path):
    # It has AudioData, AudioStamped and Audio, and an AudioInfo of other fields.
    messages = put_package(
        monkeypatch, tmp_path, 'audio_common_msgs', 'class AudioStamped: pass\n')
    with pytest.raises(SerError) as error:
        interfaces.check()
    assert str(messages) in str(error.value)
    assert 'another package with this name: its AudioDataStamped' in str(error.value)
    assert 'audio-common-msgs' in str(error.value)


def test_audio_info_of_the_other_package(monkeypatch, tmp_path):
    put_package(monkeypatch, tmp_path, 'audio_common_msgs', '''
class AudioDataStamped:
    @staticmethod
    def get_fields_and_field_types():
        return {'header': 'std_msgs/Header', 'audio': 'audio_common_msgs/AudioData'}

class AudioInfo:
    @staticmethod
    def get_fields_and_field_types():
        return {'format': 'int32', 'channels': 'int16', 'rate': 'int32', 'chunk': 'int32'}
''')
    with pytest.raises(SerError, match='another package with this name: its AudioInfo'):
        interfaces.check()


def test_what_the_messages_lack_in_turn_is_not_hidden(monkeypatch, tmp_path):
    put_package(
        monkeypatch, tmp_path, 'audio_common_msgs', 'import a_module_that_is_not_there\n')
    with pytest.raises(ModuleNotFoundError, match='a_module_that_is_not_there'):
        interfaces.check()
