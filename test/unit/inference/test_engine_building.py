# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The process that builds an engine: its progress, its ends, and two that want the same file."""

import glob
import json
import os
import subprocess
import sys
import threading

import pytest

from ser_ros import child_process
from ser_ros.child_process import PREFIX
from ser_ros.errors import SerError
from ser_ros.inference.engine_options import EngineOptions, engine_folder
from ser_ros.inference.tensorrt_engine import builder as building
from ser_ros.inference.tensorrt_engine import engine_file
from ser_ros.inference.tensorrt_engine.builder_process import Log, PhaseProgress, _keep, _read
from ser_ros.inference.tensorrt_engine.compile import Built
from ser_ros.inference.tensorrt_engine.job import Job, from_values

KEY = {'onnx_sha256': '0' * 64, 'precision': 'fp16', 'module': 'tensorrt', 'version': '8.2.1',
       'gpu': 'Fake', 'compute_capability': '5.3', 'workspace_mib': 64}
# A builder that reads its job as the real one does, and then does what a test wants.
PRELUDE = '''
import json, os, signal, sys, time
sys.path.insert(0, {path!r})
from ser_ros.inference.tensorrt_engine import engine_file
from ser_ros.child_process import send
from ser_ros.inference.tensorrt_engine.job import from_values
job = from_values(json.loads(sys.stdin.readline()))
def write():
    engine_file.write(job.output, engine_file.EngineFile(
        job.key, 'fp16', {{}}, str(os.getpid()).encode()))
'''


@pytest.fixture
def path(tmp_path):
    folder = tmp_path / 'engines'
    folder.mkdir()
    return str(folder / 'model.engine')


@pytest.fixture
def job(path):
    return Job(key=KEY, paths={'fp32': 'm.onnx'}, input_shape=(1, 4, 4), temperature=1.0,
               capability=(5, 3), output=path, timing_cache=path + '.cache')


@pytest.fixture
def builder(monkeypatch):
    """Make the builder do what the text says."""
    import ser_ros
    root = os.path.dirname(os.path.dirname(os.path.abspath(ser_ros.__file__)))

    def use(text):
        monkeypatch.setattr(child_process, 'command', lambda _: (
            sys.executable, '-c', PRELUDE.format(path=root) + text))

    return use


def leftovers(path):
    return sorted(set(glob.glob(os.path.dirname(path) + '/*')) - {path, path + '.lock'})


def as_line(job):
    return json.dumps(job._asdict()) + '\n'


def test_a_job_goes_through_json(job):
    assert from_values(json.loads(as_line(job))) == job
    assert from_values(json.loads(as_line(job._replace(capability=None)))).capability is None


def test_progress_and_result(builder, path, job):
    builder('send({"step": "building", "share": 0.5}); print("noise"); write()')
    steps = []
    content = building.ensure(path, job, EngineOptions(
        on_progress=lambda *step: steps.append(step)))
    assert steps == [('building', 0.5)]
    assert content == engine_file.read(path, KEY)
    assert not leftovers(path)


@pytest.mark.parametrize(('ends', 'reason'), [
    ('send({"error": "no such operator"}); sys.exit(3)', 'no such operator'),
    ('os.kill(os.getpid(), signal.SIGSEGV)', 'SIGSEGV'),
    ('os.kill(os.getpid(), signal.SIGKILL)', 'SIGKILL.*memory ran out.*workspace_mib .now 64'),
    ('print("ERROR: out of memory"); sys.exit(1)', 'exit code 1.*memory ran out.*out of memory'),
    ('raise MemoryError', 'exit code 1.*memory ran out.*MemoryError'),
    ('print("first"); raise ValueError("a bug")', 'exit code 1.*ValueError: a bug'),
    ('sys.exit(0)', 'no engine yet'),
    ('open(job.output, "wb").write(b"half of it")', 'not an engine file')])
def test_failures(builder, path, job, ends, reason):
    builder(ends)
    with pytest.raises(SerError, match=reason):
        building.ensure(path, job, EngineOptions())
    assert not os.path.exists(path) and not leftovers(path)


def test_failure_keeps_the_old_file(builder, path, job):
    old = engine_file.EngineFile(dict(KEY, version='8.0'), 'fp16', {}, b'old')
    engine_file.write(path, old)
    builder('open(job.output, "wb").write(b"half"); os.kill(os.getpid(), signal.SIGKILL)')
    with pytest.raises(SerError, match='SIGKILL'):
        building.ensure(path, job, EngineOptions())
    assert engine_file.read(path, old.key) == old
    assert not leftovers(path)


def test_time_limit(builder, path, job):
    builder('open(job.output, "wb").write(b"half"); time.sleep(600)')
    with pytest.raises(SerError, match='longer than 0.5 s'):
        building.ensure(path, job, EngineOptions(timeout_s=0.5))
    assert not os.path.exists(path) and not leftovers(path)


def test_cancelled(builder, path, job):
    builder('send({"step": "building", "share": None}); time.sleep(600)')
    steps = []
    with pytest.raises(SerError, match='cannot build the fp16 engine: it was cancelled'):
        building.ensure(path, job, EngineOptions(
            on_progress=lambda step, share: steps.append(step), cancelled=lambda: bool(steps)))
    assert steps == ['building'] and not leftovers(path)


def test_cancelled_while_another_builds(builder, path, job):
    builder('write()')
    with building._lock(path + '.lock', EngineOptions()):
        with pytest.raises(SerError, match='it was cancelled'):
            building.ensure(path, job, EngineOptions(cancelled=lambda: True))


def test_builder_that_cannot_be_started(path, job, monkeypatch):
    monkeypatch.setattr(child_process, 'command', lambda _: ('/no/such/python',))
    with pytest.raises(SerError, match='cannot start the process of .*builder_process: No such'):
        building.ensure(path, job, EngineOptions())


def test_nothing_of_the_current_folder_is_taken_for_a_package(path, job, monkeypatch, tmp_path):
    """Nodes are started anywhere, such as where somebody's own json.py is."""
    for name in ('json', 'ser_ros', 'onnx'):
        (tmp_path / (name + '.py')).write_text('raise ImportError("of the current folder")')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SerError) as caught:
        building.run_builder(job._replace(key=dict(KEY, precision='none')), EngineOptions())
    assert 'current folder' not in str(caught.value)


def test_two_at_once_build_once(builder, path, job):
    builder('send({"step": "building", "share": None}); time.sleep(1); write()')
    contents = []
    threads = [threading.Thread(target=lambda: contents.append(
        building.ensure(path, job, EngineOptions()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert len(contents) == 2 and contents[0] == contents[1]


def test_waiting_has_an_end(builder, path, job):
    builder('write()')
    with building._lock(path + '.lock', EngineOptions()):
        steps = []
        with pytest.raises(SerError, match='another process has been building'):
            building.ensure(path, job, EngineOptions(
                timeout_s=0.01, on_progress=lambda step, share: steps.append(step)))
    assert 'waiting for another process' in steps[0]


def test_leftovers_of_a_killed_build_are_removed(builder, path, job):
    with open(path + '.12345.tmp', 'w') as file:
        file.write('half')
    builder('write()')
    building.ensure(path, job, EngineOptions())
    assert not leftovers(path)


def test_folder_that_cannot_be_made(builder, tmp_path, job):
    (tmp_path / 'file').write_text('')
    with pytest.raises(SerError, match='engine folder .*/file/engines cannot be used'):
        building.ensure(str(tmp_path / 'file' / 'engines' / 'm.engine'), job, EngineOptions())


def test_builder_ends_with_the_one_who_asked(job):
    """The real one, whose standard input is closed; it has no TensorRT to wait for."""
    process = subprocess.Popen(
        [sys.executable, '-c', 'import threading\n'
         'from ser_ros.inference.tensorrt_engine import builder_process\n'
         'builder_process.run = lambda job: threading.Event().wait()\n'
         'builder_process.main()'],
        stdin=subprocess.PIPE, universal_newlines=True)
    process.stdin.write(as_line(job))
    process.stdin.close()
    assert process.wait(300) == 4


def test_builder_ends_with_a_process_that_is_killed(job):
    """Even while TensorRT lets no other thread of Python run."""
    builder = ('import ctypes\n'
               'from ser_ros.inference.tensorrt_engine import builder_process\n'
               'def run(job):\n'
               '    builder_process.send({})\n'
               '    ctypes.PyDLL(None).sleep(600)\n'  # with Python's lock
               'builder_process.run = run\n'
               'builder_process.main()')
    parent = subprocess.Popen(
        [sys.executable, '-c', 'import subprocess, sys\n'
         'builder = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)\n'
         'builder.stdin.write(sys.argv[2].encode())\n'
         'builder.stdin.flush()\n'
         'builder.wait()', builder, as_line(job)],
        stdout=subprocess.PIPE, universal_newlines=True)
    assert parent.stdout.readline().startswith(PREFIX)
    parent.kill()
    assert parent.stdout.read() == ''  # both have closed it
    parent.stdout.close()
    parent.wait(300)


def test_builder_leaves_ctrl_c_to_the_one_who_asked_and_memory_to_the_node(job):
    process = subprocess.Popen(
        [sys.executable, '-c', 'import os, signal, time\n'
         'from ser_ros.inference.tensorrt_engine import builder_process\n'
         'def run(job):\n'
         '    os.kill(os.getpid(), signal.SIGINT)\n'
         '    return open("/proc/self/oom_score_adj").read().strip()\n'
         'builder_process.run = run\n'
         'raise SystemExit(builder_process.main())'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)
    process.stdin.write(as_line(job))
    process.stdin.flush()
    assert process.stdout.read() == PREFIX + '{"precision": "1000"}\n'
    process.stdin.close()
    process.stdout.close()
    assert process.wait(300) == 0


def test_timings_that_cannot_be_kept_cost_no_engine(job, path, tmp_path, capsys):
    (tmp_path / 'timings').mkdir()  # a folder where the file should be
    job = job._replace(timing_cache=str(tmp_path / 'timings'))
    assert _read(job.timing_cache) == b''
    _keep(job, Built(b'plan', b'timings'), 'fp16', {})
    assert engine_file.read(path, KEY).plan == b'plan'
    assert 'WARNING: cannot write the timings' in capsys.readouterr().out
    assert not list(tmp_path.glob('timings.*'))


def test_written_atomically(path, monkeypatch):
    """The name appears with a rename, after the contents are on the disk."""
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, 'fsync', lambda number: (calls.append('fsync'), fsync(number)))
    monkeypatch.setattr(os, 'replace', lambda *names: (calls.append('replace'), replace(*names)))
    content = engine_file.EngineFile(KEY, 'fp16', {'probabilities': [1.0]}, b'\x00\nplan')
    engine_file.write(path + '.tmp', content)
    assert not os.path.exists(path)
    engine_file.replace(path + '.tmp', path)
    assert calls == ['fsync', 'replace', 'fsync']
    assert engine_file.read(path, KEY) == content


def test_names_of_files():
    name = engine_file.file_name('my model/1', KEY)
    assert name == 'my_model_1-fp16-tensorrt-sm53-000000000000.engine'
    assert engine_file.file_name('my model/1', dict(KEY, version='9', workspace_mib=1)) == name


def test_folder(monkeypatch, tmp_path):
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    assert engine_folder(EngineOptions()) == str(tmp_path / '.cache' / 'ser_ros' / 'engines')
    assert engine_folder(EngineOptions(folder='~/e')) == str(tmp_path / 'e')
    monkeypatch.setenv('XDG_CACHE_HOME', '/cache')
    assert engine_folder(EngineOptions()) == '/cache/ser_ros/engines'


def test_progress_without_a_monitor(capsys):
    log = Log(sends_progress=True)
    log.line('VERBOSE', '--------------- Timing Runner: conv1 + relu (a) (CaskConvolution)')
    log.line('VERBOSE', '--------------- Timing Runner: conv1 + relu (a) (CudnnConvolution)')
    log.line('VERBOSE', '--------------- Timing Runner: fc (CublasConvolution)')
    log.line('VERBOSE', 'Tactic: 1002 Time: 0.01')
    log.line('WARNING', 'little\nworkspace')
    assert capsys.readouterr().out.splitlines() == [
        PREFIX + '{"step": "building: measuring conv1 + relu (a)", "share": null}',
        PREFIX + '{"step": "building: measuring fc", "share": null}', 'WARNING: little workspace']


def test_progress_never_goes_back():
    progress = PhaseProgress()
    progress.start('outer', 2)
    progress.start('inner', 4)
    assert progress.step('inner', 1) == 0.25
    progress.finish('inner')
    assert progress.step('outer', 0) == 0.5
    progress.start('inner', 100)
    assert progress.step('inner', 0) == 0.505
    progress.finish('outer')
    progress.finish('inner')
    progress.start('late', 1000)
    assert progress.step('late', 0) == 0.505
