# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows of 15 s: the voice activity remembers them, and the gates see all of them."""

import numpy as np
import pytest

from ser_ros.audio.format import float_to_int16
from ser_ros.emotion.settings import TrackerSettings
from ser_ros.emotion.tracker import EmotionTracker
from ser_ros.features.registry import create_extractor
from ser_ros.windows.audio_input import FeatureStage
from ser_ros.windows.speaking_gate import SpeakingGate
from ser_ros.windows.voice_activity import VoiceActivity
from ser_ros.windows.window_stream import WindowStream

RATE_HZ = 16000
START_NS = 1700000000 * 10**9
S = 10**9


class LoudIsSpeech(VoiceActivity):
    """The real one, whose detector is a threshold."""

    def __init__(self):
        super().__init__()
        self._session = self

    def run(self, outputs, inputs):
        loud = float(np.abs(inputs['input']).max() > 0.01)
        return np.full((1, 1), loud), inputs['state']


@pytest.fixture
def stream():
    return WindowStream(
        create_extractor('waveform/1', (15 * RATE_HZ,)), LoudIsSpeech(), period_s=1.0)


def sound(speech_s, silence_s):
    """Speech, and then silence."""
    spoken = 0.1 * np.sin(0.05 * np.arange(round(speech_s * RATE_HZ))).astype(np.float32)
    return np.concatenate([spoken, np.zeros(round(silence_s * RATE_HZ), np.float32)])


@pytest.mark.parametrize('speech_s', [0.5, 3.0, 12.0])
def test_speech_at_the_beginning_counts_as_long_as_it_is_in_the_window(stream, speech_s):
    first, *_, last = stream.push(sound(speech_s, 30 - speech_s))
    assert first.speech_probability == pytest.approx(speech_s / 15, abs=0.01)
    assert first.recent_speech_probability == last.speech_probability == 0.0


def test_a_short_utterance_needs_a_lower_min_speech(stream):
    window = next(stream.push(sound(3, 12)))
    heard = {share: EmotionTracker(('a', 'b'), TrackerSettings(min_speech=share)).hears_speech(
        window.speech_probability) for share in (0.25, 0.05)}
    assert heard == {0.25: False, 0.05: True}


def test_what_the_robot_said_mutes_until_it_has_left_the_window(stream):
    gate = SpeakingGate(0.5)
    stage = FeatureStage(stream, gate)
    stage.set_format(1, RATE_HZ, 'S16LE', 'WAVE')
    gate.set(True, START_NS + 2 * S)
    gate.set(False, START_NS + 4 * S)
    data = float_to_int16(sound(40, 0)).tobytes()
    size = 2 * 320
    muted = [window.muted for start in range(0, len(data), size)
             for window in stage.push(data[start:start + size], START_NS + start // 2 * 62500)]
    # The first window ends after 15 s, and the one that starts at 5 s is the first behind it.
    assert muted == [True] * 5 + [False] * 21
