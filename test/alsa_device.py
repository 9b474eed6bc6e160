# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A real capture device on a machine without a sound card: ALSA's ``file`` plugin.

The device gives a raw recording, as fast as it is read. Its configuration is a private file, named
by ALSA_CONFIG_PATH in the environment of the process that is to see it; set it before PortAudio is
initialised there.
"""

import importlib.util
import os
import sys

import numpy as np

NAME = 'ser_ros_test'

_SYSTEM_CONFIG = '/usr/share/alsa/alsa.conf'

_CONFIG = '''
<{system}>
pcm.{name} {{
    type file
    slave.pcm "null"
    file "/dev/null"
    infile "{infile}"
    format "raw"
    hint {{ show on description "A recording as a microphone" }}
}}
pcm.!default {name}
'''

_LOUDSPEAKER = '''
<{system}>
pcm.{name} {{
    type file
    slave.pcm "null"
    file "{path}"
    format "raw"
    hint {{ show on description "A loudspeaker as a file" }}
}}
pcm.!default {name}
'''


def missing() -> str:
    """Return why no such device can be made here, or an empty string."""
    if not sys.platform.startswith('linux'):
        return 'ALSA is only on Linux'
    if importlib.util.find_spec('pyaudio') is None:
        return 'PyAudio is not installed'
    if not os.path.exists(_SYSTEM_CONFIG):
        return f'ALSA is not installed ({_SYSTEM_CONFIG} is missing)'
    return ''


def environment(folder, samples, duration_s=120.0) -> dict:
    """
    Make a device, and the default device of it, that gives a recording again and again.

    :param folder: existing folder for the device's files.
    :param samples: the recording, int16 of 16 kHz mono (no other rate or channel count is
        converted: the bytes are given as they are).
    :param duration_s: for how long; afterwards ALSA repeats the last moments.
    :returns: what to add to the environment of a process that uses it.
    """
    infile = os.path.join(str(folder), 'microphone.raw')
    np.resize(np.asarray(samples, '<i2'), int(duration_s * 16000)).tofile(infile)
    return _environment(folder, _CONFIG.format(system=_SYSTEM_CONFIG, name=NAME, infile=infile))


def pipe_environment(folder) -> tuple:
    """
    Make a device that gives what is written to a named pipe, and hangs where nothing is.

    :returns: path of the pipe and what to add to the environment. The pipe must be open for
        writing while PortAudio looks for devices, or that hangs.
    """
    infile = os.path.join(str(folder), 'microphone.pipe')
    os.mkfifo(infile)
    config = _CONFIG.format(system=_SYSTEM_CONFIG, name=NAME, infile=infile)
    return infile, _environment(folder, config)


def loudspeaker_environment(folder) -> tuple:
    """
    Make a loudspeaker, and the default device of it, that writes what it plays to a file.

    :returns: path of the file, raw int16 at the rate and with the channels of whoever plays, and
        what to add to the environment.
    """
    path = os.path.join(str(folder), 'loudspeaker.raw')
    return path, _environment(folder, _LOUDSPEAKER.format(
        system=_SYSTEM_CONFIG, name=NAME, path=path))


def no_device_environment(folder) -> dict:
    """
    Return what to add to the environment of a process that is to see no device but sound cards.

    The system's own configuration stays in: PortAudio crashes on one that names no device at all.
    """
    return _environment(folder, f'<{_SYSTEM_CONFIG}>')


def has_sound_card() -> bool:
    """Tell whether the kernel knows a sound card, which every process would see."""
    return os.path.isdir('/proc/asound') and any(
        name.startswith('card') and name[4:].isdigit() for name in os.listdir('/proc/asound'))


def _environment(folder, config):
    path = os.path.join(str(folder), 'asound.conf')
    with open(path, 'w') as file:
        file.write(config)
    return {'ALSA_CONFIG_PATH': path}
