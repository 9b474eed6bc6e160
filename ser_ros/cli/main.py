# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ``ser_ros`` command."""

import argparse
import sys

from ser_ros import __version__
from ser_ros.cli import classify, data, devices, evaluate, run, train
from ser_ros.errors import SerError

COMMANDS = (run, devices, classify, data, train, evaluate)
USAGE_ERROR = 2
INTERRUPTED = 130


def _parser():
    parser = argparse.ArgumentParser(
        prog='ser_ros', description='Speech emotion recognition for robots.')
    parser.add_argument('--version', action='version', version='ser_ros ' + __version__)
    subparsers = parser.add_subparsers(title='commands', metavar='COMMAND', dest='command')
    subparsers.required = True
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def main(arguments=None) -> int:
    """Run the command with these arguments, by default the command line's; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding does not have, in file names or Korean texts, is escaped.
        if hasattr(stream, 'reconfigure'):  # not on Python 3.6
            stream.reconfigure(errors='backslashreplace')
    args = _parser().parse_args(arguments)
    try:
        return args.run(args)
    except SerError as error:
        print('ser_ros: error: {}'.format(error), file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output, such as head, has gone: nothing is left to say or to flush.
        sys.stdout = None
        return 0


if __name__ == '__main__':
    sys.exit(main())
