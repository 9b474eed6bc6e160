# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the README says is what the code does."""

import ast
import contextlib
import importlib
import importlib.util
import io
import pathlib
import re
import shlex
import xml.etree.ElementTree

import numpy as np
import pytest
import yaml

from ser_ros.cli import main as cli
from ser_ros.inference.model_file import PRECISIONS
from ser_ros.inference.model_metadata import read_metadata

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
DOCUMENTS = sorted([ROOT / 'README.md', ROOT / 'CHANGELOG.md', *ROOT.glob('docs/*.md'),
                    *ROOT.glob('models/*/README.md')])
NODES = ('audio_capture', 'feature_extraction', 'emotion_inference', 'mitigation_responder')
# Declared by all nodes, described in words.
COMMON = {'autostart'}
TYPES = {bool: 'bool', int: 'int', float: 'double', str: 'string', list: 'string[]'}


def cells(line):
    return [cell.strip() for cell in line.strip().strip('|').split('|')]


def table(heading):
    """Return the rows of the first table below a heading, by the names of the columns."""
    below = README.split('\n' + heading + '\n', 1)[1]
    lines = re.search(r'(^\|.*\n)+', below, re.MULTILINE)[0].splitlines()
    return [dict(zip(cells(lines[0]), cells(line))) for line in lines[2:]]


def plain(cell):
    return cell.strip('`')


def code(language):
    return re.findall(f'```{language}\n(.*?)```', README, re.DOTALL)


def syntax(*path):
    return ast.parse(ROOT.joinpath(*path).read_text(encoding='utf-8'))


def calls(tree, names):
    """Yield the calls of methods of these names."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                and node.func.attr in names):
            yield node


@pytest.mark.parametrize('node', NODES)
class TestParameters:
    def test_names_types_and_defaults(self, node):
        defaults = yaml.safe_load((ROOT / 'config' / 'ser.yaml').read_text(encoding='utf-8'))
        expected = {
            name: (TYPES[type(value)], value)
            for name, value in defaults['/**/' + node]['ros__parameters'].items()
            if name not in COMMON}
        assert {
            plain(row['Parameter']): (row['Type'], yaml.safe_load(plain(row['Default'])))
            for row in table('#### ' + node)} == expected

    def test_what_is_allowed_and_when(self, node):
        pytest.importorskip('rclpy', reason='ROS 2 is not sourced')
        module = importlib.import_module('ser_ros.nodes.' + node)
        parameters = importlib.import_module('ser_ros.nodes.parameters')
        node_class = next(
            value for value in vars(module).values() if getattr(value, 'NAME', None) == node)
        when = {parameters.ALWAYS: 'any', parameters.UNCONFIGURED: 'unconf.'}
        expected = {
            spec.name: (
                '{} to {}'.format(*spec.range) if spec.range else '',
                set(spec.choices), when[spec.changes])
            for spec in node_class.PARAMETERS}
        found = {}
        for row in table('#### ' + node):
            is_range = ' to ' in row['Allowed']
            found[plain(row['Parameter'])] = (
                row['Allowed'] if is_range else '',
                set() if is_range else set(filter(None, row['Allowed'].split(', '))), row['Set'])
        assert found == expected


class TestTopics:
    ROWS = {plain(row['Topic']): row for row in table('### Topics')}

    @pytest.mark.parametrize('node', NODES)
    def test_topics_of_a_node(self, node):
        for call in calls(syntax('ser_ros', 'nodes', node + '.py'), ('publish_to', 'subscribe_to')):
            kind, topic = call.args[:2]
            if not isinstance(topic, ast.Constant):
                continue  # tts_topic
            row = self.ROWS[topic.value]
            source, target = row['From → to'].split(' → ')
            assert node in (source if call.func.attr == 'publish_to' else target)
            assert row['Type'].split('/')[1] == kind.id
            self.check_qos(row, call.args[-1].attr)

    def test_topics_without_a_constant_name(self):
        hri = syntax('ser_ros', 'nodes', 'hri.py')
        assert f"TOPIC = '{list(self.ROWS)[-2]}'" in (
            ROOT / 'ser_ros' / 'nodes' / 'hri.py').read_text(encoding='utf-8')
        self.check_qos(
            list(self.ROWS.values())[-2], next(calls(hri, ('publish_to',))).args[-1].attr)
        diagnostics = syntax('ser_ros', 'nodes', 'diagnostics.py')
        kind, topic, profile = next(calls(diagnostics, ('create_publisher',))).args
        assert self.ROWS[topic.value]['Type'].endswith('/' + kind.id)
        self.check_qos(self.ROWS[topic.value], profile.attr)

    def test_no_other_topics(self):
        known = {'value of `tts_topic', '/diagnostics', list(self.ROWS)[-2]}
        for node in NODES:
            for call in calls(
                    syntax('ser_ros', 'nodes', node + '.py'), ('publish_to', 'subscribe_to')):
                if isinstance(call.args[1], ast.Constant):
                    known.add(call.args[1].value)
        assert set(self.ROWS) == known

    @staticmethod
    def check_qos(row, name):
        if importlib.util.find_spec('rclpy') is None:
            return
        profile = getattr(importlib.import_module('ser_ros.nodes.qos'), name)
        reliability, durability = profile.reliability.name, profile.durability.name
        assert row['QoS'] == f'{reliability.lower()}, {durability.lower()}, depth {profile.depth}'


class TestMessages:
    ROWS = {re.match(r'\[(\w+)\]', row['Message'])[1]: row['Content']
            for row in table('### Messages')}

    @staticmethod
    def definition(name):
        return (ROOT / 'msg' / (name + '.msg')).read_text(encoding='utf-8')

    def test_all_are_there(self):
        assert set(self.ROWS) == {path.stem for path in (ROOT / 'msg').glob('*.msg')}

    @pytest.mark.parametrize('name', sorted(ROWS))
    def test_fields(self, name):
        fields = set(re.findall(r'^[\w/]+(?:\[\])? (\w+)$', self.definition(name), re.MULTILINE))
        assert set(re.findall(r'`(\w+)`', self.ROWS[name])) == fields - {'header'}

    @pytest.mark.parametrize('name, prefix', [('Emotion', 'STATE_'), ('Mitigation', 'PHASE_')])
    def test_constants(self, name, prefix):
        constants = dict(re.findall(prefix + r'(\w+)=(\d+)', self.definition(name)))
        assert dict(re.findall(r'([A-Z_]+) (\d)', self.ROWS[name])) == constants

    def test_what_interface_show_prints(self):
        shown = README.split('$ ros2 interface show ser_ros/msg/Emotion\n')[1].split('```')[0]
        for line in shown.splitlines():
            assert line == '...' or line in self.definition('Emotion').splitlines()


def test_launch_arguments():
    assignment = next(
        node for node in syntax('launch', 'ser.launch.py').body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'ARGUMENTS')
    expected = {}
    for argument in assignment.value.elts:
        name, default, _, choices = argument.elts
        is_text = isinstance(default, ast.Constant)
        expected[name.value] = (
            default.value if is_text else 'config/ser.yaml',
            [choice for choice in ast.literal_eval(choices) or () if choice])
    assert {
        plain(row['Argument']): (
            plain(row['Default']).strip("'"), [c for c in row['Choices'].split(', ') if c])
        for row in table('### Launch arguments')} == expected


def commands():
    """Return the command lines that call ser_ros with arguments."""
    found = re.findall(r'(?:^|`|\$ )(ser_ros [a-z]+[^`\n#]*)', README, re.MULTILINE)
    return sorted({command.strip() for command in found
                   if command.strip() not in ('ser_ros train', 'ser_ros evaluate')})


@pytest.mark.parametrize('command', commands())
def test_command_is_understood(command):
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        try:
            cli._parser().parse_args(shlex.split(command)[1:])
        except SystemExit:
            pytest.fail(errors.getvalue())


@pytest.mark.parametrize('target', sorted(set(re.findall(r'`make (\w+)', README))))
def test_make_target_exists(target):
    assert re.search(f'^{target}:', (ROOT / 'Makefile').read_text(), re.MULTILINE)


@pytest.mark.parametrize('path', sorted(set(re.findall(r'benchmarks/\w+\.py', README))))
def test_benchmark_exists(path):
    assert (ROOT / path).is_file()


class TestSnippets:
    LISTENER, METADATA = code('python')

    def test_listener_uses_what_is_there(self):
        message = pytest.importorskip(
            'ser_ros.msg', reason='ser_ros was not built with colcon').Emotion
        used = {
            node.attr for node in ast.walk(ast.parse(self.LISTENER))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            and node.value.id in ('emotion', 'Emotion')}
        assert used and all(hasattr(message(), name) for name in used)

    def test_metadata_make_a_model_file(self, tmp_path, monkeypatch):
        onnx = pytest.importorskip('onnx', reason='onnx is not installed: make test brings it')
        helper, kind = onnx.helper, onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            [helper.make_node('GlobalAveragePool', ['image'], ['mean']),
             helper.make_node('Flatten', ['mean'], ['flat']),
             helper.make_node('Gemm', ['flat', 'weights'], ['logits'])], 'network',
            [helper.make_tensor_value_info('image', kind, [1, 3, 128, 128])],
            [helper.make_tensor_value_info('logits', kind, [1, 2])],
            [onnx.numpy_helper.from_array(np.ones((3, 2), np.float32), 'weights')])
        (tmp_path / 'models' / 'mine').mkdir(parents=True)
        monkeypatch.chdir(tmp_path)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)]),
                  'network.onnx')
        exec(compile(self.METADATA, 'README.md', 'exec'), {})
        info = read_metadata(str(tmp_path / 'models' / 'mine' / 'fp32.onnx'))
        assert (info.name, info.precision) == ('mine', 'fp32')

    def test_names_of_the_precisions(self):
        assert all(f'`{name}.onnx`' in README for name in PRECISIONS)


def anchors(text):
    """Return the anchors that GitHub gives the headings."""
    return {
        re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
        for heading in re.findall(r'^#+ (.*)$', text, re.MULTILINE)}


@pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path):
    text = path.read_text(encoding='utf-8')
    for target in re.findall(r'\]\(([^)\s]+)\)', text):
        if re.match('[a-z]+://', target):
            continue
        name, _, anchor = target.partition('#')
        linked = path.parent / name if name else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked.read_text(encoding='utf-8')), target


def test_picture_shows_the_nodes_and_their_topics():
    picture = xml.etree.ElementTree.parse(str(ROOT / 'docs' / 'graph.svg'))
    texts = {''.join(element.itertext())
             for element in picture.iter('{http://www.w3.org/2000/svg}text')}
    assert set(NODES) <= texts
    assert set(list(TestTopics.ROWS)[:7]) <= texts
