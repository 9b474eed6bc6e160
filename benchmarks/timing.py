# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: fair medians and a plain table."""

import gc
import statistics
import time
from typing import Callable, Dict, List, Sequence


def medians_s(
        functions: Dict[str, Callable[[], object]], rounds: int = 20, calls: int = 20
) -> Dict[str, float]:
    """Return each function's median time of one call [s].

    The functions take turns, a few calls each, so that whatever else the machine does meets all
    of them alike.
    """
    times: Dict[str, List[float]] = {name: [] for name in functions}
    gc.disable()
    for _ in range(rounds):
        for name, function in functions.items():
            function()  # brings code and data back into the caches
            for _ in range(calls):
                start = time.perf_counter()
                function()
                times[name].append(time.perf_counter() - start)
    gc.enable()
    return {name: statistics.median(values) for name, values in times.items()}


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in (header, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print('  '.join(cells).rstrip())
