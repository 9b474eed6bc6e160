# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package as colcon, pip and the set-up scripts see it."""

import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest
import yaml

import ser_ros

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / 'requirements'


def run(*command, **kwargs):
    """Run a command and return its output; a failure shows both of its outputs."""
    result = subprocess.run(
        [str(part) for part in command], stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=600, check=False, **kwargs)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def requirements(path):
    """Return the lines that name a package."""
    lines = path.read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


def pin(line):
    """Return the name, in its normal form, and the version of a requirement."""
    match = re.match(r'([A-Za-z0-9._-]+)(\[[a-z]+\])?==([^ ;*]+)', line)
    assert match, line
    return re.sub('[-_.]+', '-', match[1]).lower(), match[3]


class TestRequirements:
    @pytest.mark.parametrize('path', sorted(REQUIREMENTS.glob('*.txt')), ids=lambda p: p.name)
    def test_every_entry_is_pinned(self, path):
        for line in requirements(path):
            pin(line)

    @pytest.mark.parametrize('name', ['ros', 'runtime', 'train', 'test'])
    def test_constraints_hold_every_entry(self, name):
        constraints = {pin(line) for line in requirements(REQUIREMENTS / 'constraints.txt')}
        wanted = {pin(line) for line in requirements(REQUIREMENTS / (name + '.txt'))}
        assert wanted <= constraints

    def test_the_runtime_needs_no_torch(self):
        names = {pin(line)[0] for name in ('ros', 'runtime', 'no-deps')
                 for line in requirements(REQUIREMENTS / (name + '.txt'))}
        assert not names & {'torch', 'librosa', 'onnx'}

    def test_pre_commit_runs_the_same_ruff(self):
        hooks = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text(encoding='utf-8'))
        pins = {pin for repo in hooks['repos'] for hook in repo['hooks']
                for pin in hook.get('additional_dependencies', [])}
        assert pins & set(requirements(REQUIREMENTS / 'test.txt'))

    def test_workspace_pins_are_those_of_the_runtime(self):
        known = set(requirements(REQUIREMENTS / 'runtime.txt'))
        known |= set(requirements(REQUIREMENTS / 'no-deps.txt'))
        assert set(requirements(REQUIREMENTS / 'workspace.txt')) <= known


class TestColcon:
    def test_one_version(self):
        manifest = xml.etree.ElementTree.parse(str(ROOT / 'package.xml'))
        assert manifest.findtext('version') == ser_ros.__version__
        citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))
        assert citation['version'] == ser_ros.__version__

    def test_the_licences_of_code_and_weights(self):
        manifest = xml.etree.ElementTree.parse(str(ROOT / 'package.xml'))
        licences = {licence.text: licence.get('file') for licence in manifest.findall('license')}
        assert licences == {'Apache-2.0': 'LICENSE', 'CC-BY-NC-SA-4.0': 'models/LICENSE'}
        for path in licences.values():
            assert (ROOT / path).is_file()
        assert manifest.findtext('author')
        # No address is better than one that leads nowhere.
        assert not any('.invalid' in url.text for url in manifest.findall('url'))
        for licence in licences:
            assert licence in (ROOT / 'setup.py').read_text(encoding='utf-8')

    def test_what_the_launch_file_imports_is_a_dependency(self):
        manifest = xml.etree.ElementTree.parse(str(ROOT / 'package.xml'))
        names = {item.text for item in manifest.findall('exec_depend')}
        text = (ROOT / 'launch' / 'ser.launch.py').read_text(encoding='utf-8')
        imported = set(re.findall(r'^from (\w+)', text, re.MULTILINE))
        assert imported == {'ament_index_python', 'launch', 'launch_ros'} <= names

    def test_colcon_test_runs_tests(self):
        text = (ROOT / 'CMakeLists.txt').read_text(encoding='utf-8')
        folders = re.search(r'foreach\(tests (.*)\)', text).group(1).split()
        for folder in folders:
            assert list((ROOT / 'test' / folder).glob('test_*.py')), folder

    def test_ctest_lists_what_colcon_test_would_run(self, tmp_path):
        pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')
        for program in 'cmake', 'ctest':
            if shutil.which(program) is None:
                pytest.skip(f'{program} is not installed')
        # As colcon does for a package whose tests were not left out; nothing is compiled.
        run('cmake', '-S', ROOT, '-B', tmp_path, f'-DPython3_EXECUTABLE={sys.executable}')
        names = re.findall(r'Test +#\d+: (\w+)', run('ctest', '-N', cwd=str(tmp_path)))
        assert {'lint', 'unit_mitigation', 'unit_windows'} <= set(names)

    def test_a_plain_build_sees_one_package(self):
        pytest.importorskip('colcon_core', reason='colcon is not installed')
        names = run('colcon', 'list', '--names-only', '--base-paths', ROOT.parent / ROOT.name)
        assert names.split() == ['ser_ros']

    def test_every_message_is_built(self):
        messages = pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')
        for path in (ROOT / 'msg').glob('*.msg'):
            assert hasattr(messages, path.stem)

    def test_messages_and_modules_are_one_package(self, tmp_path):
        pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')
        # Not from the repository's root, where Python would find the sources first.
        run(sys.executable, '-c', 'import ser_ros.msg, ser_ros.features; ser_ros.__version__',
            cwd=str(tmp_path))

    @pytest.mark.parametrize('name', [
        'lib/ser_ros/audio_capture', 'lib/ser_ros/feature_extraction',
        'lib/ser_ros/emotion_inference', 'lib/ser_ros/mitigation_responder', 'bin/ser_ros'])
    def test_executables(self, name):
        pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')
        prefixes = os.environ['AMENT_PREFIX_PATH'].split(os.pathsep)
        found = [pathlib.Path(prefix, name) for prefix in prefixes
                 if pathlib.Path(prefix, name).exists()]
        assert len(found) == 1
        assert os.access(str(found[0]), os.X_OK)

    def test_workers_do_not_run_the_command_again(self):
        pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')
        found = [path for path in (
            pathlib.Path(prefix, 'bin', 'ser_ros')
            for prefix in os.environ['AMENT_PREFIX_PATH'].split(os.pathsep)) if path.exists()]
        # As multiprocessing does in a process that it starts.
        runpy.run_path(str(found[0]), run_name='__mp_main__')

    def test_cpp_headers_compile(self, tmp_path):
        prefixes = os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)
        folders = [folder for prefix in prefixes
                   for folder in pathlib.Path(prefix, 'include').glob('*')]
        if not any(folder.name == 'ser_ros' for folder in folders):
            pytest.skip('ser_ros was not built with colcon')
        source = tmp_path / 'use.cpp'
        source.write_text('''
#include <ser_ros/msg/emotion.hpp>
#include <ser_ros/msg/mitigation.hpp>
#include <ser_ros/msg/model_info.hpp>
#include <ser_ros/msg/speech_features.hpp>
int main() {
  ser_ros::msg::Emotion emotion;
  emotion.probabilities = {0.5F, 0.5F};
  return emotion.state == ser_ros::msg::Emotion::STATE_NO_SPEECH ? 0 : 1;
}
''')
        run('g++', '-std=c++17', '-fsyntax-only', '-Wall', '-Werror',
            *[f'-I{folder}' for folder in folders], source)


@pytest.fixture(scope='module')
def pip_installed(tmp_path_factory):
    """Install a copy of the package with pip into a folder of its own; return the folder."""
    source = tmp_path_factory.mktemp('source')
    for name in ('ser_ros', 'config', 'launch', 'models'):
        shutil.copytree(
            str(ROOT / name), str(source / name),
            ignore=shutil.ignore_patterns('__pycache__', '*.onnx'))
    for name in ('setup.py', 'pyproject.toml', 'README.md', 'LICENSE'):
        shutil.copy(str(ROOT / name), str(source / name))
    target = tmp_path_factory.mktemp('target')
    # Without its dependencies: they are in this environment.
    run(sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-build-isolation',
        '--no-index', '--target', target, source)
    return target


class TestPip:
    @staticmethod
    def environment(*folders):
        """Return one in which Python looks in these folders; a copy's coverage is of no use."""
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(map(str, folders)))
        environment.pop('COVERAGE_PROCESS_CONFIG', None)
        return environment

    def test_command(self, pip_installed):
        output = run(sys.executable, pip_installed / 'bin' / 'ser_ros', '--version',
                     env=self.environment(pip_installed))
        assert output.split() == ['ser_ros', ser_ros.__version__]

    @pytest.mark.parametrize('path', ['config/ser.yaml', 'config/mitigation.yaml'])
    def test_data_files(self, pip_installed, path):
        assert (pip_installed / 'share' / 'ser_ros' / path).is_file()

    def test_data_files_are_found(self, pip_installed, tmp_path):
        environment = self.environment(pip_installed)
        environment.pop('AMENT_PREFIX_PATH', None)
        output = run(
            sys.executable, '-c',
            "from ser_ros.resources import share_path; print(share_path('config', 'ser.yaml'))",
            env=environment, cwd=str(tmp_path))
        assert output.strip() == str(pip_installed / 'share' / 'ser_ros' / 'config' / 'ser.yaml')

    def test_a_copy_that_hides_the_workspace_is_named(self, pip_installed, tmp_path):
        pytest.importorskip('ser_ros.msg', reason='ser_ros was not built with colcon')
        output = run(
            sys.executable, '-c',
            'from ser_ros import errors, interfaces\n'
            'try:\n'
            '    interfaces.check()\n'
            'except errors.SerError as error:\n'
            '    print(error)\n',
            env=self.environment(pip_installed, os.environ['PYTHONPATH']), cwd=str(tmp_path))
        assert f"imported from {pip_installed / 'ser_ros'}," in output
        assert 'pip uninstall ser_ros' in output


class TestScripts:
    def test_wheels_of_any_builder_are_fixed(self):
        fix = runpy.run_path(str(ROOT / 'scripts' / 'fix_wheel_paths.py'))['fix']
        fixed = fix(
            'set_target_properties(x PROPERTIES INTERFACE_INCLUDE_DIRECTORIES '
            '"/a;/opt/python/cp312-cp312/include/python3.12;'
            '/opt/python/cp310-cp310/lib/python3.10/site-packages/numpy/_core/include")')
        assert '/opt/python' not in fixed
        folders = re.search('"(.*)"', fixed)[1].split(';')
        assert [os.path.isdir(folder) for folder in folders[1:]] == [True, True]

    def test_environment_replaces_a_sourced_distribution(self, tmp_path):
        if not (ROOT / '.venv').is_dir():
            pytest.skip('there is no .venv: not set up by make')
        other = '/opt/ros/other'
        environment = dict(
            os.environ, AMENT_PREFIX_PATH=other, PYTHONPATH=other + '/lib/python:/mine',
            LD_LIBRARY_PATH=other + '/lib', PATH=other + '/bin:' + os.environ['PATH'])
        output = run(
            'bash', '-euc', 'source "$1"; env', 'bash', ROOT / 'scripts' / 'env.sh',
            env=environment, cwd=str(tmp_path))
        variables = dict(line.split('=', 1) for line in output.splitlines() if '=' in line)
        assert not [name for name, value in variables.items() if other in value]
        assert '/mine' in variables['PYTHONPATH'].split(':')
        assert '' not in variables['PYTHONPATH'].split(':')
        assert str(ROOT / '.venv') in variables['AMENT_PREFIX_PATH'].split(':')

    def test_environment_says_what_is_missing(self, tmp_path):
        result = subprocess.run(
            ['bash', '-c', 'source "$1"', 'bash', str(ROOT / 'scripts' / 'env.sh')],
            env=dict(os.environ, SER_ROS_VENV=str(tmp_path / 'none')), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert result.returncode == 1
        assert "run 'make build' first" in result.stderr
