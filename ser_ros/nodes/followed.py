# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One publisher of a topic is followed, whoever else publishes there."""

import time
from typing import Callable, Dict, List, Optional, Sequence, Tuple

# A publisher that was silent for this time gives way to another one.
GONE_S = 2.0
# A followed publisher that was silent for this time may be gone.
_DOUBTFUL_S = 0.5
# So many messages of the followed publisher may be lost at once.
_LOST = 50


class Followed:
    """Follow the first publisher of a topic.

    ROS does not say in Python who has sent a message. It numbers the messages of each publisher,
    so those of one follow each other. Where the numbers of two publishers cross, the stamps decide:
    graphs that start at the same time have nearly the same numbers. Where the middleware does not
    number messages, all are taken.

    Attributes:
        refused: number of messages of other publishers.
        changes: how often another publisher was followed from then on.
    """

    def __init__(self, names: Callable[[], Sequence[str]],
                 clock: Callable[[], float] = time.monotonic, gone_s: float = GONE_S):
        """Follow nobody yet.

        Args:
            names: returns the names of the nodes that publish on the topic, one for each publisher.
            clock: a steady clock [s].
            gone_s: after so long a silence another publisher is followed [s].
        """
        self._names = names
        self._gone_s = gone_s
        self._clock = clock
        self.refused = 0
        self.changes = 0
        self.forget()

    def forget(self) -> None:
        """Follow whoever comes next."""
        self._last: Optional[int] = None
        self._stamp_ns = self._step_ns = 0
        self._heard_s = 0.0
        self._followed_names: List[str] = []
        # When each of the others was heard, and its stamp, by the number of the latest message.
        self._others: Dict[int, Tuple[float, int]] = {}

    @property
    def silence_s(self) -> float:
        """Time since the latest message that was taken [s]."""
        return self._clock() - self._heard_s

    def takes(self, sequence: int, stamp_ns: int = 0, fits: bool = True) -> bool:
        """Return whether a message is one of the publisher that is followed.

        Args:
            sequence: its number among those of its publisher; 0 where that is not known.
            stamp_ns: its stamp, which decides where the numbers of two publishers cross.
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
        other = self._others.get(sequence - 1)
        is_next = self._is_next(sequence, stamp_ns, other)
        silence_s = now_s - self._heard_s
        # Who is known as another one is not looked up with each message.
        is_doubtful = other is None or silence_s > _DOUBTFUL_S
        if is_next or (is_doubtful and len(self._names()) < 2):
            return self._follow(sequence, stamp_ns, now_s)
        self._others.pop(sequence - 1, None)
        if self._last is not None and silence_s >= max(self._gone_s, 2e-9 * self._step_ns):
            self.forget()
            self.changes += 1
            return self._follow(sequence, stamp_ns, now_s)
        self._refuse(sequence, stamp_ns, now_s)
        return False

    def refuse(self, sequence: int, stamp_ns: int = 0) -> None:
        """Take it that a message, and those that follow it, are of another publisher."""
        self._others.pop(sequence - 1, None)
        self._refuse(sequence, stamp_ns, self._clock())

    def _refuse(self, sequence: int, stamp_ns: int, now_s: float) -> None:
        self._others = {number: heard for number, heard in self._others.items()
                        if now_s - heard[0] < GONE_S}
        self._others[sequence] = now_s, stamp_ns
        self.refused += 1

    def _is_next(self, sequence: int, stamp_ns: int, other: Optional[Tuple[float, int]]) -> bool:
        """Return whether a message follows those of the publisher that is followed.

        Args:
            sequence: its number.
            stamp_ns: its stamp.
            other: of another publisher, whose next number is this one as well.
        """
        if self._last is None:
            return other is None
        ahead = sequence - self._last
        off_ns = abs(stamp_ns - self._stamp_ns - ahead * self._step_ns)
        if ahead == 1:
            return other is None or not self._step_ns or (
                off_ns <= abs(stamp_ns - other[1] - self._step_ns))
        # Some are lost, unless that is a publisher that has not been heard before.
        return other is None and 1 < ahead <= _LOST and off_ns <= self._step_ns // 4

    def _follow(self, sequence: int, stamp_ns: int, now_s: float) -> bool:
        if self._last is None:
            names = list(self._names())
            self._followed_names = names if len(names) == 1 else []
        elif sequence == self._last + 1:
            self._step_ns = max(0, stamp_ns - self._stamp_ns)
        self._last, self._stamp_ns, self._heard_s = sequence, stamp_ns, now_s
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
