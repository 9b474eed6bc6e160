# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros benchmark``: times, memory and CPU of every backend and precision on this machine."""

import argparse
import math
import os
import sys
import tempfile
import time
from typing import Any, List

from ser_ros.cli.arguments import Subparsers

ALL_FINE = 0
NOTHING_MEASURED = 1
SECONDS = 9.0
LONGEST_S = 3600.0


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    from ser_ros.benchmark.runs import BACKENDS
    parser = subparsers.add_parser(
        'benchmark', help='time every backend and precision on this machine',
        description='Measure the time, memory and CPU load of preprocessing and inference for '
        'every backend and precision on this machine. Those that are not available are listed '
        'with the reason. Each runs in processes of its own, which take turns. Exit code: 0 '
        'success, 1 nothing could be measured, 2 invalid arguments.')
    parser.add_argument('model', nargs='?', metavar='MODEL',
                        help='name of a model in models/, or path of a model (default: the '
                        "graph's)")
    parser.add_argument('--backends', metavar='A,B,...', default=','.join(BACKENDS),
                        help=f"backends to measure (default: {','.join(BACKENDS)})")
    parser.add_argument('--seconds', type=float, default=SECONDS, metavar='N',
                        help=f'measuring time for each configuration (default: {SECONDS:.0f})')
    parser.add_argument('--threads', type=int, metavar='N',
                        help="CPU threads for one window (default: the graph's)")
    parser.add_argument('--cache', metavar='DIR',
                        help="folder of TensorRT's engines (default: the graph's)")
    parser.add_argument('--workspace-mib', type=int, metavar='MIB',
                        help="memory for TensorRT's intermediate results (default: the graph's)")
    parser.add_argument('--csv', metavar='FILE', help='also write all figures to this file')
    parser.add_argument('--plot', metavar='FILE.png', help='draw the figures (needs matplotlib)')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure what the command line asks for and return the exit code."""
    # Imported here: the other commands should not wait for it.
    from ser_ros.benchmark import report as output
    from ser_ros.benchmark.runs import Runs
    from ser_ros.benchmark.sound import make_sound
    from ser_ros.inference.model_file import Model
    from ser_ros.progress import Progress
    task = _check(args)
    backends = _backends(args.backends)
    model = Model(task.model)
    head = _head(model.info, task)
    with tempfile.TemporaryDirectory() as folder:
        sound = make_sound(folder)
        path = os.path.join(folder, 'sound.npy')
        _save(path, sound.samples)
        with Progress().steps() as show:
            runs = Runs(task._replace(sound=path), args.seconds, backends, show)
            runs.run()
    head = head._replace(
        sound=sound.description, versions=dict(head.versions, **runs.versions))
    rows = runs.rows()
    sys.stdout.write(output.to_text(head, rows))
    if args.csv:
        output.write_csv(args.csv, head, rows)
    if all(row.reason for row in rows):
        return NOTHING_MEASURED
    if args.plot:
        output.write_plot(args.plot, head, rows)
    return ALL_FINE


def _check(args: Any) -> Any:
    """Return the task, or raise SerError for what would fail only after minutes of measuring."""
    from ser_ros.benchmark.worker import Task
    from ser_ros.defaults import load_defaults
    from ser_ros.errors import SerError
    from ser_ros.inference.engine_options import EngineOptions, check_engine_options
    from ser_ros.output_file import open_output
    from ser_ros.plotting import load_pyplot
    from ser_ros.threads import check_threads
    if not math.isfinite(args.seconds) or not 0 < args.seconds <= LONGEST_S:
        raise SerError(f'--seconds must be over 0 and at most {LONGEST_S:.0f}, got {args.seconds}')
    graph = load_defaults('emotion_inference')
    task = Task(
        model=args.model or graph['model'], backend='', precision='',
        threads=graph['threads'] if args.threads is None else args.threads,
        sound='', seconds=args.seconds, period_s=load_defaults('feature_extraction')['period'],
        engine_cache=graph['engine_cache'] if args.cache is None else args.cache,
        workspace_mib=graph['workspace_mib'] if args.workspace_mib is None else args.workspace_mib)
    check_threads(task.threads)
    check_engine_options(EngineOptions(workspace_mib=task.workspace_mib))
    if args.plot:
        load_pyplot()
    for path in filter(None, (args.csv, args.plot)):
        open_output(path).close()
    return task


def _backends(text: str) -> List[str]:
    from ser_ros.errors import SerError, listed
    from ser_ros.inference.registry import BACKENDS
    names = [name.strip() for name in text.split(',')]
    for name in names:
        if name not in BACKENDS:
            raise SerError(f'--backends: unknown backend {name!r}; allowed: {listed(BACKENDS)}')
    return names


def _head(info: Any, task: Any) -> Any:
    import platform

    from ser_ros import __version__
    from ser_ros.benchmark import machine
    from ser_ros.benchmark.report import Head
    from ser_ros.benchmark.runs import ROUNDS
    return Head(
        date=time.strftime('%Y-%m-%d %H:%M %Z'), machine=machine.machine(), gpu=machine.gpu(),
        cores=os.cpu_count() or 1, load=machine.load(),
        versions={'Python': platform.python_version(), 'ser_ros': __version__},
        model=f'{info.name} {info.version}', feature_set=info.feature_set,
        sha256=info.sha256, sound='', threads=task.threads, period_s=task.period_s, rounds=ROUNDS)


def _save(path: str, samples: Any) -> None:
    import numpy as np
    np.save(path, samples)
