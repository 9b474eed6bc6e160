# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The file that ``--output`` names."""

import io
from typing import BinaryIO, TextIO

from ser_ros.errors import SerError


def open_output(path: str) -> TextIO:
    """Open a text file in UTF-8 for results; what it held is lost.

    Raises:
        SerError: if that is not possible; so does whatever is done with the file later.
    """
    try:
        binary = open(path, 'wb')
    except OSError as error:
        raise _failure(path, error) from error
    return _OutputFile(binary, path)


def _failure(path: str, error: OSError) -> SerError:
    return SerError(f'cannot write {path}: {error.strerror}')


class _OutputFile(io.TextIOWrapper):
    def __init__(self, binary: BinaryIO, path: str) -> None:
        super().__init__(binary, encoding='utf-8', newline='')
        self._path = path

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise _failure(self._path, error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise _failure(self._path, error) from error

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:
            raise _failure(self._path, error) from error
