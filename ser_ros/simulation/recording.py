# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the recognizer hears in a recording, for a simulation of the rest."""

from typing import List, Optional, Tuple

from ser_ros.recognizer import Recognizer
from ser_ros.simulation.crowd import Crowd
from ser_ros.simulation.hearing import NOTHING, Heard, HearingSettings
from ser_ros.simulation.persons import Person
from ser_ros.simulation.record import Record
from ser_ros.simulation.run import Run, Surroundings


class RecordedPerson(Person):
    """Somebody whose words are a recording, so that no answer changes them."""

    feels = 'recording'

    def sound(self, now_s: float) -> str:
        """Return that it is a recording."""
        return self.feels

    def answered(self, now_s: float, strategy: str) -> None:
        """Go on as before."""


def record(path: str, model: Optional[str], crowd: Crowd) -> Record:
    """Return what happens to somebody whose words are a recording.

    Args:
        path: the audio file.
        model: name or path; None for that of the graph.
        crowd: the settings.

    Raises:
        SerError: if there is no such model, or the file cannot be read.
    """
    heard, hearing = _listen(path, model)
    return Run(crowd.settings, RecordedPerson(), len(heard) * hearing.period_s, crowd.seed,
               Surroundings(hearing, heard=heard), crowd.keep_windows).go()


def _listen(path: str, model: Optional[str]) -> Tuple[List[Heard], HearingSettings]:
    """Return what is heard in the windows of a recording, and how they follow each other."""
    heard: List[Heard] = []
    with Recognizer(model) as recognizer:
        period_s = recognizer.period_s
        for window in recognizer.classify(path):
            # Nothing is known before the end of the first window.
            while len(heard) + 1 < round(window.end_s / period_s):
                heard.append(NOTHING)
            shares = dict(zip(window.labels, map(float, window.probabilities)))
            heard.append(Heard(window.state, window.label, window.confidence, shares))
        return heard, HearingSettings(period_s=period_s, window_s=recognizer.window_s)
