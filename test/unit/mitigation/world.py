# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot and a person for tests of the mitigation policy: windows at 2 Hz, and time."""

from datetime import datetime, timedelta

from ser_ros.emotion.tracker import State
from ser_ros.mitigation.config import LearningSettings, MitigationConfig
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.phases import Event, Phase, RunStep, StopActions
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.mitigation.strategies import Step, StepAction, Strategy
from ser_ros.mitigation.timing import AnswerLimits, Timing

T0 = 1.7e9  # A stamp of a real clock.
NOON = datetime(2026, 1, 1, 12)
PERIOD_S = 0.5
# What is heard in a window, one letter each: state, label, confidence, probabilities.
HEARD = {
    'A': (State.EMOTION, 'anger', 0.9, {'anger': 0.9, 'neutral': 0.1}),
    'F': (State.EMOTION, 'fear', 0.9, {'fear': 0.9, 'neutral': 0.1}),
    'a': (State.UNCERTAIN, '', 0.4, {'anger': 0.4, 'fear': 0.15, 'neutral': 0.35}),
    'N': (State.EMOTION, 'neutral', 0.9, {'neutral': 0.9, 'anger': 0.05}),
    'S': (State.EMOTION, 'surprise', 0.3, {'surprise': 0.3, 'anger': 0.1}),
    '?': (State.UNCERTAIN, '', 0.3, {}),
    '-': (State.NO_SPEECH, '', 0.0, {}),
}
CLOSING = [phase for phase in Phase if phase > Phase.REPEATED]


def say(*texts):
    return StepAction('say', None, True, {'en': texts, 'ko': tuple(f'{t} 요' for t in texts)})


NOTIFY = StepAction('notify', None, False, {})


def strategy(name, *steps, closing=()):
    return Strategy(name, steps, {phase: {'en': (text,), 'ko': (text,)}
                                  for phase, text in closing})


def calm(last=(NOTIFY,)):
    return strategy(
        'calm', Step((say('one', 'two'),), 10.0), Step((say('three'),), 10.0), Step(last, 0.0),
        closing=((Phase.RECOVERED, 'good'),))


def config(responses=None, limits=None, learning=None, unclear=(), **timing):
    values = dict(min_confidence=0.3, hold_s=1.25, repeat_s=10.0, recovery_s=2.0, timeout_s=8.0,
                  cooldown_s=30.0, relapse_s=20.0, quiet_s=300.0, stale_s=3.0)
    values.update(timing)
    responses = responses or {
        'anger': (calm(),), 'fear': (strategy('slowly', *(Step((say(f'slow {i}'),), 10.0)
                                                          for i in range(3))),)}
    return MitigationConfig(
        'own.yaml', ('en', 'ko'), Timing(**values), responses, unclear,
        limits=AnswerLimits(**(limits or {})), learning=LearningSettings(**(learning or {})))


class World:
    """Everything that the policy asked for, as (seconds, command)."""

    def __init__(self, content=None, at=NOON, action_s=0.0, **policy):
        self.config = content or config()
        self.options = policy
        self.policy = MitigationPolicy(self.config, **policy)
        self.s, self.noon, self.action_s = 0.0, at, action_s
        self.until_s = None  # when the action ends
        self.shift_s = 0.0  # of the stamps
        self.log = []

    def now(self):
        return Now(T0 + self.s, self.noon + timedelta(seconds=self.s))

    def do(self, commands):
        for command in commands:
            self.log.append((self.s, command))
            if isinstance(command, StopActions) and self.until_s is not None:
                self.until_s = None
                self.do(self.policy.actions_run(self.now(), False))
            elif isinstance(command, RunStep) and self.action_s:
                assert self.until_s is None, 'two at once'
                self.until_s = self.s + self.action_s
                self.do(self.policy.actions_run(self.now(), True))

    def step(self, dt_s=PERIOD_S):
        self.s += dt_s
        if self.until_s is not None and self.s >= self.until_s:
            self.until_s = None
            self.do(self.policy.actions_run(self.now(), False))
        self.do(self.policy.tick(self.now()))

    def hear(self, letters, period_s=PERIOD_S):
        for letter in letters:
            self.step(period_s)
            self.give(*HEARD[letter])
        return self

    def give(self, *values, stamp_s=None):
        stamp_s = T0 + self.s + self.shift_s if stamp_s is None else stamp_s
        self.do(self.policy.update(self.now(), Estimate(stamp_s, *values)))

    def wait(self, seconds):
        """Let time go by without any estimate."""
        for _ in range(int(seconds / PERIOD_S)):
            self.step()
        return self

    def restart(self):
        """Go on as another process after a kill; its actions are gone as well."""
        self.policy = MitigationPolicy(self.config, memory=self.policy.memory, **self.options)
        self.until_s = None
        return self

    def events(self):
        return [command for _, command in self.log if isinstance(command, Event)]

    def phases(self):
        return [event.phase.name for event in self.events()]

    def said(self):
        return [call.text for _, command in self.log if isinstance(command, RunStep)
                for call in command.actions if call.kind == 'say']

    def at(self, phase):
        return [s for s, command in self.log
                if isinstance(command, Event) and command.phase is phase]
