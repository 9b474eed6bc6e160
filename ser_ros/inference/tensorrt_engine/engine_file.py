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
import stat
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
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, 'wb') as file:
        file.write(FORMAT + header.encode('ascii') + b'\n' + content.plan)
        file.flush()
        os.fsync(file.fileno())


def check_folder(folder: str) -> None:
    """Check that nobody else can put engines into a folder: they are code for the GPU.

    Raises:
        SerError: others can write there.
    """
    try:
        status = os.stat(folder)
    except OSError:
        return  # whoever opens a file there reports it
    # A group of one's own, as many distributions make it for each user, is not others.
    others = stat.S_IWOTH if status.st_gid == os.getgid() else stat.S_IWOTH | stat.S_IWGRP
    if status.st_mode & others or status.st_uid not in (0, os.getuid()):
        raise SerError(
            f'others can write into the engine folder {folder}, so its engines are not used; run '
            f'chmod go-w {folder}, or set engine_cache to a folder of your own')


def read(path: str, key: Key) -> EngineFile:
    """Read the file ``path`` if it was built for ``key``.

    Raises:
        UnusableEngine: if it is missing, broken, or was built for something else; the text says
            what differs.
        SerError: if it is there and cannot be read, or others can write into its folder.
    """
    check_folder(os.path.dirname(path))
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
