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
    ('train', ['torch', 'onnx', 'matplotlib'], 'torch, onnx, matplotlib'),
    ('calibrate', ['torch'], 'torch'), ('adapt', ['onnx'], 'onnx'),
    ('evaluate', ['torch', 'matplotlib'], 'matplotlib')])
def test_what_is_missing_and_how_it_is_installed(monkeypatch, capsys, command, missing, named):
    monkeypatch.setattr(packages, 'find_spec', lambda name: None if name in missing else name)
    monkeypatch.setattr(packages, 'PYTHON', sys.version_info[:2])
    assert main([command, *COMMANDS[command]]) == 2
    assert capsys.readouterr().err == (
        f'ser_ros: error: ser_ros {command} needs packages that are not installed: {named}; run '
        'in the folder of ser_ros: pip install -r requirements/train.txt\n')


@pytest.mark.parametrize('command', COMMANDS)
def test_a_python_that_is_too_old(monkeypatch, capsys, command):
    monkeypatch.setattr(packages, 'PYTHON', (99, 1))
    assert main([*command.split(), *COMMANDS[command]]) == 2
    assert 'ser_ros {} needs Python 99.1 or newer, this is {}.{}; run it on another machine'.format(
        command, *sys.version_info[:2]) in capsys.readouterr().err


@pytest.mark.skipif(sys.version_info < packages.PYTHON, reason='training needs a newer Python')
@pytest.mark.parametrize('missing, modules', [
    (['torch', 'onnx'], [
        'evaluation.evaluate', 'evaluation.pictures', 'evaluation.robustness',
        'evaluation.scoring']),
    (['torch', 'onnx', 'matplotlib'], [
        'evaluation.false_alarms', 'nonspeech', 'evaluation.document', 'corpora.clip_check',
        'corpora.corpus_check', 'corpora'])])
def test_commands_do_without_what_they_do_not_ask_for(tmp_path, missing, modules):
    pytest.importorskip('yaml')
    if 'evaluation.evaluate' in modules:
        pytest.importorskip('matplotlib')
    imports = ', '.join('ser_ros.' + name for name in modules)
    code = f'import sys, {imports}\nassert not set({missing!r}) & set(sys.modules)'
    subprocess.run([sys.executable, '-c', code], cwd=str(tmp_path), check=True)
