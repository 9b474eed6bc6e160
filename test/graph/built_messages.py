# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Packages of messages that are not everywhere, built here once from the real ones' fields."""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def environment(sources):
    """
    Build the packages below a folder of test/; return what a process needs to have them.

    :param sources: name of the folder.
    """
    if shutil.which('colcon') is None:
        pytest.skip('colcon is not installed; it builds the messages for this test')
    packages = ROOT / 'test' / sources
    digest = hashlib.sha256(f'{ROOT} {sys.version}'.encode())
    for path in sorted(packages.rglob('*.*')):
        digest.update(path.read_bytes())
    folder = ROOT / 'build' / ('test_' + sources)
    folder.parent.mkdir(exist_ok=True)
    with open(str(folder) + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        _build(packages, folder, digest.hexdigest())
    install = folder / 'install'
    python = next(install.glob('lib/python3*/site-packages'))
    return {name: os.pathsep.join(filter(None, (str(path), os.environ.get(name))))
            for name, path in (('AMENT_PREFIX_PATH', install), ('PYTHONPATH', python),
                               ('LD_LIBRARY_PATH', install / 'lib'))}


def _build(packages, folder, digest):
    stamp = folder / 'stamp'
    if stamp.exists() and stamp.read_text() == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run([
        'colcon', '--log-base', str(folder / 'log'), 'build', '--base-paths', str(packages),
        '--build-base', str(folder / 'build'), '--install-base', str(folder / 'install'),
        '--merge-install', '--cmake-args', '-DBUILD_TESTING=OFF',
        f'-DPython3_EXECUTABLE={sys.executable}'], check=True, stdout=subprocess.DEVNULL)
    stamp.write_text(digest)
