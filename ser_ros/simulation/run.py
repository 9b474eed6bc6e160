# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A person, a robot and its responder, in simulated time."""

import heapq
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ser_ros.emotion.tracker import State
from ser_ros.mitigation.config import UNCLEAR
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.phases import Event, is_closing
from ser_ros.simulation import faults as kinds
from ser_ros.simulation.faults import Fault
from ser_ros.simulation.hearing import NOTHING, Heard, Hearing, HearingSettings
from ser_ros.simulation.persons import Person
from ser_ros.simulation.process import Killed, Process, ResponderSettings
from ser_ros.simulation.record import Record
from ser_ros.simulation.robot import Robot, RobotSettings

# A stamp of a real clock.
_EPOCH_S = 1.75e9
# The periods of the responder's timer: while nothing happens, and while actions run.
_IDLE_TICK_S = 0.5
_BUSY_TICK_S = 0.1
# What was heard within this time is what an answer may be about.
_RECENT_S = 60.0
_NOT_A_NUMBER = Heard(State.EMOTION, 'anger', math.nan, {'anger': math.nan})
_CONTRADICTION = Heard(State.EMOTION, '', 0.9, {'anger': 0.9, 'neutral': 0.9})


@dataclass(frozen=True)
class Surroundings:
    """All that is around a person and the responder.

    Attributes:
        hearing: how well the recognizer hears.
        robot: how the robot speaks.
        faults: what goes wrong.
        heard: what is heard in each window, whatever the person does; empty: it is drawn.
    """

    hearing: HearingSettings = HearingSettings()
    robot: RobotSettings = RobotSettings()
    faults: Sequence[Fault] = ()
    heard: Sequence[Heard] = ()


class Run:
    """One person's time with the robot."""

    def __init__(self, settings: ResponderSettings, person: Person, duration_s: float, seed: int,
                 around: Optional[Surroundings] = None, keep_windows: bool = False) -> None:
        """Prepare everything.

        Args:
            settings: of the responder.
            person: who is there.
            duration_s: of the whole.
            seed: of all random numbers but those of the person.
            around: the robot, and what it hears.
            keep_windows: keep a record of every estimate.
        """
        around = around or Surroundings()
        hearing = around.hearing
        self._settings, self._person, self._hearing_settings = settings, person, hearing
        self._windows = int(duration_s / hearing.period_s + 1e-9)
        self._hearing = Hearing(hearing, self._windows, seed)
        self.record = Record(settings.starts, self._windows * hearing.period_s, keep_windows)
        self._heard = around.heard
        self.now_s = 0.0
        self._robot = Robot(around.robot, self._note)
        self._robot.on_answered = self._answered
        self._process = Process(settings, self._robot, seed, self._published)
        self._due: List[Tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._next: List[Fault] = []
        self._silent_until_s = -math.inf
        self._shift_s = 0.0
        self._came_s = 0.0
        self._strategy = ''
        self._recent: List[Tuple[float, Heard]] = []
        self._shown = ('', 0)
        for fault in around.faults:
            self._at(fault.at_s, self._happen, fault)

    def go(self) -> Record:
        """Let the whole time pass, and return what happened."""
        settings = self._hearing_settings
        ticks = max(1, round(settings.period_s / _IDLE_TICK_S))
        busy_ticks = max(1, round(settings.period_s / _BUSY_TICK_S))
        period_s, latency_s, process = settings.period_s, settings.latency_s, self._process
        for index in range(self._windows):
            stamp_s = (index + 1) * period_s
            arrives_s = stamp_s + latency_s
            self._go_to(arrives_s)
            self._send(stamp_s, self._listen(index, stamp_s))
            count = busy_ticks if process.runs_actions else ticks
            for number in range(1, count + 1):
                self._go_to(arrives_s + (number - 0.5) * period_s / count)
                self._guarded(process.do, 'tick', self._now())
        self._end()
        return self.record

    def learned(self, emotion: str) -> Dict[str, Sequence[float]]:
        """Return how often each strategy helped and did not, as it is remembered at the end."""
        return dict(self._process.memory.load().learned.get(emotion, {}))

    def _end(self) -> None:
        """Shut the responder down; one that was killed is started before, and closes its episode.

        A kill that is still due would leave nothing to look at.
        """
        self._go_to(self.now_s + self._hearing_settings.period_s)
        if self._process.responder is None:
            self._start()
        self._process.kill_next = False
        self._process.do('tick', self._now())
        self._process.do('end', self._now())
        self._note_gap()

    def _now(self) -> Now:
        return Now(_EPOCH_S + self.now_s, self._settings.starts + timedelta(seconds=self.now_s))

    def _note(self, what: str, **values: Any) -> Any:
        return self.record.note(self.now_s, what, values)

    def _at(self, at_s: float, do: Callable[..., None], *arguments: Any) -> None:
        self._number += 1
        heapq.heappush(self._due, (at_s, self._number, lambda: do(*arguments)))

    def _go_to(self, now_s: float) -> None:
        """Let what is due happen until a time."""
        while self._due and self._due[0][0] <= now_s:
            at_s, _, do = heapq.heappop(self._due)
            self.now_s = max(self.now_s, at_s)
            self._robot.step(self.now_s)
            do()
        self.now_s = now_s
        self._robot.step(now_s)

    def _guarded(self, do: Callable[..., None], *arguments: Any) -> None:
        """Call the responder, which may be killed by that."""
        try:
            do(*arguments)
        except Killed:
            self._kill(self._killed_for_s)

    def _listen(self, index: int, stamp_s: float) -> Heard:
        person = self._person
        sound = person.sound(stamp_s)
        if (person.feels, person.number) != self._shown:
            self._shown = (person.feels, person.number)
            self._note('person', feels=person.feels, person=person.number)
        if self._robot.drowns(stamp_s - self._hearing_settings.window_s, stamp_s):
            return NOTHING
        if self._heard:
            return self._heard[index]
        return self._hearing.hear(index, sound, person.confidence)

    def _send(self, stamp_s: float, heard: Heard) -> None:
        if stamp_s < self._silent_until_s:
            return
        delay_s, copies = 0.0, 1
        for fault in self._next:
            if fault.what == kinds.DROP:
                copies = 0
            elif fault.what == kinds.LATE:
                delay_s = fault.for_s
            elif fault.what == kinds.REPEAT:
                copies += 1
            else:
                heard = _NOT_A_NUMBER if fault.what == kinds.NAN else _CONTRADICTION
        if self._next:
            self._next = []
        estimate = Estimate(_EPOCH_S + stamp_s + self._shift_s, *heard)
        for _ in range(copies):
            if delay_s:
                self._at(self.now_s + delay_s, self._deliver, estimate, heard)
            else:
                self._deliver(estimate, heard)

    def _deliver(self, estimate: Estimate, heard: Heard) -> None:
        self._note_gap()
        self._came_s = self.now_s
        self._recent.append((self.now_s, heard))
        self.record.keep(self.now_s, estimate)
        self._guarded(self._process.update, self._now(), estimate)

    def _note_gap(self) -> None:
        if self.now_s - self._came_s > self._settings.config.timing.stale_s:
            self.record.note(self._came_s, 'gap', {'ends_s': self.now_s})

    def _answered(self, now_s: float) -> None:
        self._person.answered(now_s, self._strategy)

    def _published(self, event: Event) -> None:
        self._strategy = event.strategy
        values = dict(phase=event.phase.name, emotion=event.emotion, strategy=event.strategy,
                      episode=event.episode, text=event.text,
                      duration_s=round(event.duration_s, 3))
        if not is_closing(event.phase):
            values['heard'] = self._most_heard(event.emotion)
        self._note('mitigation', **values)

    def _most_heard(self, emotion: str) -> float:
        """Return the largest probability that an emotion had of late; 'unclear' is any."""
        self._recent = [entry for entry in self._recent if entry[0] >= self.now_s - _RECENT_S]
        emotions = self._settings.config.responses if emotion == UNCLEAR else (emotion,)
        return max((heard.probabilities.get(name, 0.0) for _, heard in self._recent
                    for name in emotions if math.isfinite(heard.confidence)), default=0.0)

    def _happen(self, fault: Fault) -> None:
        """Let a fault begin."""
        what, process = fault.what, self._process
        if what in (kinds.DROP, kinds.LATE, kinds.REPEAT, kinds.NAN, kinds.CONTRADICTION):
            self._next.append(fault)
            return
        self._note('fault', fault=what, **_details(fault))
        if what == kinds.GAP:
            self._silent_until_s = self.now_s + fault.for_s
        elif what == kinds.JUMP:
            self._shift_s += fault.by_s
        elif what == kinds.RESTART:
            self._kill(fault.for_s)
        elif what == kinds.KILL:
            process.kill_next, self._killed_for_s = True, fault.for_s
        elif what == kinds.DEACTIVATE:
            self._deactivate(fault.for_s)
        elif what == kinds.ENDLESS:
            self._robot.endless = True
        elif what == kinds.MUTE:
            self._robot.mute = True
        elif what == kinds.PAUSE:
            self._pause(True)
            self._at(self.now_s + fault.for_s, self._pause, False)
        elif what in (kinds.HELPED, kinds.NOT_HELPED):
            if process.responder is not None:
                process.responder.policy.feedback(what == kinds.HELPED)
        else:
            self._guarded(process.do, what, self._now())

    def _pause(self, paused: bool) -> None:
        if self._process.responder is None:
            # Nobody can be asked yet.
            self._at(self.now_s + 1.0, self._pause, paused)
            return
        self._guarded(self._process.do, 'pause', self._now(), paused)
        self._note('paused' if paused else 'resumed')

    def _kill(self, for_s: float) -> None:
        if self._process.responder is None:
            return
        self._process.kill()
        self._note('down')
        self._at(self.now_s + max(for_s, _BUSY_TICK_S), self._start)

    def _start(self) -> None:
        self._note('up')
        self._process.start()

    def _deactivate(self, for_s: float) -> None:
        if not self._process.is_active:
            return
        self._guarded(self._process.do, 'end', self._now())
        if self._process.responder is not None:
            self._note('inactive')
            self._process.is_active = False
            self._at(self.now_s + for_s, self._activate)

    def _activate(self) -> None:
        if self._process.responder is not None and not self._process.is_active:
            self._process.is_active = True
            self._note('active')


def _details(fault: Fault) -> Dict[str, float]:
    if fault.what == kinds.JUMP:
        return {'by_s': fault.by_s}
    return {'for_s': fault.for_s}


