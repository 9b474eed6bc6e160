# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file, through the real launch."""

import os

import pytest

pytest.importorskip('launch_ros', reason='launch is not installed: it is not on PyPI, a ROS '
                                         'distribution brings it')

import asyncio  # noqa: E402
import threading  # noqa: E402

from ament_index_python.packages import get_package_share_directory  # noqa: E402
from harness import NODES  # noqa: E402
from launch import LaunchDescription, LaunchService  # noqa: E402
from launch.actions import IncludeLaunchDescription  # noqa: E402
from launch.launch_description_sources import PythonLaunchDescriptionSource  # noqa: E402

from ser_ros.nodes import qos  # noqa: E402
from ser_ros.nodes.messages import Emotion  # noqa: E402

LAUNCH_FILE = os.path.join(get_package_share_directory('ser_ros'), 'launch', 'ser.launch.py')


class Launched:
    """The launch file, run in a thread."""

    def __init__(self, arguments):
        self._service = LaunchService(noninteractive=True)
        self._service.include_launch_description(LaunchDescription([IncludeLaunchDescription(
            PythonLaunchDescriptionSource(LAUNCH_FILE), launch_arguments=arguments.items())]))
        self.code = None
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        asyncio.set_event_loop(asyncio.new_event_loop())
        self.code = asyncio.get_event_loop().run_until_complete(self._service.run_async())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._service.shutdown()
        self._thread.join()


@pytest.mark.parametrize('arguments, namespace', [
    ({}, ''),
    ({'single_process': 'true', 'namespace': 'left'}, '/left'),
])
def test_four_active_nodes_and_emotions(peer, speech, arguments, namespace):
    emotions = peer.listen(Emotion, namespace + '/emotion', qos.EMOTION)
    with Launched(dict(arguments, audio=speech)) as launched:
        peer.wait_active(*[namespace + '/' + name for name in NODES])
        peer.wait_for(lambda: len(emotions) >= 2, 'emotions')
    assert launched.code == 0


def test_without_autostart_nothing_is_configured(peer, speech):
    with Launched({'audio': speech, 'autostart': 'false'}):
        for name in NODES:
            assert peer.state('/' + name) == 'unconfigured'
