# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The audio format of the graph, and how other PCM formats become it."""

from typing import Any

import numpy as np

from ser_ros.audio.channels import AUTO, ChannelMixer
from ser_ros.errors import SerError, listed

# What every stage works on: 16 kHz mono, in chunks of 20 ms.
SAMPLE_RATE_HZ = 16000
CHUNK_SAMPLES = 320
CHUNK_DURATION_S = CHUNK_SAMPLES / SAMPLE_RATE_HZ
NS_PER_S = 1000000000
SAMPLE_NS = NS_PER_S // SAMPLE_RATE_HZ

# What may be resampled to SAMPLE_RATE_HZ.
MIN_RATE_HZ = 8000
MAX_RATE_HZ = 192000

_INT16_SCALE = 32768.0
# No sound that has the full scale 1.0 comes near this.
MAX_PEAK = 16.0

# GStreamer's names of interleaved PCM, as audio_common_msgs/AudioInfo uses them. numpy has no
# 24-bit type: those are read as the upper three bytes of 32 bits.
_DTYPES = {
    'S8': 'i1', 'U8': 'u1',
    'S16LE': '<i2', 'S16BE': '>i2',
    'S24LE': '<i4', 'S24BE': '>i4',
    'S32LE': '<i4', 'S32BE': '>i4',
    'F32LE': '<f4', 'F32BE': '>f4',
}
SAMPLE_FORMATS = tuple(_DTYPES)


def float_to_int16(samples: np.ndarray) -> np.ndarray:
    """Convert samples in [-1, 1] to 16 bit: rounded to nearest, clipped, never wrapped around.

    Args:
        samples: finite float32 samples of any shape.

    Returns:
        int16 of the same shape; the inverse of `int16_to_float` on its results.
    """
    scaled = samples * np.float32(_INT16_SCALE)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -_INT16_SCALE, _INT16_SCALE - 1, out=scaled)
    return scaled.astype(np.int16)


def int16_to_float(samples: np.ndarray) -> np.ndarray:
    """Convert int16 samples to float32 in [-1, 1), exactly."""
    return samples * np.float32(1 / _INT16_SCALE)


def check_channels(channels: int) -> None:
    """Raise SerError unless there is at least one channel."""
    if channels < 1:
        raise SerError(f'channels is {channels}; allowed: 1 or more')


def check_rate(sample_rate_hz: float) -> None:
    """Raise SerError unless the rate is one that can be resampled to 16 kHz."""
    if not MIN_RATE_HZ <= sample_rate_hz <= MAX_RATE_HZ:
        raise SerError(
            f'the sample rate {sample_rate_hz} Hz is not supported; allowed: {MIN_RATE_HZ} to '
            f'{MAX_RATE_HZ} Hz')


def check_sample_format(sample_format: str) -> None:
    """Raise SerError unless the PCM format is one of SAMPLE_FORMATS."""
    if sample_format not in _DTYPES:
        raise SerError(
            f"sample format '{sample_format}' is not supported; allowed: "
            f'{listed(SAMPLE_FORMATS)}')


def sample_bytes(sample_format: str) -> int:
    """Return the size of a sample in one of SAMPLE_FORMATS."""
    return 3 if sample_format.startswith('S24') else np.dtype(_DTYPES[sample_format]).itemsize


def check_audio_info(
        channels: int, sample_rate: int, sample_format: str, coding_format: str) -> None:
    """Check what an audio_common_msgs/AudioInfo declares.

    Raises:
        SerError: naming the field, its value and what is allowed.
    """
    coding = coding_format.upper()
    if coding == 'MP3':
        raise SerError(
            'the audio is MP3, but WAVE (plain PCM) is needed; start audio_capture_node with '
            'format:=wave')
    if coding != 'WAVE':
        raise SerError(
            f"coding format '{coding_format}' is not supported; allowed: WAVE (plain PCM)")
    check_sample_format(sample_format)
    check_channels(channels)
    check_rate(sample_rate)


class PcmDecoder:
    """Interleaved PCM bytes, in pieces of any size, to mono float32 samples.

    Bytes of an incomplete frame are kept for the next piece, so that the result does not depend
    on where a stream was cut.
    """

    def __init__(self, sample_format: str, channels: int, channel: str = AUTO):
        """Prepare for a format.

        Args:
            sample_format: one of SAMPLE_FORMATS.
            channels: number of interleaved channels.
            channel: how they become one, see `ChannelMixer`.

        Raises:
            SerError: if either is not allowed.
        """
        check_sample_format(sample_format)
        check_channels(channels)
        self._mixer = ChannelMixer(channel)
        self._dtype = np.dtype(_DTYPES[sample_format])
        self._is_24_bit = sample_format.startswith('S24')
        self._is_float = sample_format.startswith('F')
        self._is_unsigned = sample_format.startswith('U')
        self._scale = np.float32(0.5 ** (8 * self._dtype.itemsize - 1))
        self._channels = channels
        self._frame_bytes = channels * sample_bytes(sample_format)
        self._rest = b''

    def push(self, data: Any) -> np.ndarray:
        """Decode a piece.

        Args:
            data: bytes, or whatever gives them (array.array, memoryview, uint8 ndarray).

        Returns:
            float32 of shape (n,) in [-1, 1] (float PCM beyond full scale is clipped), where n is
            the number of frames completed by this piece, possibly 0.

        Raises:
            SerError: if float PCM holds NaN, Inf or samples of another scale, or the channel does
                not exist; that piece is dropped.
        """
        if self._rest:
            data = self._rest + bytes(data)
        size = memoryview(data).nbytes
        n_frames, n_rest = divmod(size, self._frame_bytes)
        self._rest = bytes(data)[size - n_rest:] if n_rest else b''
        if n_frames == 0:
            return np.zeros(0, np.float32)
        usable = np.frombuffer(data, np.uint8)[:size - n_rest]
        samples = self._samples(usable)
        return self._mixer.mix(samples.reshape(n_frames, self._channels))

    @property
    def problem(self) -> str:
        """What is wrong with the channels, see `ChannelMixer`; '' if nothing."""
        return self._mixer.problem

    def _samples(self, data: np.ndarray) -> np.ndarray:
        if self._is_24_bit:
            data = self._widened(data)
        samples = data.view(self._dtype).astype(np.float32)
        if self._is_float:
            check_finite(samples)
            check_peak(samples)
            return np.clip(samples, -1.0, 1.0, out=samples)
        samples *= self._scale
        if self._is_unsigned:
            samples -= np.float32(1.0)
        return samples

    def _widened(self, data: np.ndarray) -> np.ndarray:
        words = np.zeros((data.size // 3, 4), np.uint8)
        # The unused byte is the lowest one, so full scale is that of 32 bits.
        first = 1 if self._dtype.str.startswith('<') else 0
        words[:, first:first + 3] = data.reshape(-1, 3)
        return words.reshape(-1)


def check_finite(samples: np.ndarray, where: str = 'the audio') -> None:
    """Raise SerError if a sample is NaN or infinite; ``where`` says whose sample it is."""
    if not np.isfinite(samples).all():
        raise SerError(f'{where} holds NaN or infinite samples; every sample must be finite')


def check_peak(samples: np.ndarray, where: str = 'the audio') -> None:
    """Raise SerError if floats are far over full scale; ``where`` says whose samples they are."""
    if samples.size and max(samples.max(), -samples.min()) > MAX_PEAK:
        raise SerError(beyond_full_scale(float(np.abs(samples).max()), where))


def beyond_full_scale(peak: float, where: str) -> str:
    """Return what is wrong with floats that reach ``peak``."""
    return (f'{where} holds samples up to {peak:.6g}, where 1.0 is full scale; divide them by the '
            'full scale of the recording, such as 32768')
