# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The responder speaks itself, through a real PortAudio device, and the graph does not hear it."""

import os
import shutil
import threading
import time

import alsa_device
import numpy as np
import pytest
import soundfile
import soxr
from diagnostic_msgs.msg import DiagnosticArray
from harness import quoted
from rclpy.time import Time
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger
from talking import Person

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Emotion, Mitigation, MitigationState, SpeechFeatures

pytestmark = [
    pytest.mark.skipif(bool(alsa_device.missing()), reason=alsa_device.missing()),
    pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='espeak-ng is not installed')]
NODE = 'mitigation_responder'
ESPEAK_HZ = 22050
TEXT = 'I am listening to you. Go on whenever you like, and take all the time that you need.'
CONTENT = '''
languages: [en]
timing: {min_confidence: 0.5, hold_s: 0.3, repeat_s: 60, recovery_s: 1, timeout_s: 30,
         cooldown_s: 60, leak_s: 1.0}
responses: {anger: calm}
strategies: {calm: {steps: [{actions: [{say: {en: [TEXT]}}]},
                            {actions: [{say: {en: [Second.]}}]}]}}
'''


@pytest.fixture
def path(request, tmp_path):
    found = tmp_path / 'mitigation.yaml'
    found.write_text(CONTENT.replace('TEXT', repr(getattr(request, 'param', TEXT))))
    return found


# 20 s at least: however busy the machine is, it is ended before its end.
long_text = pytest.mark.parametrize('path', [TEXT * 5], indirect=True, ids=['long'])


@pytest.fixture
def speaker(peer, start, path, tmp_path):
    """A responder that speaks, with what it says of that, and the file of its loudspeaker."""
    sound, environment = alsa_device.loudspeaker_environment(tmp_path)
    speaker = Speaker(peer, sound)
    speaker.process = start(
        NODE, '-p', 'autostart:=true', '-p', 'tts:=local', '-p', 'config:=' + quoted(path),
        '-r', 'emotion:=scripted', env=environment)
    peer.wait_active(NODE, processes=[speaker.process])
    speaker.wait_for(speaker.person.connected, 'subscription')
    return speaker


class Speaker:
    def __init__(self, peer, sound):
        self.peer, self.sound = peer, sound
        self.events = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
        self.states = peer.listen(MitigationState, 'mitigation_state', qos.LATCHED)
        self.speaking = peer.listen(Bool, 'robot_speaking', qos.SPEAKING)
        self.person = Person(peer, topic='scripted')

    def wait_for(self, condition, what):
        self.peer.wait_for(condition, what, [self.process])

    def size(self):
        return os.path.getsize(self.sound) if os.path.exists(self.sound) else 0

    def begin(self):
        """Make it speak, and wait until that is heard."""
        self.person.feels = 'anger'
        self.wait_for(lambda: self.size() > 10000, 'sound')

    def is_silent(self):
        return bool(self.speaking) and not self.speaking[-1].data


def test_it_speaks_and_says_so(speaker):
    arrays = speaker.peer.listen(DiagnosticArray, '/diagnostics')
    speaker.begin()
    arrays.clear()
    speaker.wait_for(speaker.is_silent, 'end of the sound')
    trues = [message.data for message in speaker.speaking]
    assert trues[:-1] == [True] * (len(trues) - 1)
    samples = np.fromfile(speaker.sound, '<i2')
    duration_s = len(samples) / ESPEAK_HZ
    assert duration_s > 3
    # Repeated every half a second, of those seconds that the node has had.
    assert len(trues) - 1 >= 1.5 * (len(arrays) - 2)
    assert np.abs(samples).max() > 1000
    responding = MitigationState.PHASE_RESPONDING
    assert any(state.phase == responding and list(state.actions) == ['say']
               for state in speaker.states)


@long_text
def test_pause_ends_it_in_the_middle(speaker):
    speaker.begin()
    answer = speaker.peer.call(SetBool, f'{NODE}/pause', SetBool.Request(data=True))
    assert answer.success
    speaker.wait_for(speaker.is_silent, 'silence')
    size = speaker.size()
    assert size / 2 / ESPEAK_HZ < 20
    time.sleep(1.0)
    assert speaker.size() == size
    assert [event.phase for event in speaker.events] == [
        Mitigation.PHASE_STARTED, Mitigation.PHASE_PAUSED]


def test_reload_while_it_speaks_lets_it_finish(speaker, path):
    speaker.begin()
    path.write_text(path.read_text().replace('listening', 'waiting'))
    assert speaker.peer.call(Trigger, f'{NODE}/reload', Trigger.Request()).success
    speaker.wait_for(speaker.is_silent, 'end of the sound')
    assert len(np.fromfile(speaker.sound, '<i2')) / ESPEAK_HZ > 4
    assert len(speaker.events) == 1


@long_text
def test_its_sound_ends_with_it(speaker):
    speaker.begin()
    speaker.process.kill()
    size = 0
    while speaker.size() > size:
        size = speaker.size()
        time.sleep(2.0)
    assert size / 2 / ESPEAK_HZ < 20


def test_a_missing_espeak_is_one_line(peer, start, path, tmp_path):
    programs = tmp_path / 'bin'
    programs.mkdir()
    for name in 'bash', 'env', 'python3', 'python':
        if shutil.which(name):
            (programs / name).symlink_to(shutil.which(name))
    process = start(NODE, '-p', 'autostart:=true', '-p', 'tts:=local',
                    env={'PATH': str(programs)})
    peer.wait_for(lambda: 'espeak-ng is not installed' in process.log(), 'complaint', [process])
    assert len(process.log().splitlines()) == 1
    assert peer.state(NODE) == 'unconfigured'


class TestSounds:
    CONTENT = CONTENT.replace('say: {en: [TEXT]}', 'play: {file: rain.wav, fade_s: 0.1}')

    def test_a_file_of_the_folder_is_played(self, peer, start, path, tmp_path):
        path.write_text(self.CONTENT)
        (tmp_path / 'sounds').mkdir()
        soundfile.write(str(tmp_path / 'sounds' / 'rain.wav'),
                        np.random.default_rng(0).normal(0, 0.2, 48000), 48000)
        sound, environment = alsa_device.loudspeaker_environment(tmp_path)
        speaker = Speaker(peer, sound)
        speaker.process = start(
            NODE, '-p', 'autostart:=true', '-p', 'config:=' + quoted(path),
            '-p', 'sound_folder:=' + quoted(tmp_path / 'sounds'), '-r', 'emotion:=scripted',
            env=environment)
        peer.wait_active(NODE, processes=[speaker.process])
        speaker.begin()
        speaker.wait_for(speaker.is_silent, 'end of the sound')
        samples = np.fromfile(sound, '<i2') / 32768
        assert -32 < 20 * np.log10(np.std(samples[np.abs(samples) > 0])) < -29

    @pytest.mark.parametrize('file, folder, reason', [
        ('rain.wav', '', 'the parameter sound_folder is empty'),
        ('rain.wav', 'sounds', "there is no file 'rain.wav' in"),
        ('../mitigation.yaml', 'sounds', 'leads out of the folder'),
        ('link', 'sounds', 'leads out of the folder'),
    ])
    def test_other_files_are_refused_when_the_node_is_configured(
            self, peer, start, path, tmp_path, file, folder, reason):
        path.write_text(self.CONTENT.replace('rain.wav', file))
        (tmp_path / 'sounds').mkdir()
        (tmp_path / 'sounds' / 'link').symlink_to(path)
        process = start(
            NODE, '-p', 'autostart:=true', '-p', 'config:=' + quoted(path),
            '-p', 'sound_folder:=' + quoted(tmp_path / folder if folder else ''))
        peer.wait_for(lambda: reason in process.log(), 'complaint', [process])
        assert 'strategies.calm: play: ' in process.log()
        assert peer.state(NODE) == 'unconfigured'


class Air:
    """Carries what the loudspeaker plays to the microphone, and silence where it plays nothing."""

    def __init__(self, sound, pipe):
        self.late_s = 0.0  # at most
        self.last_sound_s = 0.0  # on the monotonic clock
        self._sound = sound
        # Open for reading as well: the device may close it.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join()
        os.close(self._pipe)

    def _carry(self):
        resampler = soxr.ResampleStream(ESPEAK_HZ, 16000, 1, dtype='float32')
        waiting, taken, sent = np.zeros(0, np.float32), 0, 0
        start_s = turn_s = time.monotonic()
        while not self._ended.wait(0.02):
            self.late_s = max(self.late_s, time.monotonic() - turn_s - 0.02)
            turn_s = time.monotonic()
            if os.path.exists(self._sound):
                samples = np.fromfile(self._sound, '<i2', offset=2 * taken)
                taken += len(samples)
                waiting = np.append(
                    waiting, resampler.resample_chunk(samples.astype(np.float32) / 32768))
            due = int((time.monotonic() - start_s) * 16000) - sent
            block, waiting = waiting[:due], waiting[due:]
            block = np.pad(block, (0, due - len(block)))
            if block.any():
                self.last_sound_s = time.monotonic()
            try:
                os.write(self._pipe, (block * 32767).astype('<i2').tobytes())
            except BlockingIOError:
                pass  # nobody listens yet
            sent += due


def test_the_graph_hears_it_and_takes_it_for_nobodys_emotion(peer, start, path, tmp_path):
    (tmp_path / 'microphone').mkdir()
    pipe, microphone = alsa_device.pipe_environment(tmp_path / 'microphone')
    sound, loudspeaker = alsa_device.loudspeaker_environment(tmp_path)
    windows = peer.listen(SpeechFeatures, 'features', qos.FEATURES)
    emotions = peer.listen(Emotion, 'emotion', qos.EMOTION)
    speaker = Speaker(peer, sound)
    common = ['-p', 'autostart:=true']
    processes = [start(name, *common) for name in ('emotion_inference', 'feature_extraction')]
    speaker.process = start(
        NODE, *common, '-p', 'tts:=local', '-p', 'config:=' + quoted(path),
        '-r', 'emotion:=scripted', env=loudspeaker)
    air = Air(sound, pipe)
    try:
        processes.append(start('audio_capture', *common, env=microphone))
        peer.wait_for(lambda: len(emotions) > 3, 'emotions', processes)
        speaker.begin()
        speaker.wait_for(speaker.is_silent, 'end of the sound')
        silent_s = time.monotonic()
        heard = len(emotions)
        peer.wait_for(lambda: len(emotions) > heard + 10, 'silence afterwards', processes)
    finally:
        air.close()
    voice = [window for window in windows if window.speech_probability > 0.25]
    assert len(voice) >= 8, 'the microphone hears the voice'
    assert not any(window.muted for window in windows[-2:])
    answered = ends_ns(emotion for emotion in emotions if emotion.state != Emotion.STATE_NO_SPEECH)
    assert not answered & ends_ns(window for window in windows if window.muted)
    # On a busy machine this air carries sound slower than any room, and some of it may be heard.
    if air.late_s <= 0.2 and air.last_sound_s <= silent_s + 0.5:
        assert all(window.muted for window in voice)
        assert not answered


def ends_ns(messages):
    return {Time.from_msg(message.header.stamp).nanoseconds for message in messages}
