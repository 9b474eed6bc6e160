# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a benchmark found: two tables as text, all of it as CSV, a picture."""

import csv
import textwrap
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ser_ros import plotting
from ser_ros.benchmark.runs import BACKENDS, REFERENCE, Row
from ser_ros.errors import listed
from ser_ros.messages import one_line
from ser_ros.output_file import open_output

# A machine whose cores are wanted more than this is busy with other things.
LOAD_OF_A_QUIET_CORE = 0.25
TEXT_WIDTH = 100
COLOURS = dict(zip(BACKENDS, ('tab:red', 'tab:green', 'tab:blue')))

_Line = Sequence[str]


class Head(NamedTuple):
    """What the figures belong to.

    Attributes:
        date: of the start, with the time zone.
        machine: as `ser_ros.benchmark.machine.machine` says; gpu: '' where there is none.
        cores: of the machine.
        load: average load of the minute before the start.
        versions: of Python, this package and the runtimes, by name.
        model: name and version; sha256: of the model's first file.
        sound: what was listened to.
        threads: CPU threads for one window.
        period_s: from one window to the next.
    """

    date: str
    machine: str
    gpu: str
    cores: int
    load: float
    versions: Dict[str, str]
    model: str
    feature_set: str
    sha256: str
    sound: str
    threads: int
    period_s: float
    rounds: int

    @property
    def version_text(self) -> str:
        """The versions in one line."""
        return listed(f'{name} {version}' for name, version in self.versions.items())

    @property
    def busy(self) -> bool:
        """Whether other programs were running: the figures are worse than the machine's."""
        return self.load > LOAD_OF_A_QUIET_CORE * self.cores


def to_text(head: Head, rows: Sequence[Row]) -> str:
    """Return head, the table of times, the table of memory and CPU, and what is missing."""
    measured = [row for row in rows if not row.reason]
    parts = ['\n'.join(_head(head))]
    if measured:
        parts += ['\n'.join(_table(_TIMES, measured)), '\n'.join(_table(_RESOURCES, measured)),
                  _notes(head)]
    if len(measured) < len(rows):
        parts.append('\n'.join(['Not measured:'] + _missing(rows)))
    return '\n\n'.join(parts) + '\n'


def _missing(rows: Sequence[Row]) -> List[str]:
    """Return a line for each reason, with the configurations that have it."""
    groups: Dict[Tuple[str, str], List[str]] = {}
    for row in rows:
        if row.reason:
            groups.setdefault((row.backend, row.reason), []).append(row.precision)
    return [one_line(f'  {backend} {listed(precisions)}: {reason}')
            for (backend, reason), precisions in groups.items()]


def _head(head: Head) -> List[str]:
    lines = [
        f'ser_ros benchmark of {head.model}, {head.date}',
        'machine:  ' + head.machine,
        'GPU:      ' + (head.gpu or 'none'),
        f'load:     {head.load:.2f} in the last minute, {head.cores} cores',
        'versions: ' + head.version_text,
        f'model:    {head.model}, {head.feature_set}, sha256 {head.sha256}',
        f'input:    {head.sound}, a window every {head.period_s} s, threads: {head.threads}',
    ]
    if head.busy:
        lines.append('WARNING:  other programs were running, so the times are too high')
    return lines


def _number(digits: int, value: Optional[float]) -> str:
    return '-' if value is None else f'{value:.{digits}f}'


def _reduction(row: Row) -> str:
    if row.reduction_percent is None or (row.backend, row.precision) == REFERENCE:
        return '-'
    return f'{row.reduction_percent:.1f} %'


_TIMES = (
    ('time [ms]', lambda row: row.name),
    ('preprocessing', lambda row: _number(3, row.preprocessing_ms)),
    ('p95', lambda row: _number(3, row.preprocessing_p95_ms)),
    ('per s of sound', lambda row: _number(2, row.preprocessing_ms_per_s)),
    ('inference', lambda row: _number(2, row.inference_ms)),
    ('p95', lambda row: _number(2, row.inference_p95_ms)),
    ('reduction', _reduction),
    ('windows', lambda row: str(row.windows)),
)
_RESOURCES = (
    ('memory [MB], CPU', lambda row: row.name),
    ('PSS', lambda row: _number(0, row.pss_mb)),
    ('RSS', lambda row: _number(0, row.rss_mb)),
    ('system', lambda row: _number(0, row.system_mb)),
    ('CPU % of a core', lambda row: _number(2, row.cpu_percent)),
)


def _table(columns: Sequence[Tuple[str, Callable[[Row], str]]], rows: Sequence[Row]) -> List[str]:
    lines: List[_Line] = [[title for title, _ in columns]]
    lines += [[cell(row) for _, cell in columns] for row in rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return ['  '.join([line[0].ljust(widths[0])] + [
        cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]) for line in lines]


def _notes(head: Head) -> str:
    reference = ' '.join(REFERENCE)
    return textwrap.fill(
        'Times are medians and 95th percentiles of single windows. Preprocessing is the time from '
        'the last 20 ms of a window to the input of the model. Each configuration ran alone, in '
        f'{head.rounds} fresh processes that took turns. Reduction compares the inference time '
        f'with {reference} and is the median over the rounds. CPU is the load by features and '
        'model of a real-time stream. System memory is the decrease of the available '
        'memory. It includes changes by other programs and, on a Jetson, the memory of the GPU.',
        TEXT_WIDTH)


def write_csv(path: str, head: Head, rows: Sequence[Row]) -> None:
    """Write a line for each configuration, measured or not, with all of the head in each.

    Raises:
        SerError: if the file cannot be written.
    """
    constant = head._asdict()
    constant['versions'] = head.version_text
    with open_output(path) as stream:
        writer = csv.writer(stream)
        writer.writerow(list(Row._fields) + [
            'model_sha256' if name == 'sha256' else name for name in Head._fields])
        for row in rows:
            writer.writerow([_cell(value) for value in row] + [
                _cell(value) for value in constant.values()])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f'{value:.4f}'
    return '' if value is None else str(value)


def write_plot(path: str, head: Head, rows: Sequence[Row]) -> None:
    """Draw the times and the memory of what was measured, as a PNG file.

    Raises:
        SerError: the file cannot be written, or matplotlib is not installed.
    """
    measured = [row for row in rows if not row.reason][::-1]
    panels: Tuple[Tuple[str, str], ...] = (
        ('inference_ms', 'inference [ms], median'), ('pss_mb', 'memory (PSS) [MB]'),
        ('cpu_percent', 'CPU of a stream in real time [% of a core]'))
    size = (13, 1.8 + 0.45 * len(measured))
    with plotting.figure(path, columns=3, figsize=size) as (figure, axes):
        for index, (axis, (field, label)) in enumerate(zip(axes, panels)):
            values = [getattr(row, field) for row in measured]
            axis.barh([row.name for row in measured], values,
                      color=[COLOURS.get(row.backend, 'tab:gray') for row in measured])
            for place, value in enumerate(values):
                axis.text(value, place, f' {value:.3g}', va='center')
            axis.set_xlim(0, 1.2 * max(values + [1e-3]))
            axis.set_xlabel(label)
            axis.tick_params(labelleft=index == 0)
        figure.suptitle(f'{head.model}, {head.gpu or head.machine}', fontsize=10)
