#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draw the live view of `ser_ros run` as docs/live_view.svg.

The graph plays the speech of `make demo` (or the audio file that is given) in real time. The
picture shows the moment after it has answered an emotion. Only the latency in it changes from run
to run. Usage, after `make demo`: source scripts/env.sh; scripts/make_live_view_picture.py
"""

import argparse
import io
import os
import pathlib
import re
import signal
import sys
from typing import Any, Mapping

from rich.console import Console

from ser_ros.cli import main as cli
from ser_ros.cli.run import ros_arguments
from ser_ros.errors import SerError
from ser_ros.sinks.live_view import LiveView

ROOT = pathlib.Path(__file__).resolve().parents[1]
SPEECH = ROOT / 'build' / 'demo' / 'speech.wav'
PICTURE = ROOT / 'docs' / 'live_view.svg'
COLUMNS, LINES = 84, 18
# Emotions after the answer until the picture is taken: 1 s.
WAIT = 2


class Camera(LiveView):
    """A live view that keeps its picture of one moment, then ends the run."""

    def __init__(self) -> None:
        """Wait for an answer."""
        self._console_kept = Console(
            record=True, width=COLUMNS, height=LINES, file=io.StringIO(), force_terminal=True,
            color_system='truecolor', legacy_windows=False)
        super().__init__(Console(file=io.StringIO()))
        self._left = -1
        self.picture = ''

    def mitigation(self, event: Mapping[str, Any]) -> None:
        """Start to count when the graph answers an emotion."""
        super().mitigation(event)
        if event['phase'] == 'STARTED' and not self.picture:
            self._left = WAIT

    def update(self, emotion: Mapping[str, Any]) -> None:
        """Take the picture when it is time."""
        super().update(emotion)
        self._left -= 1
        if self._left == 0:
            self._console_kept.print(self)
            self.picture = self._console_kept.export_svg(title='ser_ros run speech.wav',
                                                         unique_id='live-view')
            os.kill(os.getpid(), signal.SIGINT)


def without_downloads(picture: str) -> str:
    """Return an SVG that asks no server for a font; the browser's own one takes its place."""
    picture = re.sub(r'\s*@font-face \{.*?\}', '', picture, flags=re.DOTALL)
    picture = picture.replace('Fira Code,', "'DejaVu Sans Mono', Menlo, Consolas,")
    return re.sub(r'[ \t]+$', '', picture, flags=re.MULTILINE)


def main() -> int:
    """Draw the picture; return the exit code."""
    parser = argparse.ArgumentParser(description='Draw the live view as docs/live_view.svg.')
    parser.add_argument('audio', nargs='?', default=str(SPEECH), help='audio file to play')
    audio = parser.parse_args().audio
    if not os.path.isfile(audio):
        raise SerError(f'{audio} does not exist; run make demo, which makes the speech')
    # Imported here: rclpy restarts the interpreter when it is imported first.
    from ser_ros.nodes import runner
    from ser_ros.nodes.stopping import Stopping
    camera = Camera()
    arguments = cli._parser().parse_args(['run', audio])
    with Stopping() as stopping:
        runner.run(ros_arguments(arguments, ''), camera, None, False, stopping)
    if not camera.picture:
        raise SerError(f'the graph answered no emotion in {audio}; give another file')
    PICTURE.write_text(without_downloads(camera.picture), encoding='utf-8')
    print(f'written to {PICTURE}')
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except SerError as error:
        sys.exit(f'error: {error}')
