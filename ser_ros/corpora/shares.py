# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speakers or sentences dealt out to the parts by shares, the same for the same seed."""

import hashlib
from collections.abc import Mapping

from ser_ros.errors import SerError, listed

PARTS = ('train', 'validation', 'test')
WHOLE = 100


def parse_shares(text: str) -> dict[str, int]:
    """Return the percentage of each part, such as of '60/20/20'.

    Raises:
        SerError: if it is something else.
    """
    numbers = [int(word) if word.isdecimal() else -1 for word in text.split('/')]
    if len(numbers) != len(PARTS) or min(numbers) < 0 or sum(numbers) != WHOLE:
        raise SerError(f'the shares are {text!r}; allowed: percentages of {listed(PARTS)} that '
                       f'add up to {WHOLE}, such as 60/20/20')
    return dict(zip(PARTS, numbers, strict=True))


def deal(kinds: Mapping[str, str], shares: Mapping[str, int], seed: int) -> dict[str, list[str]]:
    """Deal out names to the parts, those of each kind as evenly as possible.

    Args:
        kinds: the kind of each name, such as the sex of a speaker.
        shares: see `parse_shares`.
        seed: orders the names. Their hashes decide, so that no version of a library does.

    Returns:
        The names of each part, sorted.

    Raises:
        SerError: if a part with a share gets no name.
    """
    def place(name: str) -> tuple[str, bytes]:
        return kinds[name], hashlib.sha256(f'{seed}:{name}'.encode()).digest()
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    for count, name in enumerate(sorted(kinds, key=place), start=1):
        part = max(PARTS, key=lambda part: shares[part] * count - WHOLE * len(parts[part]))
        parts[part].append(name)
    empty = [part for part in PARTS if shares[part] and not parts[part]]
    if empty:
        raise SerError(f'{len(kinds)} are too few for the shares '
                       f'{"/".join(map(str, shares.values()))}: {listed(empty)} would get none')
    return {part: sorted(names) for part, names in parts.items()}
