# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the building of an engine is, for the log and the diagnostics."""

from typing import Callable, Dict, NamedTuple, Optional, Union

# A build may take minutes, in hundreds of phases: this many percent are worth a line in the log.
LOGGED_PERCENT = 10

class _Progress(NamedTuple):
    step: str
    share: Optional[float]


class BuildProgress:
    """The ``on_progress`` of `EngineOptions`; remembers its last values.

    It is called in the thread that builds and read in any other.

    Args:
        log: takes a line for each further LOGGED_PERCENT, and for every step without a share.
    """

    def __init__(self, log: Callable[[str], None]):
        self._log = log
        self._now: Optional[_Progress] = None
        self._logged: Union[str, int] = ''  # a step, or how many times LOGGED_PERCENT

    def __call__(self, step: str, share: Optional[float]) -> None:
        """Take in what is being done, and the share that is done, 0 to 1, or None."""
        self._now = _Progress(step, share)
        worth_logging = step if share is None else _percent(share) // LOGGED_PERCENT
        if worth_logging != self._logged:
            self._logged = worth_logging
            self._log(self.text())

    def clear(self) -> None:
        """Note that nothing is being built any more."""
        self._now = None
        self._logged = ''

    def text(self) -> str:
        """Return the step with its percentage, '' while nothing is built."""
        now = self._now
        if now is None:
            return ''
        return now.step if now.share is None else f'{now.step}: {_percent(now.share)} %'

    def values(self) -> Dict[str, str]:
        """Return ``building`` and ``percent`` for the diagnostics, '' where there is none."""
        now = self._now
        if now is None:
            return {'building': '', 'percent': ''}
        return {'building': now.step,
                'percent': '' if now.share is None else str(_percent(now.share))}


def _percent(share: float) -> int:
    return int(100 * min(max(share, 0.0), 1.0))
