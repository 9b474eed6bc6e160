# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ser_ros benchmark: one real run; turns, crashes and arithmetic with workers that are scripts."""

import csv
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

pytest.importorskip('onnxruntime')

from ser_ros import child_process  # noqa: E402
from ser_ros.audio.format import SAMPLE_RATE_HZ  # noqa: E402
from ser_ros.benchmark import machine, report
from ser_ros.benchmark import runs as benchmark_runs
from ser_ros.benchmark import sound as benchmark_sound
from ser_ros.benchmark.runs import CONFIGURATIONS, ROUNDS, Row, Runs  # noqa: E402
from ser_ros.benchmark.worker import LEAST_WINDOWS, Task, measure  # noqa: E402
from ser_ros.cli.main import main  # noqa: E402
from ser_ros.errors import SerError  # noqa: E402
from ser_ros.inference.model_file import Model  # noqa: E402

TASK = Task(model='small', backend='onnxruntime', precision='fp32', threads=1, sound='',
            seconds=0.01, period_s=0.5, engine_cache='', workspace_mib=64)
HEAD = report.Head(
    date='today', machine='a machine', gpu='', cores=2, load=0.1, versions={'Python': '3.6'},
    model='small 1', feature_set='set/1', sha256='abc', sound='speech', threads=1, period_s=0.5,
    rounds=ROUNDS)
ROWS = [
    Row('pytorch', 'fp32', preprocessing_ms=0.1, preprocessing_p95_ms=0.2,
        preprocessing_ms_per_s=3.0, inference_ms=10.0, inference_p95_ms=12.0,
        reduction_percent=0.0, pss_mb=300.0, rss_mb=310.0, cpu_percent=2.5, windows=60,
        sha256='def'),
    Row('tensorrt', 'fp16', reason='no GPU'), Row('tensorrt', 'int8', reason='no GPU'),
    Row('onnxruntime', 'fp32', preprocessing_ms=0.1, preprocessing_p95_ms=0.2,
        preprocessing_ms_per_s=3.0, inference_ms=4.0, inference_p95_ms=5.0,
        reduction_percent=60.0, pss_mb=90.0, rss_mb=100.0, system_mb=95.0, cpu_percent=1.0,
        windows=60, sha256='def'),
]


@pytest.fixture
def sound(tmp_path):
    path = str(tmp_path / 'sound.npy')
    np.save(path, benchmark_sound.speech_like(4 * SAMPLE_RATE_HZ).astype(np.float32))
    return path


@pytest.fixture
def model_folder(tmp_path):
    """Path of a model without INT8."""
    folder = tmp_path / 'model'
    folder.mkdir()
    shutil.copy(Model('small').path('fp32'), str(folder / 'fp32.onnx'))
    return str(folder)


@pytest.fixture
def run_with(monkeypatch):
    """Return a function that runs all configurations with a script as their worker."""
    def run_with(script, backends=benchmark_runs.BACKENDS, show=None):
        text = textwrap.dedent('''
            import json, os, signal, sys
            from ser_ros.child_process import send
            task = json.loads(sys.stdin.readline())
            def answer(ms, **changes):
                result = dict(
                    preprocessing_ms=[0.1], preprocessing_ms_per_s=3.0, inference_ms=ms,
                    cpu_percent=1.0, pss_mb=50.0, rss_mb=60.0, system_mb=None,
                    precision=task['precision'], sha256='abc',
                    versions={task['backend']: '1.2'})
                send({'result': dict(result, **changes)})
            ''') + textwrap.dedent(script)
        monkeypatch.setattr(child_process, 'command', lambda _: (sys.executable, '-c', text))
        shown = []
        runs = Runs(TASK, 3.0, backends, show or (lambda *step: shown.append(step)))
        runs.run()
        return runs, shown, {(row.backend, row.precision): row for row in runs.rows()}
    return run_with


def test_the_command_measures_what_is_there_and_names_what_is_not(
        tmp_path, model_folder, capsys):
    path = str(tmp_path / 'figures.csv')
    assert main(['benchmark', model_folder, '--seconds', '0.01', '--csv', path,
                 '--backends', 'onnxruntime,tensorrt']) == 0
    output = capsys.readouterr()
    assert 'ser_ros benchmark of small' in output.out
    for title in ('preprocessing', 'inference', 'reduction', 'PSS', 'CPU % of a core'):
        assert title in output.out
    assert 'round 3 of 3: onnxruntime fp32' in output.err
    with open(path, encoding='utf-8', newline='') as file:
        rows = {(row['backend'], row['precision']): row for row in csv.DictReader(file)}
    assert set(rows) == {pair for pair in CONFIGURATIONS if pair[0] != 'pytorch'}
    measured = rows['onnxruntime', 'fp32']
    assert measured['reason'] == ''
    assert int(measured['windows']) >= ROUNDS * LEAST_WINDOWS
    for name in ('preprocessing_ms', 'inference_ms', 'pss_mb', 'rss_mb', 'cpu_percent'):
        assert float(measured[name]) > 0.0
    assert float(measured['pss_mb']) <= float(measured['rss_mb'])
    assert measured['sha256'] == measured['model_sha256']
    missing = rows['onnxruntime', 'int8']
    assert 'cannot run the model' in missing['reason']
    assert missing['inference_ms'] == ''
    assert missing['reason'] in output.out


def test_a_worker_measures_every_window(sound):
    result = measure(TASK._replace(sound=sound))
    assert len(result['inference_ms']) == len(result['preprocessing_ms']) >= LEAST_WINDOWS
    # Two windows a second: what is left at their end is part of all that a second takes.
    assert result['preprocessing_ms_per_s'] > 2 * min(result['preprocessing_ms'])
    assert result['precision'] == 'fp32'
    assert 'onnxruntime' in result['versions']


def test_a_worker_says_what_is_impossible(sound, model_folder):
    with pytest.raises(SerError, match='cannot run the model'):
        measure(TASK._replace(model=model_folder, sound=sound, precision='int8'))


def test_all_take_turns_and_every_other_round_goes_backwards(run_with):
    _, shown, _ = run_with('answer([2.0])', ('onnxruntime',))
    there = ['onnxruntime fp32', 'onnxruntime fp16', 'onnxruntime int8']
    assert [text.split(': ')[1] for text, _ in shown] == there + there[::-1] + there


def test_the_reduction_is_of_the_rounds_own_ratios(run_with, tmp_path):
    # The machine gets slower by half each round; both are hit alike.
    runs, _, rows = run_with(f'''
        path = os.path.join({str(tmp_path)!r}, task['backend'] + task['precision'])
        done = os.path.getsize(path) if os.path.exists(path) else 0
        open(path, 'a').write('x')
        answer([(10.0 if task['backend'] == 'pytorch' else 2.0) * 1.5 ** done] * 3)
        ''')
    assert rows['onnxruntime', 'fp32'].reduction_percent == pytest.approx(80.0)
    assert rows['pytorch', 'fp32'].reduction_percent == pytest.approx(0.0)
    assert rows['onnxruntime', 'fp32'].inference_ms == pytest.approx(3.0)
    assert rows['onnxruntime', 'fp32'].windows == 9
    assert runs.versions == {'pytorch': '1.2', 'tensorrt': '1.2', 'onnxruntime': '1.2'}


def test_a_crash_or_a_wrong_precision_of_one_does_not_end_the_rest(run_with):
    _, _, rows = run_with('''
        if task['precision'] == 'int8':
            os.kill(os.getpid(), signal.SIGSEGV)
        if task['precision'] == 'fp16':
            answer([1.0], precision='fp32')
        elif task['backend'] == 'tensorrt':
            print('no driver')
            sys.exit(3)
        elif task['backend'] == 'pytorch':
            send({'error': 'no torch'})
        else:
            print('a library says something, and 7')
            print(7)
            answer([1.0])
        ''')
    assert rows['onnxruntime', 'int8'].reason == 'the process was ended by the signal SIGSEGV'
    assert rows['onnxruntime', 'fp16'].reason == 'the model was loaded in fp32 instead'
    assert rows['tensorrt', 'fp32'].reason == (
        'the process ended with exit code 3. The end of its log: no driver')
    assert rows['pytorch', 'fp32'].reason == 'no torch'
    assert rows['onnxruntime', 'fp32'].reason == ''
    assert rows['onnxruntime', 'fp32'].inference_ms == 1.0
    assert rows['onnxruntime', 'fp32'].reduction_percent is None


def test_the_progress_of_an_engine_is_shown(run_with):
    _, shown, _ = run_with('''
        send({'step': 'building', 'share': 0.25})
        send({'step': 'loading', 'share': None})
        answer([1.0])
        ''', ('tensorrt',))
    assert ('round 1 of 3: tensorrt fp32: building', 0.25) in shown
    assert ('round 1 of 3: tensorrt fp32: loading', None) in shown


def test_the_worker_is_ended_where_the_command_is_interrupted(run_with):
    shown = []

    def interrupt(text, _):
        shown.append(text)
        if 'worker' in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_with('''
            import time
            send({'step': 'worker {}'.format(os.getpid()), 'share': None})
            time.sleep(1000)
            ''', ('onnxruntime',), interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(shown[-1].split()[-1]), 0)


def test_ctrl_c_ends_the_command():
    script = 'import sys; from ser_ros.cli.main import main; sys.exit(main(sys.argv[1:]))'
    process = subprocess.Popen(
        [sys.executable, '-c', script, 'benchmark', '--seconds', '1000', '--backends',
         'onnxruntime'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    assert 'round 1 of 3' in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert out == ''
    assert 'Traceback' not in err


def test_both_tables_and_what_is_missing():
    text = report.to_text(HEAD, ROWS)
    lines = [line.split() for line in text.splitlines()]
    assert ['pytorch', 'fp32', '0.100', '0.200', '3.00', '10.00', '12.00', '-', '60'] in lines
    assert ['onnxruntime', 'fp32', '0.100', '0.200', '3.00', '4.00', '5.00', '60.0', '%',
            '60'] in lines
    assert ['pytorch', 'fp32', '300', '310', '-', '2.50'] in lines
    assert ['onnxruntime', 'fp32', '90', '100', '95', '1.00'] in lines
    assert '  tensorrt fp16, int8: no GPU' in text.splitlines()
    assert 'WARNING' not in text
    assert 'WARNING' in report.to_text(HEAD._replace(load=1.0), ROWS)
    assert all(len(line) <= report.TEXT_WIDTH for line in text.splitlines())


def test_nothing_measured():
    text = report.to_text(HEAD, ROWS[1:3])
    assert 'inference' not in text
    assert 'no GPU' in text


@pytest.mark.skipif(importlib.util.find_spec('matplotlib') is None, reason='no matplotlib')
def test_the_plot(tmp_path):
    path = tmp_path / 'plot.png'
    report.write_plot(str(path), HEAD, ROWS)
    assert path.read_bytes().startswith(b'\x89PNG')
    with pytest.raises(SerError, match='cannot write'):
        report.write_plot(str(tmp_path / 'none' / 'plot.png'), HEAD, ROWS)


@pytest.mark.parametrize('arguments, complaint', [
    (['--backends', 'abacus'], "unknown backend 'abacus'; allowed: tensorrt, onnxruntime"),
    (['--seconds', '0'], '--seconds must be over 0'),
    (['--seconds', 'nan'], '--seconds must be over 0'),
    (['--threads', '0'], 'threads must be'),
    (['--workspace-mib', '1'], 'workspace_mib must be'),
    (['--csv', '/nowhere/figures.csv'], 'cannot write /nowhere/figures.csv'),
    (['no_such_model'], 'no_such_model'),
])
def test_wrong_arguments_are_told_before_anything_is_measured(arguments, complaint, capsys):
    assert main(['benchmark', *arguments]) == 2
    output = capsys.readouterr()
    assert complaint in output.err
    assert 'round' not in output.err


def test_without_a_synthesiser_the_sound_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_sound.shutil, 'which', lambda _: None)
    sound = benchmark_sound.make_sound(str(tmp_path))
    assert 'synthetic' in sound.description
    assert sound.samples.dtype == np.float32
    assert sound.samples.size == benchmark_sound.SYNTHETIC_S * SAMPLE_RATE_HZ


def test_korean_is_spoken_where_the_systems_encoding_is_ascii(tmp_path):
    speaker = tmp_path / 'espeak-ng'
    speaker.write_text(f"#!/bin/sh\ncat >>{tmp_path / 'said'}\nexit 1\n")
    speaker.chmod(0o755)
    subprocess.run(
        [sys.executable, '-c', 'import sys; from ser_ros.benchmark.sound import make_sound; '
         'make_sound(sys.argv[1])', str(tmp_path)], check=True, env=dict(
             os.environ, LC_ALL='C', PYTHONUTF8='0', PYTHONCOERCECLOCALE='0',
             PATH=f'{tmp_path}:/usr/bin:/bin'))
    said = (tmp_path / 'said').read_text(encoding='utf-8')
    assert said == ''.join(text for _, _, text in benchmark_sound.SENTENCES)


def test_with_a_synthesiser_that_fails_the_sound_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_sound.shutil, 'which', lambda _: '/bin/false')
    assert 'synthetic' in benchmark_sound.make_sound(str(tmp_path)).description


def test_the_machine_of_a_board(monkeypatch):
    files = {
        '/proc/device-tree/model': 'NVIDIA Jetson Nano Developer Kit\0',
        '/etc/nv_tegra_release': '# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref',
        '/proc/cpuinfo': 'processor : 0\nmodel name\t: ARMv8 Processor rev 1 (v8l)\n',
        '/proc/meminfo': 'MemTotal:  4051048 kB\nMemAvailable: 1000000 kB\n',
        '/proc/self/statm': '1000 500 1',
        '/proc/self/smaps': 'Pss:  100 kB\nRss: 7 kB\nPss:   24 kB\n',  # as on its kernel 4.9
    }
    monkeypatch.setattr(machine, '_read', lambda path: files.get(path, ''))
    text = machine.machine()
    assert 'Jetson Nano Developer Kit, L4T 32.7.1, ' in text
    assert 'ARMv8 Processor rev 1 (v8l), 4.1 GB' in text
    memory = machine.memory_of_this_process_mb()
    assert memory['pss_mb'] == pytest.approx(124 * 1024 / 1e6)
    assert memory['rss_mb'] == pytest.approx(500 * os.sysconf('SC_PAGE_SIZE') / 1e6)
    assert machine.available_memory_mb() == pytest.approx(1024.0)


@pytest.mark.parametrize('module', [
    'NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024',
    'NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build  (dvs-builder)'])
def test_the_cards_and_their_driver(monkeypatch, module):
    monkeypatch.setattr(machine.os.path, 'isdir', lambda _: True)
    monkeypatch.setattr(machine.os, 'listdir', lambda _: ['0000:01:00.0'])
    files = {
        '/proc/driver/nvidia/gpus/0000:01:00.0/information':
            'Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:  16\n',
        '/proc/driver/nvidia/version': f'NVRM version: {module}\nGCC version: 9\n'}
    monkeypatch.setattr(machine, '_read', lambda path: files.get(path, ''))
    assert machine.gpu() == 'NVIDIA GeForce RTX 3060, driver 550.54.14'
