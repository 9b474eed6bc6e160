# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""PortAudio ends the process where ALSA's configuration is missing: one line says so instead."""

import os
import subprocess
import sys

import alsa_device
import pytest

from ser_ros.audio import portaudio_trial

pytestmark = pytest.mark.skipif(bool(alsa_device.missing()), reason=alsa_device.missing())


@pytest.mark.parametrize('arguments', [
    ['devices'], ['devices', '--meter'], ['enroll', 'anna', '--seconds', '1']])
def test_a_command_without_the_configuration_of_alsa(arguments, tmp_path):
    result = subprocess.run(
        [sys.executable, '-m', 'ser_ros.cli.main', *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, universal_newlines=True, stdin=subprocess.DEVNULL, timeout=600,
        env=dict(os.environ, ALSA_CONFIG_PATH='/nonexistent', XDG_STATE_HOME=str(tmp_path)),
        check=False)
    assert result.returncode == 2
    line, = result.stderr.splitlines()
    assert line.startswith('ser_ros: error: PortAudio cannot be started, its trial was ended by '
                           'the signal SIGABRT (Cannot access file /nonexistent): ')
    assert 'apt install libasound2-data' in line
    assert line.endswith('correct ALSA_CONFIG_PATH, which is /nonexistent')


def test_a_trial_that_goes_well():
    portaudio_trial.check()
