# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One publisher of a topic is followed, whoever else publishes there."""

import time
from typing import Callable, Dict, List, Optional, Sequence

# A publisher that was silent for this time gives way to another one.
GONE_S = 2.0
# So many messages of the followed publisher may be lost at once.
_LOST = 50


class Followed:
    """Follow the first publisher of a topic.

    ROS does not say in Python who has sent a message. It numbers the messages of each publisher,
    so those of one follow each other. Where the middleware does not number them, all are taken.

    Attributes:
        refused: number of messages of other publishers.
        changes: how often another publisher was followed from then on.
    """

    def __init__(self, names: Callable[[], Sequence[str]],
                 clock: Callable[[], float] = time.monotonic):
        """Follow nobody yet.

        Args:
            names: returns the names of the nodes that publish on the topic, one for each publisher.
            clock: a steady clock [s].
        """
        self._names = names
        self._clock = clock
        self.refused = 0
        self.changes = 0
        self.forget()

    def forget(self) -> None:
        """Follow whoever comes next."""
        self._last: Optional[int] = None
        self._heard_s = 0.0
        self._followed_names: List[str] = []
        # When each of the others was heard, by the number of the latest message.
        self._others: Dict[int, float] = {}

    @property
    def silence_s(self) -> float:
        """Time since the latest message that was taken [s]."""
        return self._clock() - self._heard_s

    def takes(self, sequence: int, fits: bool = True) -> bool:
        """Return whether a message is one of the publisher that is followed.

        Args:
            sequence: its number among those of its publisher; 0 where that is not known.
            fits: whether it can be used. Of several publishers none is followed for one that
                cannot. It is refused while another one is heard, and else to be complained of.
        """
        now_s = self._clock()
        if not fits and len(self._names()) > 1:
            is_other = self._last is not None and now_s - self._heard_s < GONE_S
            self.refused += is_other
            return not is_other
        if not sequence:
            self._heard_s = now_s
            return True
        if self._last is None or sequence == self._last + 1:
            return self._follow(sequence, now_s)
        known = self._others.pop(sequence - 1, None) is not None
        if not known and (self._last < sequence <= self._last + _LOST
                          or len(self._names()) < 2):
            return self._follow(sequence, now_s)
        if now_s - self._heard_s >= GONE_S:
            self.forget()
            self.changes += 1
            return self._follow(sequence, now_s)
        self._others = {number: heard_s for number, heard_s in self._others.items()
                        if now_s - heard_s < GONE_S}
        self._others[sequence] = now_s
        self.refused += 1
        return False

    def _follow(self, sequence: int, now_s: float) -> bool:
        if self._last is None:
            names = list(self._names())
            self._followed_names = names if len(names) == 1 else []
        self._last, self._heard_s = sequence, now_s
        return True

    @property
    def others(self) -> str:
        """The names of the nodes that are not followed; '' where there is no other publisher.

        Where two were there from the beginning, both are named.
        """
        names = list(self._names())
        if len(names) < 2:
            return ''
        for name in self._followed_names:
            if name in names:
                names.remove(name)
        return ', '.join(sorted(names))
