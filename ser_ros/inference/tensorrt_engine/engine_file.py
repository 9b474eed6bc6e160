# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Engine files: a serialised engine with what it was built from, in one file.

Three parts: the line FORMAT, a line of JSON, the engine. The JSON holds ``key`` (everything that
decides whether the engine may be used here), ``precision`` (what was built), ``sha256`` and
``size`` of the engine, and ``check`` (see reference.py). A file is written under another name,
flushed to the disk and renamed, so it is there whole or not at all.
"""

import glob
import hashlib
import json
import os
import re
from typing import Any, Dict, NamedTuple

from ser_ros.errors import SerError

FORMAT = b'ser_ros engine 1\n'
_LONGEST_HEADER = 1 << 20

Key = Dict[str, Any]


class UnusableEngine(SerError):
    """A stored engine is missing, broken, foreign or wrong: another one has to be built."""


class EngineFile(NamedTuple):
    """What is in an engine file: see the module's text."""

    key: Key
    precision: str
    check: Dict[str, Any]
    plan: bytes


def file_name(model_name: str, key: Key) -> str:
    """Return the name of the engine file for a key.

    Another model file, precision or kind of GPU has another file. Another version of TensorRT or
    another workspace replaces the file, so that a board's disk does not fill up.
    """
    safe = re.sub(r'[^A-Za-z0-9_.-]', '_', model_name)
    capability = key['compute_capability'].replace('.', '')
    return (f"{safe}-{key['precision']}-{key['module']}-sm{capability}-"
            f"{key['onnx_sha256'][:12]}.engine")


def write(path: str, content: EngineFile) -> None:
    """Write the file ``path`` to the disk itself, or raise OSError."""
    header = json.dumps({
        'key': content.key, 'precision': content.precision, 'check': content.check,
        'sha256': hashlib.sha256(content.plan).hexdigest(), 'size': len(content.plan)})
    with open(path, 'wb') as file:
        file.write(FORMAT + header.encode('ascii') + b'\n' + content.plan)
        file.flush()
        os.fsync(file.fileno())


def read(path: str, key: Key) -> EngineFile:
    """Read the file ``path`` if it was built for ``key``.

    Raises:
        UnusableEngine: if it is missing, broken, or was built for something else; the text says
            what differs.
        SerError: if it is there and cannot be read.
    """
    try:
        with open(path, 'rb') as file:
            known = file.readline(len(FORMAT)) == FORMAT
            header = file.readline(_LONGEST_HEADER) if known else b''
            plan = file.read()
    except FileNotFoundError:
        raise UnusableEngine('there is no engine yet') from None
    except OSError as error:
        raise SerError(f'the engine {path} cannot be read: {error.strerror}') from error
    values = _parse(path, header)
    differing = sorted(name for name in set(key) | set(values['key'])
                       if key.get(name) != values['key'].get(name))
    if differing:
        differences = ', '.join(
            f"{name} {values['key'].get(name)!r} (needed: {key.get(name)!r})" for name in differing)
        raise UnusableEngine(f'the engine {path} was built for {differences}')
    if len(plan) != values['size'] or hashlib.sha256(plan).hexdigest() != values['sha256']:
        raise UnusableEngine(f'the engine {path} is damaged: its checksum does not match')
    return EngineFile(values['key'], values['precision'], values['check'], plan)


_HEADER = {'key': dict, 'precision': str, 'check': dict, 'sha256': str, 'size': int}


def _parse(path: str, header: bytes) -> Dict[str, Any]:
    try:
        values = json.loads(header.decode('ascii'))
        good = all(isinstance(values[name], value_type) for name, value_type in _HEADER.items())
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise UnusableEngine(f'{path} is not an engine file of this version of ser_ros')
    return values


def replace(temporary: str, path: str) -> None:
    """Make the finished file ``temporary`` the file ``path``, also after a loss of power."""
    os.replace(temporary, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove_leftovers(path: str) -> None:
    """Remove temporary files of builds of ``path`` that were killed; the caller holds its lock."""
    for name in glob.glob(glob.escape(path) + '.*.tmp'):
        os.unlink(name)
