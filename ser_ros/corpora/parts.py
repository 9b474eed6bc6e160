# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which clips of a corpus are trained on, validated on and tested on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional, Protocol

from ser_ros.corpora.recording import Listing
from ser_ros.corpora.sentences import Sentences, labels_of
from ser_ros.corpora.shares import PARTS as PARTS
from ser_ros.errors import SerError, listed
from ser_ros.typed_values import key

EVERYONE = '*'  # in place of the speakers of a part: all clips, also those of unknown speakers


@dataclass(frozen=True)
class Corpus:
    """Speakers of one corpus by the part they belong to; the others are not used.

    With ``sentences`` a part holds the clips that are of its speakers and of its sentences.
    """

    train: list[str] = field(default_factory=list)
    validation: list[str] = field(default_factory=list)
    test: list[str] = field(default_factory=list)
    sentences: Optional[Sentences] = key('sentences of each part', None)
    numbers: dict[str, list[int]] = key(
        'first and last number of the recordings without a script, by label', {}, ge=0)


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


def sentences_of(corpus: Corpus, part: str, listing: Listing) -> Optional[set[str]]:
    """Return the ids of a part's sentences; None where it holds all sentences.

    Raises:
        SerError: if the listing has no clip of a sentence that is listed.
    """
    if corpus.sentences is None:
        return None
    try:
        return corpus.sentences.of(part, labels_of(listing.recordings))
    except SerError as error:
        raise SerError(f'{listing.folder}: {error}') from error


def check_corpus(name: str, corpus: Corpus) -> None:
    """Check that no speaker is in two parts, and that the keys fit each other.

    Raises:
        SerError: a speaker is, or speakers are listed beside EVERYONE, or a part has speakers and
            no sentences, or ranges of numbers overlap.
    """
    _check_speakers(name, corpus)
    _check_numbers(name, corpus.numbers)
    if corpus.sentences is not None:
        bare = [part for part in PARTS
                if getattr(corpus, part) and part not in corpus.sentences.parts]
        if bare:
            raise SerError(f'{name} lists speakers but no sentences for {listed(bare)}; list '
                           'sentences for every part that has speakers')


def _check_speakers(name: str, corpus: Corpus) -> None:
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


def _check_numbers(name: str, numbers: Mapping[str, Sequence[int]]) -> None:
    for label, limits in numbers.items():
        if len(limits) != 2 or limits[0] > limits[1]:
            raise SerError(f'numbers.{label} of {name} is {list(limits)}; allowed: the first and '
                           'the last number, such as [21, 30]')
    ranges = sorted((limits[0], limits[1], label) for label, limits in numbers.items())
    for (_, last, label), (first, _, other) in zip(ranges, ranges[1:], strict=False):
        if first <= last:
            raise SerError(f'numbers of {name}: {label} and {other} overlap; allowed: each number '
                           'in one range')
