# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ``ser_ros`` command."""

import argparse
import sys
from typing import List, Optional

from ser_ros import __version__, logs
from ser_ros.cli import (
    adapt,
    benchmark,
    build_engine,
    calibrate,
    classify,
    data,
    devices,
    enroll,
    evaluate,
    false_alarms,
    mitigation_report,
    run,
    simulate,
    streams,
    train,
)
from ser_ros.cli.arguments import add_logging
from ser_ros.cli.interrupt import Interrupt
from ser_ros.errors import Faults, SerError
from ser_ros.messages import tell

COMMANDS = (
    run, devices, enroll, classify, data, train, calibrate, evaluate, false_alarms, adapt,
    build_engine, benchmark, simulate, mitigation_report)
FAULTS = 1
USAGE_ERROR = 2
SYSTEM_ERROR = 2
INTERRUPTED = 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='ser_ros', description='Speech emotion recognition for robots.')
    parser.add_argument('--version', action='version', version='ser_ros ' + __version__)
    subparsers = parser.add_subparsers(title='commands', metavar='COMMAND')
    for command in COMMANDS:
        command.add_parser(subparsers)
    add_logging(subparsers)
    # A command puts its own in this place.
    parser.set_defaults(log_level=None, log_file=None, run=lambda _: parser.error(
        'no COMMAND is given; allowed: ' + ', '.join(subparsers.choices)))
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """Run the command with these arguments, by default the command line's; return its exit code."""
    streams.prepare()
    try:
        code = _run(arguments)
    except BrokenPipeError:
        code = 0  # the reader of our output, such as head, has seen enough
    except OSError as error:
        code = SYSTEM_ERROR
        # What standard output has not taken is still there, and fails again below.
        if streams.failure(sys.stdout) is None:
            name = f'{error.filename}: ' if error.filename is not None else ''
            tell(f'error: {name}{error.strerror or error}')
    return _write_out(code)


def _run(arguments: Optional[List[str]]) -> int:
    try:
        args = _parser().parse_args(arguments)
        logs.setup_logging(args.log_level or 'info', args.log_file)
        with Interrupt() as interrupt:
            code = args.run(args)
        return INTERRUPTED if interrupt.seen else code
    except Faults as error:
        for fault in error.faults:
            tell(fault)
        tell(f'error: {error}')
        return FAULTS
    except SerError as error:
        tell(f'error: {error}')
        return USAGE_ERROR
    except SystemExit as end:  # of argparse
        return int(end.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED


def _write_out(code: int) -> int:
    """Return the exit code, once all output is where it belongs."""
    failure = streams.failure(sys.stdout)
    if failure is not None:
        streams.drop(sys.stdout)
        if not isinstance(failure, BrokenPipeError):
            tell(f'error: cannot write to standard output: {failure.strerror}')
            code = code or SYSTEM_ERROR
    if streams.failure(sys.stderr) is not None:
        streams.drop(sys.stderr)
    return code


if __name__ == '__main__':
    sys.exit(main())
