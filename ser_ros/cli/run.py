# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros run``: the whole graph with a live view, without the ros2 command."""

import argparse
import contextlib
import json
import os
import sys
from typing import Any, Dict, Iterator, List, Optional

from ser_ros import interfaces, typed_yaml
from ser_ros.cli import arguments as shared_arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.errors import SerError
from ser_ros.messages import tell
from ser_ros.resources import share_path

# The names of rclpy for the levels of `ser_ros.logs`.
ROS_LEVELS = {'debug': 'debug', 'info': 'info', 'warning': 'warn', 'error': 'error'}


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'run', help='run the graph on a microphone or an audio file',
        description='Run the graph on a microphone or an audio file, with a live view. At the '
        'end of the file or after Ctrl-C it prints a summary. Options override --params-file. By '
        'default a file is played once.')
    parser.add_argument(
        'audio', nargs='?', metavar='AUDIO',
        help='an audio file, or a microphone by its index or part of its name, or mic for the '
        'default microphone (default: the device of the params file)')
    parser.add_argument('--model', metavar='NAME|PATH',
                        help='name of a model in models/, or path of a model')
    parser.add_argument('--backend',
                        help='runtime for the model: auto, onnxruntime, pytorch or tensorrt')
    parser.add_argument('--precision', help='numeric precision: fp32, fp16 or int8')
    parser.add_argument('--baseline',
                        help="whether the voice's own baseline is subtracted: off, running or "
                        'enrolled')
    parser.add_argument('--voice', metavar='NAME',
                        help='name of the enrolled voice, for --baseline enrolled')
    parser.add_argument('--language', help='language of the mitigation texts: en or ko')
    parser.add_argument('--sensitivity',
                        help='how readily an answer starts: calm, normal or keen')
    shared_arguments.add_channel(parser)
    parser.add_argument('--loop', action='store_true', help='repeat the file endlessly')
    parser.add_argument('--fast', action='store_true', help='play the file up to 4 times as '
                        'fast, as the slowest node allows')
    parser.add_argument('--processes', action='store_true',
                        help='run each node in a process of its own')
    parser.add_argument('--namespace', metavar='NAME',
                        help='namespace of nodes and topics, / for none (default: none, or '
                        'run_PROCESS while another graph publishes /emotion)')
    parser.add_argument('--params-file', metavar='FILE',
                        help='YAML file with the parameters of the nodes')
    parser.add_argument('--output', metavar='FILE.csv|FILE.jsonl',
                        help='write every emotion and mitigation to this file')
    parser.set_defaults(run=run)


def _says(params_file: Optional[str], node: str, parameter: str) -> bool:
    """Return whether a file sets a parameter of a node, or of all nodes."""
    def has(values: Any, name: str) -> bool:
        if not isinstance(values, dict):
            return False
        own = values.get('ros__parameters')
        if name in (node, '**') and isinstance(own, dict) and parameter in own:
            return True
        return any(has(value, str(key).split('/')[-1]) for key, value in values.items())
    return params_file is not None and has(typed_yaml.read(params_file), '')


def _file(audio: Optional[str]) -> str:
    """Return the path of an audio file; '' where it is none."""
    return os.path.abspath(audio) if audio and os.path.exists(audio) else ''


def _overrides(args: argparse.Namespace) -> Dict[str, Any]:
    """Return {parameter: value} of the options on the command line."""
    audio = _file(args.audio) or args.audio
    # By default a file is played once, unlike in a launch file.
    is_said = _says(args.params_file, 'audio_capture', 'loop')
    loop = True if args.loop else None if is_said else False
    values = {
        'device': audio, 'channel': args.channel, 'loop': loop,
        'realtime': False if args.fast else None,
        'model': args.model, 'backend': args.backend, 'precision': args.precision,
        'baseline': args.baseline, 'voice': args.voice,
        'language': args.language, 'sensitivity': args.sensitivity,
        # Two runs with a file give the same answers.
        'state_file': None if args.params_file else 'none',
    }
    return {name: value for name, value in values.items() if value is not None}


def _yaml(name: str, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode('utf-8')
    except UnicodeEncodeError as error:
        remedy = 'rename it or link to it' if sys.getfilesystemencoding() == 'utf-8' else (
            'set LANG=C.UTF-8, since the locale has another encoding')
        raise SerError(f'{name} {value!r}: ROS takes only names in UTF-8; {remedy}') from error
    return text


def ros_arguments(args: argparse.Namespace, namespace: str) -> List[str]:
    """Return the arguments for rclpy that say the same as the command line's."""
    params_file = os.path.abspath(args.params_file or share_path('config', 'ser.yaml'))
    if not os.path.isfile(params_file):
        raise SerError(f'params file {params_file}: it is not there, or no file')
    arguments = ['--ros-args', '--log-level', ROS_LEVELS[args.log_level or 'warning']]
    arguments += ['--params-file', params_file]
    # To all nodes: each takes what it has declared, and no two declare the same of these. None may
    # stand ahead of the file: rcl sorts by names of nodes, so the file would win over all.
    for name, value in _overrides(args).items():
        arguments += ['-p', f'{name}:={_yaml(name, value)}']
    if namespace:
        arguments += ['-r', '__ns:=/' + namespace]
    return arguments


@contextlib.contextmanager
def _namespace(wanted: Optional[str]) -> Iterator[str]:
    """Give the namespace that is asked for, or one in which no other graph can be heard."""
    from ser_ros.nodes.namespaces import free_namespace, own_namespace
    if wanted is not None:
        with own_namespace(wanted.strip('/')):
            yield wanted.strip('/')
        return
    with free_namespace() as namespace:
        if namespace:
            tell(f'another graph publishes /emotion, so the topics of this one begin with '
                 f'/{namespace}; --namespace gives them another name')
        yield namespace


def run(args: argparse.Namespace) -> int:
    """Run the graph until the end of the file or Ctrl-C; 0 unless it could not start."""
    from ser_ros.nodes.stopping import Stopping
    from ser_ros.sinks.live_view import LiveView
    from ser_ros.sinks.record import open_record
    interfaces.check()
    with Stopping() as stopping:
        # Imported here: a Ctrl-C in the middle of an import would leave a traceback.
        from ser_ros.nodes import runner
        record = open_record(args.output) if args.output else None
        try:
            with _namespace(args.namespace) as namespace, LiveView() as view:
                reason = runner.run(
                    ros_arguments(args, namespace), view, record, args.processes, stopping,
                    _file(args.audio))
            if reason:
                raise SerError(reason)
            view.print_summary()
            return 0
        finally:
            if record is not None:
                record.close()
