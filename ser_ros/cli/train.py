# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros train``: train a model and write it as ONNX files."""

import logging
import os
from pathlib import Path

from ser_ros.errors import SerError
from ser_ros.inference.threads import THREADS_RANGE

PACKAGES = ('torch', 'onnx', 'onnxruntime', 'matplotlib', 'yaml')


def add_parser(subparsers):
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'train', help='train a model on labelled clips',
        description='Train a model on labelled clips and write its ONNX files to OUTPUT/NAME. '
        'Figures are of the validation speakers; the test speakers are left to ser_ros evaluate.')
    parser.add_argument('config', metavar='CONFIG.yaml',
                        help='what to train, such as config/train/resnet34.yaml')
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='folder that holds a folder for each corpus: see docs/data.md')
    parser.add_argument('--output', default='runs', metavar='FOLDER',
                        help='for the model, its history and the cached features (default: runs)')
    parser.add_argument('--seed', type=int, default=0, help='of everything that is drawn')
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument('--resume', action='store_true',
                       help='go on after the last whole epoch of the training in OUTPUT; a '
                       'finished one only has its model written if that is missing')
    begin.add_argument('--restart', action='store_true',
                       help='start anew although there is an unfinished training in OUTPUT')
    parser.add_argument('--threads', type=int, default=os.cpu_count(),
                        help='CPU threads (default: all)')
    parser.set_defaults(run=run)


def check_packages():
    """
    Make sure that what training and evaluation need is installed.

    :raises SerError: if not; the text says how to install it.
    """
    from importlib.util import find_spec
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise SerError('training needs {}, not installed here; '
                       'pip install -r requirements/train.txt'.format(', '.join(missing)))


def make_folder(path):
    """
    Make the folder for the results, with those above it.

    :return: pathlib.Path.
    :raises SerError: if that is not possible.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SerError('cannot make the folder {}: {}'.format(path, error.strerror)) from error
    return folder


def run(args) -> int:
    """Train as the arguments say."""
    if args.seed < 0:
        raise SerError('--seed must be 0 or more, got {}'.format(args.seed))
    most = max(THREADS_RANGE[1], os.cpu_count() or 1)
    if not 1 <= args.threads <= most:
        raise SerError('--threads must be from 1 to {}, got {}'.format(most, args.threads))
    check_packages()
    from ser_ros.training import config
    from ser_ros.training.build import build
    from ser_ros.training.progress import Progress
    from ser_ros.training.run import Start
    logging.basicConfig(level=logging.INFO, format='%(message)s')
    settings = config.load(args.config)
    output = make_folder(args.output)
    start = Start.RESUME if args.resume else Start.ANEW if args.restart else Start.NEW
    figures = build(
        settings, Path(args.data), output, args.seed, args.threads, Progress(), start)
    print('UAR on validation speakers [%]')
    for precision, values in figures.items():
        print('  {}: {}'.format(precision, ', '.join(
            '{} {:.1f}'.format(name, 100 * value) for name, value in values.items())))
    print('model: {}'.format(output / settings.name))
    return 0
