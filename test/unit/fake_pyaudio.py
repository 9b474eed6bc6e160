# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for PyAudio whose devices refuse, hang and vanish when a test wants them to."""

import threading
import types

import numpy as np

OVERFLOW = 2
ABORT = 2
CONTINUE = 0


class FakeTime:
    """Takes the place of the module ``time`` in the microphone."""

    def __init__(self):
        self.now_s = 1000.0

    def monotonic(self):
        return self.now_s


class FakeStream:
    """An open stream; the test calls ``give`` as PortAudio's thread would call back."""

    def __init__(self, callback, rate, channels):
        self._callback = callback
        self.rate = rate
        self.channels = channels
        self.closed = threading.Event()
        self.hangs_until = None
        self.error_at_close = None

    def get_input_latency(self):
        return 0.05

    def give(self, samples, adc_time_s=0.0, current_time_s=0.0, flags=0):
        data = np.asarray(samples, np.int16).tobytes()
        info = {'input_buffer_adc_time': adc_time_s, 'current_time': current_time_s}
        return self._callback(data, len(data) // 2 // self.channels, info, flags)

    def close(self):
        if self.hangs_until is not None:
            self.hangs_until.wait(120)
        self.closed.set()
        if self.error_at_close is not None:
            raise self.error_at_close


class FakePyAudio:
    """The module pyaudio, with the devices it is told to have."""

    paInt16 = 8
    paContinue = CONTINUE
    paAbort = ABORT
    paInputOverflow = OVERFLOW

    def __init__(self, names=('USB mic',), default=0, channels=1, native_rate_hz=48000):
        self._infos = [
            {'index': index, 'name': name, 'maxInputChannels': channels,
             'defaultSampleRate': float(native_rate_hz)} for index, name in enumerate(names)]
        self._infos.append({'index': len(names), 'name': 'loudspeaker', 'maxInputChannels': 0,
                            'defaultSampleRate': 48000.0})
        self._default = default
        self.refused = []
        self.refusal = OSError(-9997, 'Invalid sample rate')
        self.streams = []
        self.terminated = threading.Event()

    def PyAudio(self):
        return types.SimpleNamespace(
            get_device_count=lambda: len(self._infos),
            get_device_info_by_index=lambda index: self._infos[index],
            get_default_input_device_info=self._default_info,
            open=self._open, terminate=self.terminated.set)

    def _default_info(self):
        if self._default is None:
            raise OSError('No Default Input Device Available')
        return self._infos[self._default]

    def _open(self, rate, channels, stream_callback, input_device_index, frames_per_buffer, **_):
        assert frames_per_buffer == rate // 50
        if (rate, channels) in self.refused:
            raise self.refusal
        self.streams.append(FakeStream(stream_callback, rate, channels))
        return self.streams[-1]
