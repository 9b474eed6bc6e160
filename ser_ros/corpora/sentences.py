# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which sentences of a corpus are trained on, validated on and tested on.

Where every sentence belongs to one emotion and every actor reads it, a split by speaker alone lets
the words name the emotion without the voice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ser_ros.corpora.recording import Recording
from ser_ros.corpora.shares import PARTS, deal, parse_shares
from ser_ros.errors import SerError, listed
from ser_ros.typed_values import key

RANGE = '..'
NAMED = 3  # in a message


class _Span(NamedTuple):
    """The ids from the first to the last; those of numbers have the same number of digits."""

    is_number: bool
    length: int
    first: str
    last: str

    def __contains__(self, name: object) -> bool:
        return (isinstance(name, str) and name.isdecimal() == self.is_number
                and len(name) == self.length and self.first <= name <= self.last)


@dataclass(frozen=True)
class Sentences:
    """Sentences of one corpus by the part they belong to, as ids and ranges or as shares.

    Ids are compared as texts: '7' is not '007'. A range such as 000001..000400 holds the numbers
    with as many digits.
    """

    train: list[str] = key('ids, or ranges such as 000001..000400', [])
    validation: list[str] = key('ids, or ranges such as 000001..000400', [])
    test: list[str] = key('ids, or ranges such as 000001..000400', [])
    shares: str = key('percentages of train, validation and test, such as 60/20/20', '')
    seed: int = key('with shares: what they are drawn by', 0, ge=0)

    def __post_init__(self) -> None:
        """Raise SerError for lists beside shares, for neither, and for a sentence in two parts."""
        lists = [part for part in PARTS if getattr(self, part)]
        if bool(lists) == bool(self.shares):
            raise SerError('it has ' + (f'shares beside lists for {listed(lists)}' if lists else
                                        'neither shares nor lists') + '; allowed: one of the two')
        if self.shares:
            parse_shares(self.shares)
        self._check_overlap()

    @property
    def parts(self) -> list[str]:
        """The parts that have sentences."""
        if self.shares:
            return [part for part, share in parse_shares(self.shares).items() if share]
        return [part for part in PARTS if getattr(self, part)]

    def of(self, part: str, labels: Mapping[str, str]) -> set[str]:
        """Return the ids of a part's sentences.

        Args:
            part: one of PARTS.
            labels: the label of every sentence of the corpus, see `labels_of`.

        Raises:
            SerError: if the corpus has no sentence of a listed id or range, or too few for the
                shares.
        """
        if self.shares:
            try:
                return set(deal(labels, parse_shares(self.shares), self.seed)[part])
            except SerError as error:
                raise SerError(f'sentences: {error}') from error
        items: list[str] = getattr(self, part)
        spans = {item: _span(item) for item in items if RANGE in item}
        found = {item: {name for name in labels if name in spans[item]} if item in spans
                 else {item} & labels.keys() for item in items}
        missing = [item for item, names in found.items() if not names]
        if missing:
            raise SerError(f'no clips of the sentences {_some(missing)}, which are listed for '
                           f'{part}; its sentences are {_some(sorted(labels))}')
        return set().union(*found.values())

    def _check_overlap(self) -> None:
        spans = sorted((_span(item), number, item) for number, part in enumerate(PARTS)
                       for item in getattr(self, part))
        # Of each part, the item that reaches furthest so far among ids of the same form.
        furthest: dict[tuple[str, bool, int], tuple[str, str]] = {}
        for span, number, item in spans:
            part = PARTS[number]
            for other in PARTS:
                last, name = furthest.get((other, *span[:2]), ('', ''))
                if other != part and last >= span.first:
                    raise SerError(f'{_both(item, name)} in {other} and in {part}; allowed: '
                                   'one part')
            place = (part, *span[:2])
            furthest[place] = max(furthest.get(place, ('', '')), (span.last, item))


def _both(item: str, other: str) -> str:
    return (f'the sentence {item!r} is' if item == other
            else f'sentences of {other!r} and {item!r} are the same: they are')


def _span(item: str) -> _Span:
    """Return what an item of a list stands for.

    Raises:
        SerError: if it is a range that is not one of numbers with as many digits.
    """
    if RANGE not in item:
        return _Span(item.isdecimal(), len(item), item, item)
    first, _, last = item.partition(RANGE)
    if not (first.isdecimal() and last.isdecimal() and len(first) == len(last) and first <= last):
        raise SerError(f'the range is {item!r}; allowed: two numbers with as many digits, the '
                       'lower one first, such as 000001..000400')
    return _Span(True, len(first), first, last)


def _some(names: list[str]) -> str:
    return (listed(names[:NAMED]) + f' and {len(names) - NAMED} more' * (len(names) > NAMED))


def labels_of(recordings: Iterable[Recording]) -> dict[str, str]:
    """Return the most frequent label of each sentence; clips without a sentence are left out."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for recording in recordings:
        if recording.sentence:
            counts[recording.sentence][recording.label] += 1
    return {sentence: max(sorted(labels), key=labels.__getitem__)
            for sentence, labels in counts.items()}
