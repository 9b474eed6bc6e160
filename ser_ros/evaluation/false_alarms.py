# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often the graph hears an emotion where nobody speaks."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_ros.audio.finding import find_audio_files
from ser_ros.corpora.labelled_clips import read_samples
from ser_ros.emotion.tracker import State
from ser_ros.evaluation.cells import percent
from ser_ros.evaluation.document import Block, Heading, Table, Text
from ser_ros.nonspeech import HARD, Sound
from ser_ros.recognizer import Recognizer

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Heard:
    """What the graph says of the windows of one sound of no speech."""

    kind: str
    states: tuple[State, ...]

    @property
    def false(self) -> bool:
        """Whether an emotion is named in any window."""
        return State.EMOTION in self.states


@dataclass(frozen=True)
class Figures:
    """The sounds of one kind, or all of them.

    Attributes:
        clips, windows: how many there are.
        no_speech, uncertain, emotion: share of the windows in which the graph says so.
        false_clips: share of the clips with a window in which an emotion is named.
    """

    clips: int
    windows: int
    no_speech: float
    uncertain: float
    emotion: float
    false_clips: float


def find(folder: Path) -> list[Path]:
    """Return the audio files in a folder and below it.

    Raises:
        SerError: if there is none.
    """
    return [Path(path) for path in find_audio_files(str(folder.resolve()), LOGGER.warning)]


def read(paths: Iterable[Path]) -> Iterator[Sound]:
    """Yield recordings of no speech; their kind is the name of the folder that they lie in.

    Raises:
        SerError: if one cannot be read.
    """
    for path in paths:
        yield Sound(path.parent.name, read_samples(path))


def listen(recognizer: Recognizer, sounds: Iterable[Sound]) -> Iterator[Heard]:
    """Yield what the graph would say of each sound."""
    for sound in sounds:
        windows = recognizer.recording([sound.samples])
        yield Heard(sound.kind, tuple(window.state for window in windows))


def summarise(heard: Sequence[Heard]) -> Figures:
    """Return the figures of some sounds, at least one."""
    states = [state for sound in heard for state in sound.states]
    count = len(states)
    return Figures(
        len(heard), count, states.count(State.NO_SPEECH) / count,
        states.count(State.UNCERTAIN) / count, states.count(State.EMOTION) / count,
        sum(sound.false for sound in heard) / len(heard))


def report(heard: Sequence[Heard], unreadable: int = 0) -> list[Block]:
    """Return the figures of all sounds and of each kind as a document.

    Args:
        unreadable: number of files that were left out.
    """
    groups = {'all': list(heard)}
    without = [sound for sound in heard if sound.kind not in HARD]
    if 0 < len(without) < len(heard):
        groups['all but voices without words'] = without
    for kind in sorted({sound.kind for sound in heard}):
        groups[kind.replace('_', ' ')] = [sound for sound in heard if sound.kind == kind]
    rows = []
    for name, members in groups.items():
        figures = summarise(members)
        rows.append([name, str(figures.clips), str(figures.windows), percent(figures.no_speech),
                     percent(figures.uncertain), percent(figures.emotion),
                     percent(figures.false_clips)])
    left_out = f' Unreadable files left out: {unreadable}.' if unreadable else ''
    return [
        Heading('Emotions named although nobody speaks', 1),
        Text('States of the graph, with its default settings, for windows of sounds without '
             'speech. The last column is the share of clips with an emotion in any window.'
             + left_out),
        Table(['sound', 'clips', 'windows', 'NO_SPEECH', 'UNCERTAIN', 'EMOTION',
               'clips with an emotion'], rows)]
