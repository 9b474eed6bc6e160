# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``import ser_ros``: light, and what it hands out is real; the examples of its manual run."""

import doctest
import importlib.util
import inspect
import os
import pathlib
import pydoc
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import ser_ros
from ser_ros import recognizer
from ser_ros.benchmark.sound import make_sound
from ser_ros.errors import SerError

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAVY = ('numpy', 'scipy', 'onnxruntime', 'rclpy', 'yaml', 'rich', 'soundfile')
EXAMPLES = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def loaded_after(statement):
    """Return the modules that a fresh interpreter has loaded after a statement."""
    code = f'import sys\nbefore = set(sys.modules)\n{statement}\nprint(*set(sys.modules) - before)'
    return set(subprocess.check_output(
        [sys.executable, '-c', code], cwd=str(ROOT), universal_newlines=True).split())


def test_importing_it_loads_nothing_heavy():
    loaded = loaded_after('import ser_ros')
    assert 'ser_ros.errors' in loaded
    assert not [name for name in loaded if name.split('.')[0] in HEAVY]


def test_what_it_hands_out_is_loaded_when_it_is_used():
    loaded = loaded_after('import ser_ros; ser_ros.Recognizer')
    assert 'ser_ros.recognizer' in loaded and 'numpy' in loaded
    # The runtime comes with the model.
    assert not [name for name in loaded if name.split('.')[0] in ('onnxruntime', 'rclpy', 'torch')]


def test_it_hands_out_the_real_things():
    assert ser_ros.Recognizer is recognizer.Recognizer
    assert ser_ros.classify is recognizer.classify
    assert ser_ros.SerError is SerError
    assert inspect.isclass(ser_ros.Recognizer)
    assert set(ser_ros.__all__) <= set(dir(ser_ros))


def test_names_that_it_does_not_have():
    with pytest.raises(AttributeError, match="module 'ser_ros' has no attribute 'Recogniser'"):
        ser_ros.Recogniser  # noqa: B018
    assert not hasattr(ser_ros, '__wrapped__')


def test_it_has_help():
    text = pydoc.plain(pydoc.render_doc(ser_ros))
    assert 'class Recognizer' in text and 'classify(path' in text
    assert 'predict_directory' in text


@pytest.fixture(scope='module')
def sounds(tmp_path_factory):
    """A folder with the sounds of the examples: a voice, and silence."""
    soundfile = pytest.importorskip('soundfile')
    pytest.importorskip('onnxruntime')
    if importlib.util.find_spec('silero_vad') is None or shutil.which('espeak-ng') is None:
        pytest.skip('silero-vad or espeak-ng is not installed')
    folder = tmp_path_factory.mktemp('sounds')
    samples = make_sound(str(folder)).samples
    for path in folder.iterdir():
        path.unlink()
    soundfile.write(str(folder / 'speech.wav'), samples[:int(5.2 * 16000)], 16000)
    soundfile.write(str(folder / 'silence.wav'), np.zeros(48000), 16000)
    return folder


@pytest.fixture
def in_sounds(sounds, monkeypatch):
    # Not the copy of the package that may lie in the folder that tests run in.
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(sys.path))
    monkeypatch.chdir(sounds)


@pytest.mark.usefixtures('in_sounds')
def test_the_examples_of_the_docstrings():
    found = doctest.testmod(recognizer, optionflags=EXAMPLES)
    assert found.attempted > 10
    assert found.failed == 0


def examples(text):
    """Yield the Python blocks of a page, each with the output that follows it."""
    blocks = re.findall(r'```(python|text)\n(.*?)```', text, re.DOTALL)
    for (kind, code), (next_kind, output) in zip(blocks, blocks[1:] + [('', '')]):
        if kind == 'python':
            yield code, output if next_kind == 'text' else ''


@pytest.mark.usefixtures('in_sounds')
def test_the_examples_of_the_page(capsys):
    names = {}
    page = (ROOT / 'docs' / 'python.md').read_text(encoding='utf-8')
    for code, expected in examples(page):
        exec(compile(code, 'python.md', 'exec'), names)
        printed = capsys.readouterr().out
        if expected:
            assert doctest.OutputChecker().check_output(expected, printed, EXAMPLES), printed
    assert len(names) > 5
