# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros train``: train a model and write it as ONNX files."""

import argparse
import logging
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, List

from ser_ros.cli.arguments import Subparsers
from ser_ros.cli.packages import check_packages
from ser_ros.errors import SerError, listed
from ser_ros.threads import THREADS_RANGE


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'train', help='train a model on labelled clips',
        description='Train a model on labelled clips and write its ONNX files to OUTPUT/NAME. '
        'All figures are measured on the validation speakers. ser_ros evaluate measures on the '
        'test speakers.')
    parser.add_argument('config', metavar='CONFIG.yaml',
                        help='training configuration, such as config/train/resnet34.yaml')
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='folder with one folder for each corpus (see docs/data.md)')
    parser.add_argument('--output', default='runs', metavar='FOLDER',
                        help='folder for the model, its history and cached features '
                        '(default: runs)')
    parser.add_argument('--seed', type=int, nargs='+', default=[0], metavar='N',
                        help='seed of all random draws (default: 0). With several seeds, each '
                        'gets its own model in OUTPUT/seedN. OUTPUT/NAME is the one with the best '
                        'mean UAR on the validation speakers, and OUTPUT/seeds.csv lists all')
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument('--resume', action='store_true',
                       help='continue after the last complete epoch of the training in OUTPUT; '
                       'finished networks and seeds are kept')
    begin.add_argument('--restart', action='store_true',
                       help='start from scratch even if OUTPUT holds an unfinished training')
    parser.add_argument('--threads', type=int, default=os.cpu_count(),
                        help='CPU threads of all processes together (default: all)')
    parser.add_argument('--tensorboard', action='store_true',
                        help='also write the history for TensorBoard, into a folder tensorboard '
                        'beside history.csv')
    parser.add_argument('--processes', type=int, default=1, metavar='N',
                        help='processes that train together, one a GPU, or on the CPU (default: 1)')
    parser.add_argument('--set', action='append', default=[], metavar='KEY=VALUE',
                        help='use another value for a key of the configuration, such as '
                        'training.learning_rate=5e-5; may be given several times')
    parser.set_defaults(run=run)


def make_folder(path: str) -> Path:
    """Make the folder for the results, with those above it.

    Returns:
        pathlib.Path.

    Raises:
        SerError: if that is not possible.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SerError(f'cannot make the folder {path}: {error.strerror}') from error
    return folder


def run(args: argparse.Namespace) -> int:
    """Train as the arguments say."""
    check_seeds(args.seed)
    most = max(THREADS_RANGE[1], os.cpu_count() or 1)
    if not 1 <= args.threads <= most:
        raise SerError(f'--threads must be from 1 to {most}, got {args.threads}')
    if args.processes < 1:
        raise SerError(f'--processes must be 1 or more, got {args.processes}')
    check_packages('train', 'torch', 'onnx', 'matplotlib', 'accelerate')
    if args.tensorboard and find_spec('tensorboard') is None:
        raise SerError('--tensorboard needs the package tensorboard, which is not installed; run: '
                       'pip install tensorboard')
    from ser_ros.training import config
    from ser_ros.training.fit.launch import launch, member
    settings = config.load(args.config, Path(args.data), args.set)
    if args.processes > 1:
        return launch(settings, _arguments(args), args.processes, args.threads)
    with member():
        return _train(args, settings)


def _arguments(args: argparse.Namespace) -> List[str]:
    """Return the command line for one of several processes."""
    begin = ['--resume'] if args.resume else ['--restart'] if args.restart else []
    return [args.config, '--data', args.data, '--output', args.output, '--threads',
            str(args.threads), '--seed', *map(str, args.seed), *begin,
            *(['--tensorboard'] if args.tensorboard else []),
            *(part for change in args.set for part in ('--set', change)),
            *(['--log-level', args.log_level] if args.log_level else []),
            *(['--log-file', args.log_file] if args.log_file else [])]


def _train(args: argparse.Namespace, settings: Any) -> int:
    """Train in this process; the main one of several prints what came of it."""
    from ser_ros.progress import Progress
    from ser_ros.training.fit import seeds
    from ser_ros.training.fit.build import build
    from ser_ros.training.fit.run import Start
    is_main = os.environ.get('RANK', '0') == '0'
    if not is_main:
        logging.getLogger('ser_ros').setLevel(logging.ERROR)
    output = make_folder(args.output)
    start = Start.RESUME if args.resume else Start.ANEW if args.restart else Start.NEW
    results = build(settings, Path(args.data), output, args.seed, args.threads,
                    Progress(hidden=not is_main), start, args.tensorboard)
    if not results:
        return 0
    if len(results) > 1:
        seeds.write(results, settings.name, output)
        print_seeds(seeds.table(results))
    best = seeds.best(results)
    print(f'UAR on validation speakers [%], seed {best.seed}, epoch {listed(best.epochs)}')
    for precision, values in best.figures.items():
        by_corpus = listed(f'{name} {100 * value:.1f}' for name, value in values.items())
        print(f'  {precision}: {by_corpus}')
    print(f'model: {output / settings.name}')
    return 0


def check_seeds(seeds: List[int]) -> None:
    """Make sure that the seeds can be used.

    Raises:
        SerError: if one is below 0, or there twice.
    """
    for seed in seeds:
        if seed < 0:
            raise SerError(f'--seed must be 0 or more, got {seed}')
        if seeds.count(seed) > 1:
            raise SerError(f'--seed must not repeat a number, got {seed} twice')


def print_seeds(rows: List[Dict[str, Any]]) -> None:
    """Print the table of `ser_ros.training.fit.seeds.table`, in percent."""
    names = [name for name in rows[0] if name not in ('seed', 'epoch')]
    print('UAR on validation speakers by seed [%], fp32')
    titles = [name[len('uar_'):] for name in names]
    print('  '.join(['  seed  epoch', *titles]))
    for row in rows:
        shares = [f'{100 * row[name]:>{len(title)}.1f}'
                  for name, title in zip(names, titles, strict=True)]
        print('  '.join([f"  {row['seed']:>4}  {row['epoch']:>5}", *shares]))
