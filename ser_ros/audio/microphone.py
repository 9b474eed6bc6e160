# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A microphone as a stream of chunks."""

import collections
import contextlib
import threading
import time
from typing import Any, Deque, Dict, Optional, Tuple

import numpy as np

from ser_ros.audio import devices, portaudio
from ser_ros.audio.channels import AUTO, ChannelMixer
from ser_ros.audio.chunker import Chunker
from ser_ros.audio.format import (
    CHUNK_DURATION_S,
    CHUNK_SAMPLES,
    SAMPLE_RATE_HZ,
    float_to_int16,
    int16_to_float,
)
from ser_ros.audio.resample import StreamResampler
from ser_ros.audio.source import AudioSource, DeviceLost
from ser_ros.errors import SerError

# Blocks of 20 ms that may wait to be read, 2 s in all. Then the oldest are dropped.
_QUEUE_BLOCKS = 100

# No device pauses that long while it works.
_WATCHDOG_S = 3.0

# What a working device needs to be closed; one that hangs is left to a thread of its own.
_CLOSE_TIMEOUT_S = 0.5

# No buffer of a device is longer; what claims to be older has no sane time.
_MAX_AGE_S = 1.0

# A crystal is within 0.02 %; a device that runs this much ahead of the clock has none.
_FASTEST = 1.001
_AHEAD_S = 0.04


class MicrophoneSource(AudioSource):
    """Read a microphone through PortAudio: at 16 kHz if it can, else at its own rate, resampled.

    PortAudio calls back from a thread of its own whenever the device has given 20 ms; blocks wait
    in a bounded queue until they are read. Against blocking reads this means: an overflow is
    reported beside the audio, not in place of it; a device that hangs (a USB microphone pulled
    out) blocks nobody but that thread, and shows as nothing coming for 3 s; stopping never waits
    for the device. A device without a clock (an ALSA ``file`` device) is held to real time by
    letting PortAudio wait.
    """

    live = True

    def __init__(self, device: str = '', watchdog_s: float = _WATCHDOG_S, channel: str = AUTO):
        """Open the device and start it.

        Args:
            device: empty or 'mic' for the default one, an index, or a part of a name.
            watchdog_s: how long it may give nothing before it counts as lost.
            channel: how several channels become one, see `ChannelMixer`.

        Raises:
            SerError: if there is no such device, or it cannot be opened.
        """
        self._watchdog_s = watchdog_s
        self._mixer = ChannelMixer(channel)
        self._closed = threading.Event()
        self._changed = threading.Condition()
        self._chunks = Chunker()
        self._chunk_index = 0
        self._input_frames = 0
        self._input_end_s = 0.0
        self._stream: Any = None
        self._portaudio = portaudio.initialise()
        try:
            chosen = devices.choose(devices.scan(self._portaudio), device)
            self.description = f"microphone {chosen.index} '{chosen.name}'"
            self._open(chosen)
        except SerError:
            self.close()
            raise

    def read(self) -> Optional[np.ndarray]:
        """Wait for the next chunk, int16 of shape (320,); None after an interrupt.

        Raises:
            DeviceLost: if the device has given nothing for ``watchdog_s``.
        """
        chunk = self._chunks.pop()
        while chunk is None:
            block = self._next_block()
            if block is None:
                return None
            self._decode(*block)
            chunk = self._chunks.pop()
        # The end of the newest block, minus what lies between it and this chunk.
        self.captured_at_s = (
            self._input_end_s - self._input_frames / self._rate_hz
            + self._chunk_index * CHUNK_SAMPLES / SAMPLE_RATE_HZ)
        self._chunk_index += 1
        return chunk

    def interrupt(self) -> None:
        """Make a read return None, now and from now on; may be called by any thread."""
        self._closed.set()
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Give the device back; returns within half a second even if the device hangs."""
        self.interrupt()
        closer = threading.Thread(target=self._release, name='close microphone', daemon=True)
        closer.start()
        closer.join(_CLOSE_TIMEOUT_S)

    def _release(self) -> None:
        if self._stream is not None:
            # A lost device cannot be stopped; the stream is gone anyway.
            with contextlib.suppress(OSError):
                self._stream.close()
        portaudio.terminate(self._portaudio)

    def _open(self, device: devices.Device) -> None:
        """Open with the first setting that the device takes; mono at 16 kHz is best."""
        settings = list(dict.fromkeys(
            (rate_hz, channels) for channels in (1, device.channels)
            for rate_hz in (SAMPLE_RATE_HZ, device.native_rate_hz)))
        failure = None
        for rate_hz, channels in settings:
            try:
                self._start(device, rate_hz, channels)
                return
            except SerError as error:
                failure = failure or error
        tried = ', '.join(f'{rate_hz} Hz x {channels}' for rate_hz, channels in settings)
        raise SerError(f'{failure} (tried {tried})')

    def _start(self, device: devices.Device, rate_hz: int, channels: int) -> None:
        # All that the callback uses is set before it can be called.
        self._rate_hz = rate_hz
        self._channels = channels
        self._resampler = StreamResampler(rate_hz)
        self._blocks: Deque[Tuple[bytes, int, float]] = collections.deque()
        self._latency_s = 0.0
        self._received_frames = 0
        self._started_s = time.monotonic()
        pyaudio = portaudio.load()
        self._overflow_flag = pyaudio.paInputOverflow
        self._proceed = (None, pyaudio.paContinue)
        self._abort = (None, pyaudio.paAbort)
        with portaudio.calling(f'{self.description} cannot be opened'):
            self._stream = self._portaudio.open(
                rate=rate_hz, channels=channels, format=pyaudio.paInt16, input=True,
                input_device_index=device.index,
                frames_per_buffer=int(rate_hz * CHUNK_DURATION_S),
                stream_callback=self._on_block)
            self._latency_s = self._stream.get_input_latency()

    def _on_block(self, data: bytes, n_frames: int, time_info: Dict[str, float],
                  flags: int) -> Tuple[None, int]:
        """Take a block from PortAudio, in its thread."""
        now_s = time.monotonic()
        if self._closed.is_set():
            return self._abort
        end_s = self._capture_time_s(n_frames, time_info, now_s) + n_frames / self._rate_hz
        with self._changed:
            if flags & self._overflow_flag:
                self.overflows += 1
            if len(self._blocks) == _QUEUE_BLOCKS:
                self._blocks.popleft()
                self.overflows += 1
            self._blocks.append((data, n_frames, end_s))
            self._changed.notify()
        self._received_frames += n_frames
        due_s = self._started_s + self._received_frames / (self._rate_hz * _FASTEST) - _AHEAD_S
        if due_s > now_s:
            self._closed.wait(due_s - now_s)
        return self._proceed

    def _capture_time_s(
            self, n_frames: int, time_info: Dict[str, float], now_s: float) -> float:
        """Return when the first of these frames was captured, on the clock of time.monotonic."""
        latest_s = now_s - n_frames / self._rate_hz
        first_s = time_info['input_buffer_adc_time']
        if first_s:
            # ALSA's times are on our clock already, and right even if this call came late.
            lag_s = now_s - time_info['current_time']
            if not 0 <= lag_s < _MAX_AGE_S:
                first_s += lag_s
            if first_s > latest_s - _MAX_AGE_S:
                return min(first_s, latest_s)
        return min(now_s - self._latency_s, latest_s)

    def _next_block(self) -> Optional[Tuple[bytes, int, float]]:
        with self._changed:
            arrived = self._changed.wait_for(
                lambda: self._blocks or self._closed.is_set(), self._watchdog_s)
            if not arrived:
                raise DeviceLost(
                    f'{self.description} has given no audio for {self._watchdog_s:.1f} s')
            return None if self._closed.is_set() else self._blocks.popleft()

    def _decode(self, data: bytes, n_frames: int, end_s: float) -> None:
        self._input_frames += n_frames
        self._input_end_s = end_s
        samples = np.frombuffer(data, np.int16)
        if self._channels > 1:
            samples = self._mixer.mix(int16_to_float(samples).reshape(n_frames, self._channels))
            self.warning = self._mixer.problem
        elif self._rate_hz != SAMPLE_RATE_HZ:
            samples = int16_to_float(samples)
        else:
            self._chunks.push(samples)
            return
        self._chunks.push(float_to_int16(self._resampler.push(samples)))
