# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of those who make the robot talk do so now."""

from typing import Dict, NamedTuple, Optional

NEVER = 0
# So far the clock may go back without being another time.
_JUMP_NS = 10**9
# More than a robot has. The oldest ones are dropped: the robot speaks anyway.
_MAX_SPEAKERS = 64
# The number of a publisher's first message.
_FIRST = 1


class _Speaker(NamedTuple):
    """The last message of a publisher that says that the robot speaks."""

    sequence: int
    heard_ns: int


class Speakers:
    """Count who speaks: the robot speaks while anybody does.

    A publisher is known by the numbers of its messages, which follow each other. Where the
    middleware does not number them, all count as one.

    Some use a publisher for one message only: one says true, and another one says false. So the
    first message of a publisher, if it is false, ends the oldest true that was a first message as
    well and has not been repeated. Every other false ends only what its own publisher said: a
    silent publisher that repeats its false ends nobody else's speech.
    """

    def __init__(self, timeout_s: float = NEVER) -> None:
        """Begin with nobody.

        Args:
            timeout_s: who says that he speaks, and does not repeat it within this time, is no
                longer believed [s]. NEVER: everybody is believed.
        """
        self._timeout_ns = int(timeout_s * 1e9)
        # Only those who speak, the one that began first at the beginning.
        self._speakers: Dict[int, _Speaker] = {}
        self._made = 0
        #: Since when a speaker has not been believed any more; None where there is none.
        self.lapsed_ns: Optional[int] = None

    @property
    def speaking(self) -> bool:
        """Whether anybody speaks, as of the last call of another method."""
        return bool(self._speakers)

    def hear(self, speaks: bool, now_ns: int, sequence: int = 0) -> None:
        """Take in a message.

        Args:
            speaks: what it says.
            now_ns: when it came.
            sequence: its number among those of its publisher; 0 where that is not known.
        """
        key = self._who(sequence)
        if speaks:
            self._add(key, _Speaker(sequence, now_ns))
        else:
            if key is None and sequence == _FIRST:
                key = self._oldest_single()
            if key is not None:
                self._speakers.pop(key, None)
        self.lapsed_ns = None
        self.expire(now_ns)

    def expire(self, now_ns: int) -> Optional[int]:
        """Take for silent whoever has not repeated that he speaks.

        Returns:
            When the last one became silent, if that has just happened.
        """
        if not self._timeout_ns:
            return None
        spoke = self.speaking
        for key, speaker in list(self._speakers.items()):
            age_ns = now_ns - speaker.heard_ns
            if age_ns < -_JUMP_NS:  # a bag that is played in a loop: it was another time
                del self._speakers[key]
            elif age_ns >= self._timeout_ns:
                del self._speakers[key]
                self.lapsed_ns = speaker.heard_ns + self._timeout_ns
        return self.lapsed_ns if spoke and not self.speaking else None

    def forget(self) -> None:
        """Forget everybody."""
        self._speakers.clear()
        self.lapsed_ns = None

    def _who(self, sequence: int) -> Optional[int]:
        """Return the key of the publisher of a message; None if it has not said that it speaks."""
        if sequence == 0:
            return 0
        return next((key for key, speaker in self._speakers.items()
                     if key and speaker.sequence == sequence - 1), None)

    def _oldest_single(self) -> Optional[int]:
        """Return the key of the one that said true first, and with its first message."""
        return next((key for key, speaker in self._speakers.items()
                     if speaker.sequence == _FIRST), None)

    def _add(self, key: Optional[int], speaker: _Speaker) -> None:
        if key is None:
            self._made += 1
            key = self._made
        self._speakers[key] = speaker
        if len(self._speakers) > _MAX_SPEAKERS:
            del self._speakers[next(iter(self._speakers))]
