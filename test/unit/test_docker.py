# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files in docker/, as far as they can be checked without Docker."""

import fnmatch
import json
import pathlib
import re
import shlex
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / 'docker'
README = (DOCKER / 'README.md').read_text(encoding='utf-8')
VOLUMES = ['/cache', '/models', '/output']


def instructions(path):
    """Return [(instruction, arguments)] of a Dockerfile."""
    text = re.sub(r'^\s*#.*\n', '', path.read_text(encoding='utf-8'), flags=re.MULTILINE)
    text = text.replace('\\\n', ' ')
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def arguments(path, name):
    return [rest for instruction, rest in instructions(path) if instruction == name]


def is_sent(path):
    """Tell whether .dockerignore lets the builder have a file of the repository."""
    sent = True
    for pattern in (ROOT / '.dockerignore').read_text(encoding='utf-8').splitlines():
        if not pattern or pattern.startswith('#'):
            continue
        wanted = pattern.startswith('!')
        name = pattern.lstrip('!')
        parents = [path] + ['/'.join(path.split('/')[:n]) for n in range(1, path.count('/') + 1)]
        plain = name[len('**/'):] if name.startswith('**/') else name
        if name == '**' or any(
                fnmatch.fnmatch(part.rsplit('/', 1)[-1] if plain != name else part, plain)
                for part in parents):
            sent = wanted
    return sent


DOCKERFILES = sorted(DOCKER.glob('Dockerfile.*'))


@pytest.mark.parametrize('path', DOCKERFILES, ids=lambda path: path.name)
class TestDockerfile:
    def test_base_image_has_a_version_and_a_source(self, path):
        images = arguments(path, 'FROM')
        assert len(images) == 1
        name, tag = images[0].rsplit(':', 1)
        assert tag != 'latest' and re.search(r'r\d+\.\d+', tag)
        row = next(line for line in README.splitlines() if line.startswith('| `' + images[0]))
        assert re.search(r'\(https://[^)]+\)', row)

    def test_it_does_not_run_as_root(self, path):
        names = [name for name, _ in instructions(path)]
        assert arguments(path, 'USER') == ['$USER_ID']
        assert 'USER_ID=1000' in arguments(path, 'ARG')
        assert 'RUN' not in names[names.index('USER'):]

    def test_no_variable_of_bash_is_an_argument(self, path):
        # Its own value would win over the one that is given.
        assert not {line.split('=')[0] for line in arguments(path, 'ARG')} & {'UID', 'EUID', 'PPID'}

    def test_what_outlives_a_container(self, path):
        assert [json.loads(line) for line in arguments(path, 'VOLUME')] == [VOLUMES]
        making = next(line for line in arguments(path, 'RUN') if 'install -d' in line)
        assert all(volume in making for volume in VOLUMES)

    def test_what_is_copied_exists_and_is_sent(self, path):
        for line in arguments(path, 'COPY'):
            for source in shlex.split(line)[:-1]:
                assert (ROOT / source).exists(), source
                assert is_sent(source), source

    def test_everything_that_the_build_needs_is_copied(self, path):
        copied = {source for line in arguments(path, 'COPY') for source in shlex.split(line)[:-1]}
        cmake = (ROOT / 'CMakeLists.txt').read_text(encoding='utf-8')
        folders = set(re.search(r'install\(DIRECTORY ([a-z ]+)\n', cmake)[1].split())
        assert folders | {'msg', 'resource', 'ser_ros', 'package.xml'} <= copied

    def test_requirements_that_are_installed_are_copied(self, path):
        copied = ' '.join(arguments(path, 'COPY'))
        installed = re.findall(r'-r (\S+)', ' '.join(arguments(path, 'RUN')))
        assert installed
        assert all(name in copied for name in installed)

    def test_starts_the_graph_and_says_whether_it_works(self, path):
        assert json.loads(arguments(path, 'ENTRYPOINT')[0]) == ['/opt/ser_ros/entrypoint.sh']
        assert json.loads(arguments(path, 'CMD')[0])[0].startswith('--')
        assert '/output' in arguments(path, 'HEALTHCHECK')[0]


def test_there_is_one_for_each_board():
    assert [path.name for path in DOCKERFILES] == ['Dockerfile.nano', 'Dockerfile.orin']


@pytest.mark.parametrize('path, sent', [
    ('ser_ros/cli/run.py', True), ('models/small/fp16.onnx', True), ('docker/entrypoint.sh', True),
    ('docker/README.md', False), ('.git/config', False), ('.venv/bin/python', False),
    ('test/conftest.py', False), ('ser_ros/__pycache__/x.pyc', False)])
def test_what_the_builder_is_sent(path, sent):
    assert is_sent(path) == sent


class TestCompose:
    COMPOSE = yaml.safe_load((DOCKER / 'compose.yaml').read_text(encoding='utf-8'))
    PULSE = yaml.safe_load((DOCKER / 'compose.pulse.yaml').read_text(encoding='utf-8'))

    @pytest.mark.parametrize('name', ['nano', 'orin'])
    def test_service(self, name):
        service = self.COMPOSE['services'][name]
        build = service['build']
        assert (DOCKER / build['context']).resolve() == ROOT
        path = ROOT / build['dockerfile']
        assert path in DOCKERFILES
        declared = {line.split('=')[0] for line in arguments(path, 'ARG')}
        assert set(build['args']) <= declared
        assert service['devices'] == ['/dev/snd']
        assert service['group_add'] == ['audio', 'video']
        assert [re.split(r':(?=/)', volume)[1].split(':')[0]
                for volume in service['volumes']] == VOLUMES
        assert service['runtime'] == 'nvidia'
        assert 'privileged' not in service and 'user' not in service

    def test_pulse_is_for_the_same_services(self):
        assert set(self.PULSE['services']) == set(self.COMPOSE['services'])
        for service in self.PULSE['services'].values():
            target = service['environment']['PULSE_SERVER'].split('unix:')[1]
            assert service['volumes'][0].endswith(':' + target)

    def test_named_volumes_are_declared(self):
        used = {volume.split(':')[0] for service in self.COMPOSE['services'].values()
                for volume in service['volumes'] if re.match(r'\w+:', volume)}
        assert used == set(self.COMPOSE['volumes'])


class TestEntrypoint:
    @pytest.fixture
    def start(self, tmp_path):
        """Return a function that runs the script with stand-ins for what the image has."""
        (tmp_path / 'setup.bash').write_text('')
        (tmp_path / 'ser_ros').write_text('#!/bin/sh\nprintf "%s\\n" ser_ros "$@"\n')
        (tmp_path / 'ser_ros').chmod(0o755)
        script = tmp_path / 'entrypoint.sh'
        script.write_text((DOCKER / 'entrypoint.sh').read_text(encoding='utf-8').replace(
            '/opt/ser_ros/install/local_setup.bash', str(tmp_path / 'setup.bash')))

        def start(*args, **environment):
            return subprocess.check_output(
                ['bash', str(script)] + list(args), universal_newlines=True, env=dict(
                    environment, PATH=f'{tmp_path}:/usr/bin:/bin',
                    ROS_SETUP=str(tmp_path / 'setup.bash'))).splitlines()
        return start

    def test_runs_the_graph_and_keeps_the_emotions(self, start):
        command = start('--precision', 'fp16', SER_ROS_AUDIO='USB Audio')
        assert command[:4] == ['ser_ros', 'run', 'USB Audio', '--output']
        assert re.match(r'/output/emotions-\d{8}T\d{6}Z\.jsonl$', command[4])
        assert command[5:] == ['--precision', 'fp16']

    def test_the_default_microphone(self, start):
        assert start()[2] == 'mic'

    def test_another_command(self, start):
        assert start('ser_ros', 'devices', '--json') == ['ser_ros', 'devices', '--json']
