# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a module may import depends on its folder, and the runtime parses on Python 3.6."""

import ast
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / 'ser_ros'

# Top-level module: the folders of ser_ros that may import it.
LAYERS = {
    'rclpy': {'nodes'},
    'onnxruntime': {'inference', 'training'},
    'tensorrt': {'inference'},
    'tensorrt_rtx': {'inference'},
    'pycuda': {'inference'},
    'cuda': {'inference'},
    'torch': {'inference', 'training'},
    'librosa': {'training'},
    'onnx': {'inference', 'training'},
    'matplotlib': {'training', 'cli'},
    'audio_common_msgs': {'nodes'},
}


def modules():
    return sorted(PACKAGE.rglob('*.py'))


def folder(path):
    return path.relative_to(PACKAGE).parts[0]


def imported(path):
    """Yield the top-level modules that the file imports, also within functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split('.')[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split('.')[0]


@pytest.mark.parametrize('module', sorted(LAYERS))
def test_only_its_layer_imports(module):
    users = {folder(path) for path in modules() if module in imported(path)}
    assert users <= LAYERS[module]


@pytest.mark.parametrize('name', ['audio', 'features', 'emotion', 'mitigation'])
def test_plain_layers_know_nothing_of_the_nodes_and_commands(name):
    for path in (PACKAGE / name).rglob('*.py'):
        text = path.read_text(encoding='utf-8')
        assert 'ser_ros.nodes' not in text and 'ser_ros.cli' not in text, path


@pytest.mark.parametrize(
    'path', [path for path in modules() if folder(path) != 'training'],
    ids=lambda path: str(path.relative_to(PACKAGE)))
def test_runtime_parses_on_python_3_6(path):
    # 3.6 itself has no such argument, nor needs it.
    options = {'feature_version': (3, 6)} if sys.version_info >= (3, 8) else {}
    ast.parse(path.read_text(encoding='utf-8'), **options)


def test_runtime_imports_nothing_of_training():
    pytest.importorskip('onnx', reason='onnx, which a part of inference needs, is not installed')
    names = [
        '.'.join(('ser_ros',) + path.relative_to(PACKAGE).with_suffix('').parts)
        for path in modules()
        if folder(path) not in ('training', 'nodes') and path.name != '__init__.py']
    loaded = subprocess.check_output(
        [sys.executable, '-c',
         'import importlib, sys\n'
         'for name in sys.argv[1:]:\n'
         '    importlib.import_module(name)\n'
         'print("\\n".join(sys.modules))'] + names,
        cwd=str(PACKAGE.parent), universal_newlines=True).split()
    assert set(names) <= set(loaded)
    assert not [name for name in loaded if name.startswith('ser_ros.training')]
    assert not [name for name in loaded if name in ('torch', 'librosa', 'matplotlib')]


@pytest.mark.parametrize('path', modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_licence_header(path):
    lines = path.read_text(encoding='utf-8').splitlines()
    start = int(lines[0].startswith('#!'))
    assert lines[start:start + 2] == [
        '# Copyright 2026 The ser_ros authors', '# SPDX-License-Identifier: Apache-2.0']
