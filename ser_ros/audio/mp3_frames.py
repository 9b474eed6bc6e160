# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much sound an MP3 file holds, by its frames: only some files say it, and some say it wrong.

Frame header: ISO/IEC 11172-3 and 13818-3. A frame with "Xing", "Info" or "VBRI" in place of sound
declares the length; without one a decoder takes the bit rate of the first frame for that of all.
"""

import mmap
from typing import NamedTuple, Optional

_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)}     # MPEG 2 and 2.5
_LAYER_3 = 1
_TABLES = (b'Xing', b'Info', b'VBRI')
# Where damage ends, two frames follow each other.
_MAX_SEARCH = 1 << 16


class Frames(NamedTuple):
    """What the frames of an MP3 file say.

    Attributes:
        samples: number of samples of a channel, with those that an encoder pads.
        declared: whether a table declares the length.
    """

    samples: int
    declared: bool


class _Frame(NamedTuple):
    size: int
    samples: int


def count(path: str) -> Frames:
    """Return what the frames of a file say; 0 samples where they cannot be counted."""
    samples, declared = 0, False
    with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        place = _behind_tag(data, 0)
        while place + 4 <= len(data):
            frame = _frame(data, place)
            if frame is None:
                found = _search(data, _behind_tag(data, place))
                if found is None:
                    break
                place = found
                continue
            # The table lies behind the side information, 9 to 32 bytes.
            head = data[place:place + 64]
            if any(name in head for name in _TABLES):
                declared = True
            else:
                samples += frame.samples
            place += frame.size
    return Frames(samples, declared)


def _behind_tag(data: mmap.mmap, place: int) -> int:
    while data[place:place + 3] == b'ID3' and place + 10 <= len(data):
        size = 0
        for byte in data[place + 6:place + 10]:
            size = size << 7 | byte & 0x7f
        place += 10 + size
    return place


def _search(data: mmap.mmap, place: int) -> Optional[int]:
    end = min(len(data), place + _MAX_SEARCH)
    while True:
        place = data.find(b'\xff', place, end)
        if place < 0:
            return None
        frame = _frame(data, place)
        if frame is not None and (place + frame.size == len(data)
                                  or _frame(data, place + frame.size) is not None):
            return place
        place += 1


def _frame(data: mmap.mmap, place: int) -> Optional[_Frame]:
    """Return the frame at a place, or None if there is none."""
    if place + 4 > len(data) or data[place] != 0xff or data[place + 1] & 0xe0 != 0xe0:
        return None
    version, layer = data[place + 1] >> 3 & 3, data[place + 1] >> 1 & 3
    kbits, rate = data[place + 2] >> 4, data[place + 2] >> 2 & 3
    if version not in _RATES_HZ or layer != _LAYER_3 or not 0 < kbits < 15 or rate == 3:
        return None
    is_mpeg_1 = version == 3
    samples = 1152 if is_mpeg_1 else 576
    size = (samples // 8 * 1000 * _KBITS[is_mpeg_1][kbits] // _RATES_HZ[version][rate]
            + (data[place + 2] >> 1 & 1))
    return _Frame(size, samples)
