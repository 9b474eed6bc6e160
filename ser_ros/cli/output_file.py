# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The file that ``--output`` names."""

import io

from ser_ros.errors import SerError


class OutputFile(io.TextIOWrapper):
    """A text file in UTF-8 for results; whatever goes wrong with it is a SerError."""

    def __init__(self, path: str) -> None:
        """
        Open the file; what it held is lost.

        :raises SerError: if that is not possible.
        """
        self._path = path
        try:
            binary = open(path, 'wb')
        except OSError as error:
            raise self._failure(error) from error
        super().__init__(binary, encoding='utf-8', newline='')

    def write(self, text: str) -> int:
        """Write; :raises SerError: such as for a full disk."""
        try:
            return super().write(text)
        except OSError as error:
            raise self._failure(error) from error

    def flush(self) -> None:
        """Hand on what was written; :raises SerError: such as for a full disk."""
        try:
            super().flush()
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Close the file, also where that fails; :raises SerError: such as for a full disk."""
        try:
            super().close()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> SerError:
        return SerError('cannot write {}: {}'.format(self._path, error.strerror))
