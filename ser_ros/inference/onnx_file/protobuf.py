# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Protobuf's wire format (https://protobuf.dev/programming-guides/encoding), read field by field.

Without the ``protobuf`` package, and without a copy of what is skipped.
"""

import mmap
from typing import Iterator, Tuple, Union

Buffer = Union[bytes, mmap.mmap]


class Malformed(Exception):
    """The bytes are not a message."""


def varint(data: Buffer, position: int, end: int) -> Tuple[int, int]:
    """Return the number that begins at ``position``, and where what follows it begins."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise Malformed(f'broken number at byte {position}')


def fields(data: Buffer, start: int, end: int) -> Iterator[Tuple[int, int, int, int]]:
    """Yield (field number, value, start, end); a span where the field has a length, else 0, 0."""
    position = start
    while position < end:
        key, position = varint(data, position, end)
        wire_type = key & 7
        value, length = 0, 0
        if wire_type == 0:
            value, position = varint(data, position, end)
            yield key >> 3, value, 0, 0
            continue
        if wire_type == 2:
            length, position = varint(data, position, end)
        elif wire_type in (1, 5):
            length = 8 if wire_type == 1 else 4
        else:
            raise Malformed(f'unknown wire type {wire_type} at byte {position}')
        if position + length > end:
            raise Malformed('a field ends after the end of the file: is it complete?')
        yield key >> 3, 0, position, position + length
        position += length


def text_of(data: Buffer, start: int, end: int) -> str:
    """Return a field's text."""
    return data[start:end].decode('utf-8')  # UnicodeDecodeError is a ValueError
