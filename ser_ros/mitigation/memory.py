# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What outlives the process: the latest episode, cool-down, counts, and what was learned."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Dict, Optional, Tuple

from ser_ros.errors import SerError
from ser_ros.typed_values import build, key

VERSION = 1
# Times are local and are kept as text.
TIME_FORMAT = '%Y-%m-%dT%H:%M:%S'


@lru_cache(maxsize=1024)
def parse_time(text: str) -> datetime:
    """Return a time that was kept; ValueError for anything else. The same ones come again."""
    return datetime.strptime(text, TIME_FORMAT)


def _check_times(**times: str) -> None:
    for name, text in times.items():
        try:
            if text:
                parse_time(text)
        except ValueError:
            raise SerError(f"{name} is {text!r}; allowed: a time such as "
                           "'2026-01-31T12:00:00'") from None


@dataclass(frozen=True)
class EpisodeMemory:
    """The latest episode; `ser_ros.mitigation.episode.Episode` explains it. Times are local."""

    number: int = key('number of the episode', ge=1, le=2 ** 32 - 1)
    emotion: str = key('what it is about')
    strategy: str = key('what answers it')
    language: str = key('language of its texts')
    step: int = key('number of steps taken', ge=1, le=10000)
    since: str = key('when it began')
    next: str = key('when the next step may be taken', '')
    until: str = key('until when it may go on', '')
    open: bool = key('whether it has no closing message', False)
    at_once: bool = key('whether it goes on at once', False)
    changed: bool = key('whether its emotion has changed', False)
    relapsed: bool = key('whether it went on after a recovery', False)
    said: Tuple[str, ...] = key('marks of its texts', ())
    result: Optional[bool] = key('whether it helped', None)
    counted: bool = key('whether the result is among the counts', False)
    fixed: bool = key('whether a person has given the result', False)

    def __post_init__(self) -> None:
        """Raise SerError for a time that is none."""
        _check_times(since=self.since, next=self.next, until=self.until)


@dataclass(frozen=True)
class Memory:
    """Everything that is kept. It holds no words of anybody, and no emotions over time.

    Attributes:
        version: of this form.
        episodes: number of the latest episode.
        paused: whether somebody has paused the responder.
        cool_until: no episode starts before this local time.
        answers: when the robot was heard in the last 24 hours, local time.
        said: marks of the texts that were said, the latest one last.
        episode: the latest episode; None before the first.
        learned: by emotion and strategy, how often it helped and did not, after decay.
    """

    version: int = key('version of the form', VERSION, ge=1)
    episodes: int = key('number of the latest episode', 0, ge=0, le=2 ** 32 - 1)
    paused: bool = key('whether the responder is paused', False)
    cool_until: str = key('no episode starts before this', '')
    answers: Tuple[str, ...] = key('when the robot was heard', ())
    said: Tuple[str, ...] = key('marks of texts', ())
    episode: Optional[EpisodeMemory] = key('the latest episode', None)
    learned: Dict[str, Dict[str, Tuple[float, ...]]] = key(
        'how often each strategy helped and did not', {}, ge=0, le=1e9)

    def __post_init__(self) -> None:
        """Raise SerError for a time that is none, or a count that is not a pair."""
        _check_times(cool_until=self.cool_until)
        for answer in self.answers:
            _check_times(answers=answer or '?')
        for emotion, strategies in self.learned.items():
            for name, counts in strategies.items():
                if len(counts) != 2:
                    raise SerError(f'learned.{emotion}.{name} has {len(counts)} numbers; '
                                   'allowed: 2')


def to_dict(memory: Memory) -> Dict[str, Any]:
    """Return the values as JSON has them."""
    return asdict(memory)


def from_dict(values: Any, where: str) -> Memory:
    """Return the memory.

    Args:
        values: as `to_dict` gives them.
        where: the file, for the text of errors.

    Raises:
        SerError: a key is wrong, or a later version wrote it.
    """
    version = values.get('version') if isinstance(values, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise SerError(f'{where}: version is {version}; allowed: up to {VERSION}. A later version '
                       'of ser_ros wrote it')
    return build(Memory, values, where)
