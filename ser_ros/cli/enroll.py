# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros enroll``: learn what is normal for a person's voice, list and delete such voices."""

import contextlib
from typing import Any

from ser_ros.cli import arguments
from ser_ros.errors import SerError
from ser_ros.messages import tell

SECONDS = 20.0
# Less says little about a voice.
MIN_SPEECH_S = 5.0


def add_parser(subparsers: Any) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'enroll', help="learn what is normal for a person's voice",
        description="Learn what is normal for a person's voice from some calm sentences, for the "
        'parameters baseline and voice of emotion_inference. Stores numbers in the state folder '
        'of the user, and no sound. Exit code: 0 success, 2 error.')
    parser.add_argument(
        'name', nargs='?', metavar='NAME',
        help='name of the voice: letters (A to Z, Korean), digits, - and _')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--device', default='', metavar='DEVICE',
                      help='index or part of the name of the microphone (default: the default one)')
    what.add_argument('--file', metavar='FILE', help='audio file to use instead of a microphone')
    what.add_argument('--list', action='store_true', help='list the enrolled voices')
    what.add_argument('--delete', action='store_true', help='delete the voice NAME')
    parser.add_argument(
        '--seconds', type=arguments.seconds, metavar='N',
        help=f'time to listen [s] (default: {SECONDS:g} for a microphone, the whole file)')
    arguments.add_model(parser, '--model')
    arguments.add_session(parser)
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Do what the command line asks for and return the exit code."""
    if args.list:
        _list()
        return 0
    if not args.name:
        raise SerError('no NAME is given; give one, or --list')
    if args.delete:
        from ser_ros.emotion import enrolled_voices
        enrolled_voices.delete(args.name)
        print(f'deleted the voice {args.name}')
        return 0
    _enroll(args)
    return 0


def _enroll(args: Any) -> None:
    # Imported here: the other commands should not wait for it.
    from ser_ros.emotion import enrolled_voices
    from ser_ros.recognizer import Recognizer
    enrolled_voices.check_name(args.name)
    # So that a model that takes no baseline is refused before anybody speaks.
    with Recognizer(args.model, args.precision, backend=args.backend,
                    baseline=enrolled_voices.RUNNING) as recognizer:
        known = recognizer.hear_voice(_chunks(args))
        if known.seconds < MIN_SPEECH_S:
            raise SerError(
                f'{known.seconds:.1f} s of speech were heard, at least {MIN_SPEECH_S:g} s are '
                'needed. Speak closer to the microphone or listen longer with --seconds')
        path = enrolled_voices.save(args.name, known, recognizer.info)
    print(f'enrolled {args.name} from {known.seconds:.1f} s of speech: {path}\n'
          'It holds numbers and no sound. To delete it: '
          f'ser_ros enroll {args.name} --delete')


def _chunks(args: Any) -> Any:
    """Yield the sound to learn from, float32."""
    from ser_ros.audio.file_source import FileSource
    from ser_ros.audio.microphone import MicrophoneSource
    from ser_ros.sinks.listening import listen
    if args.file:
        with contextlib.closing(FileSource(args.file)) as source:
            yield from listen(source, args.seconds)
        return
    with contextlib.closing(MicrophoneSource(args.device)) as source:
        seconds = args.seconds or SECONDS
        tell(f'{source.description}: say a few sentences normally, for {seconds:g} s')
        yield from listen(source, seconds, shown=True)


def _list() -> None:
    from rich.console import Console
    from rich.table import Table

    from ser_ros.emotion import enrolled_voices
    table = Table('Name', 'Speech', 'Model', box=None, pad_edge=False)
    for name in enrolled_voices.names():
        try:
            voice = enrolled_voices.read(name)
            table.add_row(name, f'{voice.seconds:.1f} s', f'{voice.model} {voice.version}')
        except SerError as error:
            tell(f'error: {error}')
    if table.row_count:
        Console(markup=False, highlight=False).print(table)
