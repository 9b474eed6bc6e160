# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros adapt``: fit a stored model to labelled clips of one's own."""

import os
from pathlib import Path

from ser_ros.cli import arguments
from ser_ros.cli.evaluate import warn_of_skipped, warn_of_unreadable
from ser_ros.cli.packages import check_packages
from ser_ros.cli.train import make_folder
from ser_ros.errors import SerError
from ser_ros.messages import tell
from ser_ros.threads import check_threads

HOLD_OUT = ('auto', 'speakers', 'clips')
KEEP = 1.0
KEEP_RANGE = (0.0, 100.0)
NO_GAIN_CODE = 1
LISTED = 5  # so many file names are named in a warning


def add_parser(subparsers):
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'adapt', help='fit a model to labelled clips of your own',
        description="Learn a model's last layer anew from labelled clips, in minutes on a CPU, "
        'and report what that is worth on held-out clips (cross-validation). The new model goes '
        'to OUTPUT/NAME, unless it is not better there.')
    arguments.add_model(parser)
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='labelled clips: a folder for each emotion, or a CSV file with '
                        'file_path, emotion and, if known, speaker; see docs/data.md')
    parser.add_argument('--corpus', metavar='NAME',
                        help='whose file names and labels these are, instead of finding out')
    parser.add_argument('--name', help='of the new model (default: the old name and _adapted)')
    parser.add_argument('--output', default='runs', metavar='FOLDER',
                        help='where the folder of the new model is made (default: runs)')
    parser.add_argument('--hold-out', choices=HOLD_OUT, default='auto',
                        help='what is judged by a model that has not heard it: a speaker, which '
                        'tells how strangers will be understood, or a clip, which tells how these '
                        'very speakers will (default: speakers where several are known)')
    parser.add_argument('--keep', type=float, default=KEEP, metavar='WEIGHT',
                        help='how much the old answers count against the new labels: 0 adapts '
                        'most and forgets most (default: 1)')
    parser.add_argument('--data-licence', default='not stated', metavar='TEXT',
                        help='licence of the clips, for the model file and the card')
    parser.add_argument('--force', action='store_true',
                        help='write the model even if it is not better on held-out clips')
    parser.add_argument('--seed', type=int, default=0, help='of the folds')
    arguments.add_threads(parser, 1)
    parser.set_defaults(run=run)


def run(args) -> int:
    """Adapt as the arguments say."""
    _check(args)
    check_packages('adapt', 'torch', 'onnx')
    from ser_ros.adaptation import adapt, report
    from ser_ros.adaptation.clips import read_clips
    from ser_ros.corpora import labelled_clips
    from ser_ros.evaluation import document
    from ser_ros.inference.model_file import Model
    from ser_ros.offline import open_stream
    from ser_ros.progress import Progress
    model = Model(args.model)
    settings = adapt.Settings(
        name=args.name or model.info.name + '_adapted', licence=args.data_licence,
        hold_out=args.hold_out, keep=args.keep, seed=args.seed, threads=args.threads)
    folder = Path(args.output) / settings.name
    if folder.exists() and folder.samefile(Path(model.path(model.precisions[0])).parent):
        raise SerError(f'{folder} holds the model that is adapted; choose another --name or '
                       '--output')
    clips, left_out = read_clips(Path(args.data), model.info.labels, args.corpus)
    for label, count in left_out.items():
        _warn(f'{count} clips of {label} are left out: it is none of the emotions of this package')
    warn_of_skipped(labelled_clips.skipped(Path(args.data), args.corpus))
    clips, problems = labelled_clips.readable(clips, args.threads, Progress())
    warn_of_unreadable(problems)
    for name in labelled_clips.trained_on(model.info.training_data, Path(args.data), args.corpus):
        _warn(
            f'{model.info.name} was trained on speakers of {name}: if these are among them, the '
            'figures before and '
              'after are too good')
    found = adapt.adapt(model, clips, open_stream(model.info.feature_set), settings, Progress(),
                        len(problems))
    _warn_of_silent(found.silent)
    print(document.to_markdown(report.report(found)))
    print(report.verdict(found))
    if found.difference.uar <= 0 and not args.force:
        _warn('nothing is written; --force writes it all the same')
        return NO_GAIN_CODE
    make_folder(args.output)
    adapt.save(found, settings, folder)
    text = document.to_markdown(report.card(found, settings))
    (folder / 'README.md').write_text(text, encoding='utf-8')
    print(f'model: {folder}')
    return 0


def _check(args):
    if args.seed < 0:
        raise SerError(f'--seed must be 0 or more, got {args.seed}')
    check_threads(args.threads)
    low, high = KEEP_RANGE
    if not low <= args.keep <= high:
        raise SerError(f'--keep must be from {low:g} to {high:g}, got {args.keep}')
    if args.name is not None and (not args.name or os.path.basename(args.name) != args.name
                                  or args.name in ('.', '..')):
        raise SerError(f'--name must be the name of a folder, without a path, got {args.name!r}')


def _warn_of_silent(clips):
    if clips:
        names = ', '.join(clip.path.name for clip in clips[:LISTED])
        _warn(
            f"{len(clips)} clips hold no speech and are left out: "
            f"{names}{', ...' if len(clips) > LISTED else ''}")


def _warn(text):
    tell('warning: ' + text)
