# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros classify``: the emotions in audio files, without ROS."""

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Sequence, TextIO

from ser_ros.cli import arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.errors import SerError
from ser_ros.messages import tell
from ser_ros.output_file import open_output

if TYPE_CHECKING:
    from ser_ros.recognizer import Recognizer
    from ser_ros.sinks.file_writer import Writer

FORMATS = ('table', 'csv', 'json')
ALL_FINE = 0
SOME_FAILED = 1
NOTHING_DONE = 2


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'classify', help='classify the emotions in audio files, without ROS',
        description='Classify the emotion in each audio file, and count the emotions over all '
        'files. Exit code: 0 success, 1 some files could not be read, or not to their end, '
        '2 error.')
    parser.add_argument(
        'paths', nargs='+', metavar='FILE|DIR',
        help='audio files, and folders to search for them (recursively)')
    arguments.add_model(parser, '--model')
    arguments.add_session(parser)
    arguments.add_threads(parser)
    parser.add_argument(
        '--emotions', metavar='A,B,...', help='emotions to choose from (default: all of the model)')
    parser.add_argument(
        '--period', type=float, metavar='SECONDS',
        help="time from one window to the next, a multiple of 0.02 (default: the graph's)")
    parser.add_argument(
        '--min-confidence', type=float, metavar='P',
        help="minimum smoothed probability to name an emotion (default: the model's own)")
    arguments.add_channel(parser)
    parser.add_argument('--windows', action='store_true', help='also show every window')
    parser.add_argument(
        '--format', choices=FORMATS,
        help='output format (default: by the ending of --output, else table)')
    parser.add_argument('--output', metavar='FILE',
                        help='write to this file instead of standard output')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Classify what the command line names and return the exit code."""
    # Imported here: the other commands should not wait for it.
    from ser_ros.audio.channels import AUTO
    from ser_ros.recognizer import Recognizer
    from ser_ros.sinks.file_results import WRITERS
    failures = _Failures()
    with Recognizer(
            args.model, args.precision, args.period, channel=args.channel or AUTO,
            backend=args.backend, threads=args.threads,
            emotions=args.emotions and [name.strip() for name in args.emotions.split(',')],
            min_confidence=args.min_confidence) as recognizer:
        paths = _find(args.paths, failures)
        _check_output(args.output, paths + [recognizer.info.path])
        with _open_output(args.output) as stream:
            writer = WRITERS[_format(args)](stream, recognizer, args.windows)
            try:
                _classify(recognizer, paths, writer, failures)
            finally:
                # Also after Ctrl-C: the results so far are worth having.
                writer.finish()
    if not writer.files:
        return NOTHING_DONE
    return SOME_FAILED if failures.count else ALL_FINE


class _Failures:
    """Counts the files and folders that cannot be read, and reports each on standard error."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, reason: str) -> None:
        """Count one."""
        self.count += 1
        tell('error: ' + reason)


def _find(paths: Sequence[str], failures: _Failures) -> List[str]:
    """Return the files among the paths and those in the folders, each once."""
    from ser_ros.audio.finding import find_audio_files
    files: List[str] = []
    for path in paths:
        try:
            files += find_audio_files(path, failures.add) if os.path.isdir(path) else [path]
        except SerError as error:
            failures.add(str(error))
    return list(dict.fromkeys(files))


def _classify(recognizer: 'Recognizer', paths: Sequence[str], writer: 'Writer',
              failures: _Failures) -> None:
    """Hand the result of each file to the writer, in their order."""
    from ser_ros.progress import Progress
    progress = Progress(hidden=writer.shows_progress or not sys.stderr.isatty())
    with progress.task('files', len(paths)) as update:
        for result in recognizer.predict_each(paths, update):
            if result.warning:
                tell(f'warning: {result.path}: {result.warning}')
            if result.error:
                failures.add(result.error)
                continue
            failures.count += result.incomplete
            writer.add(result)


def _format(args: Any) -> str:
    if args.format:
        return args.format
    ending = os.path.splitext(args.output or '')[1][1:].lower()
    return ending if ending in FORMATS else FORMATS[0]


def _check_output(output: Optional[str], inputs: Sequence[str]) -> None:
    """Raise SerError if the output would be written over what is read."""
    if output is None or not os.path.exists(output):
        return
    for path in inputs:
        if os.path.exists(path) and os.path.samefile(path, output):
            raise SerError(f'--output {output} would overwrite the input {path}; give another name')


@contextlib.contextmanager
def _open_output(path: Optional[str]) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    with open_output(path) as stream:
        yield stream
