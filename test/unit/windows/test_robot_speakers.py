# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who makes the robot talk, and when that is in the sound."""

import pytest

from ser_ros.windows.audio_time import AudioTime
from ser_ros.windows.speakers import Speakers
from ser_ros.windows.speaking_gate import SpeakingGate

S = 10**9
CHUNK = S // 50


class TestSpeakers:
    def test_the_robot_speaks_while_any_of_them_does(self):
        speakers = Speakers()
        speakers.hear(True, 0, sequence=1)     # one
        speakers.hear(True, S, sequence=7)     # another one
        speakers.hear(False, 2 * S, sequence=2)
        assert speakers.speaking
        speakers.hear(False, 3 * S, sequence=8)
        assert not speakers.speaking

    def test_the_end_of_somebodys_speech_is_not_taken_for_another_ones(self):
        speakers = Speakers()
        speakers.hear(False, 0, sequence=4)    # as many messages from a silent one
        speakers.hear(True, S, sequence=3)
        speakers.hear(True, S, sequence=4)
        speakers.hear(False, 2 * S, sequence=5)
        assert not speakers.speaking

    def test_one_publisher_for_each_message(self):
        speakers = Speakers(timeout_s=30)
        for second in range(200):
            speakers.hear(True, second * S, sequence=1)
            assert speakers.speaking
            speakers.hear(False, second * S + S // 2, sequence=1)
            assert not speakers.speaking
        assert len(speakers._speakers) == 0

    def test_two_with_one_publisher_for_each_message(self):
        speakers = Speakers()
        speakers.hear(True, 0, sequence=1)
        speakers.hear(True, 0, sequence=1)
        speakers.hear(False, 0, sequence=1)
        assert speakers.speaking
        speakers.hear(False, 0, sequence=1)
        assert not speakers.speaking

    @pytest.mark.parametrize('speaking', [[1, 2], [5]])
    def test_a_newcomer_that_is_silent_ends_nothing_that_is_repeated(self, speaking):
        speakers = Speakers()
        for sequence in speaking:
            speakers.hear(True, 0, sequence=sequence)
        speakers.hear(False, S, sequence=1)
        assert speakers.speaking

    def test_one_that_repeats_that_it_is_silent_ends_nobody_elses_speech(self):
        speakers = Speakers()
        speakers.hear(True, 0, sequence=1)
        for sequence in range(10, 20):
            speakers.hear(False, S, sequence=sequence)
        assert speakers.speaking

    def test_who_is_silent_or_never_ends_takes_no_memory(self):
        speakers = Speakers()
        for sequence in range(2, 2000, 2):
            speakers.hear(False, 0, sequence=sequence)
        assert len(speakers._speakers) == 0
        for sequence in range(2, 2000, 2):
            speakers.hear(True, 0, sequence=sequence)
        assert len(speakers._speakers) <= 64
        assert speakers.speaking

    def test_without_numbers_the_last_message_counts(self):
        speakers = Speakers()
        speakers.hear(True, 0)
        speakers.hear(True, 0)
        speakers.hear(False, 0)
        assert not speakers.speaking

    def test_who_does_not_repeat_it_is_not_believed(self):
        speakers = Speakers(timeout_s=30)
        speakers.hear(True, 0, sequence=1)
        assert speakers.expire(29 * S) is None
        speakers.hear(True, 29 * S, sequence=2)
        assert speakers.expire(58 * S) is None
        assert speakers.speaking
        assert speakers.expire(60 * S) == 59 * S
        assert not speakers.speaking
        assert speakers.lapsed_ns == 59 * S
        assert speakers.expire(61 * S) is None
        speakers.hear(False, 62 * S, sequence=3)
        assert speakers.lapsed_ns is None

    def test_when_the_clock_goes_back_nobody_speaks(self):
        speakers = Speakers(timeout_s=30)
        speakers.hear(True, 100 * S, sequence=1)
        speakers.expire(50 * S)
        assert not speakers.speaking
        assert speakers.lapsed_ns is None


class TestAudioTime:
    @pytest.mark.parametrize('delay_ms, jitter_ms', [(30, 0), (250, 20), (0, 0)])
    def test_sound_of_this_clock_has_this_time(self, delay_ms, jitter_ms):
        audio = AudioTime()
        for index in range(100):
            now_ns = index * CHUNK
            audio.heard(now_ns - (delay_ms + jitter_ms * (index % 3)) * S // 1000, now_ns)
        assert audio.at(1000) == 1000

    @pytest.mark.parametrize('off_s', [-3600, -3, 5, 10**6])
    def test_sound_of_another_clock_has_that_one(self, off_s):
        audio = AudioTime()
        for index in range(100):
            audio.heard(index * CHUNK + off_s * S - (index % 3) * S // 10, index * CHUNK)
        assert audio.at(10 * S) == (10 + off_s) * S

    def test_a_file_that_is_played_fast(self):
        audio = AudioTime()
        for index in range(200):
            audio.heard(4 * index * CHUNK, index * CHUNK)
        assert audio.at(199 * CHUNK) == 4 * 199 * CHUNK

    def test_a_jump(self):
        audio = AudioTime()
        assert audio.heard(0, 0)
        assert not audio.heard(CHUNK, CHUNK)
        assert audio.heard(100 * S, 2 * CHUNK)
        assert audio.at(2 * CHUNK) == 100 * S


@pytest.mark.parametrize('lag_s', [0.25, 0.35, 0.6, 0.85])
def test_sound_that_is_late_is_muted_in_both_readings(lag_s):
    """It is late, or its clock is behind."""
    graph = Graph(-lag_s)
    graph.run(1)
    began_ns = graph.now_ns
    graph.gate.hear(True, began_ns)
    graph.run(3)
    ended_ns = graph.now_ns
    graph.gate.hear(False, ended_ns)
    graph.run(3)
    for behind_ns in 0, int(lag_s * S):
        for time_ns in began_ns, (began_ns + ended_ns) // 2, ended_ns:
            assert graph.gate.touches(time_ns - behind_ns, time_ns - behind_ns)
    assert not graph.gate.touches(began_ns - 2 * S, began_ns - int(lag_s * S) - CHUNK * 2)


class Graph:
    """A clock, and sound on another one."""

    def __init__(self, off_s=0.0, speed=1, **options):
        self.gate = SpeakingGate(0.5, **options)
        self.off_ns, self.speed = int(off_s * S), speed
        self.now_ns = 1000 * S
        self.start_ns = self.now_ns

    @property
    def audio_ns(self):
        return self.start_ns + self.speed * (self.now_ns - self.start_ns) + self.off_ns

    def run(self, duration_s):
        for _ in range(int(duration_s * 50)):
            self.now_ns += CHUNK
            self.gate.follow(self.audio_ns - S // 50, self.now_ns)

    def muted(self):
        """Whether the window that ends now is muted."""
        return self.gate.touches(self.audio_ns - 2 * S, self.audio_ns)


@pytest.mark.parametrize('off_s', [0, -3600, 2, 10**5])
def test_windows_are_muted_in_the_time_line_of_the_sound(off_s):
    graph = Graph(off_s)
    graph.run(1)
    assert not graph.muted()
    graph.gate.hear(True, graph.now_ns)
    graph.run(0.1)
    assert graph.muted()
    graph.run(3)
    graph.gate.hear(False, graph.now_ns)
    graph.run(2.4)
    assert graph.muted()
    graph.run(0.2)
    assert not graph.muted()


def test_a_file_that_is_played_fast_is_muted_while_the_robot_speaks():
    graph = Graph(speed=4)
    graph.run(1)
    graph.gate.hear(True, graph.now_ns)
    graph.run(1)
    assert graph.muted()
    graph.gate.hear(False, graph.now_ns)
    graph.run(0.5)
    assert graph.muted()
    graph.run(0.2)
    assert not graph.muted()


def test_a_robot_that_never_ends_is_heard_again_in_the_end():
    graph = Graph(timeout_s=30)
    graph.run(1)
    graph.gate.hear(True, graph.now_ns, sequence=1)
    graph.run(29)
    assert graph.muted()
    assert not graph.gate.problem
    graph.run(4)
    assert graph.gate.problem
    assert not graph.gate.speaking
    assert not graph.muted()


def test_whoever_speaks_while_the_stamps_jump_goes_on_doing_so():
    graph = Graph()
    graph.run(1)
    graph.gate.hear(True, graph.now_ns, sequence=1)
    graph.run(1)
    graph.off_ns = -500 * S
    graph.gate.forget_after(graph.audio_ns + S)  # as the stage does
    graph.run(0.1)
    assert graph.gate.speaking
    assert graph.muted()


def test_whoever_speaks_before_there_is_any_sound():
    graph = Graph(-500)
    graph.gate.hear(True, graph.now_ns, sequence=1)
    graph.run(0.1)
    assert graph.muted()


def test_another_speaker_that_repeats_it_keeps_the_gate_closed():
    """Also where messages have no numbers."""
    graph = Graph()
    graph.run(3)
    graph.gate.hear(True, graph.now_ns)
    for _ in range(5):
        graph.gate.hear(True, graph.now_ns)
        graph.run(0.3)
        graph.gate.hear(False, graph.now_ns)   # of another one
        graph.run(0.2)
        assert graph.muted()
