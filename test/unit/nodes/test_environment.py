# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Variables with which ROS would end the process, or leave a traceback."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from ser_ros.errors import SerError  # noqa: E402
from ser_ros.nodes import environment  # noqa: E402


@pytest.mark.parametrize('value', ['abc', '300', '5000000000', '1/2', '1.5', '-1'])
def test_a_domain_that_does_not_exist(monkeypatch, value):
    monkeypatch.setenv('ROS_DOMAIN_ID', value)
    with pytest.raises(SerError, match=f"ROS_DOMAIN_ID is '{value}'; allowed: 0 to 232"):
        environment.check()


@pytest.mark.parametrize('value', ['', '0', ' 7 ', '232'])
def test_a_domain_that_exists(monkeypatch, value):
    monkeypatch.setenv('ROS_DOMAIN_ID', value)
    environment.check()


@pytest.fixture
def prefix(monkeypatch, tmp_path):
    """Return a prefix with one middleware, the only one that is sourced."""
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'rmw_typesupport'
    index.mkdir(parents=True)
    for name in 'rmw_fastrtps_cpp', 'rmw_implementation':
        (index / name).write_text('')
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nonexistent:{tmp_path}')
    monkeypatch.setenv('ROS_DISTRO', 'kilted')


@pytest.mark.parametrize('value', ['rmw_cyclonedds_cpp', 'rmw_implementation', 'nonsense'])
def test_a_middleware_that_is_not_installed(monkeypatch, prefix, value):
    monkeypatch.setenv('RMW_IMPLEMENTATION', value)
    with pytest.raises(SerError) as error:
        environment.check()
    package = value.replace('_', '-')
    assert str(error.value) == (
        f'RMW_IMPLEMENTATION is {value}, which is not installed; found: rmw_fastrtps_cpp. Install '
        f'ros-kilted-{package}, or unset RMW_IMPLEMENTATION')


@pytest.mark.parametrize('value', ['', 'rmw_fastrtps_cpp'])
def test_a_middleware_that_is_installed(monkeypatch, prefix, value):
    monkeypatch.setenv('RMW_IMPLEMENTATION', value)
    environment.check()


def test_where_no_middleware_is_listed_ros_decides(monkeypatch):
    monkeypatch.setenv('AMENT_PREFIX_PATH', '/nonexistent')
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_cyclonedds_cpp')
    environment.check()
