#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Kill a training at random moments, resume it, and compare it with one that was left alone.

    python scripts/kill_and_resume.py CONFIG.yaml --data FOLDER --processes 2

Every second time the process is killed while a checkpoint is written. So the configuration should
have a short ``checkpoint_minutes``, such as 0.00001. In the end the SHA-256 of weights, history and
model must be the same.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

END_S = 30  # within which all processes of a training end when one has been killed
LONGEST_S = 600  # until a training begins


def digests(output: Path) -> dict[str, str]:
    """Return the SHA-256 of all that must not depend on interruptions, by name."""
    found = {}
    for path in sorted(output.rglob('*')):
        name = str(path.relative_to(output))
        if path.suffix == '.onnx' or path.name == 'history.csv':
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif path.suffix == '.pt':
            stored = torch.load(path, weights_only=True, map_location='cpu')
            for part, tensors in parts(stored):
                content = hashlib.sha256()
                for key in sorted(tensors):
                    content.update(tensors[key].contiguous().view(-1).numpy().tobytes())
                found[f'{name} {part}'] = content.hexdigest()
    return found


def parts(stored: dict) -> list[tuple[str, dict]]:
    """Return the groups of weights in a file, with their names."""
    if 'state' not in stored:
        return [('weights', stored)]
    return [(name, stored['state'][name]) for name in ('network', 'averaged')]


def start(arguments: argparse.Namespace, output: Path, *options: str) -> subprocess.Popen:
    """Start a training."""
    output.mkdir(parents=True, exist_ok=True)
    with open(output / 'log', 'a', encoding='utf-8') as log:
        return subprocess.Popen(
            ['ser_ros', 'train', arguments.config, '--data', arguments.data, '--output',
             str(output), '--processes', str(arguments.processes), '--threads',
             str(arguments.processes), *options], stdout=log, stderr=log)


def members(process: subprocess.Popen, count: int) -> dict[int, int]:
    """Return the processes that train, by rank."""
    if count == 1:
        return {0: process.pid}
    found = {}
    for number in Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split():
        variables = Path(f'/proc/{number}/environ').read_bytes().split(b'\0')
        found.update({int(entry[5:]): int(number) for entry in variables
                      if entry.startswith(b'RANK=')})
    return found


def is_alive(number: int) -> bool:
    """Return whether a process runs; one that waits to be reaped does not."""
    try:
        state = Path(f'/proc/{number}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def wait_for(condition: Callable[[], bool], process: subprocess.Popen,
             longest_s: float) -> bool:
    """Wait until something holds, or the training has ended; return whether it holds."""
    end_s = time.monotonic() + longest_s
    while not condition():
        if process.poll() is not None:
            return False
        if time.monotonic() > end_s:
            sys.exit(f'nothing happened for {longest_s} s')
        time.sleep(0.002)
    return True


def kill_once(arguments: argparse.Namespace, output: Path, number: int,
              chance: random.Random) -> bool:
    """Start or resume the training and kill one process; return False if it ended before."""
    process = start(arguments, output, '--resume')
    checkpoint, partial = output / 'checkpoint.pt', output / '.checkpoint.pt'
    before = checkpoint.stat().st_ino if checkpoint.exists() else 0
    if not wait_for(lambda: checkpoint.exists() and checkpoint.stat().st_ino != before, process,
                    LONGEST_S):
        return False
    time.sleep(chance.uniform(0, arguments.within))
    writing = number % 2 == 1 and wait_for(partial.exists, process, LONGEST_S)
    running = members(process, arguments.processes)
    rank = chance.randrange(arguments.processes)
    if process.poll() is not None or rank not in running:
        process.wait()
        return False
    os.kill(running[rank], signal.SIGKILL)
    killed_s = time.monotonic()
    code = process.wait(END_S)
    while any(map(is_alive, running.values())):
        if time.monotonic() - killed_s > END_S:
            sys.exit(f'processes are left: {running}')
        time.sleep(0.01)
    print(f'kill {number + 1}: rank {rank}{", a checkpoint was being written" * writing}; all '
          f'ended after {time.monotonic() - killed_s:.1f} s, exit code {code}', flush=True)
    return True


def verdict(same: bool) -> str:
    """Return it in words."""
    return 'the same' if same else 'OTHER'


def main() -> int:
    """Kill, resume, compare, and return an exit code."""
    parser = argparse.ArgumentParser(description='Kill a training, resume it, and compare.')
    parser.add_argument('config')
    parser.add_argument('--data', required=True)
    parser.add_argument('--processes', type=int, default=2)
    parser.add_argument('--kills', type=int, default=10)
    parser.add_argument('--within', type=float, default=2.0, metavar='S',
                        help='a kill comes within so many seconds after the first checkpoint')
    parser.add_argument('--seed', type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix='kill_and_resume.') as folder:
        whole, parted = Path(folder) / 'whole', Path(folder) / 'parted'
        if start(arguments, whole).wait() != 0:
            sys.exit((whole / 'log').read_text()[-3000:])
        kills = 0
        while kills < arguments.kills and kill_once(arguments, parted, kills, chance):
            kills += 1
        if start(arguments, parted, '--resume').wait() != 0:
            sys.exit((parted / 'log').read_text()[-3000:])
        old, new = digests(whole), digests(parted)
    for name in sorted({*old, *new}):
        print(f'{name}: {old.get(name)}, {verdict(old.get(name) == new.get(name))}')
    print(f'{arguments.processes} processes, {kills} kills: {verdict(old == new)}')
    return int(old != new or kills < arguments.kills)


if __name__ == '__main__':
    sys.exit(main())
