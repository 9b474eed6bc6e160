# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph where the system lacks what others take for granted."""

import json
import os
import re
import shutil
import subprocess

import alsa_device
import pytest
from harness import COMMAND, DEADLINE_S

SHARED_MEMORY = 'mount -t tmpfs -o size={}k tmpfs /dev/shm && exec "$@"'


def run_graph(*arguments, before=(), without=(), **variables):
    """Run `ser_ros run`; return (exit code, standard error).

    A busy machine starts so slowly that a node misses its input: these lines are left out.
    """
    environment = {name: value for name, value in os.environ.items() if name not in without}
    result = subprocess.run(
        [*before, COMMAND, 'run', *map(str, arguments)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
        timeout=DEADLINE_S, env=dict(environment, **variables), check=False)
    lines = [line for line in result.stderr.splitlines(keepends=True)
             if not re.search(r'no (sound|features|emotion) for \d+ s\.|: comes again', line)]
    return result.returncode, ''.join(lines)


@pytest.mark.parametrize('variables, reason', [
    ({}, 'HOME is not set'), ({'HOME': '/proc'}, '/proc/.ros/log cannot be written')])
def test_no_home(speech, variables, reason):
    code, error = run_graph(speech, '--fast', without=('HOME', 'ROS_HOME', 'ROS_LOG_DIR'),
                            **variables)
    assert code == 0, error
    line, = error.splitlines()
    assert line.startswith(reason + ': log files of ROS go to ')
    assert line.endswith('Set ROS_LOG_DIR to choose another folder')


@pytest.mark.parametrize('variables, reason', [
    ({'ROS_DOMAIN_ID': '300'}, 'allowed: 0 to 232'),
    ({'RMW_IMPLEMENTATION': 'rmw_none_cpp'}, 'which is not installed'),
    ({'ROS_STATIC_PEERS': 'x:y'}, 'Unable to resolve peer x:y')])
def test_what_ros_cannot_start_with(speech, start, variables, reason):
    code, error = run_graph(speech, '--fast', **variables)
    assert code == 2
    line, = error.splitlines()
    assert line.startswith('ser_ros: error: ') and reason in line
    process = start('feature_extraction', env=variables)
    assert process.wait() == 1
    assert reason in process.log()
    assert 'Traceback' not in process.log()


@pytest.mark.parametrize('options', [[], ['--language', 'ko']])
def test_a_locale_in_which_a_name_cannot_be_said(speech, tmp_path, options):
    path = tmp_path / '목소리 \'1" a.wav'
    path.symlink_to(speech)
    plain = {'LC_ALL': 'C', 'LANG': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}
    code, error = run_graph(path, '--fast', *options, **plain)
    assert code == 2
    line, = error.splitlines()
    assert line.startswith('ser_ros: error: device ') and 'set LANG=C.UTF-8' in line
    code, error = run_graph(path, '--fast', *options, **dict(plain, LC_ALL='C.UTF-8'))
    assert (code, error) == (0, '')


def test_an_argument_of_a_node_that_cannot_be_said(start):
    process = start('mitigation_responder', '-p', 'config:=/목소리.yaml', env={
        'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'})
    assert process.wait() == 1
    line, = process.log().splitlines()
    assert 'an argument is not in UTF-8' in line and 'LANG=C.UTF-8' in line


@pytest.mark.parametrize('file, reason', [
    ('', 'it is a folder'), ('large.yaml', 'has 1048578 bytes; it may have up to 1048576')])
def test_a_file_of_parameters_that_ros_would_not_take(start, tmp_path, file, reason):
    (tmp_path / 'large.yaml').write_text('# comment\n' * 104857 + '# large\n')
    process = start('mitigation_responder', '--params-file', str(tmp_path / file))
    assert process.wait() == 1
    line, = process.log().splitlines()
    assert line.startswith('ser_ros: error: params file ') and reason in line


@pytest.mark.parametrize('folder', ['/proc', '/nonexistent'])
def test_no_temporary_folder(speech, folder):
    code, error = run_graph(speech, '--fast', TMPDIR=folder)
    assert (code, error) == (0, '')


@pytest.mark.parametrize('options', [[], ['--processes']])
def test_over_shared_memory(speech, shared_memory, tmp_path, options):
    path = tmp_path / 'record.jsonl'
    code, error = run_graph(speech, '--fast', '--output', path, *options)
    assert (code, error) == (0, '')
    rows = map(json.loads, path.read_text(encoding='utf-8').splitlines())
    # 12 s: (12 - 2.6) / 0.5 + 1
    assert sum(row['kind'] == 'emotion' for row in rows) == 19


def with_shared_memory(size_kib):
    """Return the beginning of a command line that runs the rest with so large a /dev/shm."""
    before = ('unshare', '-m', 'sh', '-c', SHARED_MEMORY.format(size_kib), 'sh')
    if shutil.which('unshare') is None or subprocess.call(
            [*before, 'true'], stderr=subprocess.DEVNULL):
        pytest.skip('this user may not mount another /dev/shm')
    return before


def test_no_shared_memory_even_for_the_libraries(speech, shared_memory):
    """A bus error would come while they are imported."""
    code, error = run_graph(speech, '--fast', before=with_shared_memory(4))
    assert code == 2
    line, = error.splitlines()
    assert line.startswith('ser_ros: error: /dev/shm has 4 KiB left')
    assert '--shm-size 64m' in line


@pytest.mark.parametrize('options', [[], ['--processes']])
def test_hardly_any_shared_memory(speech, shared_memory, options):
    """Fast DDS can end by a bus error there."""
    code, error = run_graph(speech, '--fast', *options, before=with_shared_memory(64))
    assert code == 0, error
    assert error.count('/dev/shm has less than 4 MiB left') == 1
    assert 'only UDP is used' in error


@pytest.mark.skipif(bool(alsa_device.missing()), reason=alsa_device.missing())
@pytest.mark.parametrize('options', [[], ['--processes']])
def test_a_microphone_without_the_configuration_of_alsa(options):
    code, error = run_graph(*options, ALSA_CONFIG_PATH='/nonexistent')
    assert code not in (0, -6), error
    assert 'PortAudio cannot be started' in error
    assert 'apt install libasound2-data' in error


@pytest.mark.parametrize('namespace', ['', '/robot'])
@pytest.mark.parametrize('executable', ['feature_extraction', 'graph'])
def test_a_file_of_parameters_for_the_whole_robot(peer, start, tmp_path, executable, namespace):
    """What is meant for this node is noticed, and nothing of other people's nodes."""
    path = tmp_path / 'robot.yaml'
    path.write_text('/**: {ros__parameters: {use_sim_time: false, gain: 1.0, perod: 0.4}}\n'
                    '/robot/amcl: {ros__parameters: {alpha1: 0.2}}\n'
                    '/robot/audio_capture_node: {ros__parameters: {format: wave}}\n'
                    '/robot/feature_extraction: {ros__parameters: {period: 0.3}}\n'
                    '/robot/feature_extration: {ros__parameters: {period: 0.4}}\n')
    process = start(executable, '--params-file', str(path), '-r', '__ns:=' + (namespace or '/'))
    node = namespace + '/feature_extraction'
    peer.wait_for(lambda: peer.state(node) == 'unconfigured', 'node', [process])
    expected = ["'perod' is unknown and has no effect; did you mean 'period'?",
                "parameters of '/robot/feature_extration' have no effect"]
    if namespace:
        assert peer.get_parameter(node, 'period') == 0.3
    else:
        assert peer.get_parameter(node, 'period') == 0.5
        expected.append('/robot/feature_extraction have no effect on /feature_extraction')
    warnings = [line for line in process.log().splitlines() if 'WARN' in line]
    assert len(warnings) == len(expected)
    for text in expected:
        assert any(text in line for line in warnings)


@pytest.mark.parametrize('options', [[], ['--processes']])
def test_misspelt_names_in_a_file_of_parameters(speech, tmp_path, options):
    path = tmp_path / 'robot.yaml'
    path.write_text('/**/emotion_inference: {ros__parameters: {mdoel: small}}\n'
                    '/**/audio_captur: {ros__parameters: {loop: true}}\n'
                    'amcl: {ros__parameters: {alpha1: 0.2}}\n')
    code, error = run_graph(speech, '--fast', '--params-file', path, *options)
    assert code == 0, error
    assert error.count("'mdoel' is unknown and has no effect; did you mean 'model'?") == 1
    assert error.count("did you mean '/**/audio_capture'?") == 1
    assert error.count('has no effect') + error.count('have no effect') == 2
