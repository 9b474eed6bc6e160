# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The live view where there is no terminal: one line for each thing, for grep and scripts.

A line is a list of ``key=value``, separated by blanks and always in the same order. A value that
holds blanks is quoted as JSON.
"""

import json
import math
from typing import Any, Iterator, Mapping, Tuple

from ser_ros.sinks.tally import Summary

Values = Mapping[str, Any]

# Emotions listed with their probabilities.
_TOP = 3


def _line(*pairs: Tuple[str, str]) -> str:
    return ' '.join(f'{key}={_word(value)}' for key, value in pairs)


def _word(value: str) -> str:
    plain = value and not any(c.isspace() or c in '"=' for c in value)
    return value if plain else json.dumps(value, ensure_ascii=False)


def _milliseconds(duration_s: float) -> str:
    return f'{duration_s * 1e3:.1f}' if math.isfinite(duration_s) else 'nan'


def served(model: str, backend: str, precision: str) -> str:
    """Return the line that says what serves; printed first and after every change."""
    return _line(('model', model), ('backend', backend), ('precision', precision))


def emotion(time_s: float, values: Values) -> str:
    """Return the line of an emotion: time, state, label, confidence, top emotions, latency."""
    ranked = sorted(zip(values['probabilities'], values['labels']), key=lambda pair: -pair[0])
    top = ','.join(f'{label}:{p:.2f}' for p, label in ranked[:_TOP] if p > 0.0)
    return _line(
        ('t', f'{time_s:.2f}'),
        ('state', values['state']),
        ('label', values['label'] or '-'),
        ('confidence', f"{values['confidence']:.2f}"),
        ('top', top or '-'),
        ('latency_ms', _milliseconds(values['latency_s'])))


def mitigation(time_s: float, values: Values) -> str:
    """Return the line of a step in the answer to a negative emotion."""
    return _line(
        ('t', f'{time_s:.2f}'),
        ('mitigation', values['phase']),
        ('episode', str(values['episode'])),
        ('emotion', values['emotion']),
        ('strategy', values['strategy']),
        ('text', values['text']))


def summary(values: Summary) -> Iterator[str]:
    """Yield the lines at the end."""
    yield 'sound ' + _line(('lost_ms', f'{values.lost_sound_s * 1e3:.0f}'))
    yield 'summary ' + _line(
        ('windows', str(values.windows)),
        ('duration_s', f'{values.duration_s:.2f}'),
        ('lost', str(values.lost)),
        ('episodes', str(sum(values.episodes.values()))),
        ('latency_p50_ms', _milliseconds(values.latency_p50_s)),
        ('latency_p95_ms', _milliseconds(values.latency_p95_s)))
    yield 'shares ' + _line(*(
        (name, f'{share:.3f}') for name, share in values.shares.items()))
