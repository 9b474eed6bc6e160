# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure how a robot's owner meets the graph: answers that start wrongly, talks answered rightly.

Run with `python benchmarks/talks.py --data FOLDER`; docs/abstention.md explains the figures. The
model hears each talk once; with --cache its answers are kept, and another run takes a minute.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Optional

from timing import print_table

from ser_ros import typed_yaml
from ser_ros.corpora.labelled_clips import load_part
from ser_ros.corpora.parts import Corpus
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.evaluation.talks import building, choice, figures
from ser_ros.evaluation.talks.listening import listen
from ser_ros.evaluation.talks.outcomes import Limits, Outcome, outcomes
from ser_ros.graph_defaults import graph_settings
from ser_ros.mitigation import config as mitigation_file
from ser_ros.progress import Progress
from ser_ros.recognizer import Recognizer
from ser_ros.typed_values import build

HERE = Path(__file__).resolve().parent
NAMED_FROM = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
HOLDS_S = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0]
# Wrong starts an hour for which the curve shows the best limits.
CURVE = [0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0]


@dataclass(frozen=True)
class Speakers:
    """The speakers by corpus, as `ser_ros.corpora.parts.Selection` has them."""

    corpora: dict[str, Corpus]
    labels: Sequence[str]
    drop: Sequence[str]
    merge: Mapping[str, str] = field(default_factory=dict)


def main() -> int:
    """Make the talks, listen to them, and print what the limits give."""
    args = arguments()
    try:
        result = measure(args)
    except SerError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + '\n', encoding='utf-8')
    return 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--data', type=Path, required=True, metavar='FOLDER',
                        help='folder with one folder for each corpus')
    parser.add_argument('--model', help='name or path of a model (default: that of the graph)')
    parser.add_argument('--precision', help='fp32, fp16 or int8 (default: that of the graph)')
    parser.add_argument('--baseline', choices=('off', 'running'), default='off',
                        help="whether the voice's own baseline is used")
    parser.add_argument('--config', default=str(HERE / 'talks.yaml'), metavar='YAML',
                        help='speakers by corpus and part')
    parser.add_argument('--part', choices=('validation', 'test'), default='validation',
                        help='test: final figures, nothing is chosen')
    parser.add_argument('--mitigation', default=str(HERE.parent / 'config' / 'mitigation.yaml'),
                        metavar='YAML', help='mitigation file')
    parser.add_argument('--talks', type=int, default=16, metavar='N',
                        help='short talks for each corpus and emotion')
    parser.add_argument('--long-talks', type=int, default=12, metavar='N',
                        help='neutral and happy talks for each corpus')
    parser.add_argument('--seed', type=int, default=0, help='of order and pauses')
    parser.add_argument('--named-from', type=float, nargs='+', default=NAMED_FROM, metavar='P',
                        help='values of min_confidence of the tracker')
    parser.add_argument('--hold', type=float, nargs='+', default=HOLDS_S, metavar='SECONDS',
                        help='values of hold_s of the policy')
    parser.add_argument('--cache', type=Path, metavar='FOLDER', help="keep the model's answers")
    parser.add_argument('--json', type=Path, metavar='FILE', help='write all figures')
    return parser.parse_args()


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Do what the arguments say; return the figures, and print them."""
    mitigation = mitigation_file.load(args.mitigation)
    voice = {} if args.baseline == 'off' else {'baseline': args.baseline}
    with Recognizer(args.model, args.precision, **voice) as recognizer:
        labels, info = recognizer.labels, recognizer.info
        talks = building.plan(clips_of(args, labels), labels, args.talks, args.long_talks,
                              args.seed)
        scores = listen(recognizer, talks, Progress(), args.cache, f'baseline {args.baseline}')
    tracking = graph_settings(info)
    shipped = Limits(tracking.min_confidence, mitigation.timing.hold_s,
                     mitigation.timing.min_confidence)
    sweep = {shipped}
    if args.part == 'validation':
        sweep |= {Limits(*pair, 0.0) for pair in product(args.named_from, args.hold)}
    found = dict(outcomes(talks, scores, labels, tracking, mitigation, sorted(sweep)))
    print(f'{info.name} {info.version}, baseline {args.baseline}, {args.part} speakers')
    result = {'model': info.name, 'version': info.version, 'baseline': args.baseline,
              'part': args.part, 'default limits': show('The default limits', shipped, found)}
    if args.part == 'validation':
        result.update(choose(found))
    return result


def clips_of(args: argparse.Namespace, labels: Sequence[str]) -> list[Any]:
    """Return the clips of the speakers that the configuration lists."""
    corpora = {name: build(Corpus, entry, f'{args.config}: {name}')
               for name, entry in typed_yaml.read(args.config).items()}
    unknown = [emotion for emotion in EMOTIONS if emotion not in labels]
    return load_part(Speakers(corpora, labels, unknown), args.data, args.part)


def choose(found: Mapping[Limits, Sequence[Outcome]]) -> dict[str, Any]:
    """Print the curve, what leaving each corpus out gives, and the chosen limits."""
    swept = {limits: choice.trades(members) for limits, members in found.items()}
    corpora = list(next(iter(swept.values())))
    chosen = {name: choice.choose(swept, corpora, allowed)
              for name, allowed in choice.SENSITIVITIES.items()}
    curve = {allowed: choice.choose(swept, corpora, allowed) for allowed in CURVE}
    left_out = {name: choice.leave_one_out(swept, corpora, allowed)
                for name, allowed in choice.SENSITIVITIES.items()}
    heading('The best limits for a number of wrong starts an hour')
    print_table(('allowed', 'named from', 'hold [s]', 'wrong an hour', 'right', 'answered',
                 *(f'{name}: wrong, right' for name in corpora)),
                [(f'{allowed:g}', *cells(limits, limits and choice.mean(swept[limits])),
                  *(pair(swept[limits][name]) for name in corpora))
                 for allowed, limits in curve.items() if limits])
    heading('Chosen without one corpus, and what that gives in it')
    print_table(('sensitivity', 'left out', 'named from', 'hold [s]', 'wrong an hour', 'right',
                 'answered'),
                [(name, corpus, *cells(limits, trade))
                 for name, members in left_out.items()
                 for corpus, (limits, trade) in members.items()])
    return {
        'curve': {allowed: as_json(limits, swept) for allowed, limits in curve.items()},
        'left out': {name: {corpus: {'limits': limits and asdict(limits),
                                     'trade': trade and asdict(trade)}
                            for corpus, (limits, trade) in members.items()}
                     for name, members in left_out.items()},
        'sensitivity': {name: show(f'{name}: at most {choice.SENSITIVITIES[name]:g} an hour',
                                   limits, found) for name, limits in chosen.items() if limits}}


def show(title: str, limits: Limits, found: Mapping[Limits, Sequence[Outcome]]) -> dict[str, Any]:
    """Print all figures that these limits give, and return them."""
    heading(f'{title}: named from {limits.named_from:g}, hold {limits.hold_s:g} s, '
            f'counts from {limits.min_confidence:g}')
    entries = figures.rates(found[limits])
    print_table(('corpus, emotion', 'measure', 'value', '95 %', 'speakers', 'talks', 'hours'), [
        (f'{entry.corpus}, {entry.emotion}', entry.measure, number(entry.value, entry),
         ' to '.join(number(value, entry) for value in entry.interval), str(entry.speakers),
         str(entry.talks), f'{entry.hours:.2f}') for entry in entries])
    counts = figures.started(found[limits])
    answers = sorted({answer for members in counts.values() for answer in members})
    print()
    print_table(('talk, and what is answered first', *(answer or 'nothing' for answer in answers)),
                [(emotion, *(str(members[answer]) for answer in answers))
                 for emotion, members in counts.items()])
    return {'limits': asdict(limits), 'mean': asdict(choice.mean(choice.trades(found[limits]))),
            'rates': [asdict(entry) for entry in entries], 'first answers': counts}


def heading(text: str) -> None:
    """Print a heading."""
    print(f'\n{text}')


def number(value: float, entry: figures.Rate) -> str:
    """Return a figure as text: starts an hour as they are, shares in percent."""
    return f'{value:.1f}' if entry.measure == figures.WRONG else f'{value:.0%}'


def cells(limits: Optional[Limits], trade: Optional[choice.Trade]) -> tuple[str, ...]:
    """Return limits and what they give as cells of a table."""
    if limits is None or trade is None:
        return ('none',) * 5
    return (f'{limits.named_from:g}', f'{limits.hold_s:g}', f'{trade.wrong_per_hour:.1f}',
            f'{trade.right:.0%}', f'{trade.answered:.0%}')


def pair(trade: choice.Trade) -> str:
    """Return what limits give in one corpus in short."""
    return f'{trade.wrong_per_hour:.1f}, {trade.right:.0%}'


def as_json(limits: Optional[Limits], swept: Mapping[Limits, choice.Trades]) -> Any:
    """Return limits and what they give by corpus."""
    return limits and {'limits': asdict(limits), 'trades': {
        name: asdict(trade) for name, trade in swept[limits].items()}}


if __name__ == '__main__':
    sys.exit(main())
