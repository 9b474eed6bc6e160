# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the commands say where packages for training are missing."""

import subprocess
import sys

import pytest

from ser_ros.cli import packages
from ser_ros.cli.main import main

COMMANDS = {
    'train': ['c.yaml', '--data', '.'], 'calibrate': ['.', 'c.yaml', '--data', '.'],
    'adapt': ['small', '--data', '.'], 'evaluate': ['small', '--data', '.'],
    'false-alarms': ['small'], 'data check': ['.']}


@pytest.mark.parametrize('command, missing, named', [
    ('train', ['torch', 'onnx', 'matplotlib'], 'torch and onnx and matplotlib'),
    ('calibrate', ['torch'], 'torch'), ('adapt', ['onnx'], 'onnx'),
    ('evaluate', ['torch', 'matplotlib'], 'matplotlib')])
def test_what_is_missing_and_how_it_is_installed(monkeypatch, capsys, command, missing, named):
    monkeypatch.setattr(packages, 'find_spec', lambda name: None if name in missing else name)
    monkeypatch.setattr(packages, 'PYTHON', sys.version_info[:2])
    assert main([command, *COMMANDS[command]]) == 2
    assert capsys.readouterr().err == (
        'ser_ros: error: ser_ros {} needs {}, not installed here; in the folder of ser_ros: '
        'pip install -r requirements/train.txt\n'.format(command, named))


@pytest.mark.parametrize('command', COMMANDS)
def test_a_python_that_is_too_old(monkeypatch, capsys, command):
    monkeypatch.setattr(packages, 'PYTHON', (99, 1))
    assert main([*command.split(), *COMMANDS[command]]) == 2
    assert 'ser_ros {} needs Python 99.1 or newer, this is {}.{}; run it on another machine'.format(
        command, *sys.version_info[:2]) in capsys.readouterr().err


@pytest.mark.skipif(sys.version_info < packages.PYTHON, reason='training needs a newer Python')
@pytest.mark.parametrize('missing, modules', [
    (['torch', 'onnx'], ['evaluation', 'evaluation_plots', 'robustness', 'scoring']),
    (['torch', 'onnx', 'matplotlib'], [
        'false_alarms', 'nonspeech', 'document', 'clip_check', 'data_check', 'corpora'])])
def test_commands_do_without_what_they_do_not_ask_for(tmp_path, missing, modules):
    pytest.importorskip('yaml')
    if 'evaluation' in modules:
        pytest.importorskip('matplotlib')
    code = 'import sys, {}\nassert not set({!r}) & set(sys.modules)'.format(
        ', '.join('ser_ros.training.' + name for name in modules), missing)
    subprocess.run([sys.executable, '-c', code], cwd=str(tmp_path), check=True)
