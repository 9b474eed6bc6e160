# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Persons: how they sound at a time, and what becomes of it when the robot answers."""

import abc
import random
from dataclasses import dataclass
from typing import Sequence, Tuple

from ser_ros.simulation.hearing import MUMBLES, SILENT, SOUNDS
from ser_ros.typed_values import key


class Person(abc.ABC):
    """Somebody near the robot.

    Attributes:
        feels: what the person sounds like when speaking, one of SOUNDS.
            SILENT where nobody is.
        number: goes up when another person takes the place.
        confidence: with which an emotion is heard; 0: one that is drawn.
    """

    feels = SILENT
    number = 1
    confidence = 0.0

    @abc.abstractmethod
    def sound(self, now_s: float) -> str:
        """Return how the person sounds at a time, which never goes back; one of SOUNDS."""

    @abc.abstractmethod
    def answered(self, now_s: float, strategy: str) -> None:
        """Take it that the robot has answered by a strategy, and is silent again."""


@dataclass(frozen=True)
class Part:
    """A part of the time of a scripted person."""

    feels: Tuple[str, ...] = key('how the person sounds, in turns of each_s', choices=SOUNDS)
    for_s: float = key('how long this part lasts', gt=0, le=86400)
    each_s: float = key('length of a turn', 2.0, gt=0, le=86400)
    sentence_s: float = key('length of a sentence; 0: without a pause', 0.0, ge=0, le=3600)
    pause_s: float = key('length of the pauses between sentences', 1.0, ge=0, le=3600)
    until_answers: int = key(
        'the part ends after this many answers of the robot; 0: never before its time', 0,
        ge=0, le=1000)
    confidence: float = key(
        'confidence with which an emotion is heard; 0: one that is drawn', 0.0, ge=0, le=1)
    person: int = key('number of the person', 1, ge=1, le=1000)


class ScriptedPerson(Person):
    """Follow a script; after its last part nobody speaks."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Start with the first part."""
        self._parts = list(parts)
        self._start_s = 0.0
        self._answers = 0

    def sound(self, now_s: float) -> str:
        """Return how the person sounds."""
        while self._parts and now_s >= self._start_s + self._parts[0].for_s - 1e-9:
            self._next(self._start_s + self._parts[0].for_s)
        if not self._parts:
            self.feels = SILENT
            return SILENT
        part, since_s = self._parts[0], now_s - self._start_s
        self.number, self.confidence = part.person, part.confidence
        self.feels = part.feels[int(since_s / part.each_s + 1e-9) % len(part.feels)]
        if part.sentence_s and since_s % (part.sentence_s + part.pause_s) >= part.sentence_s:
            return SILENT
        return self.feels

    def answered(self, now_s: float, strategy: str) -> None:
        """End the part, if that was the answer that ends it."""
        self._answers += 1
        if self._parts and self._answers == self._parts[0].until_answers:
            self._next(now_s)

    def _next(self, start_s: float) -> None:
        self._parts.pop(0)
        self._start_s, self._answers = start_s, 0


class RandomPerson(Person):
    """Somebody with a mood that changes, and a way of taking what a robot says."""

    _CALM = ('neutral', 'neutral', 'neutral', 'happiness', 'surprise')
    _UPSET = ('anger', 'sadness', 'fear', 'disgust')

    def __init__(self, seed: int) -> None:
        """Draw who it is.

        Args:
            seed: of the random numbers.
        """
        self._random = random.Random(seed)
        self._mood_until_s = self._turn_until_s = 0.0
        self._speaks = False
        self._meet()

    def _meet(self) -> None:
        """Become somebody else."""
        draw = self._random
        self._helped, self._worse, self._leaves = draw.choice((
            (0.8, 0.0, 0.05), (0.4, 0.1, 0.1), (0.0, 0.0, 0.0), (0.0, 0.6, 0.1), (0.2, 0.0, 0.6)))
        self._upset_share = draw.choice((0.1, 0.3, 0.6, 0.9))
        self._moods_s = draw.choice((20.0, 60.0, 240.0))
        self._sentence_s = draw.choice((2.0, 4.0, 10.0))
        self._pause_s = draw.choice((0.5, 1.5, 4.0))
        self._change()

    def _change(self) -> None:
        """Have another mood."""
        draw = self._random
        kind = draw.random()
        if kind < 0.1:
            self.feels = MUMBLES
        else:
            self.feels = draw.choice(self._UPSET if draw.random() < self._upset_share
                                     else self._CALM)

    def sound(self, now_s: float) -> str:
        """Return how the person sounds."""
        if now_s >= self._mood_until_s:
            self._new_mood(now_s)
        if now_s >= self._turn_until_s:
            self._speaks = not self._speaks
            mean_s = self._sentence_s if self._speaks else self._pause_s
            self._turn_until_s = now_s + self._random.expovariate(1.0 / mean_s)
        return self.feels if self._speaks else SILENT

    def _new_mood(self, now_s: float) -> None:
        draw = self._random
        if self.feels == SILENT and draw.random() < 0.4:
            self.number += 1
            self._meet()
        elif self.feels != SILENT and draw.random() < 0.1:
            self._leave(now_s)
            return
        else:
            self._change()
        self._mood_until_s = now_s + draw.expovariate(1.0 / self._moods_s)

    def _leave(self, now_s: float) -> None:
        self.feels = SILENT
        self._mood_until_s = now_s + self._random.expovariate(1.0 / 120.0)

    def answered(self, now_s: float, strategy: str) -> None:
        """React, or do not."""
        draw = self._random
        chance = draw.random()
        if self.feels == SILENT:
            return
        if chance < self._leaves:
            self._leave(now_s)
        elif chance < self._leaves + self._helped:
            self.feels = draw.choice(self._CALM)
            self._mood_until_s = now_s + draw.expovariate(1.0 / self._moods_s) + 10.0
        elif chance < self._leaves + self._helped + self._worse:
            self.feels = 'anger'
            self._mood_until_s = now_s + draw.expovariate(1.0 / 120.0) + 30.0
