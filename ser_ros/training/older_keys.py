# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keys of older training configurations, which files and checkpoints still have."""

from typing import Any

from ser_ros.errors import SerError


def replaced(values: Any, where: str) -> Any:
    """Return the values with ``bf16: true`` of each training replaced by ``precision: bf16``.

    Args:
        values: what a configuration's file holds.
        where: the file, for the text of errors.

    Raises:
        SerError: ``bf16`` is not a truth value, or ``precision`` is given, too.
    """
    if not isinstance(values, dict):
        return values
    changed = dict(values)
    if 'training' in values:
        changed['training'] = _training(values['training'], where)
    if isinstance(values.get('partners'), list):
        changed['partners'] = [replaced(partner, where) for partner in values['partners']]
    return changed


def _training(values: Any, where: str) -> Any:
    if not isinstance(values, dict) or 'bf16' not in values:
        return values
    kept = {name: value for name, value in values.items() if name != 'bf16'}
    bf16 = values['bf16']
    if not isinstance(bf16, bool):
        raise SerError(f'{where}: training.bf16 is {bf16!r}; allowed: true or false; '
                       'better is precision: bf16')
    if 'precision' in kept:
        raise SerError(f'{where}: training has bf16 and precision; allowed: precision alone')
    return {**kept, 'precision': 'bf16' if bf16 else 'fp32'}


def as_hashed(training: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a training under the keys of the first release, for older hashes."""
    kept = dict(training)
    precision = kept.pop('precision')
    kept['bf16'] = precision == 'bf16'
    if precision == 'fp16':
        kept['precision'] = precision
    return kept
