# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros calibrate``: choose anew from which confidence on a stored model names an emotion."""

import os
from pathlib import Path

from ser_ros.cli.evaluate import warn_of_trained
from ser_ros.cli.packages import check_packages
from ser_ros.errors import SerError


def add_parser(subparsers):
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'calibrate', help='choose when a model names an emotion',
        description='Choose the confidence from which on a stored model names an emotion, so that '
        'a stated share of its answers is right on the validation speakers. It is chosen with the '
        'file of the highest precision and written into all files of the model. ser_ros train '
        'does this by itself.')
    parser.add_argument('model', metavar='FOLDER', help='of the model')
    parser.add_argument('config', metavar='CONFIG.yaml',
                        help='that it was trained with: it lists the speakers')
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='folder that holds a folder for each corpus')
    parser.add_argument('--accuracy', type=float, metavar='SHARE',
                        help='share of right answers (default: answer_accuracy of CONFIG.yaml)')
    parser.set_defaults(run=run)


def run(args) -> int:
    """Calibrate as the arguments say."""
    if args.accuracy is not None and not 0 < args.accuracy <= 1:
        raise SerError(f'--accuracy must be over 0 and at most 1, got {args.accuracy}')
    if not os.path.isdir(args.model):
        raise SerError(
            f'{args.model} is no folder of a model; all its files get the same threshold')
    check_packages('calibrate', 'torch', 'onnx')
    from ser_ros.corpora import labelled_clips
    from ser_ros.evaluation import threshold
    from ser_ros.inference.model_file import Model
    from ser_ros.progress import Progress
    from ser_ros.training import config
    settings = config.load(args.config)
    info = Model(args.model + os.sep).info
    if list(info.labels) != settings.labels:
        raise SerError(
            f"the model {info.name} tells {', '.join(info.labels)} apart, the configuration "
            f"{args.config} {', '.join(settings.labels)}")
    clips = labelled_clips.load_part(settings, Path(args.data), 'validation')
    warn_of_trained(info, clips)
    accuracy = settings.answer_accuracy if args.accuracy is None else args.accuracy
    found = threshold.add_to_model(Path(args.model), clips, accuracy, Progress())
    print(threshold.describe(found))
    return 0
