# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The baseline of a voice: slow, shrunk, bounded, and of one person."""

import math

import numpy as np
import pytest

from ser_ros.emotion.voice_baseline import CLIP_S, KnownVoice, SpeechShare, VoiceBaseline

VOICE = np.float32([1.0, -2.0, 3.0])
OTHER = np.float32([-5.0, 0.0, 5.0])
PERIOD_S = 0.5
ALL = SpeechShare(1.0, 1.0)


def heard(baseline, duration_s, voice=VOICE, start_s=0.0, period_s=PERIOD_S, **changes):
    """Let the baseline hear windows of one voice; return the end of the last one [s]."""
    end_s = start_s
    for number in range(1, int(round(duration_s / period_s)) + 1):
        end_s = start_s + number * period_s
        baseline.hear(end_s - CLIP_S, end_s, voice, **dict({'speech': ALL}, **changes))
    return end_s


def test_a_stranger_is_all_zeros():
    baseline = VoiceBaseline(3)
    assert baseline.value.dtype == np.float32
    np.testing.assert_array_equal(baseline.value, np.zeros(4))
    assert (baseline.strength, baseline.seconds) == (0.0, 0.0)


def test_one_clip_counts_as_in_training():
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, CLIP_S, VOICE, ALL)
    np.testing.assert_allclose(baseline.value, np.append(VOICE, 1.0) / 9, rtol=1e-6)
    np.testing.assert_allclose(baseline.mean, VOICE, rtol=1e-6)
    assert baseline.seconds == pytest.approx(CLIP_S)


def test_the_array_stays_the_same():
    baseline = VoiceBaseline(3)
    value = baseline.value
    baseline.hear(0.0, CLIP_S, VOICE, ALL)
    baseline.change_person()
    assert baseline.value is value


@pytest.mark.parametrize('period_s', [0.1, 0.5, 1.0])
def test_overlapping_windows_count_by_their_new_sound(period_s):
    baseline = VoiceBaseline(3)
    heard(baseline, 20.0, period_s=period_s)
    # The first one is new as a whole.
    assert baseline.seconds == pytest.approx(20.0 - period_s + CLIP_S)


def test_a_window_after_a_hole_counts_once():
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, CLIP_S, VOICE, ALL)
    baseline.hear(100.0, 100.0 + CLIP_S, VOICE, ALL)
    assert baseline.seconds == pytest.approx(2 * CLIP_S)


def test_silence_does_not_count_but_time_goes_on():
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, CLIP_S)
    assert baseline.strength == 0.0
    baseline.hear(0.5, 0.5 + CLIP_S, VOICE, ALL)
    assert baseline.seconds == pytest.approx(0.5)


def test_later_windows_count_by_the_speech_in_their_newest_part():
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, CLIP_S, VOICE, ALL)
    baseline.hear(0.5, 0.5 + CLIP_S, VOICE, SpeechShare(0.9, 0.4))
    assert baseline.seconds == pytest.approx(CLIP_S + 0.2)
    baseline.hear(1.0, 1.0 + CLIP_S, VOICE, SpeechShare(0.7, 0.0))
    assert baseline.seconds == pytest.approx(CLIP_S + 0.2)


def test_strength_grows_slowly_and_has_a_bound():
    baseline = VoiceBaseline(3)
    strengths = [0.0]
    end_s = 0.0
    for _ in range(60):
        end_s = heard(baseline, 10.0, start_s=end_s)
        strengths.append(baseline.strength)
    assert np.all(np.diff(strengths) >= -1e-7)
    assert strengths[2] < 0.52
    assert strengths[-1] == pytest.approx(16 / 24)


def test_a_full_mean_follows_a_change_slowly():
    baseline = VoiceBaseline(3)
    end_s = heard(baseline, 600.0)
    np.testing.assert_allclose(baseline.mean, VOICE, rtol=1e-5)
    end_s = heard(baseline, 10.0, OTHER, end_s)
    assert np.linalg.norm(baseline.mean - VOICE) < 0.3 * np.linalg.norm(OTHER - VOICE)
    heard(baseline, 600.0, OTHER, end_s)
    np.testing.assert_allclose(baseline.mean, OTHER, atol=1e-4)


def test_windows_count_by_speech_and_calm():
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, 2.0, VOICE, speech=SpeechShare(0.5, 1.0), calm=0.25)
    assert baseline.seconds == pytest.approx(0.5)


def test_angry_from_the_first_minute_grows_slowly():
    angry, calm = VoiceBaseline(3), VoiceBaseline(3)
    heard(angry, 60.0, OTHER, calm=0.03)
    heard(calm, 60.0, VOICE, calm=0.8)
    assert angry.strength < 0.35 < 0.6 < calm.strength


def test_calm_speech_outweighs_angry_speech():
    baseline = VoiceBaseline(3)
    end_s = heard(baseline, 20.0, OTHER, calm=0.05)
    heard(baseline, 20.0, VOICE, end_s, calm=0.8)
    assert np.linalg.norm(baseline.mean - VOICE) < 0.25 * np.linalg.norm(OTHER - VOICE)


@pytest.mark.parametrize('changes', [
    {'voice': np.float32([1.0, math.nan, 1.0])}, {'voice': np.float32([math.inf, 0.0, 0.0])},
    {'speech': SpeechShare(math.nan, math.nan)}, {'speech': SpeechShare(1.0, -1.0)},
    {'calm': math.nan}, {'calm': 0.0},
    {'end_s': math.nan}, {'start_s': -math.inf}])
def test_what_is_not_finite_or_nothing_does_not_count(changes):
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, CLIP_S, VOICE, ALL)
    before = baseline.value.copy()
    baseline.hear(**dict(
        dict(start_s=0.5, end_s=0.5 + CLIP_S, voice=OTHER, speech=ALL), **changes))
    np.testing.assert_array_equal(baseline.value, before)
    assert baseline.seconds == pytest.approx(CLIP_S)


def test_where_stamps_go_back_all_begins_anew():
    baseline = VoiceBaseline(3)
    heard(baseline, 60.0, OTHER, start_s=100.0)
    heard(baseline, 10.0)
    expected = VoiceBaseline(3)
    heard(expected, 10.0)
    np.testing.assert_array_equal(baseline.value, expected.value)


def test_a_reset_forgets_the_time_too():
    baseline = VoiceBaseline(3)
    baseline.hear(0.0, CLIP_S, OTHER, ALL)
    baseline.reset()
    baseline.hear(0.0, CLIP_S, VOICE, ALL)
    np.testing.assert_allclose(baseline.mean, VOICE, rtol=1e-6)
    assert baseline.seconds == pytest.approx(CLIP_S)


def test_after_a_change_of_person_windows_with_the_other_voice_do_not_count():
    baseline = VoiceBaseline(3)
    end_s = heard(baseline, 10.0, OTHER)
    baseline.change_person()
    np.testing.assert_array_equal(baseline.value, np.zeros(4))
    heard(baseline, CLIP_S, OTHER, end_s, period_s=0.1)  # up to the last mixed one
    assert baseline.seconds <= 0.1 + 1e-6
    heard(baseline, 60.0, VOICE, end_s + CLIP_S)
    np.testing.assert_allclose(baseline.mean, VOICE, atol=0.1)


class TestEnrolled:
    START = KnownVoice(VOICE, 8 * CLIP_S)

    def test_it_begins_with_the_enrolled_voice(self):
        baseline = VoiceBaseline(3, self.START)
        np.testing.assert_allclose(baseline.value, np.append(VOICE, 1.0) / 2, rtol=1e-6)
        assert baseline.seconds == pytest.approx(8 * CLIP_S)

    def test_it_goes_on_from_there(self):
        baseline = VoiceBaseline(3, self.START)
        heard(baseline, 2 * CLIP_S, OTHER, calm=1.0)
        assert baseline.strength > 0.5
        assert not np.allclose(baseline.mean, VOICE)

    @pytest.mark.parametrize('forget', [VoiceBaseline.reset, VoiceBaseline.change_person])
    def test_it_comes_back(self, forget):
        baseline = VoiceBaseline(3, self.START)
        heard(baseline, 60.0, OTHER)
        forget(baseline)
        np.testing.assert_allclose(baseline.value, np.append(VOICE, 1.0) / 2, rtol=1e-6)

    def test_a_long_enrolment_is_bounded_too(self):
        baseline = VoiceBaseline(3, KnownVoice(VOICE, 3600.0))
        assert baseline.strength == pytest.approx(16 / 24)
        np.testing.assert_allclose(baseline.mean, VOICE, rtol=1e-6)
