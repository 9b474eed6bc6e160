# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings in two processes on the CPU, and what ends them."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tiny_network import KILL, TinyNetwork

from ser_ros.cli.main import main
from ser_ros.training.config import NETWORKS
from ser_ros.training.fit import checkpoint, launch

STEPS = 3  # of an epoch
TRAINING = ('network: tiny\nprecisions: []\ntraining: {{epochs: 2, windows_per_epoch: 24, '
            'batch: 8, mixup: 0.3, averaging: 0.5, dropout: {dropout}, '
            'accumulation: {accumulation}, checkpoint_minutes: 0.000001}}')
# Runs the command with the tiny network in the other processes.
COMMAND = '''
import sys
from ser_ros.cli.main import main
from ser_ros.training.config import NETWORKS
from ser_ros.training.fit import launch
from tiny_network import TinyNetwork
launch.MODULE = 'tiny_network'
NETWORKS['tiny'] = TinyNetwork
sys.exit(main(sys.argv[1:]))
'''


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """Have the tiny network in this process and in those that it starts."""
    monkeypatch.setitem(NETWORKS._loaded, 'tiny', TinyNetwork)
    monkeypatch.setattr(launch, 'MODULE', 'tiny_network')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        [str(Path(__file__).parent), os.environ.get('PYTHONPATH', '')]))


@pytest.fixture
def arguments(config_path, train_arguments):
    """Return the arguments of the command for an output folder."""
    def make(output, *options, dropout=0.0, accumulation=1):
        text = config_path.read_text().split('training:')[0]
        training = TRAINING.format(dropout=dropout, accumulation=accumulation)
        made = train_arguments(f'{text}{training}\n', output, *options)
        path = output / 'c.yaml'
        path.write_text(Path(made[1]).read_text())
        made[made.index('--threads') + 1] = '2'
        return [made[0], str(path), *made[2:]]
    return make


def state(output):
    return checkpoint.read(output / 'checkpoint.pt')[1]


def losses(output):
    return [epoch['loss'] for epoch in state(output)['history']]


def assert_close(output, other):
    assert losses(output) == pytest.approx(losses(other), abs=1e-6)
    for name in 'network', 'averaged':
        for key, tensor in state(output)[name].items():
            torch.testing.assert_close(tensor, state(other)[name][key], atol=1e-5, rtol=0)


def assert_same(output, other):
    assert losses(output) == losses(other)
    for name in 'network', 'averaged':
        for key, tensor in state(output)[name].items():
            assert torch.equal(tensor, state(other)[name][key]), key
    assert (output / 'tiny' / 'fp32.onnx').read_bytes() == (
        other / 'tiny' / 'fp32.onnx').read_bytes()


def test_accumulation_and_processes_do_not_matter(arguments, tmp_path, capfd):
    alone = tmp_path / '1'
    assert main(arguments(alone)) == 0
    assert main(arguments(tmp_path / 'parts', accumulation=4)) == 0
    assert_close(tmp_path / 'parts', alone)
    capfd.readouterr()
    together = tmp_path / '2'
    assert main(arguments(together, '--processes', '2', accumulation=2)) == 0
    assert_close(together, alone)
    out, said = capfd.readouterr()
    assert said.splitlines()[0] == '2 processes on cpu, cpu; CPU threads of each: 1'
    assert out.count('UAR on validation speakers') == 1 and said.count('epoch 2: loss') == 1


@pytest.mark.timeout(600)  # four trainings, three of them in two processes
def test_a_killed_process_ends_all_and_the_training_goes_on(
        arguments, tmp_path, capfd, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    whole, parted = tmp_path / 'whole', tmp_path / 'parted'
    two = ('--processes', '2')
    assert main(arguments(whole, *two, dropout=0.3)) == 0
    monkeypatch.setenv(KILL, f'1 {STEPS + 2}')
    assert main(arguments(parted, *two, dropout=0.3)) == 2
    said = capfd.readouterr().err
    assert 'process 1 of 2 was ended by the signal SIGKILL' in said
    assert 'exitcode' not in said
    assert len(state(parted)['losses']) == len(state(parted)['history']) == 1
    monkeypatch.delenv(KILL)
    alone = shutil.copytree(parted, tmp_path / 'alone', symlinks=True)
    assert main(arguments(alone, '--resume', dropout=0.3)) == 0
    assert len(state(alone)['history']) == 2
    assert 'it ran in 2 processes before and runs in 1 now' in caplog.text
    assert main(arguments(parted, *two, '--resume', dropout=0.3)) == 0
    assert 'after epoch 1 and step 1 of 3' in capfd.readouterr().err
    assert_same(parted, whole)


def children(process):
    """Return the numbers of the processes that it has started."""
    folder = Path(f'/proc/{process.pid}/task/{process.pid}/children')
    return [int(number) for number in folder.read_text().split()]


def is_alive(number):
    try:
        return Path(f'/proc/{number}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path('/proc/self/task').exists(), reason='needs /proc')
@pytest.mark.parametrize('end, code', [
    (signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_outlives_the_command(arguments, tmp_path, end, code):
    output = tmp_path / 'out'
    made = arguments(output, '--processes', '2')
    path = output / 'c.yaml'
    path.write_text(path.read_text().replace('epochs: 2', 'epochs: 10000'))
    with subprocess.Popen([sys.executable, '-c', COMMAND, *made],
                          stderr=subprocess.DEVNULL) as process:
        deadline_s = time.monotonic() + 300
        while not (output / 'history.csv').exists():
            assert time.monotonic() < deadline_s and process.poll() is None
            time.sleep(0.1)
        started = children(process)
        assert len(started) >= 2
        process.send_signal(end)
        assert process.wait(300) == code
    deadline_s = time.monotonic() + 300
    while any(map(is_alive, started)):
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_a_batch_that_cannot_be_parted(arguments, tmp_path, capsys):
    assert main(arguments(tmp_path, '--processes', '3')) == 2
    assert ('training.batch is 8; allowed: a multiple of 3, which is processes x accumulation '
            '(3 x 1)') in capsys.readouterr().err
    assert main(arguments(tmp_path, accumulation=16)) == 2
    assert '(1 x 16)' in capsys.readouterr().err


def test_what_all_processes_refuse_is_said_once(arguments, tmp_path, capfd):
    made = arguments(tmp_path, '--processes', '2')
    made[made.index('--data') + 1] = '/no/such/folder'
    assert main(made) == 2
    assert capfd.readouterr().err.count('does not exist') == 1
