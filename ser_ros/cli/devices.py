# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros devices``: the list of microphones, and the level of one."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import List

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ser_ros.audio.devices import NO_DEVICES, Device, NoDevices, list_devices
from ser_ros.cli import arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.messages import tell

NO_DEVICES_CODE = 1


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to those of ``ser_ros``."""
    parser = subparsers.add_parser(
        'devices', help='list the microphones, or show the level of one',
        description='List the microphones, or show the level of one. Indices change when '
                    'devices are plugged in or out, so choose by name in configurations. Exit '
                    'code: 0 success, 1 no microphone, 2 error.')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--json', action='store_true', help='list the microphones as JSON')
    what.add_argument(
        '--meter', nargs='?', const='', metavar='DEVICE',
        help='show the level of this microphone until Ctrl-C; DEVICE is an index or part of the '
             'name (default: the default microphone)')
    parser.add_argument(
        '--seconds', type=arguments.seconds, metavar='N', help='with --meter: stop after N seconds')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        0, or 1 if there is no microphone.

    Raises:
        SerError: if PortAudio is missing, or a microphone cannot be used.
    """
    if args.meter is not None:
        from ser_ros.sinks.level_meter import show_level
        try:
            return show_level(args.meter, args.seconds)
        except NoDevices as error:
            return _no_devices(str(error))
    devices = list_devices()
    if args.json:
        print(json.dumps([asdict(device) for device in devices], indent=2, ensure_ascii=False))
    elif devices:
        _print_table(devices)
    if not devices:
        return _no_devices(NO_DEVICES)
    return 0


def _no_devices(reason: str) -> int:
    tell('error: ' + reason)
    return NO_DEVICES_CODE


def _print_table(devices: List[Device]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column('Index', justify='right')
    table.add_column('Name', overflow='fold')
    table.add_column('Channels', justify='right')
    table.add_column('Native rate', justify='right')
    table.add_column('Default')
    for device in devices:
        table.add_row(str(device.index), Text(device.name), str(device.channels),
                      f'{device.native_rate_hz} Hz', 'default' * device.is_default)
    # Where nobody looks at a terminal, a device stays on one line, however long its name.
    width = None if sys.stdout.isatty() else 1000
    Console(markup=False, highlight=False, width=width).print(table)
