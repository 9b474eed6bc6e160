# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros simulate``: what the robot would do for simulated persons, without ROS."""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Iterator, Sequence

from ser_ros.cli.arguments import Subparsers, seconds
from ser_ros.errors import SerError
from ser_ros.messages import tell

if TYPE_CHECKING:
    from ser_ros.simulation.crowd import Crowd, Outcome
    from ser_ros.simulation.process import ResponderSettings

ALL_FINE = 0
NOT_AS_EXPECTED = 1
_HOUR_S = 3600.0
# More sentences than that help nobody.
_MOST_SENTENCES = 20


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'simulate', help='try a mitigation file on simulated persons, without ROS',
        description='Let simulated persons talk to the real mitigation in simulated time. Print '
        'what happens, and check that limits, cool-down and all other promises are kept. Exit '
        'code: 0 all is as expected, 1 it is not, 2 error.')
    parser.add_argument(
        'scenario', nargs='?', metavar='SCENARIO.yaml',
        help='what the person does, and what is expected (default: a random person, with faults)')
    parser.add_argument('--config', metavar='FILE',
                        help="mitigation file (default: the package's)")
    parser.add_argument('--language', default='en', help='language of the texts (default: en)')
    parser.add_argument('--sensitivity', default='normal',
                        help='one of the mitigation file (default: normal)')
    parser.add_argument('--learning', action='store_true',
                        help='choose among the strategies of an emotion by what helped')
    parser.add_argument('--persons', type=int, metavar='N',
                        help='number of persons, each with its own random numbers (default: as in '
                        'the scenario, or 1)')
    parser.add_argument('--duration', type=seconds, metavar='SECONDS',
                        help='time of each random person (default: 3600)')
    parser.add_argument('--seed', type=int, default=0,
                        help='seed of all random numbers (default: 0)')
    parser.add_argument('--processes', type=int, default=os.cpu_count() or 1, metavar='N',
                        help='processes for many persons (default: one for each CPU)')
    parser.add_argument('--json', action='store_true',
                        help='print a line of JSON for the run, for each person and for the sum')
    parser.add_argument('--windows', action='store_true',
                        help='with --json: print every estimate, too')
    parser.add_argument('--plot', metavar='FILE', help='draw the first person (.png or .svg)')
    parser.add_argument('--audio', metavar='FILE',
                        help='take what a model hears in a recording instead of a person')
    parser.add_argument('--model', metavar='NAME|PATH',
                        help="with --audio: the model (default: the graph's)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Simulate what the command line asks for, and return the exit code."""
    # Imported here: the other commands should not wait for it.
    from ser_ros.simulation import expectations, scenario
    from ser_ros.simulation.crowd import Crowd, outcomes
    _check(args)
    content = scenario.load(args.scenario) if args.scenario else None
    duration_s = content.duration_s if content else args.duration or _HOUR_S
    crowd = Crowd(_settings(args), content, duration_s, args.seed, args.windows)
    if args.audio:
        return _report(args, crowd, 1, iter([_recorded(args, crowd)]))
    persons = args.persons or (content.persons if content else 1)
    found = outcomes(crowd, persons, args.processes)
    if content is None:
        return _report(args, crowd, persons, found)
    everybody = list(found)
    missed = expectations.missed(content.expect, [outcome.record for outcome in everybody])
    return _report(args, crowd, persons, iter(everybody), missed)


def _check(args: argparse.Namespace) -> None:
    if (args.persons or 1) < 1 or args.persons == 0 or args.processes < 1 or args.seed < 0:
        raise SerError('--persons and --processes must be 1 or more and --seed 0 or more, got '
                       f'{args.persons}, {args.processes} and {args.seed}')
    if args.audio and (args.scenario or args.persons or args.duration):
        raise SerError('--audio takes the place of a scenario and of persons; leave them out')


def _settings(args: argparse.Namespace) -> 'ResponderSettings':
    from ser_ros.mitigation import config
    from ser_ros.mitigation.learning import Learner
    from ser_ros.resources import share_path
    from ser_ros.simulation.process import ResponderSettings
    content = config.load(args.config or share_path('config', 'mitigation.yaml'))
    content.check_language(args.language)
    content.timing_of(args.sensitivity)
    return ResponderSettings(content, args.language, args.sensitivity,
                             Learner if args.learning else None)


def _recorded(args: argparse.Namespace, crowd: 'Crowd') -> 'Outcome':
    """Return what becomes of the person of a recording."""
    from ser_ros.simulation.crowd import judged
    from ser_ros.simulation.recording import record
    return judged(crowd, record(args.audio, args.model, crowd))


def _report(args: argparse.Namespace, crowd: 'Crowd', persons: int,
            found: 'Iterator[Outcome]', missed: Sequence[str] = ()) -> int:
    """Print what became of the persons, and return the exit code."""
    from ser_ros.progress import Progress
    from ser_ros.simulation import timeline
    totals = timeline.Totals(crowd.settings.config.responses)
    if args.json:
        print(timeline.header(crowd, persons))
    progress = Progress(hidden=not sys.stderr.isatty() or persons == 1)
    for number, outcome in enumerate(progress.track(found, 'persons', persons)):
        totals.add(outcome)
        if args.json:
            print(timeline.person_line(number, outcome))
        elif persons == 1:
            print(*timeline.lines(outcome.record), sep='\n')
        if number == 0 and args.plot:
            _draw(args, outcome)
        for sentence in outcome.broken[:_MOST_SENTENCES]:
            tell(f'broken: person {number}: {sentence}')
    if args.json:
        print(timeline.summary_line(totals, missed))
    elif persons > 1:
        print(*totals.lines(), sep='\n')
    for sentence in missed[:_MOST_SENTENCES]:
        tell(f'not as expected: {sentence}')
    return NOT_AS_EXPECTED if missed or totals.broken else ALL_FINE


def _draw(args: argparse.Namespace, outcome: 'Outcome') -> None:
    from ser_ros.simulation.picture import draw
    draw(outcome.record, args.plot, args.audio or args.scenario or f'seed {args.seed}')
