# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of those who make the robot talk do so now."""

from typing import Dict, NamedTuple, Optional

NEVER = 0
# So far the clock may go back without being another time.
_JUMP_NS = 10**9


class _Speaker(NamedTuple):
    """What one publisher of robot_speaking said last."""

    sequence: int
    speaks: bool
    heard_ns: int


class Speakers:
    """Count who speaks: the robot speaks while anybody does.

    A publisher is known by the numbers of its messages, which follow each other. Where the
    middleware does not number them, all count as one.
    """

    def __init__(self, timeout_s: float = NEVER) -> None:
        """Begin with nobody.

        Args:
            timeout_s: who says that he speaks, and does not repeat it within this time, is no
                longer believed [s]. NEVER: everybody is believed.
        """
        self._timeout_ns = int(timeout_s * 1e9)
        self._speakers: Dict[int, _Speaker] = {}
        self._made = 0
        #: Since when a speaker has not been believed any more; None where there is none.
        self.lapsed_ns: Optional[int] = None

    @property
    def speaking(self) -> bool:
        """Whether anybody speaks, as of the last call of another method."""
        return any(speaker.speaks for speaker in self._speakers.values())

    def hear(self, speaks: bool, now_ns: int, sequence: int = 0) -> None:
        """Take in a message.

        Args:
            speaks: what it says.
            now_ns: when it came.
            sequence: its number among those of its publisher; 0 where that is not known.
        """
        self._speakers[self._who(speaks, sequence)] = _Speaker(sequence, speaks, now_ns)
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
            if not speaker.speaks:
                continue
            age_ns = now_ns - speaker.heard_ns
            if age_ns < -_JUMP_NS:  # a bag that is played in a loop: it was another time
                self._speakers[key] = speaker._replace(speaks=False)
            elif age_ns >= self._timeout_ns:
                self._speakers[key] = speaker._replace(speaks=False)
                self.lapsed_ns = speaker.heard_ns + self._timeout_ns
        return self.lapsed_ns if spoke and not self.speaking else None

    def forget(self) -> None:
        """Forget everybody."""
        self._speakers.clear()
        self.lapsed_ns = None

    def _who(self, speaks: bool, sequence: int) -> int:
        """Return the key of the publisher of a message."""
        if sequence == 0:
            return 0
        candidates = [key for key, speaker in self._speakers.items()
                      if key and speaker.sequence == sequence - 1]
        # A message that ends or repeats speech is more likely of one who speaks.
        candidates.sort(key=lambda key: not self._speakers[key].speaks)
        if candidates:
            return candidates[0]
        self._made += 1
        return self._made
