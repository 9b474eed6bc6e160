# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which microphones there are, and which one is meant."""

from dataclasses import dataclass
from typing import Any, List

from ser_ros.audio import portaudio
from ser_ros.errors import SerError

# What people write for the default microphone; a file of that name is './mic'.
MICROPHONE = 'mic'

NO_DEVICES = (
    'no microphone was found; plug one in. A container needs the sound devices (docker run '
    '--device /dev/snd), and the user must be in the group audio')


class NoDevices(SerError):
    """There is no microphone at all."""


@dataclass(frozen=True)
class Device:
    """A microphone as PortAudio knows it.

    Attributes:
        index: its number until devices are plugged in or out; the name is what lasts.
        name: its name.
        channels: the most channels it can be opened with.
        native_rate_hz: the sample rate it prefers.
        is_default: whether it is used when no device is named.
    """

    index: int
    name: str
    channels: int
    native_rate_hz: int
    is_default: bool


def list_devices() -> List[Device]:
    """Return the microphones of this machine.

    Raises:
        SerError: if PortAudio is not installed or cannot be used.
    """
    instance = portaudio.initialise()
    try:
        return scan(instance)
    finally:
        portaudio.terminate(instance)


def scan(instance: Any) -> List[Device]:
    """Return the microphones that an initialised pyaudio.PyAudio knows."""
    try:
        default = instance.get_default_input_device_info()['index']
    except OSError:
        default = -1
    infos = map(instance.get_device_info_by_index, range(instance.get_device_count()))
    return [
        Device(info['index'], info['name'], info['maxInputChannels'],
               int(info['defaultSampleRate']), info['index'] == default)
        for info in infos if info['maxInputChannels'] > 0]


def choose(devices: List[Device], spec: str) -> Device:
    """Return the one of these devices that is meant.

    Args:
        spec: empty or 'mic' for the default one, an index, or a name or part of one in any case.

    Raises:
        SerError: if none or several match; the text lists what there is.
    """
    is_default = spec in ('', MICROPHONE)
    if not devices:
        raise NoDevices(
            NO_DEVICES if is_default else f"no microphone matches '{spec}': {NO_DEVICES}")
    if is_default:
        matches = [device for device in devices if device.is_default]
    elif spec.isdigit():
        matches = [device for device in devices if device.index == int(spec)]
    else:
        name = spec.lower()
        matches = ([device for device in devices if device.name.lower() == name]
                   or [device for device in devices if name in device.name.lower()])
    if len(matches) == 1:
        return matches[0]
    listed = '; '.join(f'{device.index} {device.name}' for device in matches or devices)
    if matches:
        raise SerError(f"several microphones match '{spec}'; give the index or more of the name: "
                       f'{listed}')
    if is_default:
        raise SerError(f'there is no default microphone; name one of: {listed}')
    raise SerError(f"no microphone matches '{spec}'; available: {listed}")
