# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros build-engine``: build TensorRT's engines before they are needed."""

import argparse
import re
from typing import Optional, Tuple

from ser_ros.cli import arguments
from ser_ros.cli.arguments import Subparsers
from ser_ros.errors import SerError, listed
from ser_ros.inference.engine_options import (
    DEFAULT_WORKSPACE_MIB,
    WORKSPACE_RANGE_MIB,
    EngineOptions,
    check_engine_options,
    engine_folder,
)
from ser_ros.inference.model_file import PRECISIONS, Model
from ser_ros.messages import tell

ALL_BUILT = 0
NOT_ALL_BUILT = 1


def add_parser(subparsers: Subparsers) -> None:
    """Add the command and its arguments."""
    parser = subparsers.add_parser(
        'build-engine', help="build TensorRT's engines before they are needed",
        description='Build the TensorRT engines of a model for the GPU of this machine, so that '
        'emotion_inference starts at once. This takes minutes on a small board. Exit code: 0 '
        'success, 1 some precisions could not be built, 2 error.')
    arguments.add_model(parser)
    least, most = WORKSPACE_RANGE_MIB
    parser.add_argument(
        '--precision', nargs='+', choices=PRECISIONS, metavar='P',
        help=f'one or more of {listed(PRECISIONS)} (default: all that GPU and model offer)')
    parser.add_argument(
        '--workspace-mib', type=int, default=DEFAULT_WORKSPACE_MIB, metavar='MIB',
        help=f'memory for intermediate results, {least} to {most} '
             f'(default: {DEFAULT_WORKSPACE_MIB})')
    parser.add_argument('--cache', default='', metavar='DIR',
                        help='folder of the engines (default: ~/.cache/ser_ros/engines)')
    parser.add_argument(
        '--compute-capability', metavar='X.Y',
        help='build for GPUs of this compute capability, also without one in this machine '
        '(TensorRT for RTX only)')
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build what the command line names and return the exit code."""
    from ser_ros.inference.registry import BACKENDS
    from ser_ros.inference.tensorrt_backend import build_ahead
    from ser_ros.inference.tensorrt_engine import module
    from ser_ros.progress import Progress
    model = Model(args.model)
    capability = _capability(args.compute_capability)
    options = EngineOptions(folder=args.cache, workspace_mib=args.workspace_mib)
    check_engine_options(options)
    if capability is None:
        reason = BACKENDS['tensorrt'].unavailable_reason()
        if reason is not None:
            raise SerError(f'no engine can be built here: {reason}')
    module.load()  # reports a missing or broken part once, not for each precision
    failed = 0
    for precision in args.precision or _offered(model, capability):
        try:
            with Progress().steps(precision) as show:
                path, was_there = build_ahead(
                    model, precision, options._replace(on_progress=show), capability)
        except SerError as error:
            failed += 1
            tell(f'{precision}: {error}')
        else:
            tell(f"{precision}: {path}{', already there' if was_there else ''}")
    tell(f'engines are in {engine_folder(options)}')
    return NOT_ALL_BUILT if failed else ALL_BUILT


def _offered(model: Model, capability: Optional[Tuple[int, int]]) -> Tuple[str, ...]:
    from ser_ros.inference.tensorrt_engine import driver, job
    return job.offered_precisions(model, capability or driver.first_gpu().capability)


def _capability(text: Optional[str]) -> Optional[Tuple[int, int]]:
    if text is None:
        return None
    match = re.match(r'^(\d+)\.(\d)$', text)
    if match is None:
        raise SerError(f'--compute-capability must be two numbers such as 8.6, got {text!r}')
    return int(match.group(1)), int(match.group(2))
