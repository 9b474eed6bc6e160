# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the graph hears, live: a view in a terminal, one line an emotion elsewhere.

It takes plain values, with the keys that the observer gives, so it needs no ROS.
"""

import math
from collections import deque
from typing import Any, Deque, List, Optional, Tuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from ser_ros.sinks import live_parts, plain_lines
from ser_ros.sinks.live_parts import Values
from ser_ros.sinks.tally import Summary, Tally

_EVENTS_KEPT = 8
# Lines of the view beside the emotions and the events.
_FIXED_LINES = 8
# Lines that are kept free for the latest event.
_EVENT_LINES = 2


class LiveView:
    """Show emotions, level and mitigations as they come; a context manager.

    Not thread-safe: call it from one thread.
    """

    def __init__(self, console: Optional[Console] = None) -> None:
        """Show nothing yet.

        Args:
            console: where to show it; standard output where None.
        """
        self._console = console or Console(highlight=False)
        self._drawn = self._console.is_terminal and not self._console.is_dumb_terminal
        self._tally = Tally()
        self._live: Optional[Live] = None
        self._emotion: Optional[Values] = None
        self._origin_s = math.nan
        self._served: Tuple[str, ...] = ()
        self._level: Tuple[float, float] = (-math.inf, 0.0)
        self._events: Deque[Values] = deque(maxlen=_EVENTS_KEPT)

    def __enter__(self) -> 'LiveView':
        """Begin to draw."""
        if self._drawn:
            # Drawn when something comes in, twice a second: that needs no thread of its own.
            self._live = Live(self, console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: Any) -> None:
        """Stop to draw, and leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, emotion: Values) -> None:
        """Show an emotion."""
        self._tally.add(emotion)
        if self._emotion is None or emotion['stamp_s'] < self._emotion['stamp_s']:
            self._origin_s = emotion['window_start_s']
        self._emotion = emotion
        served = (emotion['model'], emotion['backend'], emotion['precision'])
        if served != self._served:
            self._served = served
            self._print(plain_lines.served(*served))
        self._print(plain_lines.emotion(self._time_s(emotion), emotion))
        self._draw()

    def level(self, level_dbfs: float, speech: float, lost_sound_s: float = 0.0) -> None:
        """Show the level of the newest sound and its speech probability, [0, 1].

        Args:
            level_dbfs: the level.
            speech: the probability.
            lost_sound_s: all sound that was lost so far [s].
        """
        self._tally.add_lost_sound(lost_sound_s)
        self._level = (level_dbfs, float(speech))
        self._draw()

    def mitigation(self, event: Values) -> None:
        """Show a step in the answer to a negative emotion."""
        self._tally.add_mitigation(event)
        self._events.append(event)
        self._print(plain_lines.mitigation(self._time_s(event), event))
        self._draw()

    def summary(self) -> Summary:
        """Return what it came to so far."""
        return self._tally.summary()

    def print_summary(self) -> None:
        """Show what it came to."""
        if self._drawn:
            self._console.print(live_parts.summary_of(self.summary()))
        else:
            for line in plain_lines.summary(self.summary()):
                self._print(line)

    def _time_s(self, values: Values) -> float:
        return values['stamp_s'] - self._origin_s

    def _print(self, line: str) -> None:
        if not self._drawn:
            self._console.file.write(line + '\n')
            self._console.file.flush()

    def _draw(self) -> None:
        if self._live is not None:
            self._live.refresh()

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> RenderResult:
        """Draw what is known now, in as many lines as there is room for."""
        emotion = self._emotion
        if emotion is None:
            yield live_parts.level(*self._level)
            yield Text('waiting for the first window', style='dim')
            return
        room = console.height - _FIXED_LINES
        shown = live_parts.most_probable(emotion, max(1, room - _EVENT_LINES))
        yield live_parts.header(self._served, emotion['latency_s'], self._tally.lost)
        yield live_parts.level(*self._level)
        yield Text()
        yield live_parts.headline(emotion)
        yield Text()
        yield live_parts.bars(emotion, shown)
        yield Text()
        yield from self._event_lines(room - len(shown))

    def _event_lines(self, room: int) -> List[Text]:
        """Return the newest events that fit, the newest last."""
        lines: List[Text] = []
        for event in reversed(self._events):
            rows = live_parts.event_lines(self._time_s(event), event)
            if len(lines) + len(rows) > room:
                break
            lines = rows + lines
        return lines
