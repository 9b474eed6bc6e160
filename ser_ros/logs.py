# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where log messages go: standard error, and a file if one is wanted."""

import logging
import sys
from typing import Any, Optional

from ser_ros.errors import SerError, listed

LEVELS = {'debug': logging.DEBUG, 'info': logging.INFO, 'warning': logging.WARNING,
          'error': logging.ERROR}


class _StandardError(logging.StreamHandler):
    """Writes to what standard error is at that moment."""

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _: Any) -> None:
        pass


def setup_logging(level: str = 'info', file: Optional[str] = None) -> None:
    """Show messages of ser_ros from a level on; a second call replaces the first one.

    Args:
        level: one of LEVELS.
        file: also append the messages to this file, each with its time and level.

    Raises:
        SerError: for another level, or if the file cannot be written.
    """
    if level not in LEVELS:
        raise SerError(f'the log level is {level!r}; allowed: one of {listed(LEVELS)}')
    logger = logging.getLogger('ser_ros')
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(LEVELS[level])
    _add(logger, _StandardError(), '%(message)s')
    if file is not None:
        try:
            _add(logger, logging.FileHandler(file, encoding='utf-8'),
                 '%(asctime)s %(levelname)s %(name)s: %(message)s')
        except OSError as error:
            raise SerError(f'cannot write the log file {file}: {error.strerror}') from error


def _add(logger: logging.Logger, handler: logging.Handler, form: str) -> None:
    handler.setFormatter(logging.Formatter(form))
    logger.addHandler(handler)
