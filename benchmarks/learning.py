#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Does learning help more persons than the best fixed strategy, or than chance?

    python benchmarks/learning.py --seeds 20 --episodes 300

Simulated persons live in the worlds of ser_ros/simulation/worlds.py: a strategy is better by 0.3,
all are equal, or the better one changes half-way. The real mitigation answers them. Printed is the
share of the episodes that end in a recovery, and the difference to the others with an interval of
95 % over the seeds. In the last world persons only fall silent. Learning must then have no result.
"""

import argparse
import math
import multiprocessing
from statistics import mean, stdev
from typing import Dict, List, Sequence, Tuple

from ser_ros.mitigation.learning import Learner
from ser_ros.simulation.worlds import SILENCE, WORLDS, Result, Uniform, World, live

# The 97.5 % quantile of Student's t, by degrees of freedom.
_QUANTILES = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 9: 2.26, 14: 2.14, 19: 2.09}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seeds', type=int, default=20, metavar='N')
    parser.add_argument('--episodes', type=int, default=300, metavar='N')
    parser.add_argument('--processes', type=int, default=2, metavar='N')
    args = parser.parse_args()
    print('| World | Learning | Uniform | Best fixed | Learning - uniform | Learning - best |')
    print('|---|---|---|---|---|---|')
    with multiprocessing.Pool(args.processes) as pool:
        for world in WORLDS:
            jobs = [(world, args.episodes, seed) for seed in range(args.seeds)]
            print(row(world.name, pool.map(lives, jobs, 1)), flush=True)
        silent = pool.map(lives, [(SILENCE, args.episodes, seed) for seed in range(2)], 1)
    print(f"\n{SILENCE.name}: learned {[one['learning'].learned for one in silent]}")


def lives(job: Tuple[World, int, int]) -> Dict[str, Result]:
    """Return what becomes of a world by each way to choose."""
    world, episodes, seed = job
    names = world.strategies
    found = {f'fixed {name}': live(world, None, [name], episodes, seed) for name in names}
    found['uniform'] = live(world, Uniform, names, episodes, seed)
    found['learning'] = live(world, Learner, names, episodes, seed)
    return found


def row(name: str, results: Sequence[Dict[str, Result]]) -> str:
    """Return the row of a world."""
    def shares(way: str) -> List[float]:
        return [100.0 * result[way].recovered for result in results]

    best = max((way for way in results[0] if way.startswith('fixed')),
               key=lambda way: mean(shares(way)))
    differences = [
        [mine - other for mine, other in zip(shares('learning'), shares(way))]
        for way in ('uniform', best)]
    cells = [name, *(f'{mean(shares(way)):.1f} %' for way in ('learning', 'uniform', best)),
             *map(interval, differences)]
    return f"| {' | '.join(cells)} |"


def interval(values: Sequence[float]) -> str:
    """Return the mean with its interval of 95 %, in points."""
    if len(values) < 2:
        return f'{mean(values):+.1f}'
    # Between two of the table the interval is too wide, never too narrow.
    quantile = _QUANTILES[max(known for known in _QUANTILES if known < len(values))]
    half = quantile * stdev(values) / math.sqrt(len(values))
    return f'{mean(values):+.1f} ({mean(values) - half:+.1f} to {mean(values) + half:+.1f})'


if __name__ == '__main__':
    main()
