# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run actions side by side, and end those that fail."""

from typing import Any, Callable, Iterable, List, NamedTuple, Tuple

from ser_ros.mitigation.actions.base import ACTIONS, Action, Outlets
from ser_ros.mitigation.phases import ActionCall

# The methods of an action return at once. One that takes this long holds up everything else.
_SLOW_S = 0.5


class _Run(NamedTuple):
    """An action that runs."""

    kind: str
    action: Action
    start_s: float


def _no_clock() -> float:
    return 0.0


class ActionRunner:
    """Start actions, let them go on, and stop them.

    An action that raises, takes too long or holds up the others is ended. It counts as done.

    Attributes:
        failures: how many actions were ended so.
        problem: what the last of them did wrong; '' where there was none since the last start.
    """

    def __init__(self, outlets: Outlets, clock: Callable[[], float] = _no_clock) -> None:
        """Begin with no action.

        Args:
            outlets: what the robot offers to the actions.
            clock: a monotonic clock [s], to notice actions that hold up the others.
        """
        self._outlets = outlets
        self._clock = clock
        self._runs: List[_Run] = []
        self.failures = 0
        self.problem = ''

    @property
    def running(self) -> Tuple[str, ...]:
        """The names of the actions that run, lasting ones included."""
        return tuple(run.kind for run in self._runs)

    @property
    def is_hurried(self) -> bool:
        """Whether an action runs that needs to go on at 10 Hz."""
        return any(not (run.action.lasting and run.action.steady) for run in self._runs)

    def start(self, calls: Iterable[ActionCall], now_s: float) -> None:
        """Start actions.

        A lasting action of the same kind is replaced. Before an audible action another one ends.
        """
        self.problem = ''
        for call in calls:
            before = list(self._runs)
            if self._guarded(call.kind, self._start, call, now_s) is None:
                for run in [run for run in self._runs if run not in before]:
                    self._end(run, now_s)

    def tick(self, now_s: float) -> bool:
        """Let the actions go on; return whether one runs that ends by itself."""
        for run in list(self._runs):
            if now_s < run.start_s:  # the time went back, and its limit would be lost
                self._end(run, now_s)
            elif not run.action.lasting and now_s - run.start_s > run.action.limit_s:
                self._fail(run.kind, f'it has not ended within {run.action.limit_s:g} s')
                self._end(run, now_s)
            elif self._guarded(run.kind, run.action.done, now_s) is not False:
                self._end(run, now_s)
        return any(not run.action.lasting for run in self._runs)

    def stop_all(self, now_s: float) -> None:
        """End all actions at once."""
        for run in list(self._runs):
            self._end(run, now_s)

    def _start(self, call: ActionCall, now_s: float) -> bool:
        action = ACTIONS[call.kind](call, self._outlets)
        for run in list(self._runs):
            if action.audible and run.action.audible:
                self._end(run, now_s)
            elif action.lasting and run.kind == call.kind:
                action.previous = run.action
                self._runs.remove(run)
        self._runs.append(_Run(call.kind, action, now_s))
        try:
            action.start(now_s)
        finally:
            action.previous = None
        return True

    def _end(self, run: _Run, now_s: float) -> None:
        self._runs.remove(run)
        self._guarded(run.kind, run.action.stop, now_s)

    def _guarded(self, kind: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a call returns, None where it fails."""
        start_s = self._clock()
        try:
            result = call(*arguments)
        except Exception as error:  # whatever the code of others raises
            self._fail(kind, str(error) or type(error).__name__)
            return None
        taken_s = self._clock() - start_s
        if taken_s > _SLOW_S:
            self._fail(kind, f'it held up the node for {taken_s:.1f} s; its methods must return '
                       'at once')
            return None
        return result

    def _fail(self, kind: str, reason: str) -> None:
        self.failures += 1
        self.problem = f'the action {kind} was ended: {reason}'
