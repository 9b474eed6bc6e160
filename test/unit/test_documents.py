# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What README and docs/ say is what the code does."""

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
DOCUMENTS = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('docker/*.md'),
                    *ROOT.glob('models/*/README.md')])


def read(*path):
    return ROOT.joinpath(*path).read_text(encoding='utf-8')


README, KOREAN = read('README.md'), read('README.ko.md')
ROS_API, MODELS = read('docs', 'ros_api.md'), read('docs', 'models.md')
EVERYTHING = '\n'.join(path.read_text(encoding='utf-8') for path in DOCUMENTS)
NODES = ('audio_capture', 'feature_extraction', 'emotion_inference', 'mitigation_responder')
# Declared by all nodes, described in words.
COMMON = {'autostart'}
TYPES = {bool: 'bool', int: 'int', float: 'double', str: 'string', list: 'string[]'}


def cells(line):
    return [cell.strip() for cell in line.strip().strip('|').split('|')]


def table(heading, document=ROS_API):
    """Return the rows of the first table below a heading, by the names of the columns."""
    below = document.split('\n' + heading + '\n', 1)[1]
    lines = re.search(r'(^\|.*\n)+', below, re.MULTILINE)[0].splitlines()
    return [dict(zip(cells(lines[0]), cells(line))) for line in lines[2:]]


def plain(cell):
    return cell.strip('`')


def code(document, language='[a-z]*'):
    return re.findall(f'```(?:{language})\n(.*?)```', document, re.DOTALL)


def syntax(*path):
    return ast.parse(read(*path))


def node_class(name):
    """Return the class of a node; rclpy must be there."""
    module = importlib.import_module('ser_ros.nodes.' + name)
    return next(value for value in vars(module).values() if getattr(value, 'NAME', None) == name)


@pytest.mark.parametrize('node', NODES)
class TestParameters:
    def test_names_types_and_defaults(self, node):
        defaults = yaml.safe_load(read('config', 'ser.yaml'))
        expected = {
            name: (TYPES[type(value)], value)
            for name, value in defaults['/**/' + node]['ros__parameters'].items()
            if name not in COMMON}
        assert {
            plain(row['Parameter']): (row['Type'], yaml.safe_load(plain(row['Default'])))
            for row in table('### ' + node)} == expected

    def test_what_is_allowed_and_when(self, node):
        pytest.importorskip('rclpy', reason='ROS 2 is not sourced')
        parameters = importlib.import_module('ser_ros.nodes.parameters')
        when = {parameters.ALWAYS: 'any', parameters.UNCONFIGURED: 'unconf.',
                parameters.AT_START: 'start'}
        expected = {
            spec.name: (
                '{} to {}'.format(*spec.range) if spec.range else '',
                set(spec.choices), when[spec.changes])
            for spec in node_class(node).PARAMETERS}
        found = {}
        for row in table('### ' + node):
            is_range = ' to ' in row['Allowed']
            found[plain(row['Parameter'])] = (
                row['Allowed'] if is_range else '',
                set() if is_range else set(filter(None, row['Allowed'].split(', '))), row['Set'])
        assert found == expected


class TestTopics:
    ROWS = {plain(row['Topic']): row for row in table('## Topics')}

    @staticmethod
    def declared():
        """Return {row's name: {(node, direction): its declaration}}."""
        pytest.importorskip('rclpy', reason='ROS 2 is not sourced')
        topics = {}
        for node in NODES:
            for topic in node_class(node).TOPICS:
                name = topic.name or f'value of `{topic.parameter}'
                topics.setdefault(name, {})[node, topic.direction] = topic
        common = [importlib.import_module('ser_ros.nodes.' + name).TOPIC
                  for name in ('bond', 'diagnostics')]
        return dict(topics, **{
            topic.name: {('all nodes', topic.direction): topic} for topic in common})

    def test_names(self):
        assert set(self.ROWS) == set(self.declared())

    @pytest.mark.parametrize('name', sorted(ROWS))
    def test_who_publishes_and_who_subscribes(self, name):
        ends = self.ROWS[name]['From → to'].split(' → ')
        for nodes, direction in zip(ends, ('published', 'subscribed')):
            found = set(re.findall('all nodes|[a-z]+_[a-z]+', nodes.split('. ')[0]))
            assert found & {'all nodes', *NODES} == {
                node for node, declared in self.declared()[name] if declared == direction}

    @pytest.mark.parametrize('name', sorted(ROWS))
    def test_type_and_quality_of_service(self, name):
        for topic in self.declared()[name].values():
            reliability, durability = topic.profile.reliability, topic.profile.durability
            assert self.ROWS[name]['Type'].split()[0] == topic.type_name
            times_ns = {'deadline': topic.profile.deadline, 'lifespan': topic.profile.lifespan}
            assert self.ROWS[name]['QoS'] == ', '.join([
                reliability.name.lower(), durability.name.lower(), f'depth {topic.profile.depth}',
                *(f'{limit} {time.nanoseconds // 10**9} s' for limit, time in times_ns.items()
                  if 0 < time.nanoseconds < 10**18)])


class TestMessages:
    ROWS = {re.match(r'\[(\w+)\]', row['Message'])[1]: row['Content']
            for row in table('## Messages')}

    @staticmethod
    def definition(name):
        return read('msg', name + '.msg')

    def test_all_are_there(self):
        assert set(self.ROWS) == {path.stem for path in (ROOT / 'msg').glob('*.msg')}

    @pytest.mark.parametrize('name', sorted(ROWS))
    def test_fields(self, name):
        fields = set(re.findall(r'^[\w/]+(?:\[\])? (\w+)$', self.definition(name), re.MULTILINE))
        assert set(re.findall(r'`(\w+)`', self.ROWS[name])) == fields - {'header'}

    @pytest.mark.parametrize('name, prefix', [
        ('Emotion', 'STATE_'), ('Mitigation', 'PHASE_'), ('MitigationState', 'PHASE_')])
    def test_constants(self, name, prefix):
        constants = dict(re.findall(prefix + r'(\w+)=(\d+)', self.definition(name)))
        assert dict(re.findall(r'([A-Z_]+) (\d+)', self.ROWS[name])) == constants

    def test_what_interface_show_prints(self):
        shown = ROS_API.split('$ ros2 interface show ser_ros/msg/Emotion\n')[1].split('```')[0]
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
        for row in table('## Launch arguments')} == expected


def test_what_param_describe_prints():
    pytest.importorskip('rclpy', reason='ROS 2 is not sourced')
    shown = re.search(r'param describe /(\w+) (\w+)\n.*?Description: (.*?)\n', ROS_API, re.DOTALL)
    spec = next(spec for spec in node_class(shown[1]).PARAMETERS if spec.name == shown[2])
    assert shown[3] == f'{spec.description} Can be set {spec.changes}.'


@pytest.mark.parametrize('node', NODES)
def test_diagnostics(node):
    source = read('ser_ros', 'nodes', node + '.py')
    row = next(row for row in table('## Diagnostics') if row['Node'] == node)
    serving = read('ser_ros', 'nodes', 'serving.py')
    assert all(f"'{name}'" in source + serving for name in re.findall('`(.+?)`', row['Values']))


def test_settings_people_change():
    defaults = {name: value for node in NODES for name, value in yaml.safe_load(
        read('config', 'ser.yaml'))['/**/' + node]['ros__parameters'].items()}
    for document in README, KOREAN:
        heading = re.search(r'^## .*\n(?=\n\|.*\|\n\|---\|---\|---\|\n\| `device`)', document,
                            re.MULTILINE)[0].strip()
        for row in table(heading, document):
            cells_of_row = list(row.values())
            default = defaults[plain(cells_of_row[0])]
            if cells_of_row[1].startswith('`') or isinstance(default, float) and default >= 0:
                assert yaml.safe_load(plain(cells_of_row[1])) == default


def commands():
    """Return the command lines that call ser_ros with arguments, in all documents."""
    found = re.findall(r'(?:^ *|`|\$ |run --rm \w+ )(ser_ros [a-z-]+ [^`\n#]*)', EVERYTHING,
                       re.MULTILINE)
    # Brackets: an option that may be left out. Dots: more of the same.
    found = {re.sub(r'[\[\]]|\.\.\.', '', command).strip() for command in found}
    return sorted(found - {'ser_ros data check'})


@pytest.mark.parametrize('command', commands())
def test_command_is_understood(command):
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        try:
            cli._parser().parse_args(shlex.split(command)[1:])
        except SystemExit as end:
            assert not end.code, errors.getvalue()


def test_every_command_is_in_the_table():
    rows = table('# The ser_ros command', '\n' + read('docs', 'cli.md'))
    named = {shlex.split(plain(row['Command']))[1] for row in rows}
    choices = next(action.choices for action in cli._parser()._actions if action.choices)
    assert named == set(choices)


@pytest.mark.parametrize(
    'target', sorted(set(re.findall(r'(?:`|^)make (\w[\w-]*)', EVERYTHING, re.MULTILINE))))
def test_make_target_exists(target):
    assert re.search(f'^{target}:', read('Makefile'), re.MULTILINE)


@pytest.mark.parametrize('path', sorted(set(re.findall(
    r'\b(?:benchmarks|scripts|config|requirements)/[\w/]+\.\w+', EVERYTHING))))
def test_file_exists(path):
    assert (ROOT / path).is_file()


class TestSnippets:
    LISTENER, FRONT_DOOR = code(README, 'python')
    METADATA, = code(MODELS, 'python')

    def test_listener_uses_what_is_there(self):
        message = pytest.importorskip(
            'ser_ros.msg', reason='ser_ros was not built with colcon').Emotion
        used = {
            node.attr for node in ast.walk(ast.parse(self.LISTENER))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            and node.value.id in ('emotion', 'Emotion')}
        assert used and all(hasattr(message(), name) for name in used)

    def test_front_door(self, tmp_path, monkeypatch, capsys):
        soundfile = pytest.importorskip('soundfile')
        samples = np.zeros(3 * 16000, np.float32)
        soundfile.write(str(tmp_path / 'speech.wav'), samples, 16000)
        monkeypatch.chdir(tmp_path)
        exec(compile(self.FRONT_DOOR, 'README.md', 'exec'), {'samples': samples})
        assert 'NO_SPEECH' in capsys.readouterr().out

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
        exec(compile(self.METADATA, 'models.md', 'exec'), {})
        info = read_metadata(str(tmp_path / 'models' / 'mine' / 'fp32.onnx'))
        assert (info.name, info.precision) == ('mine', 'fp32')

    def test_names_of_the_precisions(self):
        assert all(f'`{name}.onnx`' in MODELS for name in PRECISIONS)


class TestKorean:
    """README.ko.md says the same as README.md."""

    def test_commands(self):
        def without_comments(document):
            return [re.sub(r' *#.*', '', block) for block in code(document)]
        assert without_comments(KOREAN) == without_comments(README)

    def test_headings(self):
        levels = [re.findall('^(#+) ', text, re.MULTILINE) for text in (README, KOREAN)]
        assert levels[0] == levels[1]

    def test_links(self):
        def targets(document):
            links = re.findall(r'\]\(([^)#\s]+)', document)
            return sorted(link for link in links if not link.startswith('README'))
        assert targets(KOREAN) == targets(README)

    def test_figures(self):
        def figures(document):
            return sorted(re.findall(r'\d[\d.]* (?:%|ms|MB)', document))
        assert figures(KOREAN) == figures(README)

    def test_rows_of_tables(self):
        rows = [[line.count('|') for line in text.splitlines() if line.startswith('|')]
                for text in (README, KOREAN)]
        assert rows[0] == rows[1]


def anchors(text):
    """Return the anchors that GitHub gives the headings."""
    return {
        re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
        for heading in re.findall(r'^#+ (.*)$', re.sub('```.*?```', '', text, flags=re.DOTALL),
                                  re.MULTILINE)}


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


def test_live_view_is_small_and_loads_nothing():
    picture = read('docs', 'live_view.svg')
    assert len(picture) < 200_000
    assert 'make_room' in picture and 'url(http' not in picture and '@font-face' not in picture


def test_rooms_are_those_of_the_layers():
    order = importlib.import_module('test_layers').ORDER
    rooms = [room for room in order if (ROOT / 'ser_ros' / room.replace('.', '/')).is_dir()]
    drawn = [cell for row in table('## Who imports whom', read('docs', 'architecture.md'))
             for cell in re.findall(r'`([\w.]+)`', row['Room'])]
    assert [room for room in drawn if room in rooms] == rooms
    assert set(drawn) <= set(order)
