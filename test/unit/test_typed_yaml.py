# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YAML files: what is not one is refused in one line that names the file and the place."""

import os
import time
from dataclasses import dataclass

import pytest

from ser_ros.errors import SerError
from ser_ros.typed_values import key
from ser_ros.typed_yaml import MAX_BYTES, MAX_VALUES, load, read


@dataclass(frozen=True)
class Settings:
    hold_s: float = key('how long', ge=0, le=10)


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        path = tmp_path / 'own.yaml'
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)
    return write_file


def test_a_file(write):
    assert read(write('a: [1, 2.5, x, null, 2026-01-01 ]\n"1": 2\n1: 3'))['a'][:4] == [
        1, 2.5, 'x', None]
    assert load(Settings, write('hold_s: 3')) == Settings(3.0)


def test_merged_keys_may_be_overridden(write):
    assert read(write('a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}')) == {
        'a': {'x': 1, 'y': 2}, 'b': {'x': 3, 'y': 2}, 'c': {'x': 3, 'y': 4}}


def test_errors_of_values_name_the_file(write):
    path = write('hold_s: 11')
    with pytest.raises(SerError) as caught:
        load(Settings, path)
    assert str(caught.value) == (
        path + ': hold_s is 11; allowed: a number from 0 to 10 (how long)')


@pytest.mark.parametrize('text, reason', [
    ('a: 1\nb: {c: 1, c: 2}', "line 2, column 11: the key 'c' is given twice"),
    ('a: [', "line 1, column 5: expected the node content, but found '<stream end>'"),
    ('a: !!timestamp en', "line 1, column 4: 'en' does not fit the type !!timestamp"),
    ('a: !!int ""', "line 1, column 4: '' does not fit the type !!int"),
    ('a: !!int x', "line 1, column 4: 'x' does not fit the type !!int"),
    ('a: !!float x', "line 1, column 4: 'x' does not fit the type !!float"),
    ('a: !!bool x', "line 1, column 4: 'x' does not fit the type !!bool"),
    ('a: 2026-99-99', "line 1, column 4: '2026-99-99' does not fit the type !!timestamp "
                      r'\(month must be in 1..12\)'),
    ('? [a, b]\n: c', 'line 1, column 3: found unhashable key'),
    ('a: \x07', 'unacceptable character'),
    ('a: 1\n---\nb: 2', 'line 2, column 1: but found another document'),
    ('!!python/object/apply:os.getcwd []', 'line 1, column 1: could not determine a constructor'),
    ('[' * 3000, 'nested too deeply'),
])
def test_text_that_is_not_yaml(write, text, reason):
    with pytest.raises(SerError, match=f'own.yaml is not valid YAML: .*{reason}') as caught:
        read(write(text))
    assert '\n' not in str(caught.value)


def test_bytes_that_are_not_text(write):
    with pytest.raises(SerError, match='own.yaml is not text in UTF-8: .* position 4'):
        read(write(b'RIFF\xff\xfe\x00\x80'))


def test_files_that_cannot_be_read(tmp_path):
    os.mkfifo(str(tmp_path / 'pipe.yaml'))
    for name, reason in (('absent.yaml', 'No such file'), ('.', 'it is a folder'),
                         ('pipe.yaml', 'it is not a regular file')):
        with pytest.raises(SerError, match=f'cannot read .*{name}: {reason}'):
            read(str(tmp_path / name))


def test_a_file_that_is_too_large(write):
    with pytest.raises(SerError, match=f'has {MAX_BYTES + 1} bytes; .* up to {MAX_BYTES}'):
        read(write('#' * (MAX_BYTES + 1)))


@pytest.mark.parametrize('text', [
    # 9 million steps in 8 kB, and a list that holds itself.
    'a: &a [' + ', '.join('x' * 3000) + ']\nb: [' + ', '.join(['*a'] * 3000) + ']\n',
    'a: &a [*a]\n', 'a: &a {b: *a}\n'])
def test_aliases_that_make_much_of_few_bytes(write, text):
    with pytest.raises(SerError, match=f'it holds more than {MAX_VALUES} values'):
        read(write(text))


def test_aliases(write):
    assert read(write('a: &a [1, 2]\nb: *a\nc: {<<: {d: 3}}\n')) == {
        'a': [1, 2], 'b': [1, 2], 'c': {'d': 3}}


def test_the_time_grows_with_the_number_of_keys_not_with_its_square(write):
    def time_of(count):
        path = write('\n'.join(f'{index}: 1' for index in range(count)))
        start_s = time.process_time()
        assert len(read(path)) == count
        return time.process_time() - start_s

    time_of(100)
    assert time_of(20000) < 20 * time_of(2000)
