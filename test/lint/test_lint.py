# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Style, by what is there: ruff with the project's rules, else the errors that flake8 finds."""

import importlib.util
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINTERS = {
    'ruff': ['check', '--no-cache'],
    # Line length, syntax, undefined and unused names; its other rules are not the project's.
    'flake8': ['--isolated', '--select', 'E501,E9,F', '--max-line-length', '100'],
}


def test_python():
    linter = next((name for name in LINTERS if importlib.util.find_spec(name)), None)
    if linter is None:
        pytest.skip('neither ruff nor flake8 is installed')
    folders = [str(ROOT / name) for name in ('ser_ros', 'launch', 'test', 'benchmarks', 'setup.py')]
    result = subprocess.run(
        [sys.executable, '-m', linter, *LINTERS[linter], *folders], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, universal_newlines=True, cwd=str(ROOT), check=False)
    assert result.returncode == 0, result.stdout
