# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A file that is no mitigation file may be a secret one: anybody in the network may name it."""

import pytest

from ser_ros.errors import SerError
from ser_ros.mitigation import config


@pytest.mark.parametrize('content', [
    'root:$6$hunter2:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n',
    'password: hunter2\n',
    'hunter2: &a [hunter2, *hunter2]\n',
    'hunter2: 1\nhunter2: 2\n',
    '- hunter2\n',
    '!!int hunter2\n',
    'key: "hunter2\\hunter2"\n',
    '{"hunter2": hunter2}\n',
    '\x00hunter2: \x07\n',
    'hunter2 %hunter2 @hunter2\n',
])
def test_nothing_of_another_file_is_quoted(tmp_path, content):
    path = tmp_path / 'secret'
    path.write_text(content)
    with pytest.raises(SerError, match='not valid YAML|unknown keys|it holds a') as caught:
        config.load(str(path))
    assert 'hunter2' not in str(caught.value)
    assert str(path) in str(caught.value)


def test_bytes_of_a_file_that_is_not_text_are_not_quoted(tmp_path):
    path = tmp_path / 'secret'
    path.write_bytes(b'hunter2 \xff hunter2')
    with pytest.raises(SerError, match='not text in UTF-8') as caught:
        config.load(str(path))
    assert 'hunter2' not in str(caught.value)
