# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros mitigation-report``: what was learned about the strategies of mitigation."""

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING, List, Sequence, Tuple

from ser_ros.cli.arguments import Subparsers
from ser_ros.errors import SerError
from ser_ros.files import check_regular
from ser_ros.messages import tell

if TYPE_CHECKING:
    from ser_ros.mitigation.learned_report import Learned
    from ser_ros.mitigation.memory import Memory

_HEAD = ('emotion', 'strategy', 'tried', 'helped', 'share', '95 % interval', 'from the prior')


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'mitigation-report', help='show which mitigation strategies have helped',
        description='Show for each emotion and strategy how often it was tried and how often it '
        'helped, as the responder remembers it with the parameter learning. Older results count '
        'less.')
    parser.add_argument('--state-file', default='', metavar='FILE',
                        help="the responder's state_file (default: that of the node)")
    parser.add_argument('--config', metavar='FILE',
                        help="mitigation file with the prior (default: the package's)")
    parser.add_argument('--json', action='store_true', help='print JSON instead of a table')
    parser.add_argument('--plot', metavar='FILE', help='draw shares and intervals: .png or .svg')
    parser.add_argument('--reset', action='store_true',
                        help='forget what was learned, after showing it; only while the responder '
                        'does not run, which would write it again')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show, draw and forget as the arguments say."""
    from ser_ros.mitigation import learned_report
    from ser_ros.mitigation.config import load
    from ser_ros.mitigation.learning import Learner
    from ser_ros.mitigation.memory_file import MemoryFile
    from ser_ros.resources import share_path
    file = MemoryFile(args.state_file)
    if not file.path:
        raise SerError(f'--state-file is {args.state_file!r}; allowed: the path of a file')
    memory = _read(file.path)
    learner = Learner(load(args.config or share_path('config', 'mitigation.yaml')).learning)
    learner.counts = memory.learned
    rows = learned_report.rows(learner)
    print(json.dumps([row._asdict() for row in rows], indent=2) if args.json else _table(rows))
    if args.plot:
        _plot(rows, args.plot)
    if args.reset:
        file.store(replace(memory, learned={}))
        if file.problem:
            raise SerError(file.problem)
        tell(f'{file.path}: what was learned is forgotten')
    return 0


def _read(path: str) -> 'Memory':
    """Return the memory; unlike the responder, leave a file as it is that does not fit."""
    from ser_ros.mitigation.memory import from_dict
    try:
        check_regular(path)
        with open(path, encoding='utf-8') as file:
            return from_dict(json.load(file), path)
    except OSError as error:
        raise SerError(f'cannot read {path}: {error.strerror}. The responder writes it') from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SerError(f'{path} is not a file of the responder: {error}') from error


def _table(rows: Sequence['Learned']) -> str:
    if not rows:
        return 'Nothing was learned yet.'
    lines = [_HEAD] + [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return '\n'.join(
        '  '.join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
        for line in lines)


def _cells(row: 'Learned') -> Tuple[str, ...]:
    low, high = row.interval
    return (row.emotion, row.strategy, f'{row.tried:.1f}', f'{row.helped:.1f}',
            f'{row.share:.0%}', f'{low:.0%} to {high:.0%}', f'{row.from_prior:+.0%}')


def _plot(rows: Sequence['Learned'], path: str) -> None:
    from ser_ros import plotting
    names: List[str] = [f'{row.emotion}: {row.strategy}' for row in rows]
    with plotting.figure(path, figsize=(7.0, 1.5 + 0.4 * len(rows))) as (_, axes):
        for place, row in enumerate(rows):
            axes.plot(row.interval, (place, place), color='tab:blue')
            axes.plot(row.share, place, 'o', color='tab:blue')
            axes.plot(row.share - row.from_prior, place, '|', color='gray', markersize=14)
        axes.set_yticks(range(len(rows)))
        axes.set_yticklabels(names)
        axes.set_xlim(0.0, 1.0)
        axes.set_xlabel('share that it helps, with the 95 % interval; gray: prior')
