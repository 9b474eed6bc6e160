# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which speakers of a corpus are trained on, validated on and tested on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ser_ros.errors import SerError, listed

PARTS = ('train', 'validation', 'test')
EVERYONE = '*'  # in place of the speakers of a part: all clips, also those of unknown speakers


@dataclass(frozen=True)
class Corpus:
    """Speakers of one corpus by the part they belong to; the others are not used."""

    train: list[str] = field(default_factory=list)
    validation: list[str] = field(default_factory=list)
    test: list[str] = field(default_factory=list)


class Selection(Protocol):
    """What a training configuration says of the clips; see `ser_ros.training.config.Config`."""

    @property
    def labels(self) -> Sequence[str]:
        """The model's labels."""

    @property
    def merge(self) -> Mapping[str, str]:
        """Labels of the corpora that count as another one."""

    @property
    def drop(self) -> Sequence[str]:
        """Labels of the corpora whose clips are left out."""

    @property
    def corpora(self) -> Mapping[str, Corpus]:
        """The speakers by corpus, the name of its folder."""


def check_corpus(name: str, corpus: Corpus) -> None:
    """Check that no speaker is in two parts.

    Raises:
        SerError: a speaker is, or speakers are listed beside EVERYONE.
    """
    seen: dict[str, str] = {}
    for part in PARTS:
        for speaker in getattr(corpus, part):
            if speaker in seen:
                raise SerError(f'speaker {speaker!r} of {name} is in {seen[speaker]} '
                               f'and in {part}; allowed: one part')
            seen[speaker] = part
    if EVERYONE in seen and len(seen) > 1:
        raise SerError(f"'*' stands for all speakers of {name}; remove the others: "
                       f'{listed(sorted(set(seen) - {EVERYONE}))}')
