# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros false-alarms``: how often a model names an emotion although nobody speaks."""

import argparse
from pathlib import Path

from ser_ros.cli import arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.cli.evaluate import warn_of_unreadable
from ser_ros.cli.packages import check_packages
from ser_ros.errors import SerError

SOUNDS = 208


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'false-alarms', help='count the emotions a model names although nobody speaks',
        description='Run a model on sounds without speech, such as noise, music, signals, coughs '
        'and machines. Count the windows and clips in which it names an emotion. The sounds are '
        'synthetic or your own recordings.')
    arguments.add_model(parser)
    parser.add_argument('folder', nargs='?', metavar='FOLDER',
                        help='your own recordings without speech, one folder for each kind')
    parser.add_argument('--sounds', type=int, default=SOUNDS, metavar='N',
                        help='without FOLDER: number of synthetic sounds (default: 208)')
    parser.add_argument('--seed', type=int, default=0,
                        help='seed of the synthetic sounds (default: 0)')
    arguments.add_session(parser, 'auto', 'fp32')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen as the arguments say."""
    if args.sounds < 1 or args.seed < 0:
        raise SerError(
            f'--sounds must be 1 or more and --seed 0 or more, got {args.sounds} and {args.seed}')
    check_packages('false-alarms')
    from ser_ros import nonspeech
    from ser_ros.corpora.clip_check import leave_out_unreadable
    from ser_ros.evaluation import document, false_alarms
    from ser_ros.progress import Progress
    from ser_ros.recognizer import Recognizer
    if args.folder:
        paths, problems = leave_out_unreadable(
            false_alarms.find(Path(args.folder)), 1, Progress())
        warn_of_unreadable(problems)
        sounds, count = false_alarms.read(paths), len(paths)
    else:
        problems = []
        sounds, count = nonspeech.make(args.sounds, args.seed), args.sounds
    with Recognizer(args.model, args.precision, backend=args.backend) as recognizer:
        heard = list(Progress().track(false_alarms.listen(recognizer, sounds), 'sounds', count))
    print(document.to_markdown(false_alarms.report(heard, len(problems))))
    return 0
