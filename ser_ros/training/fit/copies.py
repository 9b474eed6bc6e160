# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which degraded copies of the clips are trained on, and who talks behind the speaker in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.degrade.kinds import TALKERS
from ser_ros.degrade.seeds import generator_for

# So many clips of a corpus lend their voices: few enough to be kept in memory.
VOICES_PER_CORPUS = 250
# Babble is made of up to as many.
DRAWN = 8


@dataclass(frozen=True)
class Copies:
    """Copies of clips.

    Attributes:
        count: number of copies of each clip.
        kinds: of the first copy, the second one and so on, of `ser_ros.degrade.kinds.CHAINS`;
            after the last one it starts again.
        clips: those that are copied. They lend their voices to the babble behind others.
    """

    count: int = 0
    kinds: Sequence[str] = ('any',)
    clips: Sequence[Clip] = ()

    def kind(self, copy: int) -> str:
        """Return the kind of a copy, counted from 1."""
        return self.kinds[(copy - 1) % len(self.kinds)]

    def talkers(self) -> 'Talkers':
        """Return who can talk behind a speaker."""
        return Talkers(self.clips)


class Talkers:
    """Draws clips of other speakers, from all corpora in turn."""

    def __init__(self, clips: Sequence[Clip]):
        """Choose the clips that lend their voices, evenly from each corpus."""
        of_corpus: dict[str, list[Clip]] = {}
        for clip in clips:
            of_corpus.setdefault(clip.corpus, []).append(clip)
        self._voices = [
            [found[index] for index in np.unique(np.linspace(
                0, len(found) - 1, VOICES_PER_CORPUS).round().astype(int))]
            for found in of_corpus.values()]

    def behind(self, clip: Clip, copy: int) -> tuple[Path, ...]:
        """Return the paths of up to DRAWN clips; the same ones for the same clip and copy.

        None is of the speaker of the clip, as far as speakers are known.
        """
        others = [found for found in (
            [voice.path for voice in voices if voice.path != clip.path and not (
                voice.corpus == clip.corpus and voice.speaker and voice.speaker == clip.speaker)]
            for voices in self._voices) if found]
        if not others:
            return ()
        generator = generator_for(clip.path, f'{TALKERS} of copy {copy}')
        return tuple(others[turn % len(others)][generator.integers(len(others[turn % len(others)]))]
                     for turn in range(DRAWN))
