# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that may be named while a node runs."""

import os

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not sourced')

from rclpy.parameter import Parameter  # noqa: E402

from ser_ros.errors import SerError  # noqa: E402
from ser_ros.nodes.allowed_folders import AllowedFolders, FileParameters  # noqa: E402
from ser_ros.nodes.parameters import spec  # noqa: E402

SPECS = (spec('config', 'a file', is_path=bool), spec('language', 'no file'))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'allowed'
    (folder / 'below').mkdir(parents=True)
    (tmp_path / 'allowed_not').mkdir()
    (tmp_path / 'secret').write_text('secret')
    return folder


def files(folder, **values):
    return FileParameters(SPECS, dict(
        {'config': '', 'language': 'en', 'allowed_folders': [str(folder)]}, **values))


def test_without_folders_every_path_stays_as_it_is():
    for folders in [], ['']:
        assert AllowedFolders(folders).resolve('~/some/../file') == '~/some/../file'


def test_what_lies_in_a_folder(folder):
    allowed = AllowedFolders([str(folder)])
    for path in folder, folder / 'a', folder / 'below' / 'b', folder / 'below' / '..' / 'c':
        assert allowed.resolve(str(path)) == os.path.realpath(str(path))


@pytest.mark.parametrize('path', [
    '/etc/shadow', '{}_not/a', '{}/../secret', '{}/below/../../secret', 'relative', '/', ''])
def test_what_does_not(folder, path):
    path = path.format(folder)
    with pytest.raises(SerError) as error:
        AllowedFolders([str(folder)]).resolve(path)
    assert f'{path}' in str(error.value)
    assert f'outside of allowed_folders ({folder})' in str(error.value)


def test_the_root_allows_all():
    assert AllowedFolders(['/']).resolve('/etc/shadow') == os.path.realpath('/etc/shadow')


def test_links_count_by_where_they_lead(folder, tmp_path):
    (folder / 'out').symlink_to(tmp_path / 'secret')
    (folder / 'down').symlink_to(folder / 'below')
    (tmp_path / 'in').symlink_to(folder / 'below')
    allowed = AllowedFolders([str(folder)])
    with pytest.raises(SerError, match=f'which leads to {tmp_path}/secret'):
        allowed.resolve(str(folder / 'out'))
    assert allowed.resolve(str(folder / 'down')) == str(folder / 'below')
    assert allowed.resolve(str(tmp_path / 'in')) == str(folder / 'below')


def test_a_folder_may_itself_be_a_link(folder, tmp_path):
    (tmp_path / 'link').symlink_to(folder)
    allowed = AllowedFolders([str(tmp_path / 'link')])
    assert allowed.resolve(str(tmp_path / 'link' / 'a')) == str(folder / 'a')


def test_a_value_from_the_start_is_allowed_and_no_other_one(folder):
    values = files(folder, config='/home/me/my.yaml')
    assert values.resolve('config', '/home/me/my.yaml') == '/home/me/my.yaml'
    assert values.resolve('config', '') == ''  # the file of the package
    values.check([Parameter('language', value='/etc/shadow')])
    with pytest.raises(SerError, match='/etc/shadow is outside'):
        values.check([Parameter('config', value='/etc/shadow')])
