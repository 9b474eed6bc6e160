# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What headers do not say: recordings that were joined, and headers that were never finished."""

import mmap
import os
import struct
from typing import Any, BinaryIO, Iterator, List, NamedTuple, Optional, Tuple

_RIFF_HEADER = 12
_CHUNK_HEADER = 8
# Programs that write to a pipe declare the largest size there is.
_UNKNOWN_SIZE = 2 ** 31
# What tools append to the samples without a chunk of its own is not longer.
_TAIL_BYTES = 4096
_OGG_PAGE_HEADER = 27
_OGG_FIRST_PAGE = 2
# The marker, then the header of the block: whether it is the last one, and its length.
_FLAC_START, _FLAC_ONLY_START = b'fLaC\x00\x00\x00\x22', b'fLaC\x80\x00\x00\x22'
_AU_SIZE = 8
_DS64_DATA_SIZE = 28  # ds64 is the first chunk: EBU Tech 3306


class FilePart:
    """A part of a file, behind bytes that take the place of its beginning; it can be read only.

    The file is open from the first `read` to `close`, since thousands of parts may wait for theirs.

    Args:
        path: of the file.
        start: first byte of the part in the file.
        end: the one after its last.
        head: bytes that are read ahead of the part.
    """

    def __init__(self, path: str, start: int, end: int, head: bytes = b''):
        self._path = path
        self._file: Optional[BinaryIO] = None
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
        if self._file is None:
            self._file = open(self._path, 'rb')
        head = self._head[self._at:self._at + size]
        self._file.seek(self._start + max(0, self._at - len(self._head)))
        data = head + self._file.read(size - len(head))
        self._at += len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
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
    with open(path, 'rb') as file:
        magic = file.read(_RIFF_HEADER)
        if magic[:4] == b'RIFF' and magic[8:] == b'WAVE':
            return _wav_parts(path, file)
        if magic[:4] in (b'RF64', b'BW64') or magic[:4] == b'.snd':
            return _unfinished(path, file, magic[:4])
        if magic[:4] == b'OggS':
            return _joined(path, list(_ogg_starts(file)))
        if magic[:4] == b'fLaC':
            return _joined(path, list(_flac_starts(file)))
    return _joined(path, [])


def _joined(path: str, starts: List[int], note: str = '') -> Parts:
    """Return the recordings that begin at these places."""
    if len(starts) < 2:
        # As bytes: a name need not be valid in the system's encoding.
        return Parts([os.fsencode(path)], note=note)
    ends = starts[1:] + [os.path.getsize(path)]
    return Parts([FilePart(path, *span) for span in zip(starts, ends)], note=note)


def _flac_starts(file: BinaryIO) -> Iterator[int]:
    """Yield where streams begin: with the marker, and a block of information of 34 bytes."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place = 0
        while place >= 0:
            yield place
            place = min((found for found in (
                data.find(_FLAC_START, place + 1), data.find(_FLAC_ONLY_START, place + 1))
                if found >= 0), default=-1)


def _unfinished(path: str, file: BinaryIO, magic: bytes) -> Parts:
    """Return the recording of a format whose length is at a fixed place; 0 was not completed."""
    place, form = (_AU_SIZE, '>I') if magic == b'.snd' else (_DS64_DATA_SIZE, '<Q')
    file.seek(0)
    head = bytearray(file.read(place + struct.calcsize(form)))
    size = os.path.getsize(path)
    # In .snd the largest number is the usual one for an unknown length.
    never_set = ({0},) if magic == b'.snd' else ({0}, {255})
    if len(head) < place + struct.calcsize(form) or set(head[place:]) not in never_set:
        return _joined(path, [])
    # More than there is stands for all of it.
    head[place:] = struct.pack(form, size)
    return Parts([FilePart(path, len(head), size, bytes(head))],
                 note='declares no sound in its header, but some follows; all of it is read')


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


def _wav_parts(path: str, file: BinaryIO) -> Parts:
    """Return the recordings in a WAV file."""
    sources: List[Any] = []
    notes, missing = [], ''
    start: Optional[int] = 0
    size = os.path.getsize(path)
    while start is not None:
        source, following, missing, note = _wav_part(path, file, start, size)
        sources.append(source)
        notes += [note] if note else []
        start = following
    if len(sources) > 1:
        notes.append(f'{len(sources)} recordings are joined in the file')
    elif not notes:
        sources = [os.fsencode(path)]
    return Parts(sources, missing, '; '.join(notes))


def _wav_part(path: str, file: BinaryIO, start: int,
              size: int) -> Tuple[FilePart, Optional[int], str, str]:
    """Return the recording at a place, where the next one begins, what is missing and a note."""
    data_start, declared = _wav_data(file, start, size)
    held = size - data_start
    if not data_start:
        return FilePart(path, start, size), None, '', ''
    if declared >= held:
        file.seek(start + 4)
        riff_size = struct.unpack('<I', file.read(4))[0] + _CHUNK_HEADER
        missing = (f'ends early: it holds {size - start} of {riff_size} bytes'
                   if size - start < riff_size < _UNKNOWN_SIZE else '')
        return FilePart(path, start, size), None, missing, ''
    places = list(_chunks(file, data_start + declared + declared % 2, size))
    following = min((place for place, name in places if name == b'RIFF'), default=None)
    if following is not None:
        return FilePart(path, start, following), following, '', ''
    if places or held - declared <= (_TAIL_BYTES if declared else 0):
        return FilePart(path, start, size), None, '', ''
    # Nothing but samples can follow: the recorder did not come to complete the header.
    file.seek(start)
    head = bytearray(file.read(data_start - start))
    head[4:8] = struct.pack('<I', min(size - start - _CHUNK_HEADER, 2 ** 32 - 1))
    head[-4:] = struct.pack('<I', min(held, 2 ** 32 - 1))
    return FilePart(path, data_start, size, bytes(head)), None, '', (
        f'declares {declared} bytes of sound in its header, but {held} follow; all of them are '
        'read')


def _wav_data(file: BinaryIO, start: int, size: int) -> Tuple[int, int]:
    """Return where the samples of a WAV file begin and how many bytes it declares; 0 for none."""
    place = start + _RIFF_HEADER
    while place + _CHUNK_HEADER <= size:
        name, length = _chunk(file, place)
        if name == b'data':
            return place + _CHUNK_HEADER, length
        place += _CHUNK_HEADER + length + length % 2
    return 0, 0


def _chunks(file: BinaryIO, place: int, size: int) -> Iterator[Tuple[int, bytes]]:
    """Yield place and name of the chunks up to the end of the file or to another recording.

    Yields:
        Nothing if what is there is not made of chunks.
    """
    found = []
    while place + _CHUNK_HEADER <= size:
        name, length = _chunk(file, place)
        if not all(32 <= byte < 127 for byte in name):
            return
        found.append((place, name))
        if name == b'RIFF':
            break
        place += _CHUNK_HEADER + length + length % 2
        if place > size + 1:
            return
    yield from found


def _chunk(file: BinaryIO, place: int) -> Tuple[bytes, int]:
    file.seek(place)
    return struct.unpack('<4sI', file.read(_CHUNK_HEADER))
