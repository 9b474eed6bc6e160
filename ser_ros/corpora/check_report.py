# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The findings of ``ser_ros data check`` as text."""

import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ser_ros.corpora.corpus_check import CorpusCheck

# Files of one kind that are listed; --json lists all.
SHOWN = 10


def print_check(check: CorpusCheck) -> None:
    """Print the findings on one corpus."""
    # Where nobody looks at a terminal, nothing is wrapped.
    width = None if sys.stdout.isatty() else 1000
    console = Console(markup=False, highlight=False, width=width, soft_wrap=True)
    values = check.values()
    console.print(f"{values['folder']}: {values['corpus']} ({values['layout']})")
    console.print(_counts(values['counts']))
    for line in _lines(check, values):
        console.print('  ' + line)
    console.print('  repair the problems above before training' if not values['sound']
                  else '  no problems found, but files are left out' if check.listing.unexplained
                  else '  no problems found')
    console.print()


def _counts(counts: dict[str, dict[str, int]]) -> Table:
    emotions = sorted({emotion for row in counts.values() for emotion in row})
    table = Table(box=None, pad_edge=True)
    table.add_column('Speaker')
    for emotion in emotions + ['all']:
        table.add_column(emotion, justify='right')
    for speaker, row in counts.items():
        table.add_row(Text(speaker), *[str(row.get(emotion, 0)) for emotion in emotions],
                      str(sum(row.values())))
    totals = [sum(row.get(emotion, 0) for row in counts.values()) for emotion in emotions]
    table.add_row('all', *[str(total) for total in totals], str(sum(totals)))
    return table


def _lines(check: CorpusCheck, values: dict[str, Any]) -> Iterator[str]:
    yield f"licence: {values['licence']}"
    rates = ', '.join(f'{rate} Hz' for rate in values['sample_rates_hz']) or 'no rate'
    hours = values['total_duration_s'] / 3600
    yield f"usable: {values['usable']} of {values['clips']} clips, {hours:.2f} h, {rates}"
    for name, title, unit in ('duration_s', 'duration', 's'), ('level_dbfs', 'level', 'dBFS'):
        if values[name]:
            spread = values[name]
            yield (f"{title}: {spread['min']:.1f} to {spread['max']:.1f} {unit}, "
                   f"median {spread['median']:.1f}")
    for label, emotion in values['merged_labels'].items():
        yield f'label {label}: counted as {emotion}'
    for label, count in values['dropped_labels'].items():
        yield f'label {label}: {count} clips left out'
    for label, count in values['unknown_labels'].items():
        yield f'UNKNOWN LABEL {label}: {count} clips'
    if values['label_shown_by_text'] is not None:
        yield (f"text: {values['label_shown_by_text']:.1%} of the clips have the label of other "
               "speakers' clips of the same sentence")
    for line in _files('FAULTS', list(map(str, check.listing.faults)), all_of_them=True):
        yield line
    for line in _files('BROKEN', [item['problem'] for item in values['broken']]):
        yield line
    for line in _files('SILENT', values['silent']):
        yield line
    for line in _files('odd, but usable', values['notes']):
        yield line
    contradictions = [' = '.join(group) for group in values['contradictions']]
    for line in _files('SAME SOUND, DIFFERENT LABEL OR SPEAKER', contradictions):
        yield line
    for line in _files('same sound', [' = '.join(group) for group in values['duplicates']]):
        yield line
    for line in _files(f"under {values['quiet_dbfs']:g} dBFS", values['quiet']):
        yield line
    skipped = [f"{item['file']}: {item['reason']}" for item in values['skipped']]
    for line in _files('left out', skipped):
        yield line


def _files(title: str, names: list[str], all_of_them: bool = False) -> Iterator[str]:
    if not names:
        return
    shown = len(names) if all_of_them else SHOWN
    yield f'{title}: {len(names)}'
    for name in names[:shown]:
        yield '  ' + name
    if len(names) > shown:
        yield f'  and {len(names) - shown} more; --json lists all'
