# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which of several texts is said: none twice in an episode, and the one said longest ago."""

import hashlib
from typing import Iterable, List, Set, Tuple

# More texts than a file has; the oldest ones are forgotten first.
MAX_MARKS = 256


def mark(text: str) -> str:
    """Return what stands for a text in the memory, which keeps no words."""
    return hashlib.sha256(text.encode('utf-8')).hexdigest()[:10]


class TextHistory:
    """The marks of the texts that were said, the latest one last."""

    def __init__(self, marks: Iterable[str] = ()) -> None:
        """Start with the marks of another run."""
        self.marks: List[str] = list(marks)

    def pick(self, texts: Tuple[str, ...], said: Set[str]) -> str:
        """Return a text and remember it; '' where all were said in this episode.

        Args:
            texts: those that the file gives.
            said: marks of the texts of this episode; the mark of the text is added.
        """
        left = [text for text in texts if mark(text) not in said]
        if not left:
            return ''
        text = min(left, key=self._turn)
        found = mark(text)
        said.add(found)
        self.marks = [other for other in self.marks if other != found][1 - MAX_MARKS:] + [found]
        return text

    def _turn(self, text: str) -> int:
        found = mark(text)
        return self.marks.index(found) if found in self.marks else -1
