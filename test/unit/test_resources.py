# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the files that come with the package are looked for."""

import os
import sys

import pytest

from ser_ros import resources
from ser_ros.errors import SerError


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that puts the package and its share folder below a folder."""
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    monkeypatch.setattr(sys, 'prefix', str(tmp_path / 'python'))

    def install(package, share):
        monkeypatch.setattr(resources, '_PACKAGE_DIR', str(tmp_path / package))
        path = tmp_path / share / 'config' / 'own.yaml'
        path.parent.mkdir(parents=True)
        path.write_text('')
        return str(path)
    return install


@pytest.mark.parametrize('package, share', [
    ('python/lib/python3.10/site-packages/ser_ros', 'python/share/ser_ros'),
    ('home/.local/lib/python3.10/site-packages/ser_ros', 'home/.local/share/ser_ros'),
    ('usr/local/lib/python3.10/dist-packages/ser_ros', 'usr/local/share/ser_ros'),
    ('usr/lib64/python3.9/site-packages/ser_ros', 'usr/share/ser_ros'),
    ('target/ser_ros', 'target/share/ser_ros'),
    ('elsewhere/ser_ros', 'python/share/ser_ros'),
    ('checkout/ser_ros', 'checkout'),
], ids=['venv', 'user', 'debian', 'lib64', 'target', 'prefix', 'checkout'])
def test_every_layout(installed, package, share):
    path = installed(package, share)
    assert resources.share_path('config', 'own.yaml') == path


def test_the_workspace_goes_first(installed, tmp_path, monkeypatch):
    installed('target/ser_ros', 'target/share/ser_ros')
    path = tmp_path / 'install' / 'share' / 'ser_ros' / 'config' / 'own.yaml'
    path.parent.mkdir(parents=True)
    path.write_text('')
    monkeypatch.setenv('AMENT_PREFIX_PATH', os.pathsep + str(tmp_path / 'install'))
    assert resources.share_path('config', 'own.yaml') == str(path)


def test_what_is_not_there_is_told_with_the_places(installed):
    installed('target/ser_ros', 'target/share/ser_ros')
    with pytest.raises(SerError, match='absent is not installed .*target/share/ser_ros/absent'):
        resources.share_path('absent')
