# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The microphone on real devices: PortAudio over ALSA's `file` plugin.

Each test runs in a process of its own, because PortAudio reads ALSA's configuration only once.
"""

import json
import os
import subprocess
import sys

import alsa_device
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(bool(alsa_device.missing()), reason=alsa_device.missing())

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))

RECORDING = (np.arange(16000) % 1000).astype(np.int16)


def run(script, environment, *arguments):
    """Run a script, and return what it printed as JSON; nothing else may be printed."""
    process = subprocess.run(
        [sys.executable, '-c', script] + list(arguments), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=600, universal_newlines=True, cwd=ROOT,
        env=dict(os.environ, **environment))
    assert process.stderr == ''
    assert process.returncode == 0
    return json.loads(process.stdout)


LIST = '''
import json
from ser_ros.audio.devices import list_devices
print(json.dumps([device.name for device in list_devices()]))
'''


def test_the_device_is_listed_and_no_library_chatters(tmp_path):
    assert alsa_device.NAME in run(LIST, alsa_device.environment(tmp_path, RECORDING))


@pytest.mark.skipif(alsa_device.has_sound_card(), reason='this machine has a sound card')
def test_no_device_is_an_empty_list(tmp_path):
    assert run(LIST, alsa_device.no_device_environment(tmp_path)) == []


READ = '''
import json, sys, time
from ser_ros.audio.microphone import MicrophoneSource
started_s = time.monotonic()
source = MicrophoneSource(sys.argv[1])
samples, ages_s = [], []
for _ in range(100):
    samples += source.read().tolist()
    ages_s.append(time.monotonic() - source.captured_at_s)
elapsed_s = time.monotonic() - started_s
source.close()
print(json.dumps([samples, min(ages_s), elapsed_s, source.overflows]))
'''


@pytest.mark.parametrize('device', ['', 'SER_ROS', '0'])
def test_a_recording_is_heard_sample_by_sample(tmp_path, device):
    samples, age_s, elapsed_s, overflows = run(
        READ, alsa_device.environment(tmp_path, RECORDING), device)
    assert samples == np.resize(RECORDING, 32000).tolist()
    assert overflows == 0
    # No chunk is there before its last sample, and 100 chunks are 2 s: ALSA's `file` device has
    # no clock and would give them at once.
    assert age_s >= 0.02
    assert elapsed_s > 1.9


# time.time_ns is not in Python 3.6.
NOW = '''
import time
def now_ns():
    return int(time.time() * 1e9)
'''

HANG = NOW + '''
import json, os, sys, threading
from ser_ros.audio.capture import Capture
from ser_ros.audio.microphone import MicrophoneSource
# Open for writing before PortAudio opens it for reading.
pipe = os.open(sys.argv[1], os.O_RDWR)
lost, heard = threading.Event(), threading.Event()
stamps, times = [], []
def on_chunk(chunk, stamp_ns):
    stamps.append(stamp_ns)
    times.append(now_ns())
    if len(stamps) == 20:
        heard.set()
warnings = []
def on_warning(text):
    warnings.append(text)
    lost.set()
capture = Capture(lambda: MicrophoneSource('', watchdog_s=1.0), on_chunk, now_ns,
                  on_warning=on_warning)
os.write(pipe, bytes(640 * 24))
capture.start()
assert heard.wait(300) and lost.wait(300)
# The device hangs in the kernel now: neither stop nor the end of the process may wait for it.
capture.stop()
print(json.dumps([warnings, capture.stats().chunks]))
'''


def test_a_device_that_hangs_is_lost_and_holds_up_nobody(tmp_path):
    pipe, environment = alsa_device.pipe_environment(tmp_path)
    warnings, chunks = run(HANG, environment, pipe)
    assert 'has given no audio for 1.0 s' in warnings[0]
    assert chunks >= 20


CAPTURE = NOW + '''
import json, sys, threading
from ser_ros.audio.capture import Capture
from ser_ros.audio.opening import open_source
stamps, heard = [], threading.Event()
def on_chunk(chunk, stamp_ns):
    stamps.append(stamp_ns)
    if len(stamps) == 100:
        heard.set()
capture = Capture(lambda: open_source('ser_ros_test'), on_chunk, now_ns)
started_ns = now_ns()
capture.start()
assert heard.wait(300)
assert capture.stop()
print(json.dumps([started_ns, stamps[0], stamps[99], now_ns(), capture.description]))
'''


def test_captured_chunks_carry_the_time_of_their_capture(tmp_path):
    started_ns, first_ns, last_ns, ended_ns, description = run(
        CAPTURE, alsa_device.environment(tmp_path, RECORDING))
    assert description.endswith("'ser_ros_test'")
    assert started_ns - 10 ** 9 < first_ns < last_ns < ended_ns + 10 ** 8


COMMAND = 'import sys; from ser_ros.cli.main import main; sys.exit(main(sys.argv[1:]))'


def command(environment, *arguments):
    return subprocess.run(
        [sys.executable, '-c', COMMAND, 'devices'] + list(arguments), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=600, universal_newlines=True, cwd=ROOT,
        env=dict(os.environ, **environment))


def test_the_command_lists_and_meters(tmp_path):
    environment = alsa_device.environment(tmp_path, np.resize([8192, -8192], 16000))
    table = command(environment)
    assert (table.returncode, table.stderr) == (0, '')
    assert 'ser_ros_test' in table.stdout
    meter = command(environment, '--meter', 'ser_ros_test', '--seconds', '1')
    assert (meter.returncode, meter.stderr) == (0, '')
    assert 'level  -12.0 dBFS  peak  -12.0 dBFS' in meter.stdout


@pytest.mark.skipif(alsa_device.has_sound_card(), reason='this machine has a sound card')
def test_the_command_without_a_device(tmp_path):
    result = command(alsa_device.no_device_environment(tmp_path))
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr.startswith('ser_ros: error: no microphone was found')
    assert len(result.stderr.splitlines()) == 1
