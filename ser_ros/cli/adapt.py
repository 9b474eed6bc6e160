# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros adapt``: fit a stored model to the user's own labelled clips."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from ser_ros.cli import arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.cli.evaluate import warn_of_skipped, warn_of_unreadable
from ser_ros.cli.packages import check_packages
from ser_ros.cli.train import make_folder
from ser_ros.errors import SerError, listed
from ser_ros.messages import tell
from ser_ros.threads import check_threads

if TYPE_CHECKING:
    from ser_ros.corpora.labelled_clips import Clip

HOLD_OUT = ('auto', 'speakers', 'clips')
KEEP = 1.0
KEEP_RANGE = (0.0, 100.0)
NO_GAIN_CODE = 1
LISTED = 5  # file names in a warning


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'adapt', help='fit a model to your own labelled clips',
        description='Retrain the last layer of a model on labelled clips, in minutes on a CPU. '
        'Cross-validation on held-out clips shows the gain. If the new model is better, it is '
        'written to OUTPUT/NAME.')
    arguments.add_model(parser)
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='labelled clips: a folder for each emotion, or a CSV file with '
                        'file_path, emotion and, if known, speaker (see docs/data.md)')
    parser.add_argument('--corpus', metavar='NAME',
                        help='read the folder as this corpus instead of detecting it')
    parser.add_argument('--name',
                        help='name of the new model (default: the old name with _adapted)')
    parser.add_argument('--output', default='runs', metavar='FOLDER',
                        help='parent folder of the new model (default: runs)')
    parser.add_argument('--hold-out', choices=HOLD_OUT, default='auto',
                        help='unit of cross-validation. Holding out speakers estimates the '
                        'accuracy for new people, holding out clips for the same people (default: '
                        'speakers if several are known)')
    parser.add_argument('--keep', type=float, default=KEEP, metavar='WEIGHT',
                        help='weight of the old answers against the new labels; 0 adapts most '
                        'and forgets most (default: 1)')
    parser.add_argument('--data-licence', default='not stated', metavar='TEXT',
                        help='licence of the clips, recorded in the model file and its card')
    parser.add_argument('--force', action='store_true',
                        help='write the model even if it is not better on held-out clips')
    parser.add_argument('--seed', type=int, default=0, help='seed of the folds (default: 0)')
    arguments.add_threads(parser, 1)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Adapt as the arguments say."""
    _check(args)
    check_packages('adapt', 'torch', 'onnx')
    from ser_ros.adaptation import adapt, report
    from ser_ros.adaptation.clips import read_clips
    from ser_ros.corpora import labelled_clips
    from ser_ros.corpora.trained_on import trained_on
    from ser_ros.evaluation import document
    from ser_ros.graph_defaults import open_stream
    from ser_ros.inference.model_file import Model
    from ser_ros.progress import Progress
    model = Model(args.model)
    settings = adapt.Settings(
        name=args.name or model.info.name + '_adapted', licence=args.data_licence,
        hold_out=args.hold_out, keep=args.keep, seed=args.seed, threads=args.threads)
    folder = Path(args.output) / settings.name
    if folder.exists() and folder.samefile(Path(model.path(model.precisions[0])).parent):
        raise SerError(f'{folder} holds the model to adapt; choose another --name or --output')
    clips, left_out = read_clips(Path(args.data), model.info.labels, args.corpus)
    for label, count in left_out.items():
        _warn(f'{count} clips of {label} are left out: ser_ros does not know this emotion')
    warn_of_skipped(labelled_clips.skipped(Path(args.data), args.corpus))
    clips, problems = labelled_clips.readable(clips, args.threads, Progress())
    warn_of_unreadable(problems)
    for name in trained_on(model.info.training_data, Path(args.data), args.corpus):
        _warn(
            f'{model.info.name} was trained on speakers of {name}: if these clips are theirs, the '
            'figures before and after are too good')
    stream = open_stream(model.info.feature_set, input_shape=model.info.input_shape)
    adapted = adapt.adapt(model, clips, stream, settings, Progress(), len(problems))
    _warn_of_silent(adapted.silent)
    print(document.to_markdown(report.report(adapted)))
    print(report.verdict(adapted))
    if adapted.difference.uar <= 0 and not args.force:
        _warn('the model is not written; use --force to write it anyway')
        return NO_GAIN_CODE
    make_folder(args.output)
    adapt.save(adapted, settings, folder)
    text = document.to_markdown(report.card(adapted, settings))
    (folder / 'README.md').write_text(text, encoding='utf-8')
    print(f'model: {folder}')
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.seed < 0:
        raise SerError(f'--seed must be 0 or more, got {args.seed}')
    check_threads(args.threads)
    low, high = KEEP_RANGE
    if not low <= args.keep <= high:
        raise SerError(f'--keep must be from {low:g} to {high:g}, got {args.keep}')
    if args.name is not None and (not args.name or os.path.basename(args.name) != args.name
                                  or args.name in ('.', '..')):
        raise SerError(f'--name must be the name of a folder without a path, got {args.name!r}')


def _warn_of_silent(clips: 'Sequence[Clip]') -> None:
    if clips:
        names = [clip.path.name for clip in clips[:LISTED]]
        rest = ['...'] if len(clips) > LISTED else []
        _warn(f'{len(clips)} clips hold no speech and are left out: {listed(names + rest)}')


def _warn(text: str) -> None:
    tell('warning: ' + text)
