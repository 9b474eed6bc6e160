# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros data``: the content of a corpus and the problems in it, and its parts."""

import argparse
import json
import os
from pathlib import Path

from ser_ros.cli.arguments import Subparsers
from ser_ros.cli.packages import check_packages
from ser_ros.errors import Faults, SerError
from ser_ros.output_file import open_output

PROBLEM_CODE = 1


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'data', help='check and split labelled clips before training on them',
        description='Check and split labelled clips before training on them.')
    commands = parser.add_subparsers(metavar='COMMAND', dest='data_command')
    commands.required = True
    check = commands.add_parser(
        'check', help='count and check the clips of corpora',
        description='Count the clips by emotion and speaker, measure durations and levels, and '
        'find broken, silent and duplicate files. Exit code: 0 success, 1 problems to repair '
        '(broken or silent files, faults of scripts, unknown labels, one sound under two labels) '
        'or files that belong to no clip, 2 error.')
    check.add_argument('folders', nargs='+', metavar='FOLDER',
                       help='a corpus as downloaded, a folder with a metadata.csv, a list (CSV), '
                       'a folder with one folder for each emotion, or several of these in one '
                       'folder')
    check.add_argument('--corpus', metavar='NAME',
                       help='read the folder as this corpus instead of detecting it')
    check.add_argument('--quiet-dbfs', type=float, metavar='LEVEL',
                       help='list clips under this RMS level as quiet (default: -58)')
    check.add_argument('--threads', type=int, default=os.cpu_count(),
                       help='CPU threads (default: all)')
    check.add_argument('--json', action='store_true', help='print the findings as JSON')
    check.set_defaults(run=run)
    _add_split(commands)


def _add_split(commands: Subparsers) -> None:
    split = commands.add_parser(
        'split', help='divide the speakers and sentences of corpora into parts',
        description='Divide the speakers of corpora, and with --sentences also their sentences, '
        'into training, validation and test. Write them to a file that a training configuration '
        'names under corpora. Clips whose speaker and sentence are in different parts are not '
        'used.')
    split.add_argument('folder', metavar='FOLDER',
                       help='a corpus, or a folder with one folder for each corpus')
    split.add_argument('--speakers', default='60/20/20', metavar='SHARES',
                       help='percentages of the speakers for training, validation and test '
                       '(default: 60/20/20)')
    split.add_argument('--sentences', metavar='SHARES',
                       help='percentages of the sentences, such as 60/20/20 (default: every part '
                       'holds all sentences)')
    split.add_argument('--seed', type=int, default=0,
                       help='seed of the draw; the same seed gives the same file (default: 0)')
    split.add_argument('--output', default='split.yaml', metavar='FILE',
                       help='the file to write (default: split.yaml)')
    split.set_defaults(run=run_split)


def run_split(args: argparse.Namespace) -> int:
    """Divide the corpora as the arguments say."""
    if args.seed < 0:
        raise SerError(f'--seed must be 0 or more, got {args.seed}')
    check_packages('data split')
    from ser_ros import corpora
    from ser_ros.corpora import splits
    listings = [corpora.read(folder) for folder in corpora.find_folders(Path(args.folder))]
    faults = [str(fault) for listing in listings for fault in listing.faults]
    if faults:
        raise Faults(f'{args.folder} has {len(faults)} faults, which are listed above; repair '
                     'them before', faults)
    made = [splits.split(listing, args.speakers, args.sentences, args.seed)
            for listing in listings]
    shares = f'--speakers {args.speakers}' + (
        f' --sentences {args.sentences}' if args.sentences else '')
    text = splits.to_yaml(made, f'Made by: ser_ros data split {shares} --seed {args.seed}')
    with open_output(args.output) as file:
        file.write(text)
    for part in made:
        counts = ', '.join(f'{count} {name}' for name, count in part.counts().items())
        print(f'{part.listing.folder.name}: {counts}')
    print(f'written to {args.output}')
    return 0


def run(args: argparse.Namespace) -> int:
    """Check the folders as the arguments say."""
    if args.threads < 1:
        raise SerError(f'--threads must be 1 or more, got {args.threads}')
    check_packages('data check')
    from ser_ros import corpora
    from ser_ros.corpora.check_report import print_check
    from ser_ros.corpora.clip_check import measure_all
    from ser_ros.corpora.corpus_check import QUIET_DBFS, CorpusCheck
    from ser_ros.progress import Progress
    quiet_dbfs = QUIET_DBFS if args.quiet_dbfs is None else args.quiet_dbfs
    folders = [folder for name in args.folders for folder in corpora.find_folders(Path(name))]
    checks = []
    for folder in folders:
        listing = corpora.read(folder, args.corpus)
        paths = [recording.path for recording in listing.recordings]
        clips = measure_all(paths, args.threads, Progress())
        checks.append(CorpusCheck(listing, clips, quiet_dbfs))
        if not args.json:
            print_check(checks[-1])
    if args.json:
        print(json.dumps([check.values() for check in checks], indent=2, ensure_ascii=False))
    return 0 if all(check.sound and not check.listing.unexplained
                    for check in checks) else PROBLEM_CODE
