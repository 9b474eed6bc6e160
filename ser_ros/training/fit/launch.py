# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several processes of one training: how they are started, and how they end together."""

import contextlib
import logging
import os
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from ser_ros import child_process
from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.fit import processes
from ser_ros.training.fit.optimizer import check_batch

MODULE = 'ser_ros.training.__main__'
# From the end of one process, or Ctrl-C, until the others are killed.
SHUTDOWN_S = 10
# A process that fails waits for so long: if another one has died, that one is the reason.
GRACE_S = 5
FAILED = 2
INTERRUPTED = 130


def launch(config: Config, arguments: Sequence[str], number: int, threads: int) -> int:
    """Train in several processes of this machine, one a GPU, or on the CPU.

    Args:
        config: what they train.
        arguments: those of ``ser_ros train``, without the number of processes.
        number: of processes.
        threads: CPU threads for all of them.

    Returns:
        The exit code.

    Raises:
        SerError: there are fewer GPUs, a batch cannot be parted, or a process has died.
    """
    for network in config.members:
        check_batch(network.training, number)
    gpus = torch.cuda.device_count()
    if gpus and number > gpus:
        raise SerError(f'--processes is {number}; allowed: up to {gpus}, the number of GPUs')
    variables = {
        'OMP_NUM_THREADS': str(max(1, threads // number)),
        **({} if gpus else {'ACCELERATE_USE_CPU': 'true'})}
    _silence('torch.distributed.elastic')
    command = [*child_process.command(MODULE), *arguments]
    # The port is one that is free.
    settings = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=number, run_id=uuid.uuid4().hex,
        rdzv_backend='c10d', rdzv_endpoint='localhost:0', local_addr='localhost', max_restarts=0,
        shutdown_timeout=SHUTDOWN_S)
    try:
        with _environment(variables):
            elastic_launch(settings, command[0])(*command[1:])
    except SignalException as end:
        return INTERRUPTED if end.sigval == signal.SIGINT else 128 + end.sigval
    except ChildFailedError as error:
        return _exit_code(error, number)
    return 0


def _silence(package: str) -> None:
    """Have the loggers of a package write nothing: how processes ended is said here."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(package):
            logging.getLogger(name).disabled = True


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _exit_code(error: ChildFailedError, number: int) -> int:
    """Return the exit code of a process that has said why it failed.

    Raises:
        SerError: if it could not say so.
    """
    rank, failure = error.get_first_failure()
    if failure.exitcode >= 0:
        return failure.exitcode
    name = signal.Signals(-failure.exitcode).name
    raise SerError(
        f'process {rank} of {number} was ended by the signal {name}, and the others with it; '
        'continue with --resume') from error


@contextlib.contextmanager
def member() -> Iterator[None]:
    """Be one of several processes: end with what started them, and leave errors to one of them.

    What fails in all of them is said by the main one alone.
    """
    if processes.expected() == 1:
        yield
        return
    child_process.die_with_parent()
    main = os.environ.get('RANK') == '0'
    try:
        yield
        processes.leave()
    except SerError:
        if not main:
            time.sleep(GRACE_S)
        raise
    except Exception:
        time.sleep(GRACE_S)
        traceback.print_exc()
        # At once: the end of the interpreter may wait for the other processes.
        sys.stderr.flush()
        os._exit(FAILED)
