# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What headers do not say: recordings that were joined, and headers that were never finished."""

import mmap
import os
import struct
from typing import Any, BinaryIO, Iterator, List, NamedTuple, Tuple

_RIFF_HEADER = 12
_CHUNK_HEADER = 8
# Programs that write to a pipe declare the largest size there is.
_UNKNOWN_SIZE = 2 ** 31
# What tools append to the samples without a chunk of its own is not longer.
_TAIL_BYTES = 4096
_OGG_PAGE_HEADER = 27
_OGG_FIRST_PAGE = 2


class FilePart:
    """A part of a file, behind bytes that take the place of its beginning; it can be read only.

    Args:
        path: of the file.
        start: first byte of the part in the file.
        end: the one after its last.
        head: bytes that are read ahead of the part.
    """

    def __init__(self, path: str, start: int, end: int, head: bytes = b''):
        self._file = open(path, 'rb')
        self._start = start
        self._head = head
        self._size = len(head) + end - start
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to another place; as for every file."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        size = min(size, self._size - self._at)
        if size <= 0:
            return b''
        head = self._head[self._at:self._at + size]
        self._file.seek(self._start + max(0, self._at - len(self._head)))
        data = head + self._file.read(size - len(head))
        self._at += len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Parts(NamedTuple):
    """The recordings in a file.

    Attributes:
        sources: what libsndfile opens for each: a path in bytes, or a FilePart.
        warning: which sound is missing; see `Decoder`.
        note: what is odd about the file; see `Decoder`.
    """

    sources: List[Any]
    warning: str = ''
    note: str = ''


def find_parts(path: str) -> Parts:
    """Return the recordings in a file, each with a header that says how long it is.

    libsndfile believes the first header that it finds. So it does not see what was joined to a
    recording (chained Ogg, WAV behind WAV), nor the samples behind a header that was never
    completed, because the recorder was killed.
    """
    # As bytes: a name need not be valid in the system's encoding.
    whole = Parts([os.fsencode(path)])
    with open(path, 'rb') as file:
        magic = file.read(_RIFF_HEADER)
        if magic[:4] == b'RIFF' and magic[8:] == b'WAVE':
            return _wav_parts(path, file) or whole
        if magic[:4] == b'OggS':
            starts = list(_ogg_starts(file))
            if len(starts) > 1:
                ends = starts[1:] + [os.path.getsize(path)]
                return Parts([FilePart(path, *span) for span in zip(starts, ends)])
    return whole


def _ogg_starts(file: BinaryIO) -> Iterator[int]:
    """Yield where the streams of a chained Ogg file begin."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place, begins = 0, True
        while data[place:place + 4] == b'OggS' and place + _OGG_PAGE_HEADER <= len(data):
            is_first = bool(data[place + 5] & _OGG_FIRST_PAGE)
            if is_first and begins:
                yield place
            begins = not is_first  # tracks that run side by side begin in pages side by side
            segments = data[place + 26]
            table = place + _OGG_PAGE_HEADER
            place = table + segments + sum(data[table:table + segments])


def _wav_parts(path: str, file: BinaryIO) -> Any:
    """Return the recordings in a WAV file; None where libsndfile needs no help."""
    size = os.path.getsize(path)
    data_start, declared = _wav_data(file, size)
    if not data_start:
        return None
    held = size - data_start
    if declared >= held:
        file.seek(4)
        riff_size = struct.unpack('<I', file.read(4))[0] + _CHUNK_HEADER
        if size < riff_size < _UNKNOWN_SIZE:
            return Parts([os.fsencode(path)], f'ends early: it holds {size} of {riff_size} bytes')
        return None
    places = list(_chunks(file, data_start + declared + declared % 2, size))
    joined = [place for place, name in places if name == b'RIFF']
    if joined:
        parts = [FilePart(path, *span) for span in zip([0] + joined, joined + [size])]
        return Parts(parts, note=f'{len(parts)} recordings are joined in the file')
    if places or held - declared <= (_TAIL_BYTES if declared else 0):
        return None
    # Nothing but samples can follow: the recorder did not come to complete the header.
    file.seek(0)
    head = bytearray(file.read(data_start))
    head[4:8] = struct.pack('<I', min(size - _CHUNK_HEADER, 2 ** 32 - 1))
    head[-4:] = struct.pack('<I', min(held, 2 ** 32 - 1))
    return Parts(
        [FilePart(path, data_start, size, bytes(head))],
        note=f'declares {declared} bytes of sound in its header, but {held} follow; all of them '
        'are read')


def _wav_data(file: BinaryIO, size: int) -> Tuple[int, int]:
    """Return where the samples of a WAV file begin and how many bytes it declares; 0 for none."""
    place = _RIFF_HEADER
    while place + _CHUNK_HEADER <= size:
        name, length = _chunk(file, place)
        if name == b'data':
            return place + _CHUNK_HEADER, length
        place += _CHUNK_HEADER + length + length % 2
    return 0, 0


def _chunks(file: BinaryIO, place: int, size: int) -> Iterator[Tuple[int, bytes]]:
    """Yield place and name of the chunks up to the end of the file; nothing if others are there."""
    found = []
    while place + _CHUNK_HEADER <= size:
        name, length = _chunk(file, place)
        if not all(32 <= byte < 127 for byte in name):
            return
        found.append((place, name))
        if name == b'RIFF' and length == 0:  # another one that was never completed
            break
        place += _CHUNK_HEADER + length + length % 2
        if place > size + 1 and name != b'RIFF':
            return
    yield from found


def _chunk(file: BinaryIO, place: int) -> Tuple[bytes, int]:
    file.seek(place)
    return struct.unpack('<4sI', file.read(_CHUNK_HEADER))
