# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a module may import depends on its room, and the runtime parses on Python 3.6."""

import ast
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[2] / 'ser_ros'
MAX_LINES = 300

# The rooms in the order of the data path: each may import those before it, never one after it.
# Modules that lie in no folder have their own names; __init__ is ser_ros itself.
ORDER = (
    'errors', '__init__', 'entry_points', 'extensions', 'files', 'user_folders', 'threads',
    'resources', 'messages', 'logs', 'child_process', 'typed_values', 'typed_yaml', 'defaults',
    'output_file', 'progress', 'interfaces', 'plotting', 'onnx_session',
    'audio', 'features', 'windows', 'inference', 'emotion', 'mitigation',
    'graph_defaults', 'results', 'emotion_stream', 'recognizer', 'simulation', 'sinks', 'nodes',
    'benchmark', 'nonspeech', 'degrade', 'corpora', 'evaluation', 'adaptation',
    'training.options', 'training.older_keys', 'training.config', 'training.networks',
    'training.augment', 'training.export', 'training.fit', 'cli',
    'training.__main__')
# These are modern Python (3.10): they make models, and a board does not run them.
OFF_THE_BOARD = ('nonspeech', 'degrade', 'corpora', 'evaluation', 'adaptation', 'training')

# Top-level module: the rooms that may import it, as the folders and modules of ser_ros.
LAYERS = {
    'rclpy': {'nodes'},
    'onnxruntime': {'onnx_session', 'inference', 'training'},
    'tensorrt': {'inference'},
    'tensorrt_rtx': {'inference'},
    'pycuda': {'inference'},
    'cuda': {'inference'},
    'torch': {'inference', 'training'},
    'librosa': {'training'},
    'onnx': {'inference', 'adaptation', 'training'},
    'matplotlib': {'plotting'},
    'audio_common_msgs': {'nodes'},
}


def modules():
    return sorted(PACKAGE.rglob('*.py'))


def parts_of(path):
    return path.relative_to(PACKAGE).with_suffix('').parts


def name_of(path):
    """Return the dotted name below ser_ros; that of a package is its folder's."""
    parts = parts_of(path)
    return '.'.join(parts[:-1] if len(parts) > 1 and parts[-1] == '__init__' else parts)


def room_of(name):
    """Return the entry of ORDER that a module belongs to."""
    first, _, rest = name.partition('.')
    return f'{first}.{rest.partition(".")[0]}' if first == 'training' and rest else first


NAMES = {name_of(path) for path in modules()}


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and getattr(node.test, 'id', '') == 'TYPE_CHECKING'


def imports_of_ours(path):
    """Yield the names below ser_ros that the file imports, also within functions."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    if path == PACKAGE / '__init__.py':
        # The front door names what it hands out; it imports that only when it is used.
        tree.body = [node for node in tree.body if not is_for_type_checkers(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or '').split('.')[0] == 'ser_ros':
            base = node.module.split('.')[1:]
            for alias in node.names:
                name = '.'.join(base + [alias.name])
                yield name if name in NAMES else '.'.join(base) or '__init__'
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split('.')[0] == 'ser_ros':
                    yield '.'.join(alias.name.split('.')[1:]) or '__init__'


def imported(path):
    """Yield the top-level modules that the file imports, also within functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split('.')[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split('.')[0]


def circle_through(graph):
    """Return the modules of one circle of imports, or nothing."""
    done, open_ = set(), []

    def visit(name):
        if name in open_:
            return open_[open_.index(name):] + [name]
        if name in done:
            return []
        open_.append(name)
        for other in sorted(graph.get(name, ())):
            found = visit(other)
            if found:
                return found
        done.add(open_.pop())
        return []

    for name in sorted(graph):
        found = visit(name)
        if found:
            return found
    return []


def test_no_module_imports_itself_through_others():
    graph = {name_of(path): set(imports_of_ours(path)) for path in modules()}
    assert circle_through(graph) == []


def test_a_circle_would_be_found():
    assert circle_through({'a': {'b'}, 'b': {'c'}, 'c': {'b'}}) == ['b', 'c', 'b']


@pytest.mark.parametrize('path', modules(), ids=name_of)
def test_imports_follow_the_order_of_the_rooms(path):
    room = room_of(name_of(path))
    for name in imports_of_ours(path):
        if name.split('.')[0] != 'msg':  # made by the build
            assert ORDER.index(room_of(name)) <= ORDER.index(room), name


@pytest.mark.parametrize('path', modules(), ids=name_of)
def test_no_file_is_long(path):
    assert len(path.read_text(encoding='utf-8').splitlines()) <= MAX_LINES


@pytest.mark.parametrize('module', sorted(LAYERS))
def test_only_its_layer_imports(module):
    users = {parts_of(path)[0] for path in modules() if module in imported(path)}
    assert users <= LAYERS[module]


@pytest.mark.parametrize(
    'path', [path for path in modules() if parts_of(path)[0] not in OFF_THE_BOARD], ids=name_of)
def test_runtime_parses_on_python_3_6(path):
    # 3.6 itself has no such argument, nor needs it.
    options = {'feature_version': (3, 6)} if sys.version_info >= (3, 8) else {}
    ast.parse(path.read_text(encoding='utf-8'), **options)


def test_runtime_imports_nothing_of_training():
    pytest.importorskip('onnx', reason='onnx, which a part of inference needs, is not installed')
    names = [
        'ser_ros.' + name_of(path) for path in modules()
        if parts_of(path)[0] not in OFF_THE_BOARD + ('nodes',) and path.name != '__init__.py']
    loaded = subprocess.check_output(
        [sys.executable, '-c',
         'import importlib, sys\n'
         'for name in sys.argv[1:]:\n'
         '    importlib.import_module(name)\n'
         'print("\\n".join(sys.modules))'] + names,
        cwd=str(PACKAGE.parent), universal_newlines=True).split()
    assert set(names) <= set(loaded)
    assert not [name for name in loaded
                if name.startswith('ser_ros.') and name.split('.')[1] in OFF_THE_BOARD]
    assert not [name for name in loaded if name in ('torch', 'librosa', 'matplotlib')]


@pytest.mark.parametrize('path', modules(), ids=name_of)
def test_licence_header(path):
    lines = path.read_text(encoding='utf-8').splitlines()
    start = int(lines[0].startswith('#!'))
    assert lines[start:start + 2] == [
        '# Copyright 2026 The ser_ros authors', '# SPDX-License-Identifier: Apache-2.0']
