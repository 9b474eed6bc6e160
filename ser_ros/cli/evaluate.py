# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros evaluate``: measure a model on speakers it was never trained on."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, List, Sequence, Tuple

from ser_ros.cli import arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.cli.packages import check_packages
from ser_ros.cli.train import make_folder
from ser_ros.errors import SerError, listed
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.messages import tell

if TYPE_CHECKING:
    from ser_ros.corpora.labelled_clips import Clip
    from ser_ros.recognizer import Recognizer

PARTS = ('test', 'validation')
CHANGES = 12
ROBUSTNESS_CLIPS = 150


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'evaluate', help='measure a model on labelled clips',
        description='Measure a model on speakers it was not trained on. Write a report (Markdown, '
        'HTML, JSON, pictures) and the scores of all clips, windows and changes of emotion (CSV).')
    arguments.add_model(parser)
    parser.add_argument('config', metavar='CONFIG.yaml', nargs='?',
                        help='training configuration of the model, for its speaker lists; without '
                        'it, all speakers of a corpus that the model was not trained on')
    parser.add_argument('--data', required=True, metavar='FOLDER',
                        help='folder with one folder for each corpus; without CONFIG.yaml also a '
                        'corpus itself')
    parser.add_argument('--part', choices=PARTS, default='test',
                        help='speakers to measure on (default: test); use test only for final '
                        'figures')
    parser.add_argument('--corpus', metavar='NAME',
                        help='without CONFIG.yaml: read the folder as this corpus instead of '
                        'detecting it')
    arguments.add_session(parser, 'auto', 'fp32')
    arguments.add_threads(parser, 1)
    parser.add_argument('--changes', type=int, default=CHANGES, metavar='N',
                        help='changes of emotion for each speaker (default: 12; 0: none)')
    parser.add_argument('--against', metavar='FOLDER',
                        help="output folder of another model's evaluation on the same clips, for "
                        'a comparison by paired bootstrap')
    parser.add_argument('--robustness', action='store_true',
                        help='measure under noise, reverberation, gain, clipping, codecs and '
                        'microphone colour instead of writing the report')
    parser.add_argument('--clips', type=int, default=ROBUSTNESS_CLIPS, metavar='N',
                        help='with --robustness: clips of each corpus, balanced over its classes '
                        '(default: 150; 0: all)')
    parser.add_argument('--output', default='runs/evaluation', metavar='FOLDER',
                        help='output folder (default: runs/evaluation)')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate as the arguments say."""
    check_packages('evaluate', 'matplotlib')
    if args.changes < 0:
        raise SerError(f'--changes must be 0 or more, got {args.changes}')
    if args.clips < 0:
        raise SerError(f'--clips must be 0 or more, got {args.clips}')
    if args.robustness and args.against:
        raise SerError('--robustness and --against exclude each other; give one of them')
    if args.config and args.corpus:
        raise SerError(
            f'--corpus {args.corpus} and {args.config} exclude each other: the configuration names '
            'the corpora')
    from ser_ros.evaluation import evaluate
    from ser_ros.evaluation.scoring import Scorer
    from ser_ros.progress import Progress
    from ser_ros.recognizer import Recognizer
    with Recognizer(args.model, args.precision, backend=args.backend,
                    threads=args.threads) as recognizer:
        clips = _configured(args, recognizer) if args.config else _strangers(args, recognizer)
        output = make_folder(args.output)
        part = args.part if args.config else 'all'
        if args.robustness:
            text = evaluate.run_robustness(
                Scorer(recognizer), clips, part, args.clips, output, Progress())
        else:
            text = evaluate.run(
                Scorer(recognizer), clips, part, args.changes, output, Progress(),
                Path(args.against) if args.against else None)
    print(text)
    print(f'written to {output}')
    return 0


def _configured(args: argparse.Namespace, recognizer: 'Recognizer') -> 'List[Clip]':
    """Return the clips of the speakers that the configuration lists."""
    from ser_ros.corpora import labelled_clips
    from ser_ros.training import config
    settings = config.load(args.config)
    if list(recognizer.labels) != settings.labels:
        raise SerError(
            f'the model {recognizer.info.name} has the labels '
            f'{listed(recognizer.labels)}, but {args.config} lists '
            f'{listed(settings.labels)}; give the configuration of this model')
    clips = labelled_clips.load_part(settings, Path(args.data), args.part)
    warn_of_trained(recognizer.info, clips)
    return clips


def warn_of_trained(info: ModelInfo, clips: 'Sequence[Clip]') -> None:
    """Warn if the model was trained on speakers of these clips."""
    from ser_ros.corpora import labelled_clips
    speakers = labelled_clips.speakers_trained_on(info.training_data, clips)
    if speakers:
        _warn(
            f'{info.name} was trained on {listed(speakers)}, but the configuration does not '
            'list them for training: figures of these speakers mean nothing')


def _strangers(args: argparse.Namespace, recognizer: 'Recognizer') -> 'List[Clip]':
    """Return all clips in the folder whose emotion the model knows."""
    from ser_ros.corpora import labelled_clips
    from ser_ros.progress import Progress
    clips, left_out = labelled_clips.strangers(Path(args.data), recognizer.labels, args.corpus)
    for label, count in left_out.items():
        _warn(f'{count} clips of {label} are left out: the model does not know it')
    warn_of_skipped(labelled_clips.skipped(Path(args.data), args.corpus))
    clips, problems = labelled_clips.readable(clips, args.threads, Progress())
    warn_of_unreadable(problems)
    info = recognizer.info
    for name in labelled_clips.trained_on(info.training_data, Path(args.data), args.corpus):
        _warn(
            f'{info.name} was trained on speakers of {name}: give its CONFIG.yaml to leave them '
            'out, or these figures mean nothing')
    return clips


def warn_of_unreadable(problems: Sequence[str]) -> None:
    """Name each file that is left out because it cannot be read."""
    for problem in problems:
        _warn('left out: ' + problem)


def warn_of_skipped(skipped: Sequence[Tuple[Path, str]]) -> None:
    """Warn of files that are not clips of the corpus, as `labelled_clips.skipped` returns them."""
    if skipped:
        path, reason = skipped[0]
        _warn(
            f'{len(skipped)} files are left out, such as {path}: {reason}; ser_ros data check '
            '--json lists all')


def _warn(text: str) -> None:
    tell('warning: ' + text)
