# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A loudspeaker that sound is written to as it is played."""

import contextlib
import time
from typing import Any, Dict, List

import numpy as np

from ser_ros.audio import portaudio
from ser_ros.audio.format import float_to_int16
from ser_ros.audio.resample import StreamResampler
from ser_ros.errors import SerError

# Sound is written in pieces of this length.
_BLOCK_S = 0.05
# A device without a clock (an ALSA ``file`` device) takes sound at once. It gets it no earlier.
_AHEAD_S = 0.2


class Loudspeaker:
    """Play through PortAudio, at the sound's own rate if the device can, else resampled.

    A write waits until the device has taken the sound, so this is for a process of its own.
    """

    def __init__(self, device: str, rate_hz: int) -> None:
        """Open the device.

        Args:
            device: empty for the default one, an index, or a part of its name.
            rate_hz: of the sound.

        Raises:
            SerError: there is no such device, or it cannot be opened.
        """
        self._portaudio = portaudio.initialise()
        info = _choose(self._portaudio, device)
        self.description = f"loudspeaker {info['index']} '{info['name']}'"
        pyaudio = portaudio.load()
        self._played_s = 0.0
        failure = None
        for rate in dict.fromkeys((rate_hz, int(info['defaultSampleRate']))):
            try:
                with portaudio.calling(f'{self.description} cannot be opened at {rate} Hz'):
                    self._stream = self._portaudio.open(
                        rate=rate, channels=1, format=pyaudio.paInt16, output=True,
                        output_device_index=info['index'])
            except SerError as error:
                failure = failure or error
            else:
                self._rate_hz = rate
                self._resampler = StreamResampler(rate_hz, rate)
                self._start_s = time.monotonic()
                return
        raise SerError(str(failure))

    def play(self, samples: np.ndarray) -> None:
        """Play the next samples; wait until the device has room for them.

        Args:
            samples: float32, shape (n,), full scale is 1.0; louder ones are clipped.

        Raises:
            SerError: the device is gone.
        """
        self._write(self._resampler.push(samples))

    def finish(self) -> None:
        """Wait until everything has been heard."""
        self._write(self._resampler.flush())
        latency_s = self._stream.get_output_latency()
        time.sleep(max(0.0, self._start_s + self._played_s + latency_s - time.monotonic()))
        self._stream.close()

    def _write(self, samples: np.ndarray) -> None:
        size = int(_BLOCK_S * self._rate_hz)
        for first in range(0, len(samples), size):
            block = samples[first:first + size]
            ahead_s = self._start_s + self._played_s - time.monotonic()
            time.sleep(max(0.0, ahead_s - _AHEAD_S))
            try:
                self._stream.write(float_to_int16(block).tobytes())
            except OSError as error:
                raise SerError(f'{self.description} failed: {error}') from error
            self._played_s += len(block) / self._rate_hz


def _choose(instance: Any, device: str) -> Dict[str, Any]:
    """Return the device that is meant; SerError where there is none, or several."""
    infos: List[Dict[str, Any]] = [
        info for info in map(instance.get_device_info_by_index,
                             range(instance.get_device_count())) if info['maxOutputChannels'] > 0]
    name = device.lower()
    if not device:
        with contextlib.suppress(OSError):
            return dict(instance.get_default_output_device_info())
        matches = []
    elif device.isdigit():
        matches = [info for info in infos if info['index'] == int(device)]
    else:
        matches = ([info for info in infos if info['name'].lower() == name]
                   or [info for info in infos if name in info['name'].lower()])
    if len(matches) == 1:
        return matches[0]
    names = '; '.join(f"{info['index']} {info['name']}" for info in matches or infos) or 'none'
    reason = 'several loudspeakers match' if matches else 'no loudspeaker matches'
    raise SerError(f'{reason} {device!r}; available: {names}')
