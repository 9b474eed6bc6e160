# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how a robot's owner meets the graph: answers that start wrongly, talks answered rightly.

Run with `python benchmarks/talks.py --data FOLDER`; docs/abstention.md explains the figures. The
model hears each talk once; with --cache its answers are kept, and another run takes a minute.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import hold_rule
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
MIN_CONFIDENCES = [0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7]
HOLDS_S = [0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0]
# The same for the rule that is compared with.
NAMED_FROM = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9]
UNBROKEN_S = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0]
# Wrong starts an hour for which the curve shows the best limits.
CURVE = [0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0]
TRADE = ('wrong an hour', 'right', 'answered')

AnyLimits = TypeVar('AnyLimits')


@dataclass(frozen=True)
class Speakers:
    """The speakers by corpus, as `ser_ros.corpora.parts.Selection` has them."""

    corpora: dict[str, Corpus]
    labels: Sequence[str]
    drop: Sequence[str]
    merge: Mapping[str, str] = field(default_factory=dict)


def main() -> int:
    """Make the talks, listen to them, and print what the limits give."""
    return run(measure, arguments())


def run(measure: Callable[[argparse.Namespace], Any], args: argparse.Namespace) -> int:
    """Write what is measured to the file that the arguments name; return the exit code."""
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
    parser.add_argument('--threads', type=int, help='CPU threads for one window')
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
    parser.add_argument('--calm', type=float, default=building.CALM_S, metavar='SECONDS',
                        help='calm talk before the emotion; more of it shows what a baseline gives')
    parser.add_argument('--seed', type=int, default=0, help='of order and pauses')
    parser.add_argument('--min-confidence', type=float, nargs='+', default=MIN_CONFIDENCES,
                        metavar='P', help='values of min_confidence of the policy')
    parser.add_argument('--compare', action='store_true',
                        help='also sweep the rule that waits for an emotion without a break')
    parser.add_argument('--hold', type=float, nargs='+', default=HOLDS_S, metavar='SECONDS',
                        help='values of hold_s of the policy')
    parser.add_argument('--cache', type=Path, metavar='FOLDER',
                        help="keep the model's answers; empty it when features or the speech gate "
                        'change')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write all figures')
    return parser.parse_args()


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Do what the arguments say; return the figures, and print them."""
    mitigation = mitigation_file.load(args.mitigation)
    voice = {} if args.baseline == 'off' else {'baseline': args.baseline}
    with Recognizer(args.model, args.precision, threads=args.threads, **voice) as recognizer:
        labels, info = recognizer.labels, recognizer.info
        talks = building.plan(clips_of(args, labels), labels, args.talks, args.long_talks,
                              args.seed, args.calm)
        scores = listen(recognizer, talks, Progress(), args.cache, f'baseline {args.baseline}')
    tracking = graph_settings(info)
    shipped = {name: Limits(timing.min_confidence, timing.hold_s)
               for name, timing in (('normal', mitigation.timing),
                                    *mitigation.sensitivities.items())}
    sweep = ({Limits(*values) for values in product(args.min_confidence, args.hold)}
             if args.part == 'validation' else set())
    known = talks, scores, labels, tracking, mitigation
    found = dict(outcomes(*known, sorted(sweep | set(shipped.values()))))
    print(f'{info.name} {info.version}, baseline {args.baseline}, {args.part} speakers')
    result = {'model': info.name, 'version': info.version, 'baseline': args.baseline,
              'part': args.part, 'sensitivities': {
                  name: show(name, limits, found) for name, limits in shipped.items()}}
    if sweep:
        result.update(choose({limits: found[limits] for limits in sorted(sweep)}))
    if sweep and args.compare:
        print('\nThe rule that waits for an emotion without a break')
        result['hold'] = choose(dict(hold_rule.outcomes(*known, [
            hold_rule.HoldLimits(named_from, named_from, hold_s)
            for named_from, hold_s in product(NAMED_FROM, UNBROKEN_S)])))
    return result


def clips_of(args: argparse.Namespace, labels: Sequence[str]) -> list[Any]:
    """Return the clips of the speakers that the configuration lists."""
    corpora = {name: build(Corpus, entry, f'{args.config}: {name}')
               for name, entry in typed_yaml.read(args.config).items()}
    unknown = [emotion for emotion in EMOTIONS if emotion not in labels]
    return load_part(Speakers(corpora, labels, unknown), args.data, args.part)


def choose(found: Mapping[AnyLimits, Sequence[Outcome]]) -> dict[str, Any]:
    """Print the curve and what leaving each corpus out gives; return both."""
    names = tuple(asdict(next(iter(found))))
    swept = {limits: choice.trades(members) for limits, members in found.items()}
    corpora = list(next(iter(swept.values())))
    allowed = sorted({*CURVE, *choice.SENSITIVITIES.values()})
    curve = {limit: choice.choose(swept, corpora, limit) for limit in allowed}
    left_out = {name: choice.leave_one_out(swept, corpora, limit)
                for name, limit in choice.SENSITIVITIES.items()}
    heading('Most right answers for a number of wrong starts an hour')
    print_table(('allowed', *names, *TRADE, *(f'{name}: wrong, right' for name in corpora)),
                [(f'{limit:g}', *cells(limits), *trade_cells(choice.mean(swept[limits])),
                  *(pair(swept[limits][name]) for name in corpora))
                 for limit, limits in curve.items() if limits])
    heading('Chosen without one corpus, and what that gives in it')
    print_table(('sensitivity, left out', *names, *TRADE),
                [(f'{name} ({choice.SENSITIVITIES[name]:g} an hour), {corpus}',
                  *cells(entry[0]), *trade_cells(entry[1])) if entry else
                 (f'{name}, {corpus}', *['none'] * (len(names) + len(TRADE)))
                 for name, members in left_out.items() for corpus, entry in members.items()])
    at_four = curve[choice.SENSITIVITIES['normal']]
    if at_four:
        heading(f'With {cells(at_four)}, for at most 4 an hour')
        print_rates(figures.rates(found[at_four]))
    return {
        'curve': [{'allowed': limit, 'limits': asdict(limits), 'trades': {
            name: asdict(trade) for name, trade in swept[limits].items()}}
            for limit, limits in curve.items() if limits],
        'left out': {name: {corpus: {'limits': asdict(entry[0]), 'trade': asdict(entry[1])}
                            for corpus, entry in members.items() if entry}
                     for name, members in left_out.items()}}


def show(title: str, limits: Limits, found: Mapping[Limits, Sequence[Outcome]]) -> dict[str, Any]:
    """Print all figures that these limits give, and return them."""
    mean = choice.mean(choice.trades(found[limits]))
    heading(f'{title}: min_confidence {limits.min_confidence:g}, hold {limits.hold_s:g} s')
    print(f'mean of the corpora: {mean.wrong_per_hour:.1f} wrong starts an hour in '
          f'{mean.hours:.1f} h, right within {figures.QUICK_S:.0f} s {mean.quick:.0%}, '
          f'within {figures.SOON_S:.0f} s {mean.right:.0%}, answered {mean.answered:.0%}')
    entries = figures.rates(found[limits])
    print_rates(entries)
    counts = figures.started(found[limits])
    answers = sorted({answer for members in counts.values() for answer in members})
    print()
    print_table(('talk, and what is answered first', *(answer or 'nothing' for answer in answers)),
                [(emotion, *(str(members[answer]) for answer in answers))
                 for emotion, members in counts.items()])
    return {'limits': asdict(limits), 'mean': asdict(mean),
            'rates': [asdict(entry) for entry in entries], 'first answers': counts}


def print_rates(entries: Sequence[figures.Rate]) -> None:
    """Print a row for each corpus and emotion, the figures with their intervals."""
    measures = list(dict.fromkeys(entry.measure for entry in entries))
    rows: dict[tuple[str, str], dict[str, figures.Rate]] = {}
    for entry in entries:
        rows.setdefault((entry.corpus, entry.emotion), {})[entry.measure] = entry
    print_table(('corpus, emotion', *measures, 'speakers', 'talks', 'hours'), [
        (', '.join(names), *(text_of(row[name]) if name in row else '' for name in measures),
         *next((str(entry.speakers), str(entry.talks), f'{entry.hours:.2f}')
               for entry in row.values())) for names, row in rows.items()])


def text_of(rate: figures.Rate) -> str:
    """Return a figure and its interval: starts an hour as they are, shares in percent."""
    low, high = rate.interval
    if rate.measure == figures.WRONG:
        return f'{rate.value:.1f} ({low:.1f} to {high:.1f})'
    return f'{rate.value:.0%} ({low:.0%} to {high:.0%})'


def heading(text: str) -> None:
    """Print a heading."""
    print(f'\n{text}')


def cells(limits: Any) -> tuple[str, ...]:
    """Return limits as cells of a table."""
    return tuple(f'{value:g}' for value in asdict(limits).values())


def trade_cells(trade: choice.Trade) -> tuple[str, ...]:
    """Return what limits give as cells of a table."""
    return f'{trade.wrong_per_hour:.1f}', f'{trade.right:.0%}', f'{trade.answered:.0%}'


def pair(trade: choice.Trade) -> str:
    """Return what limits give in one corpus in short."""
    return f'{trade.wrong_per_hour:.1f}, {trade.right:.0%}'


if __name__ == '__main__':
    sys.exit(main())
