# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the README says is what the code does."""

import ast
import contextlib
import importlib
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


def node_class(name):
    """Return the class of a node; rclpy must be there."""
    module = importlib.import_module('ser_ros.nodes.' + name)
    return next(value for value in vars(module).values() if getattr(value, 'NAME', None) == name)


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
        parameters = importlib.import_module('ser_ros.nodes.parameters')
        when = {parameters.ALWAYS: 'any', parameters.UNCONFIGURED: 'unconf.'}
        expected = {
            spec.name: (
                '{} to {}'.format(*spec.range) if spec.range else '',
                set(spec.choices), when[spec.changes])
            for spec in node_class(node).PARAMETERS}
        found = {}
        for row in table('#### ' + node):
            is_range = ' to ' in row['Allowed']
            found[plain(row['Parameter'])] = (
                row['Allowed'] if is_range else '',
                set() if is_range else set(filter(None, row['Allowed'].split(', '))), row['Set'])
        assert found == expected


class TestTopics:
    ROWS = {plain(row['Topic']): row for row in table('### Topics')}

    @staticmethod
    def declared():
        """Return {row's name: {node: its declaration}}; 'all nodes' have the diagnostics."""
        pytest.importorskip('rclpy', reason='ROS 2 is not sourced')
        topics = {}
        for node in NODES:
            for topic in node_class(node).TOPICS:
                name = topic.name or f'value of `{topic.parameter}'
                topics.setdefault(name, {})[node] = topic
        diagnostics = importlib.import_module('ser_ros.nodes.diagnostics').TOPIC
        return dict(topics, **{diagnostics.name: {'all nodes': diagnostics}})

    def test_names(self):
        assert set(self.ROWS) == set(self.declared())

    @pytest.mark.parametrize('name', sorted(ROWS))
    def test_who_publishes_and_who_subscribes(self, name):
        ends = self.ROWS[name]['From → to'].split(' → ')
        for nodes, direction in zip(ends, ('published', 'subscribed')):
            assert set(re.findall('all nodes|[a-z]+_[a-z]+', nodes)) - {'hri_msgs'} == {
                node for node, topic in self.declared()[name].items()
                if topic.direction == direction}

    @pytest.mark.parametrize('name', sorted(ROWS))
    def test_type_and_quality_of_service(self, name):
        for topic in self.declared()[name].values():
            reliability, durability = topic.profile.reliability, topic.profile.durability
            assert self.ROWS[name]['Type'].split()[0] == topic.type_name
            assert self.ROWS[name]['QoS'] == (
                f'{reliability.name.lower()}, {durability.name.lower()}, '
                f'depth {topic.profile.depth}')


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
