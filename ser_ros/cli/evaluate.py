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
        'evaluate', help='measure a model on labelled clips, or compare two models',
        description='Measure a model on speakers it was not trained on. Write a report (Markdown, '
        'HTML, JSON, pictures) and the scores of all clips, windows and changes of emotion (CSV). '
        'With --compare, say which of two models is better on the same clips.')
    parser.add_argument('model', metavar='NAME|PATH', nargs='?',
                        help='name of a model in models/, or path of a model; not with --compare')
    parser.add_argument('config', metavar='CONFIG.yaml', nargs='?',
                        help='training configuration of the model, for its speaker lists; without '
                        'it, all speakers of a corpus that the model was not trained on')
    parser.add_argument('--data', metavar='FOLDER',
                        help='folder with one folder for each corpus; without CONFIG.yaml also a '
                        'corpus itself')
    parser.add_argument('--part', choices=PARTS, default='test',
                        help='speakers to measure on (default: test); use test only for final '
                        'figures')
    parser.add_argument('--corpus', metavar='NAME',
                        help='without CONFIG.yaml: read the folder as this corpus instead of '
                        'detecting it')
    parser.add_argument('--speaker-from', metavar='PART',
                        help='without CONFIG.yaml: where in the path of a clip the speaker is: the '
                        'number of a part of the file name (1 for spk1_anger_02.wav), a regular '
                        'expression whose first group is the speaker, or none (default: the part '
                        'that can only be the speaker)')
    arguments.add_session(parser, 'auto', 'fp32')
    arguments.add_threads(parser, 1)
    parser.add_argument('--changes', type=int, default=CHANGES, metavar='N',
                        help='changes of emotion for each speaker (default: 12; 0: none)')
    parser.add_argument('--compare', nargs=2, metavar=('A', 'B'),
                        help='compare two models on the same clips by a paired bootstrap; A and B '
                        'are models, or output folders of earlier evaluations')
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
    if args.compare and args.model:  # the only one beside --compare is the configuration
        args.model, args.config = None, args.config or args.model
    _check(args)
    output = Path(args.output)
    if args.compare:
        from ser_ros.evaluation import comparison
        folders = [_evaluation(args, name, output / side)
                   for name, side in zip(args.compare, 'ab')]
        text = comparison.run(folders[0], folders[1], args.compare, make_folder(args.output))
    else:
        text = _evaluate(args, args.model, output)
    print(text)
    print(f'written to {output}')
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.changes < 0:
        raise SerError(f'--changes must be 0 or more, got {args.changes}')
    if args.clips < 0:
        raise SerError(f'--clips must be 0 or more, got {args.clips}')
    if args.robustness and args.compare:
        raise SerError('--robustness and --compare exclude each other; give one of them')
    for name in ('corpus', 'speaker_from'):
        value = getattr(args, name)
        if args.config and value:
            raise SerError(
                f'--{name.replace("_", "-")} {value} and {args.config} exclude each other: the '
                'configuration names the corpora and their speakers')
    if not args.compare and not args.model:
        raise SerError('no model is given; name one, or two with --compare A B')
    if not args.compare and not args.data:
        raise SerError('--data FOLDER is missing; give the folder of the labelled clips')


def _evaluation(args: argparse.Namespace, name: str, output: Path) -> Path:
    """Return the folder of an evaluation; a model is evaluated into ``output`` first."""
    from ser_ros.evaluation.score_files import WINDOWS
    if (Path(name) / WINDOWS).is_file():
        return Path(name)
    if not args.data:
        raise SerError(f'{name} is not the output folder of an evaluation (it has no {WINDOWS}); '
                       'to evaluate a model of this name first, give --data FOLDER')
    args.changes = 0  # not compared
    _evaluate(args, name, output)
    return output


def _evaluate(args: argparse.Namespace, model: str, output: Path) -> str:
    """Evaluate a model, and return the report."""
    from ser_ros.evaluation import evaluate
    from ser_ros.evaluation.scoring import Scorer
    from ser_ros.progress import Progress
    from ser_ros.recognizer import Recognizer
    with Recognizer(model, args.precision, backend=args.backend,
                    threads=args.threads) as recognizer:
        clips, notes = (_configured(args, recognizer) if args.config
                        else _strangers(args, recognizer))
        make_folder(str(output))
        part = args.part if args.config else 'all'
        if args.robustness:
            return evaluate.run_robustness(
                Scorer(recognizer), clips, part, args.clips, output, Progress())
        return evaluate.measure(
            Scorer(recognizer), clips, part, args.changes, Progress(), notes).save(output)


def _configured(args: argparse.Namespace,
                recognizer: 'Recognizer') -> 'Tuple[List[Clip], List[str]]':
    """Return the clips of the speakers that the configuration lists, and no notes on them."""
    from ser_ros.corpora import labelled_clips
    from ser_ros.training import config
    settings = config.load(args.config, Path(args.data))
    if list(recognizer.labels) != settings.labels:
        raise SerError(
            f'the model {recognizer.info.name} has the labels '
            f'{listed(recognizer.labels)}, but {args.config} lists '
            f'{listed(settings.labels)}; give the configuration of this model')
    clips = labelled_clips.load_part(settings, Path(args.data), args.part)
    warn_of_trained(recognizer.info, clips)
    return clips, []


def warn_of_trained(info: ModelInfo, clips: 'Sequence[Clip]') -> None:
    """Warn if the model was trained on speakers of these clips."""
    from ser_ros.corpora.trained_on import speakers_trained_on
    speakers = speakers_trained_on(info.training_data, clips)
    if speakers:
        _warn(
            f'{info.name} was trained on {listed(speakers)}, but the configuration does not '
            'list them for training: figures of these speakers mean nothing')


def _strangers(args: argparse.Namespace,
               recognizer: 'Recognizer') -> 'Tuple[List[Clip], List[str]]':
    """Return all clips in the folder whose emotion the model knows, and notes for the report."""
    from ser_ros.corpora import labelled_clips
    from ser_ros.corpora.speakers import AUTO
    from ser_ros.corpora.trained_on import trained_on
    from ser_ros.progress import Progress
    where = Path(args.data), args.corpus, args.speaker_from or AUTO
    notes = [note for listing in labelled_clips.listings(*where)
             for note in labelled_clips.notes(listing, recognizer.labels, recognizer.info.merge)]
    for note in notes:
        tell(note)
    clips, left_out = labelled_clips.strangers(
        where[0], recognizer.labels, *where[1:], recognizer.info.merge)
    for label, count in left_out.items():
        notes.append(f'{count} clips of {label} are left out: the model does not know it.')
        _warn(notes[-1])
    warn_of_skipped(labelled_clips.skipped(Path(args.data), args.corpus))
    clips, problems = labelled_clips.readable(clips, args.threads, Progress())
    warn_of_unreadable(problems)
    info = recognizer.info
    for name in trained_on(info.training_data, Path(args.data), args.corpus):
        _warn(
            f'{info.name} was trained on speakers of {name}: give its CONFIG.yaml to leave them '
            'out, or these figures mean nothing')
    return clips, notes


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
