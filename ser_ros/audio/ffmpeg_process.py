# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The process that decodes with FFmpeg, through PyAV: a damaged file may end it by a signal.

It reads one request a line, JSON, and answers each with a line of JSON. Behind a line with
``bytes`` follow that many bytes of float32 samples, interleaved.
"""

import json
import os
import signal
import sys
from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

# Samples of a channel in one answer: half a second to six seconds.
BLOCK_SAMPLES = 48000
_GENERIC_INDEX = 0x100  # AVFMT_GENERIC_INDEX of <libavformat/avformat.h>
# Such a packet of an MP3 holds its length in place of sound.
_TABLES = (b'Xing', b'Info', b'VBRI')
_TABLE_BYTES = 1024  # behind a tag

Answer = Tuple[Dict[str, Any], bytes]


class Reader:
    """Reads the first audio track of a file."""

    def __init__(self, path: str):
        """Open the file.

        Raises:
            ImportError: there is no PyAV.
            ValueError: there is no audio; the text says why.
            Exception: PyAV cannot open it.
        """
        import av
        self._av = av
        self._damaged = 0
        self._error = ''
        self._setup: Any = None
        # A name with a colon would be a URL, and a playlist could name one. Tags may be in any
        # encoding.
        self._container = av.open(
            'file:' + path, metadata_errors='replace', options={'protocol_whitelist': 'file'})
        tracks = self._container.streams.audio
        if not tracks:
            raise ValueError('contains no audio')
        self._track = tracks[0]
        self._blocks = self._convert(self._decode())
        self._first = next(self._blocks, None)
        if self._first is None:
            raise ValueError('contains no audio that can be decoded')
        self._tracks = len(tracks)
        self._joined = _count_mp4(path)

    def describe(self) -> Dict[str, Any]:
        """Return what is known at the beginning; what the header says may be half of the rate."""
        assert self._first is not None
        samples, rate_hz = self._first
        declared = self._container.duration
        # Formats without an index declare no length: FFmpeg estimates it from the bit rate.
        flags = self._container.format.flags
        if getattr(flags, 'value', flags) & _GENERIC_INDEX or not declared:
            declared = None
        return {'rate_hz': rate_hz, 'channels': samples.shape[1],
                'duration_s': None if declared is None else declared / 1e6,
                'is_float_pcm': self._track.codec_context.name.startswith('pcm_f')}

    def read(self) -> Answer:
        """Return the next samples, or what is missing at the end."""
        block, self._first = self._first or next(self._blocks, None), None
        if block is None:
            return {'end': True, 'warning': self._warning()}, b''
        samples, rate_hz = block
        data = np.ascontiguousarray(samples, np.float32).tobytes()
        return {'rate_hz': rate_hz, 'channels': samples.shape[1], 'bytes': len(data)}, data

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _warning(self) -> str:
        parts = [f'ends early: {self._error}' if self._error else '']
        if self._damaged:
            parts.append(f'is damaged: {self._damaged} packets are left out')
        if self._tracks > 1:
            parts.append(f'has {self._tracks} audio tracks, of which only the first is used')
        if self._joined > 1:
            parts.append(f'holds {self._joined} recordings, of which only the first is used')
        return '; it '.join(part for part in parts if part)

    def _decode(self) -> Iterator[Any]:
        """Yield the frames; what cannot be decoded is counted and left out, as FFmpeg does."""
        packets = self._container.demux(self._track)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.FFmpegError as error:
                self._error = str(error)
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except self._av.error.FFmpegError:
                head = bytes(packet)[:_TABLE_BYTES]
                self._damaged += not any(name in head for name in _TABLES)
                continue
            yield from frames

    def _convert(self, frames: Iterator[Any]) -> Iterator[Tuple[np.ndarray, int]]:
        """Yield samples of one rate and number of channels, (n, channels), and that rate."""
        pending: List[np.ndarray] = []
        setup: Any = None
        size = 0
        for frame in frames:
            # Compared before any sample is read: it may change inside a file, damaged or joined.
            changed = (frame.sample_rate, len(frame.layout.channels), frame.layout.name,
                       frame.format.name)
            if changed != setup:
                if pending:
                    yield np.concatenate(pending), setup[0]
                pending, size, setup = [], 0, changed
                resampler = self._av.AudioResampler('flt', frame.layout, frame.sample_rate)
            converted = resampler.resample(frame)
            for piece in converted if isinstance(converted, list) else [converted]:
                if piece is not None and piece.samples:
                    pending.append(piece.to_ndarray().reshape(-1, setup[1]))
                    size += piece.samples
            if size >= BLOCK_SAMPLES:
                yield np.concatenate(pending), setup[0]
                pending, size = [], 0
        if pending:
            yield np.concatenate(pending), setup[0]


def _count_mp4(path: str) -> int:
    """Return how many MP4 files are joined in a file: each begins with a box ``ftyp``."""
    count, place, size = 0, 0, os.path.getsize(path)
    with open(path, 'rb') as file:
        while place + 16 <= size:
            file.seek(place)
            head = file.read(16)
            length = int.from_bytes(head[:4], 'big')
            if head[4:8] == b'ftyp':
                count += 1
            elif not count:
                break
            if length == 1:
                length = int.from_bytes(head[8:], 'big')
            if length < 8:
                break
            place += length
    return count


class Server:
    """Answers requests: ``open`` with a path, ``read``, ``close``."""

    def __init__(self) -> None:
        self._reader: Optional[Reader] = None

    def answer(self, request: Dict[str, Any]) -> Answer:
        """Return the answer; what goes wrong is an answer as well."""
        # PyAV raises whatever it meets, also in what FFmpeg hands over: ValueError, KeyError...
        try:
            return self._answer(request)
        except Exception as error:  # the boundary to a library
            return {'error': type(error).__name__, 'text': str(error)}, b''

    def _answer(self, request: Dict[str, Any]) -> Answer:
        if request['do'] == 'read':
            assert self._reader is not None, 'open comes first'
            return self._reader.read()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if request['do'] == 'open':
            self._reader = Reader(request['path'])
            return self._reader.describe(), b''
        return {}, b''


def main() -> int:
    """Answer until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever a library prints must not come between the answers.
    answers = os.fdopen(os.dup(1), 'wb')
    os.dup2(2, 1)
    server = Server()
    for line in sys.stdin.buffer:
        header, data = server.answer(json.loads(line.decode()))
        answers.write(json.dumps(header).encode() + b'\n' + data)
        answers.flush()
    return 0
