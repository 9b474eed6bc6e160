# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When to answer negative emotions, with which step of which strategy, and when to stop.

::

             evidence for hold_s             wait_s over, and it has not helped
    +------+   STARTED   +------------+        REPEATED        +----------+
    | IDLE | ----------> | RESPONDING | <--------------------- | WATCHING |
    +------+             +------------+ ---------------------> +----------+
       ^    +-----------+              the actions have ended       |
       +--- | COOL_DOWN | <-----------------------------------------+
            +-----------+   RECOVERED, TIMED_OUT, ESCALATED, ABANDONED, or a safe state

What is heard is measured in audio time, by the stamps. All else goes by the time that the caller
gives. An action that runs suspends watching and waiting. The safe state ends every action and
closes the episode. It is taken when no estimate comes, when stamps jump, and for values that are
not allowed. Cool-down, limits and steps outlast it, and a restart as well.
"""

import math
from typing import Optional

from ser_ros.emotion.tracker import TIME_TOLERANCE_S
from ser_ros.errors import SerError
from ser_ros.mitigation import status
from ser_ros.mitigation.config import UNCLEAR, MitigationConfig
from ser_ros.mitigation.episode import Episode
from ser_ros.mitigation.episodes import Episodes
from ser_ros.mitigation.estimates import Estimate, Now
from ser_ros.mitigation.evidence import OFF
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.listening import Listener, Order
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.phases import Commands, Phase, StopActions
from ser_ros.mitigation.status import MitigationStatus
from ser_ros.mitigation.strategies import CALMER
from ser_ros.mitigation.timing import NORMAL

_STEPS_UNTIL_STALE = 2.0


class MitigationPolicy:
    """Turn estimates and time into the steps of episodes. Most methods return what is to be done.

    Attributes:
        timing: what decides when a response is due; may be replaced between two calls.
        problem: what was wrong with the latest estimate; '' where nothing was.
    """

    def __init__(self, config: MitigationConfig, language: str = 'en', sensitivity: str = NORMAL,
                 memory: Optional[Memory] = None, learner: Optional[Learner] = None) -> None:
        """Start with no episode, or where another run was.

        Args:
            config: when to answer, and how.
            language: of the texts.
            sensitivity: which of the file's timings decides when.
            memory: of another run.
            learner: chooses among the strategies of an emotion. Without one it is the first.

        Raises:
            SerError: ``config`` has no texts in the language, or no such sensitivity.
        """
        config.check_language(language)
        self.timing = config.timing_of(sensitivity)
        self.problem = ''
        self._memory = memory or Memory()
        self._has_begun = False
        self._episodes = Episodes(config, language, self._memory, learner)
        self._clock = self._episodes.clock
        self._listener = Listener(config.responses)
        self._wanted = (config, language, sensitivity)
        self._is_wanted = False
        self._paused = self._memory.paused
        self._running = False
        # The caller's clock at the latest estimate.
        self._heard_s = -math.inf

    def configure(self, config: MitigationConfig, language: str,
                  sensitivity: str = NORMAL) -> None:
        """Take another file or language from the next episode on.

        Raises:
            SerError: ``config`` has no texts in the language, or no such sensitivity.
        """
        config.check_language(language)
        config.timing_of(sensitivity)
        self._wanted = (config, language, sensitivity)
        self._is_wanted = True
        self._take_over()

    def update(self, now: Now, estimate: Estimate) -> Commands:
        """Take the next estimate; one that is not allowed leads to the safe state."""
        commands = self._begin(now)
        try:
            estimate.check()
        except SerError as error:
            self.problem = str(error)
            return commands + self._make_safe(Phase.STOPPED)
        self.problem = ''
        order = self._listener.order(estimate, self.timing)
        if order is Order.LATE:
            return commands
        if order is Order.JUMPED:
            commands += self._make_safe(Phase.TIME_JUMPED)
        self._heard_s = now.s
        if self._paused:
            return commands
        self._listener.hear(estimate, self.timing, self._clock.s, deaf=self._running)
        self._episodes.confidence = self._listener.confidence
        if self._running:
            return commands
        episode = self._episodes.open
        return commands + (self._look_for_one() if episode is None else self._watch(episode))

    def tick(self, now: Now) -> Commands:
        """Let time go by; to be called at 2 Hz or more."""
        commands = self._begin(now)
        episode = self._episodes.open
        if episode is None:
            self._episodes.count_result_in_time()
        elif not self._running and not episode.has_steps and self._clock.s >= episode.next_s:
            commands += self._give_up(episode)
        return commands

    def actions_run(self, now: Now, running: bool) -> Commands:
        """Take whether an action runs that the person waits for."""
        commands = self._begin(now)
        episode = self._episodes.open
        if self._running and not running and episode is not None:
            episode.wait(self._clock.s, self.timing)
        self._running = running
        return commands

    def person_changed(self, now: Now) -> Commands:
        """Take it that somebody else is there: the episode is over, and no cool-down is left."""
        commands = self._begin(now)
        if self._episodes.open is not None:
            commands += self._close(Phase.TIMED_OUT, speak=False)
        self._episodes.count_result()
        self._episodes.end_cool_down(interrupted=self._running)
        self._listener.forget()
        return commands

    def pause(self, now: Now, paused: bool) -> Commands:
        """Do nothing at all until the pause is over; it outlasts a restart."""
        commands = self._begin(now)
        self._listener.forget()
        if paused != self._paused:
            self._paused = paused
            self._episodes.changes += 1
        return commands + self._end(Phase.PAUSED) if paused else commands

    def acknowledge(self, now: Now) -> Commands:
        """Leave the person to a human."""
        commands = self._begin(now) + self._end(Phase.ACKNOWLEDGED)
        self._episodes.end_cool_down()
        self._episodes.cool(max(self.timing.quiet_s, self.timing.cooldown_s))
        return commands

    def close(self, now: Now, phase: Phase) -> Commands:
        """End what is going on, such as with `Phase.STOPPED` before the node is deactivated."""
        return self._begin(now) + self._end(phase)

    def feedback(self, helped: bool) -> bool:
        """Take what a person says of the latest episode; return whether there is one."""
        return self._episodes.feedback(helped)

    @property
    def changes(self) -> int:
        """A number that goes up with every change of `memory`."""
        return self._episodes.changes

    @property
    def memory(self) -> Memory:
        """What outlives the process."""
        return self._episodes.stored(self._paused) if self._has_begun else self._memory

    @property
    def state(self) -> MitigationStatus:
        """What others see."""
        episode, answers = self._episodes.open, self._episodes.answers
        limits = self._episodes.config.limits
        found = MitigationStatus(
            phase=self._phase(), episode=self._episodes.number, paused=self._paused,
            evidence=self._listener.evidence.shares(),
            answers_hour=answers.left_in_hour(limits), answers_day=answers.left_in_day(limits))
        if episode is None:
            return found
        return found._replace(
            emotion=episode.emotion, strategy=episode.strategy.name, step=episode.step,
            next_step_s=episode.due_in(self._clock.s))

    def _phase(self) -> str:
        if self._paused:
            return status.PAUSED
        if self._episodes.open is not None:
            return status.RESPONDING if self._running else status.WATCHING
        if self._episodes.is_cooling:
            return status.COOL_DOWN
        return status.NOTICED if self._listener.evidence.level >= OFF else status.IDLE

    def _begin(self, now: Now) -> Commands:
        """Go on in time, and close what that makes stale or what another run left open."""
        step_s = self._clock.advance(now)
        if step_s < 0.0:
            self._heard_s += step_s
        if not self._has_begun:
            self._has_begun = True
            self._heard_s = now.s
            self._episodes.restore(self._memory, self.timing)
            return self._make_safe(Phase.RESTARTED)
        # Estimates that come every 5 s are not stale before the next one.
        stale_s = max(self.timing.stale_s, _STEPS_UNTIL_STALE * self._listener.dt_s)
        if now.s - self._heard_s < stale_s:
            return []
        return self._make_safe(Phase.STALE)

    def _make_safe(self, phase: Phase) -> Commands:
        self._listener.forget()
        return self._close(phase) if self._episodes.open is not None else []

    def _end(self, phase: Phase) -> Commands:
        """Close the episode; without one end what still runs."""
        self._listener.forget()
        return self._close(phase) if self._episodes.open is not None else [StopActions()]

    def _close(self, phase: Phase, speak: bool = True) -> Commands:
        commands = self._episodes.close(phase, self.timing, speak)
        self._take_over()
        return commands

    def _take_over(self) -> None:
        """Go over to another file, unless an episode is open."""
        if not self._is_wanted or self._episodes.open is not None:
            return
        self._is_wanted = False
        config, self._episodes.language, sensitivity = self._wanted
        self._episodes.config = config
        self.timing = config.timing_of(sensitivity)
        self._listener.take_over(config.responses)

    def _look_for_one(self) -> Commands:
        """Start an episode, or go on with the latest one, where enough speaks for it."""
        self._episodes.count_result_in_time()
        evidence = self._listener.evidence
        if not self._listener.is_speech or evidence.level < 1.0:
            return []
        leader = evidence.leader()
        latest = self._episodes.may_resume
        if latest is not None:
            is_due = latest.is_due(self._clock.s, self._listener.lasting_s)
            return self._episodes.resume(latest, leader, self.timing) if is_due else []
        if self._episodes.is_cooling:
            return []
        if not leader:
            leader = UNCLEAR if self._episodes.config.unclear else evidence.strongest()
        since_s = self._listener.since_s
        return self._episodes.start(leader, since_s, self.timing) if leader else []

    def _watch(self, episode: Episode) -> Commands:
        """Follow an episode whose actions have ended."""
        heard, dt_s = self._listener, self._listener.dt_s
        episode.silent_s = 0.0 if heard.tells else episode.silent_s + dt_s
        if heard.is_calm:
            episode.calm_s += dt_s
            if episode.calm_s >= self.timing.recovery_s - TIME_TOLERANCE_S:
                return self._close(Phase.RECOVERED)
        elif heard.is_negative or heard.evidence.level >= OFF:
            episode.calm_s = 0.0
        if episode.silent_s >= self.timing.timeout_s - TIME_TOLERANCE_S:
            return self._close(Phase.TIMED_OUT)
        if self._clock.s < episode.next_s - TIME_TOLERANCE_S:
            return []
        return self._go_further(episode) if episode.has_steps else self._give_up(episode)

    def _go_further(self, episode: Episode) -> Commands:
        """Take the next step if the one before it has not helped."""
        level = self._listener.evidence.level
        expected = episode.strategy.steps[episode.step - 1].expect
        helped = episode.calm_s > 0.0 or (expected == CALMER and level < OFF)
        if helped or not self._listener.is_speech:
            return []
        leader = self._listener.evidence.leader() if level >= 1.0 else ''
        return self._episodes.next_step(episode, leader, self.timing)

    def _give_up(self, episode: Episode) -> Commands:
        """Close an episode that has no step left, unless the person is recovering or silent."""
        called = episode.strategy.steps[-1].calls_human
        if episode.calm_s > 0.0 or (episode.silent_s > 0.0 and not called):
            return []
        return self._close(Phase.ESCALATED if called else Phase.ABANDONED)
