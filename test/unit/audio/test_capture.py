# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The capture thread, with sources and a clock that the tests hold in their hands."""

import threading
import time as real_time
from collections import deque

import numpy as np
import pytest

from ser_ros.audio import capture as capture_module
from ser_ros.audio.capture import Capture
from ser_ros.audio.source import AudioSource, DeviceLost
from ser_ros.errors import SerError

DEADLINE_S = 120
START_NS = 1_700_000_000 * 10 ** 9
CHUNK_NS = 20 * 10 ** 6


class VirtualTime:
    """A clock that only waiting moves on."""

    def __init__(self):
        self.now_s = 100.0
        self.waits = []
        self.stopped = threading.Event()

    def clock(self):
        return self.now_s

    def now_ns(self):
        return START_NS + round((self.now_s - 100.0) * 1e9)

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now_s += seconds
        return self.stopped.is_set()


class Scripted(AudioSource):
    """A source that gives a list of chunks and errors, then ends, or waits if it is live."""

    description = 'script'

    def __init__(self, script, live=False, captured_at_s=()):
        self.live = live
        self._script = deque(script)
        self._times = deque(captured_at_s)
        self._interrupted = threading.Event()
        self.closed = 0

    def read(self):
        if not self._script:
            if self.live:
                self._interrupted.wait(DEADLINE_S)
            return None
        item = self._script.popleft()
        if isinstance(item, Exception):
            raise item
        if self._times:
            self.captured_at_s = self._times.popleft()
        return item

    def interrupt(self):
        self._interrupted.set()

    def close(self):
        self.closed += 1


class Listener:
    """What a capture calls back."""

    def __init__(self, time):
        self._time = time
        self.chunks = []
        self.stamps = []
        self.heard_at_s = []
        self.warnings = []
        self.ends = 0
        self.ended = threading.Event()
        self.wanted = threading.Semaphore(0)

    def on_chunk(self, chunk, stamp_ns):
        self.chunks.append(chunk)
        self.stamps.append(stamp_ns)
        self.heard_at_s.append(self._time.now_s)
        self.wanted.release()

    def on_end(self):
        self.ends += 1
        self.ended.set()

    def wait_for_chunks(self, count):
        for _ in range(count):
            assert self.wanted.acquire(timeout=DEADLINE_S)


def chunks(count, first=0):
    return [np.full(320, first + number, np.int16) for number in range(count)]


@pytest.fixture
def time():
    return VirtualTime()


@pytest.fixture
def listener(time):
    return Listener(time)


@pytest.fixture
def make(time, listener):
    captures = []

    def make_capture(sources, **kwargs):
        sources = deque([sources] if isinstance(sources, AudioSource) else sources)

        def open_next():
            source = sources.popleft()
            if isinstance(source, Exception):
                raise source
            return source
        arguments = dict(on_end=listener.on_end, on_warning=listener.warnings.append,
                         clock=time.clock, wait=time.wait)
        arguments.update(kwargs)
        capture = Capture(open_next, listener.on_chunk, time.now_ns, **arguments)
        captures.append(capture)
        return capture
    yield make_capture
    time.stopped.set()
    for capture in captures:
        capture.stop()


@pytest.mark.parametrize('realtime, speed', [(True, 1), (False, 4)])
def test_a_file_waits_for_who_does_not_keep_up_and_catches_up(
        make, listener, time, realtime, speed):
    asked = []

    def keeps_up(end_ns):
        asked.append(end_ns)
        return end_ns < START_NS + 20 * CHUNK_NS or time.now_s >= 105.0

    make(Scripted(chunks(1000)), realtime=realtime, keeps_up=keeps_up).start()
    assert listener.ended.wait(DEADLINE_S)
    assert listener.stamps == [START_NS + index * CHUNK_NS for index in range(1000)]
    assert asked[0] == START_NS + CHUNK_NS
    assert listener.heard_at_s[18] < 100.5
    assert listener.heard_at_s[19] >= 105.0
    # Then it catches up with its pace, but never faster than four times that of the sound.
    assert listener.heard_at_s[119] >= 105.0 + 99 * 0.005
    assert listener.heard_at_s[-1] == pytest.approx(120.0 if realtime else 109.9, abs=0.05)


def test_the_end_of_a_file_waits_until_all_is_heard(make, listener, time):
    make(Scripted(chunks(10)), is_done=lambda: time.now_s >= 107.0).start()
    assert listener.ended.wait(DEADLINE_S)
    assert len(listener.chunks) == 10
    assert time.now_s >= 107.0


@pytest.mark.parametrize('options', [
    {'keeps_up': lambda end_ns: False}, {'is_done': lambda: False}])
def test_a_file_that_waits_can_be_stopped(make, listener, options):
    capture = make(Scripted(chunks(3)), wait=None, **options)
    capture.start()
    assert capture.stop()
    assert listener.ends == 0


def test_a_microphone_waits_for_nobody(make, listener, time):
    source = Scripted(chunks(5), live=True, captured_at_s=[100.0 + 0.02 * i for i in range(5)])
    make(source, keeps_up=lambda end_ns: False).start()
    listener.wait_for_chunks(5)


@pytest.mark.parametrize('realtime, speed', [(True, 1), (False, 4)])
def test_a_file_is_paced_and_stamped_by_its_samples(make, listener, realtime, speed):
    source = Scripted(chunks(500))
    capture = make(source, realtime=realtime)
    capture.start()
    assert listener.ended.wait(DEADLINE_S)
    assert [chunk[0] for chunk in listener.chunks] == list(range(500))
    assert listener.stamps == [START_NS + number * CHUNK_NS for number in range(500)]
    due_s = 100 + 0.02 * np.arange(1, 501) / speed
    assert np.allclose(listener.heard_at_s, due_s, rtol=0, atol=1e-6)
    stats = capture.stats()
    assert (stats.chunks, stats.ended, stats.error) == (500, True, '')
    assert stats.end_stamp_ns == START_NS + 500 * CHUNK_NS
    assert listener.ends == 1
    assert source.closed == 1
    assert listener.warnings == []


def test_a_file_waits_until_somebody_listens(make, listener, time):
    answers = deque([False] * 10 + [True])
    make(Scripted(chunks(1)), ready=answers.popleft).start()
    assert listener.ended.wait(DEADLINE_S)
    assert time.waits[:10] == [0.05] * 10
    assert abs(listener.stamps[0] - (START_NS + 10 * 50 * 10 ** 6)) < 1000


def test_a_file_that_nobody_hears_can_be_stopped(make, listener):
    source = Scripted(chunks(1))
    capture = make(source, ready=lambda: False, wait=None)
    capture.start()
    assert capture.stop()
    assert source.closed == 1
    assert listener.chunks == []
    assert listener.ends == 0
    assert not capture.stats().ended


def test_after_a_stall_a_file_catches_up(make, listener, time):
    def stall(chunk, stamp_ns):
        listener_on_chunk(chunk, stamp_ns)
        if len(listener.chunks) == 5:
            time.now_s += 1.0
    listener_on_chunk, listener.on_chunk = listener.on_chunk, stall
    make(Scripted(chunks(100))).start()
    assert listener.ended.wait(DEADLINE_S)
    assert listener.stamps[-1] == START_NS + 99 * CHUNK_NS
    assert listener.heard_at_s[-1] == pytest.approx(102)


def test_a_file_that_breaks_ends_with_an_error(make, listener):
    capture = make(Scripted(chunks(3) + [SerError('x.wav holds NaN')]))
    capture.start()
    assert listener.ended.wait(DEADLINE_S)
    assert capture.stats().error == 'x.wav holds NaN'
    assert capture.stats().ended
    assert listener.warnings == ['x.wav holds NaN']
    assert len(listener.chunks) == 3


def test_a_truncated_file_is_told(make, listener):
    source = Scripted(chunks(3))
    source.warning = 'ends early, after 1 s'
    make(source).start()
    assert listener.ended.wait(DEADLINE_S)
    assert listener.warnings == ['script ends early, after 1 s']


def test_a_source_that_cannot_be_opened_is_told_by_start(make):
    capture = make([SerError('no microphone')])
    with pytest.raises(SerError, match='no microphone'):
        capture.start()
    assert capture.stop()


def test_a_source_that_hangs_while_opening_is_told_by_start(listener, time, monkeypatch):
    monkeypatch.setattr(capture_module, '_OPEN_TIMEOUT_S', 0.05)
    monkeypatch.setattr(capture_module, '_STOP_TIMEOUT_S', 0.05)
    release = threading.Event()
    source = Scripted(chunks(3), live=True, captured_at_s=[0, 0, 0])

    def hang():
        release.wait(DEADLINE_S)
        return source
    capture = Capture(hang, listener.on_chunk, time.now_ns)
    with pytest.raises(SerError, match='did not open'):
        capture.start()
    assert not capture.stop()
    release.set()
    capture._thread.join(DEADLINE_S)
    assert source.closed == 1
    assert listener.chunks == []


def test_the_stamps_of_a_microphone_are_its_capture_times(make, listener):
    # Captured 30 ms before the present of the virtual clock, and every 20 ms.
    times = [99.97 + 0.02 * number for number in range(100)]
    capture = make(Scripted(chunks(100), live=True, captured_at_s=times))
    capture.start()
    listener.wait_for_chunks(100)
    expected = START_NS - 30 * 10 ** 6 + CHUNK_NS * np.arange(100)
    assert np.abs(np.array(listener.stamps) - expected).max() < 1000
    assert capture.stats().gaps == 0
    assert capture.description == 'script'
    assert capture.stop()
    assert not capture.stats().ended


def test_a_hole_in_the_audio_is_counted(make, listener):
    times = 100 + 0.02 * np.arange(100)
    times[50:] += 0.3
    capture = make(Scripted(chunks(100), live=True, captured_at_s=times))
    capture.start()
    listener.wait_for_chunks(100)
    assert capture.stats().gaps == 1


def test_a_lost_device_is_opened_again_with_growing_pauses(make, listener, time):
    first = Scripted(chunks(2) + [DeviceLost('gone')], live=True, captured_at_s=[100, 100.02])
    first.overflows = 3
    second = Scripted(chunks(1, first=2), live=True, captured_at_s=[150.0])
    second.overflows = 4
    missing = [SerError('no such microphone')] * 7
    capture = make([first] + missing + [second])
    capture.start()
    listener.wait_for_chunks(3)
    assert time.waits == [0.5, 1, 2, 4, 8, 8, 8, 8]
    assert [chunk[0] for chunk in listener.chunks] == [0, 1, 2]
    assert listener.stamps[2] == START_NS + 50 * 10 ** 9
    stats = capture.stats()
    assert (stats.reopens, stats.gaps, stats.overflows, stats.lost) == (1, 0, 7, False)
    assert listener.warnings == [
        'gone; trying to reopen it', 'no such microphone', 'script is open again']
    assert first.closed == 1
    assert capture.stop()
    assert second.closed == 1
    assert capture.stats().overflows == 7


def test_a_device_that_opens_and_gives_nothing_stays_lost(make, listener):
    first = Scripted(chunks(1) + [DeviceLost('gone')], live=True, captured_at_s=[100])
    silent = [Scripted([DeviceLost('nothing')], live=True) for _ in range(3)]
    states = []
    second = Scripted(chunks(1, first=1), live=True, captured_at_s=[150.0])
    capture = make([first] + silent + [second])
    for source in silent:
        source.close = lambda close=source.close: (
            states.append((capture.stats().lost, capture.stats().reopens)), close())
    capture.start()
    listener.wait_for_chunks(2)
    assert states == [(True, 0)] * 3
    assert (capture.stats().lost, capture.stats().reopens) == (False, 1)
    assert listener.warnings == ['gone; trying to reopen it', 'script is open again']
    assert capture.stop()


def test_a_lost_device_shows_and_can_be_stopped(make, listener):
    told = threading.Event()
    capture = make([Scripted([DeviceLost('gone')], live=True)], wait=None,
                   on_warning=lambda text: told.set())
    capture.start()
    assert told.wait(DEADLINE_S)
    assert capture.stats().lost
    assert capture.stop()
    assert listener.ends == 0


def test_stop_wakes_a_read_that_waits(make):
    source = Scripted([], live=True)
    capture = make(source)
    capture.start()
    assert capture.stop()
    assert source.closed == 1
    assert capture.stop()


def test_stop_leaves_a_read_that_hangs_behind(make, listener, monkeypatch):
    monkeypatch.setattr(capture_module, '_STOP_TIMEOUT_S', 0.05)
    source = Scripted([], live=True)
    hanging = source._interrupted
    source.interrupt = lambda: None
    capture = make(source)
    capture.start()
    assert not capture.stop()
    hanging.set()
    capture._thread.join(DEADLINE_S)
    assert capture.stop()
    assert source.closed == 1


def test_a_chunk_read_while_stopping_is_not_handed_on(make, listener):
    source = Scripted([], live=True, captured_at_s=[])
    source.read = lambda: (capture.stop(), np.zeros(320, np.int16))[1]
    capture = make(source)
    capture.start()
    capture._thread.join(DEADLINE_S)
    assert listener.chunks == []
    assert source.closed == 1


def test_the_end_may_stop_the_capture(make, listener):
    stopped = []

    def on_end():
        stopped.append(capture.stop())
        listener.on_end()
    capture = make(Scripted(chunks(1)), on_end=on_end)
    capture.start()
    assert listener.ended.wait(DEADLINE_S)
    assert stopped == [False]
    assert capture.stop()


def test_a_file_can_be_stopped_while_it_plays(make, listener):
    capture = make(Scripted(chunks(1000)), wait=None, clock=real_time.monotonic)
    capture.start()
    listener.wait_for_chunks(1)
    assert capture.stop()
    assert listener.ends == 0
    assert len(listener.chunks) < 1000


def test_stop_before_start(make):
    assert make(Scripted([])).stop()


class FaultySource(AudioSource):
    """A source with a fault of ours, which no SerError announces."""

    description = 'faulty'

    def __init__(self, live):
        self.live = live
        self._reads = 0

    def read(self):
        self._reads += 1
        if self._reads > 3:
            raise TypeError('no such thing')
        self.captured_at_s = 0.0
        return np.zeros(320, np.int16)

    def interrupt(self):
        pass

    def close(self):
        pass


@pytest.mark.parametrize('live', [False, True])
def test_a_thread_that_dies_is_an_error_and_an_end(live):
    ended, warnings, chunks = threading.Event(), [], []
    capture = Capture(
        lambda: FaultySource(live), lambda chunk, stamp: chunks.append(stamp), lambda: START_NS,
        realtime=False, on_end=ended.set, on_warning=warnings.append)
    capture.start()
    assert ended.wait(DEADLINE_S)
    stats = capture.stats()
    assert stats.failed and stats.ended and len(chunks) == 3
    assert stats.error == 'the capture of audio has failed: TypeError: no such thing'
    assert any('Traceback' in text for text in warnings)
    assert capture.stop()


def test_a_fault_while_the_source_opens_is_an_error():
    def fail():
        raise ValueError('bad')

    capture = Capture(fail, lambda chunk, stamp: None, lambda: START_NS)
    with pytest.raises(SerError, match='has failed: ValueError: bad'):
        capture.start()
