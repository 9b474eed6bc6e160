# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros calibrate``: recalculate the confidence threshold of a stored model."""

import argparse
import os
from pathlib import Path

from ser_ros.cli.arguments import Subparsers
from ser_ros.cli.evaluate import warn_of_trained
from ser_ros.cli.packages import check_packages
from ser_ros.errors import SerError, listed


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'calibrate', help='recalculate the confidence threshold of a model',
        description='Recalculate the confidence threshold of a stored model. Above it, the stated '
        'share of the answers is right on the validation speakers. The file of the highest '
        'precision gives the value, and all files of the model record it. ser_ros train does this '
        'automatically.')
    parser.add_argument('model', metavar='FOLDER', help='folder of the model')
    parser.add_argument('config', metavar='CONFIG.yaml',
                        help='training configuration of the model, for its speaker lists')
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='folder with one folder for each corpus')
    parser.add_argument('--accuracy', type=float, metavar='SHARE',
                        help='share of right answers, over 0 and at most 1 (default: '
                        'answer_accuracy of CONFIG.yaml)')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Calibrate as the arguments say."""
    if args.accuracy is not None and not 0 < args.accuracy <= 1:
        raise SerError(f'--accuracy must be over 0 and at most 1, got {args.accuracy}')
    if not os.path.isdir(args.model):
        raise SerError(
            f'{args.model} is not a folder; give the folder of the model, because all its files '
            'get the same threshold')
    check_packages('calibrate', 'torch', 'onnx')
    from ser_ros.corpora import labelled_clips
    from ser_ros.evaluation import threshold
    from ser_ros.inference.model_file import Model
    from ser_ros.progress import Progress
    from ser_ros.training import config
    settings = config.load(args.config, Path(args.data))
    info = Model(args.model + os.sep).info
    if list(info.labels) != settings.labels:
        raise SerError(
            f'the model {info.name} has the labels {listed(info.labels)}, but {args.config} '
            f'lists {listed(settings.labels)}; give the configuration of this model')
    clips = labelled_clips.load_part(settings, Path(args.data), 'validation')
    warn_of_trained(info, clips)
    accuracy = settings.answer_accuracy if args.accuracy is None else args.accuracy
    calibration = threshold.add_to_model(Path(args.model), clips, accuracy, Progress())
    print(threshold.describe(calibration))
    return 0
