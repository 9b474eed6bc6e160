# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Many persons, one after the other or in several processes."""

import multiprocessing
import signal
from dataclasses import dataclass
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ser_ros.simulation.faults import draw_faults
from ser_ros.simulation.invariants import broken
from ser_ros.simulation.persons import RandomPerson, ScriptedPerson
from ser_ros.simulation.process import ResponderSettings
from ser_ros.simulation.record import Record, rules_of
from ser_ros.simulation.run import Run, Surroundings
from ser_ros.simulation.scenario import Scenario

# Fewer are done before other processes have started.
_FEW = 20
_CHUNK = 10


@dataclass(frozen=True)
class Crowd:
    """Who is simulated.

    Attributes:
        settings: of the responder.
        scenario: what all do; None: random persons, with faults.
        duration_s: of each person's time.
        seed: of all random numbers.
        keep_windows: every estimate is kept.
    """

    settings: ResponderSettings
    scenario: Optional[Scenario]
    duration_s: float
    seed: int
    keep_windows: bool = False

    def run(self, person: int) -> Record:
        """Let one person's time pass.

        Args:
            person: number of the person, from 0.
        """
        # Not a sum: persons of one seed must not be those of the next one.
        seed = (self.seed * 1000003 + person * 7919) % 2 ** 31
        scenario = self.scenario
        if scenario is None:
            around = Surroundings(faults=draw_faults(self.duration_s, seed))
            return Run(self.settings, RandomPerson(seed), self.duration_s, seed, around,
                       self.keep_windows).go()
        around = Surroundings(scenario.hearing, scenario.robot, scenario.faults)
        return Run(self.settings, ScriptedPerson(scenario.person), self.duration_s, seed, around,
                   self.keep_windows).go()


class Outcome(NamedTuple):
    """What became of a person.

    Attributes:
        record: what happened.
        broken: what does not hold of it, a sentence each.
    """

    record: Record
    broken: List[str]


def outcomes(crowd: Crowd, persons: int, processes: int = 1) -> Iterator[Outcome]:
    """Yield what becomes of each person, in their order.

    Args:
        crowd: who they are.
        persons: their number.
        processes: work side by side.
    """
    jobs = ((crowd, person) for person in range(persons))
    if processes == 1 or persons <= _FEW:
        yield from map(_outcome, jobs)
        return
    # Ctrl-C is for this process, which ends the others.
    with multiprocessing.Pool(
            processes, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap(_outcome, jobs, _CHUNK)
        # Else the block ends them by a signal, which may meet one that is ending already.
        pool.close()
        pool.join()


def _outcome(job: Tuple[Crowd, int]) -> Outcome:
    crowd, person = job
    return judged(crowd, crowd.run(person))


def judged(crowd: Crowd, record: Record) -> Outcome:
    """Return a record with what does not hold of it."""
    rules = rules_of(crowd.settings.config, crowd.settings.sensitivity)
    return Outcome(record, broken(record, rules))
