# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a command says on standard error: each message one line, whatever is in a file's name."""

import contextlib
import re
import sys

# Control characters, line ends of Unicode, and bytes that are not text in the system's encoding.
_UNPRINTABLE = re.compile('[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')


def one_line(text: str) -> str:
    """Return the text with everything escaped that a terminal would not show as a character."""
    return _UNPRINTABLE.sub(
        lambda match: match.group().encode('unicode_escape').decode('ascii'), text)


def tell(text: str) -> None:
    """Print a message; where standard error takes none, the exit code has to do."""
    with contextlib.suppress(OSError):
        print('ser_ros: ' + one_line(text), file=sys.stderr, flush=True)
