# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`ser_ros run`: the graph without the ros2 command, as a user starts it."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soundfile
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from harness import COMMAND, DEADLINE_S

from ser_ros.defaults import load_defaults
from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model
from ser_ros.nodes import namespaces, qos
from ser_ros.nodes.messages import Emotion


def ser_ros(*arguments, **options):
    """Run the command; return (exit code, stdout, stderr)."""
    result = subprocess.run(
        [COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        universal_newlines=True, timeout=DEADLINE_S, **options)
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize('processes', [[], ['--processes']])
def test_a_file_is_played_to_its_end(speech, tmp_path, processes):
    record = tmp_path / 'record.csv'
    code, out, error = ser_ros('run', speech, '--fast', '--output', record, *processes)
    assert code == 0, error
    assert 'p95' in out
    with open(str(record), encoding='utf-8') as stream:
        rows = [row for row in csv.DictReader(stream) if row['kind'] == 'emotion']
    # 12 s: (12 - 2.6) / 0.5 + 1
    assert [int(row['sequence']) for row in rows] == list(range(19))
    for row in rows:
        probabilities = [float(row[key]) for key in row if key.startswith('p_')]
        assert len(probabilities) == 7
        expected = 0.0 if row['state'] == 'NO_SPEECH' else 1.0
        assert sum(probabilities) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('options', [[], ['--fast'], ['--fast', '--processes']])
def test_a_file_shorter_than_a_window_gives_one(speech, tmp_path, options):
    samples, rate_hz = soundfile.read(speech, frames=20000, dtype='int16')
    short, record = tmp_path / 'short.wav', tmp_path / 'record.jsonl'
    soundfile.write(str(short), samples, rate_hz)
    code, _, error = ser_ros('run', short, '--output', record, *options)
    assert code == 0, error
    row, = (json.loads(line) for line in record.read_text(encoding='utf-8').splitlines())
    assert row['kind'] == 'emotion'
    # The default model's window, of which the sound is the beginning.
    model = Model(load_defaults('emotion_inference')['model'])
    window_s = create_extractor(model.info.feature_set).window_samples / 16000
    assert row['stamp_s'] - row['window_start_s'] == pytest.approx(window_s, abs=0.001)


def test_json_lines_and_a_namespace(speech, tmp_path):
    record = tmp_path / 'record.jsonl'
    code, _, error = ser_ros(
        'run', speech, '--fast', '--namespace', 'left', '--output', record)
    assert code == 0, error
    rows = [json.loads(line) for line in record.read_text(encoding='utf-8').splitlines()]
    assert len([row for row in rows if row['kind'] == 'emotion']) == 19


@pytest.mark.parametrize('arguments, complaint', [
    (['nothing.wav'], 'nothing.wav'),
    (['--model', 'nobody'], 'nobody'),
    (['--backend', 'abacus'], 'abacus'),
    (['--precision', 'fp8'], 'fp8'),
    (['--params-file', '/nowhere.yaml'], '/nowhere.yaml'),
    (['--output', 'record.xls'], '.csv'),
    (['--language', 'xx'], 'xx'),
    (['--baseline', 'sometimes'], 'sometimes'),
])
def test_bad_input_is_told_in_a_line(speech, arguments, complaint):
    audio = [] if arguments[0].endswith('.wav') else [speech]
    code, out, error = ser_ros('run', *(audio + arguments))
    assert code != 0
    assert complaint in error
    assert 'Traceback' not in out + error


def test_a_wrong_yaml_type_is_told_in_a_line(speech, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('/**/emotion_inference: {ros__parameters: {threads: many}}\n')
    code, out, error = ser_ros('run', speech, '--params-file', path)
    assert code != 0
    assert 'threads' in error and 'many' in error
    assert 'Traceback' not in out + error


def test_a_params_file_that_is_no_yaml_is_told_in_a_line(speech, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('a: [1')
    code, out, error = ser_ros('run', speech, '--params-file', path)
    assert code != 0
    assert str(path) in error
    assert 'Traceback' not in out + error


@pytest.mark.parametrize('node, parameter, complaint', [
    ('feature_extraction', 'period: 0.13', '0.13'),
    ('audio_capture', 'chunk_s: 0.03', '0.03'),
    ('emotion_inference', 'emotions: []', 'emotions'),
    ('mitigation_responder', 'tts_topic: emotion', 'emotion'),
])
def test_a_value_that_cannot_be_used_ends_the_run(speech, tmp_path, node, parameter, complaint):
    path = tmp_path / 'params.yaml'
    path.write_text(f'/**/{node}: {{ros__parameters: {{{parameter}}}}}\n')
    code, out, error = ser_ros('run', speech, '--params-file', path)
    assert code == 2
    assert complaint in error
    assert 'Traceback' not in out + error


@pytest.mark.parametrize('arguments, complaint', [
    (['nothing.wav'], 'nothing.wav'),
    (['speech', '--model', 'nobody'], 'nobody'),
])
def test_a_process_that_cannot_start_ends_the_run(speech, arguments, complaint):
    arguments = [speech if argument == 'speech' else argument for argument in arguments]
    code, out, error = ser_ros('run', '--processes', *arguments)
    assert code == 2
    assert complaint in error
    assert 'Traceback' not in out + error


@pytest.mark.parametrize('processes', [[], ['--processes']])
def test_a_file_that_breaks_off_ends_with_an_error(tmp_path, processes):
    path = tmp_path / 'nan.wav'
    soundfile.write(str(path), np.full(64000, np.nan, np.float32), 16000, subtype='FLOAT')
    code, out, error = ser_ros('run', path, '--fast', *processes)
    assert code == 2
    assert 'nan.wav' in error


def test_the_params_file_says_what_the_command_line_does_not(speech, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text(f'/**/audio_capture: {{ros__parameters: {{device: "{speech}", loop: false, '
                    'realtime: false}}\n')
    code, out, error = ser_ros('run', '--params-file', path)
    assert code == 0, error
    assert 'windows=19' in out


def test_options_override_the_params_file(speech, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('/**/emotion_inference: {ros__parameters: {model: nobody, precision: fp8}}\n')
    code, out, error = ser_ros(
        'run', speech, '--fast', '--params-file', path, '--model', 'small', '--precision', 'int8')
    assert code == 0, error
    assert 'precision=int8' in out and 'windows=19' in out


def test_diagnostics_of_others_do_not_end_it(peer, speech, tmp_path):
    """Whoever publishes them, under whatever name, with whatever values."""
    diagnostics = peer.node.create_publisher(DiagnosticArray, '/diagnostics', 10)
    stop = threading.Event()

    def disturb():
        statuses = [DiagnosticStatus(
            name=name, hardware_id='audio_capture', level=level, message='end of file',
            values=[KeyValue(key='end of stream [ns]', value=value),
                    KeyValue(key='period [s]', value=value)])
            for name in ('robot1/audio_capture', 'robot1/feature_extraction',
                         'robot2/audio_capture', 'camera')
            for level in (DiagnosticStatus.OK, DiagnosticStatus.ERROR)
            for value in ('1', 'nan', 'inf', '1e400', 'soon')]
        while not stop.wait(0.1):
            diagnostics.publish(DiagnosticArray(status=statuses))

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        code, out, error = ser_ros('run', speech, '--fast', '--namespace', 'robot1')
    finally:
        stop.set()
        thread.join()
    assert code == 0, error
    assert 'windows=19' in out


@pytest.mark.parametrize('period, windows', [('5.0', 2), ('1.0', 10)])
def test_every_window_of_a_file_is_heard_at_any_period(speech, tmp_path, period, windows):
    path = tmp_path / 'params.yaml'
    path.write_text(f'/**/feature_extraction: {{ros__parameters: {{period: {period}}}}}\n')
    code, out, error = ser_ros('run', speech, '--fast', '--params-file', path)
    assert code == 0, error
    # 12 s: (12 - 2.6) / period + 1
    assert f'windows={windows} ' in out


@pytest.mark.parametrize('processes', [[], ['--processes']])
def test_ctrl_c_ends_it_with_a_summary(speech, processes):
    command = subprocess.Popen(
        [COMMAND, 'run', speech, '--loop', *processes],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        universal_newlines=True, start_new_session=True)
    try:
        assert command.stdout.readline()  # the first emotion
        os.killpg(command.pid, signal.SIGINT)
        out, error = command.communicate(timeout=DEADLINE_S)
    finally:
        if command.poll() is None:
            os.killpg(command.pid, signal.SIGKILL)
    assert command.returncode == 0, error
    assert 'p95' in out
    assert 'Traceback' not in out + error


def test_the_running_graph_imports_neither_torch_nor_librosa(speech, tmp_path):
    script = (
        'import sys\n'
        'from ser_ros.cli.main import main\n'
        'code = main(sys.argv[1:])\n'
        'print("MODULES", *sys.modules)\n'
        'sys.exit(code)\n')
    result = subprocess.run(
        [sys.executable, '-c', script, 'run', speech, '--fast'], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, universal_newlines=True, timeout=DEADLINE_S,
        cwd=str(tmp_path))  # in the checkout the source folder would hide the package
    assert result.returncode == 0
    modules = result.stdout.split('MODULES ')[1].split()
    assert 'onnxruntime' in modules
    for heavy in ('torch', 'librosa', 'numba', 'matplotlib', 'onnx'):
        assert heavy not in modules


def test_two_runs_at_once_do_not_hear_each_other(speech, tmp_path):
    short = tmp_path / 'short.wav'
    samples, rate_hz = soundfile.read(speech, frames=16000 * 6, dtype='int16')
    soundfile.write(str(short), samples, rate_hz)
    records = [tmp_path / 'long.jsonl', tmp_path / 'short.jsonl']
    commands = [
        subprocess.Popen(
            [COMMAND, 'run', str(audio), '--output', str(record)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, universal_newlines=True)
        for audio, record in zip((speech, short), records)]
    for command in commands:
        _, error = command.communicate(timeout=2 * DEADLINE_S)
        assert command.returncode == 0, error
    for record, count in zip(records, (19, 7)):
        rows = [json.loads(line) for line in record.read_text(encoding='utf-8').splitlines()]
        sequences = [row['sequence'] for row in rows if row['kind'] == 'emotion']
        assert sequences == list(range(count))


def test_it_keeps_away_from_a_graph_that_publishes_already(peer, monkeypatch):
    peer.node.create_publisher(Emotion, '/emotion', qos.EMOTION)
    monkeypatch.setattr(namespaces, '_DISCOVERY_S', DEADLINE_S)
    with namespaces.free_namespace() as namespace:
        assert namespace == f'run_{os.getpid()}'


def test_the_second_of_two_at_once_has_a_namespace_of_its_own():
    with namespaces.free_namespace() as first, namespaces.free_namespace() as second:
        assert (first, second) == ('', f'run_{os.getpid()}')


def test_its_topics_are_those_of_the_launched_graph(peer, speech):
    emotions = peer.listen(Emotion, '/emotion', qos.EMOTION)
    code, _, error = ser_ros('run', speech)
    assert code == 0, error
    assert emotions


def processes_of(namespace):
    """Return the numbers of the processes of nodes in a namespace."""
    found = []
    for number in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{number}/cmdline', 'rb') as stream:
                line = stream.read()
        except OSError:
            continue
        if b'ser_ros.nodes.required' in line and f'__ns:=/{namespace}'.encode() in line:
            found.append(int(number))
    return found


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGHUP])
def test_its_processes_end_with_it(speech, number):
    namespace = f'orphans_{os.getpid()}_{number.value}'
    command = subprocess.Popen(
        [COMMAND, 'run', speech, '--loop', '--processes', '--namespace', namespace],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        # Under nohup it would be ignored.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL) if number == signal.SIGHUP
        else None)
    try:
        deadline_s = time.monotonic() + DEADLINE_S
        while len(processes_of(namespace)) < 4:
            assert time.monotonic() < deadline_s and command.poll() is None
            time.sleep(0.2)
        command.send_signal(number)
        command.wait(DEADLINE_S)
        ended_s = time.monotonic()
        while processes_of(namespace):
            # 2 s on a machine that has the time.
            assert time.monotonic() < ended_s + DEADLINE_S
            time.sleep(0.1)
    finally:
        command.kill()
        command.wait()
        for process in processes_of(namespace):
            os.kill(process, signal.SIGKILL)
