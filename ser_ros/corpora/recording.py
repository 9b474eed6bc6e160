# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a clip of a corpus before it is read."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Recording:
    """One clip.

    Attributes:
        path: the audio file; whether it exists is known only when it is read.
        label: the emotion in the corpus's own word, such as 'calm'.
        speaker: '' if the corpus does not name it.
        sex: of the speaker, 'female', 'male' or another word of the corpus's list; '' where it says
            none.
        text: what is said, in composed letters (NFC); '' where it is unknown.
        sentence: id of what is said, the same for every speaker; '' where it is unknown.
    """

    path: Path
    label: str
    speaker: str = ''
    sex: str = ''
    text: str = ''
    sentence: str = ''


# Why files do not belong to the clips though nothing says that they should not.
NO_NAME = 'not a file name of this corpus'
NO_EMOTION = 'not in a folder of an emotion'
NOT_LISTED = 'not listed in '
HIDDEN = 'hidden'


@dataclass(frozen=True)
class Fault:
    """Something in the files of a corpus that has to be repaired before training.

    Attributes:
        path: the file.
        line: number of the line from 1, or 0 for the file as a whole.
        problem: what is wrong there.
    """

    path: Path
    line: int
    problem: str

    def __str__(self) -> str:
        """Return the place and the problem."""
        return f'{self.path}{f", line {self.line}" if self.line else ""}: {self.problem}'


@dataclass(frozen=True)
class Listing:
    """The clips of a corpus.

    Attributes:
        corpus: name of its label map, 'generic' for a corpus that the package does not know.
        folder: where it is.
        layout: how its labels were found, in words.
        recordings: the clips, in the order of the list or of the paths.
        skipped: files that are left out, each with the reason.
        speakers: where the speakers come from, in words; '' before
            `ser_ros.corpora.speakers.find_speakers`.
        faults: what has to be repaired; the clips that it concerns are not among the recordings.
    """

    corpus: str
    folder: Path
    layout: str
    recordings: list[Recording]
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    speakers: str = ''
    faults: list[Fault] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Path]:
        """Files that are left out without a reason that lies in the corpus."""
        return [path for path, reason in self.skipped
                if reason.startswith((NO_NAME, NO_EMOTION, NOT_LISTED, HIDDEN))]
