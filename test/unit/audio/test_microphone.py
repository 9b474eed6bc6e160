# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The microphone over a stand-in for PyAudio: what real devices do only when they fail."""

import sys
import threading

import numpy as np
import pytest
import soxr
from fake_pyaudio import ABORT, CONTINUE, OVERFLOW, FakePyAudio, FakeTime

from ser_ros.audio import microphone as microphone_module
from ser_ros.audio.microphone import MicrophoneSource
from ser_ros.audio.opening import open_source
from ser_ros.audio.source import DeviceLost
from ser_ros.errors import SerError


@pytest.fixture
def time(monkeypatch):
    time = FakeTime()
    monkeypatch.setattr(microphone_module, 'time', time)
    return time


@pytest.fixture
def connect(monkeypatch, time):
    """Return a function that plugs fake devices in and opens one."""
    sources = []

    def open_microphone(fake=None, device='', **kwargs):
        fake = fake or FakePyAudio()
        monkeypatch.setitem(sys.modules, 'pyaudio', fake)
        source = MicrophoneSource(device, **kwargs)
        sources.append(source)
        return source, fake.streams[-1]
    yield open_microphone
    for source in sources:
        source.close()


def give_in_time(stream, time, blocks, **kwargs):
    """Give the blocks at the times at which a real device would."""
    for block in blocks:
        time.now_s += len(block) / stream.channels / stream.rate
        stream.give(block, **kwargs)


def test_16_khz_mono_comes_through_bit_by_bit(connect, time):
    source, stream = connect()
    assert (stream.rate, stream.channels) == (16000, 1)
    assert source.live
    assert source.description == "microphone 0 'USB mic'"
    samples = np.random.RandomState(0).randint(-32768, 32768, 3200).astype(np.int16)
    give_in_time(stream, time, samples.reshape(10, 320))
    chunks = [source.read() for _ in range(10)]
    assert all(chunk.shape == (320,) and chunk.dtype == np.int16 for chunk in chunks)
    assert np.array_equal(np.concatenate(chunks), samples)


@pytest.mark.parametrize('rate_hz', [44100, 48000])
def test_a_microphone_that_cannot_do_16_khz_is_resampled(connect, time, rate_hz):
    fake = FakePyAudio(native_rate_hz=rate_hz)
    fake.refused = [(16000, 1)]
    source, stream = connect(fake)
    assert (stream.rate, stream.channels) == (rate_hz, 1)
    samples = np.random.RandomState(0).randint(-9999, 9999, rate_hz).astype(np.int16)
    give_in_time(stream, time, samples.reshape(50, -1))
    result = np.concatenate([source.read() for _ in range(45)]) / 32768
    expected = soxr.resample(samples / np.float32(32768), rate_hz, 16000)
    assert np.abs(result - expected[:result.size]).max() < 1e-4


def test_a_microphone_that_cannot_do_mono_is_mixed_down(connect, time):
    fake = FakePyAudio(channels=4)
    fake.refused = [(16000, 1), (48000, 1)]
    source, stream = connect(fake)
    assert (stream.rate, stream.channels) == (16000, 4)
    frames = np.arange(1280).reshape(320, 4)
    give_in_time(stream, time, [frames.reshape(-1)])
    assert source.read().tolist() == np.rint(frames.mean(axis=1)).tolist()


def test_a_microphone_that_refuses_everything_is_told(connect):
    fake = FakePyAudio(channels=2)
    fake.refused = [(rate, channels) for rate in (16000, 48000) for channels in (1, 2)]
    with pytest.raises(SerError, match="'USB mic' cannot be opened: Invalid sample rate.*tried "
                                       '16000 Hz x 1, 48000 Hz x 1, 16000 Hz x 2, 48000 Hz x 2'):
        connect(fake)
    assert fake.terminated.is_set()


def test_a_missing_microphone_is_told(connect):
    fake = FakePyAudio()
    with pytest.raises(SerError, match="no microphone matches 'webcam'.*USB mic"):
        connect(fake, 'webcam')
    assert fake.terminated.is_set()


def test_an_overflow_is_counted_and_its_audio_kept(connect, time):
    source, stream = connect()
    give_in_time(stream, time, [np.full(320, 1)])
    give_in_time(stream, time, [np.full(320, 2)], flags=OVERFLOW)
    assert source.overflows == 1
    assert [source.read()[0] for _ in range(2)] == [1, 2]


def test_what_nobody_reads_is_dropped_from_the_oldest_and_counted(connect, time):
    source, stream = connect()
    give_in_time(stream, time, np.repeat(np.arange(150), 320).reshape(150, 320))
    assert source.overflows == 50
    assert [source.read()[0] for _ in range(100)] == list(range(50, 150))
    # The stamp belongs to what was read, not to what was dropped.
    assert source.captured_at_s == pytest.approx(1003 - stream.get_input_latency())


def test_capture_times_are_those_of_portaudio(connect, time):
    source, stream = connect()
    for number in range(5):
        # The call comes 15 ms late, and 5 ms more passed in the device.
        time.now_s = 1000 + number * 0.02 + 0.04
        stream.give(np.zeros(320), adc_time_s=1000 + number * 0.02,
                    current_time_s=1000 + number * 0.02 + 0.025)
        source.read()
        assert source.captured_at_s == pytest.approx(1000 + number * 0.02)


def test_portaudio_may_have_a_clock_of_its_own(connect, time):
    source, stream = connect()
    time.now_s = 1001.0
    stream.give(np.zeros(320), adc_time_s=5.0, current_time_s=5.03)
    source.read()
    assert source.captured_at_s == pytest.approx(1000.97)


@pytest.mark.parametrize('adc_time_s, current_time_s', [(0, 0), (1, 900), (-5, 1000)])
def test_without_a_sane_time_the_latency_is_taken(connect, time, adc_time_s, current_time_s):
    source, stream = connect()
    time.now_s = 1001.0
    stream.give(np.zeros(320), adc_time_s=adc_time_s, current_time_s=current_time_s)
    source.read()
    assert source.captured_at_s == pytest.approx(1000.95)


def test_nothing_is_captured_in_the_future(connect, time):
    source, stream = connect()
    time.now_s = 1001.0
    stream.give(np.zeros(320), adc_time_s=1001.0, current_time_s=1001.0)
    source.read()
    assert source.captured_at_s == pytest.approx(1000.98)


def test_capture_times_of_a_resampled_microphone(connect, time):
    fake = FakePyAudio(native_rate_hz=44100)
    fake.refused = [(16000, 1)]
    source, stream = connect(fake)
    for number in range(50):
        start_s = 1000 + number * 0.02
        time.now_s = start_s + 0.02
        stream.give(np.zeros(882), adc_time_s=start_s, current_time_s=start_s + 0.02)
    for number in range(45):
        source.read()
        # The newest block read lies up to the filter's length ahead of the chunk.
        assert source.captured_at_s == pytest.approx(1000 + number * 0.02, abs=1e-6)


def test_a_device_that_gives_nothing_is_lost(connect):
    source, _ = connect(watchdog_s=0.05)
    with pytest.raises(DeviceLost, match="'USB mic' has given no audio for 0.1 s"):
        source.read()


def test_a_device_without_a_clock_is_held_to_real_time(connect, time):
    source, stream = connect()
    waits = []
    source._closed.wait = waits.append
    for _ in range(100):
        stream.give(np.zeros(320))
    # 100 blocks at once are 2 s: the next call may come about 2 s later.
    assert waits[-1] == pytest.approx(2 - 0.04, abs=0.005)


def test_a_device_with_a_fast_crystal_is_not_held(connect, time):
    source, stream = connect()
    waits = []
    source._closed.wait = waits.append
    silence = np.zeros(320, np.int16)
    # Ahead by 0.1 s in the end.
    for _ in range(200 * 50):
        time.now_s += 0.02 / 1.0005
        stream.give(silence)
    assert waits == []


def test_an_interrupt_ends_a_read_that_waits(connect):
    source, _ = connect(watchdog_s=20)
    result = []
    thread = threading.Thread(target=lambda: result.append(source.read()))
    thread.start()
    source.interrupt()
    thread.join(120)
    assert result == [None]
    assert source.read() is None


def test_after_the_end_portaudio_is_told_to_stop(connect):
    source, stream = connect()
    assert stream.give(np.zeros(320)) == (None, CONTINUE)
    source.close()
    assert stream.give(np.zeros(320)) == (None, ABORT)
    assert stream.closed.is_set()


def test_a_stream_that_cannot_be_closed_is_given_up(connect):
    fake = FakePyAudio()
    source, stream = connect(fake)
    stream.error_at_close = OSError(-9988, 'Stream closed')
    source.close()
    assert fake.terminated.wait(120)


def test_close_does_not_wait_for_a_device_that_hangs(connect, monkeypatch):
    monkeypatch.setattr(microphone_module, '_CLOSE_TIMEOUT_S', 0.05)
    fake = FakePyAudio()
    source, stream = connect(fake)
    stream.hangs_until = threading.Event()
    source.close()
    assert not stream.closed.is_set()
    assert not fake.terminated.is_set()
    stream.hangs_until.set()
    assert fake.terminated.wait(120)


def test_anything_but_a_file_is_a_microphone(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyaudio', FakePyAudio(['left', 'right']))
    source = open_source('right', loop=True)
    assert source.description == "microphone 1 'right'"
    source.close()
