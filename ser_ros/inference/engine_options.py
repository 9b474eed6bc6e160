# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a backend that compiles a model for this GPU goes about it."""

import os
from typing import Callable, NamedTuple, Optional

from ser_ros import user_folders
from ser_ros.errors import SerError

WORKSPACE_RANGE_MIB = (16, 65536)
'''The least and the most of ``EngineOptions.workspace_mib``, both allowed.'''
DEFAULT_WORKSPACE_MIB = 256
DEFAULT_TIMEOUT_S = 3600.0

OnProgress = Callable[[str, Optional[float]], None]
Cancelled = Callable[[], bool]


def ignore_progress(step: str, share: Optional[float]) -> None:
    """Do nothing: the ``on_progress`` of those who don't care."""


def never() -> bool:
    """Return False: the ``cancelled`` of those who wait to the end."""
    return False


class EngineOptions(NamedTuple):
    """Where engines are kept, and what building one may take.

    Backends that build nothing take no notice of it.

    Attributes:
        folder: the engines' folder; '' for ``ser_ros/engines`` in the user's cache folder.
        workspace_mib: memory that the builder and the engine may use for intermediate results
            [MiB], in WORKSPACE_RANGE_MIB; part of what identifies an engine.
        timeout_s: a build that takes longer is given up [s].
        on_progress: ``(step, share)``: what is being done, and the share that is done, 0 to 1, or
            None where it is not known. Called in the thread that opens the model; it must not
            raise.
        cancelled: asked some times a second, in another thread; once it returns True the build is
            given up.
    """

    folder: str = ''
    workspace_mib: int = DEFAULT_WORKSPACE_MIB
    timeout_s: float = DEFAULT_TIMEOUT_S
    on_progress: OnProgress = ignore_progress
    cancelled: Cancelled = never


DEFAULT_ENGINE_OPTIONS = EngineOptions()


def check_engine_options(options: EngineOptions) -> None:
    """Raise SerError if a value is out of range."""
    least, most = WORKSPACE_RANGE_MIB
    if not isinstance(options.workspace_mib, int) or not least <= options.workspace_mib <= most:
        raise SerError(
            f'workspace_mib must be a whole number from {least} to {most}, got '
            f'{options.workspace_mib!r}')
    if not options.timeout_s > 0:
        raise SerError(f'timeout_s must be over 0, got {options.timeout_s!r}')


def engine_folder(options: EngineOptions) -> str:
    """Return the folder of ``options``, or the default one: below XDG_CACHE_HOME or ~/.cache.

    Where the default one cannot be written, a temporary folder takes its place.
    """
    if options.folder:
        return os.path.abspath(os.path.expanduser(options.folder))
    cache = os.environ.get('XDG_CACHE_HOME') or os.path.join(os.path.expanduser('~'), '.cache')
    return user_folders.usable(
        os.path.join(cache, 'ser_ros', 'engines'), 'engines',
        'Set the parameter engine_cache to keep them')
