# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C as a wish instead of an exception.

rclpy's own handler invalidates the context at once, under the feet of every thread that is about
to publish. Here a signal only ends the loop; everything is given back in order afterwards. A
terminal's Ctrl-C reaches a node twice when launch passes it on, so a second one means no more.
"""

import signal
from types import FrameType
from typing import Any, Dict, List, Optional

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_entered: List['Stopping'] = []


def requested() -> bool:
    """Return whether this process has been asked to end; for what keeps its loop waiting."""
    return any(stopping.requested for stopping in _entered)


class Stopping:
    """A context manager; ``requested`` is true once the process has been asked to end."""

    def __init__(self) -> None:
        self.requested = False
        self._previous: Dict[signal.Signals, Any] = {}

    def __enter__(self) -> 'Stopping':
        _entered.append(self)
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._request)
        return self

    def __exit__(self, *_: Any) -> None:
        _entered.remove(self)
        for number, handler in self._previous.items():
            # Asked to end, the process is about to do so; the second signal may come as late as
            # while the interpreter cleans up.
            signal.signal(number, signal.SIG_IGN if self.requested else handler)

    def _request(self, number: int, frame: Optional[FrameType]) -> None:
        self.requested = True
