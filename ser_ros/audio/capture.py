# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The capture thread: from a source to stamped chunks at the right time."""

import functools
import threading
import time
import traceback
from dataclasses import dataclass
from typing import Callable, Optional

import numpy as np

from ser_ros.audio.format import SAMPLE_NS, SAMPLE_RATE_HZ
from ser_ros.audio.sample_clock import SampleClock, Tolerance
from ser_ros.audio.source import AudioSource
from ser_ros.errors import SerError

# How much faster than real time a file is played where real time is not asked for: fast enough
# to be worth it, slow enough that every stage keeps up on a small board.
FAST = 4.0

_OPEN_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 0.9
_READY_POLL_S = 0.05
_KEEP_UP_POLL_S = 0.01
_LATE_S = 0.5  # a file that is later catches up at FAST; less is the jitter of waiting

# Pauses between attempts to reopen a lost device: doubled from the first to the last.
_FIRST_PAUSE_S = 0.5
_LAST_PAUSE_S = 8.0

# A chunk of 20 ms moves the count by 0.004, so the time constant is 5 s. The 100 parts in a
# million that crystals differ by then make 0.5 ms. A single late time may be a stalled process.
MICROPHONE = Tolerance(
    gain=0.004, followed_ns=100 * 10 ** 6, early_gap_ns=100 * 10 ** 6, late_gap_ns=None,
    lasting_gap_ns=100 * 10 ** 6, lasting_chunks=5)


@dataclass
class CaptureStats:
    """What happened since the start.

    Attributes:
        chunks: chunks handed on.
        overflows: how often a device lost audio because it was not fetched in time.
        gaps: how often the capture time jumped by over 0.1 s.
        reopens: how often a lost device came back and gave sound.
        lost: whether a device is lost at present, or open again and has not given sound yet.
        ended: whether a file has come to its end.
        end_stamp_ns: audio time at which the last chunk so far ends; 0 before the first.
        error: why the sound ended before its end; else empty.
        failed: whether that was a fault, which is none of the source.
        warning: what is odd about the sound so far; see `AudioSource`.
    """

    chunks: int = 0
    overflows: int = 0
    gaps: int = 0
    reopens: int = 0
    lost: bool = False
    ended: bool = False
    end_stamp_ns: int = 0
    error: str = ''
    failed: bool = False
    warning: str = ''


class Capture:
    """Read a source in a thread and hand on its chunks with the capture time of their first sample.

    A microphone sets the pace; its stamps follow the device's own times. Lost, it is opened again
    and again, with growing pauses. A file is played at the pace of a microphone, or FAST times
    that, but never faster than ``keeps_up`` allows. It starts when ``ready`` says so, its stamps
    count from then on by samples alone.
    """

    def __init__(
            self, open_source: Callable[[], AudioSource],
            on_chunk: Callable[[np.ndarray, int], None], now_ns: Callable[[], int], *,
            realtime: bool = True, ready: Callable[[], bool] = lambda: True,
            keeps_up: Callable[[int], bool] = lambda end_ns: True,
            is_done: Callable[[], bool] = lambda: True,
            on_end: Callable[[], None] = lambda: None,
            on_warning: Callable[[str], None] = lambda text: None,
            clock: Callable[[], float] = time.monotonic,
            wait: Optional[Callable[[float], bool]] = None):
        """Prepare the thread; `start` starts it.

        Args:
            open_source: makes the source; called in the thread, again for a lost device.
            on_chunk: takes int16 of shape (320,) and the stamp in nanoseconds; called in the
                thread.
            now_ns: the clock of the stamps.
            realtime: False plays a file FAST times as fast.
            ready: whether a file may start; asked every 50 ms until it says True.
            keeps_up: whether a file may be played up to a stamp; asked every 10 ms until it says
                True.
            is_done: whether a file that was played is heard up to its end; asked likewise.
            on_end: called once, in the thread, when a file is over, or the thread fails.
            on_warning: takes a text for people: device lost, device back, file broken.
            clock: the clock of the pace and of ``AudioSource.captured_at_s``, in seconds.
            wait: waits for a number of seconds, or less if stopped, and returns whether stopped.
        """
        self._open_source = open_source
        self._on_chunk = on_chunk
        self._now_ns = now_ns
        self._speed = 1.0 if realtime else FAST
        self._ready = ready
        self._keeps_up = keeps_up
        self._is_done = is_done
        self._on_end = on_end
        self._on_warning = on_warning
        self._clock = clock
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._opened = threading.Event()
        self._source: Optional[AudioSource] = None
        self._failure: Optional[SerError] = None
        self._stamps = SampleClock(SAMPLE_RATE_HZ, MICROPHONE)
        self._stats = CaptureStats()
        self._earlier_overflows = 0
        self._thread = threading.Thread(target=self._run, name='audio capture', daemon=True)
        self.description = ''

    def start(self) -> None:
        """Open the source and start to read it; once only.

        Raises:
            SerError: if it cannot be opened, or does not open within 10 s.
        """
        self._thread.start()
        if not self._opened.wait(_OPEN_TIMEOUT_S):
            self._stopping.set()
            raise SerError(
                f'the audio device did not open within {_OPEN_TIMEOUT_S:.0f} s: the device or the '
                'sound server hangs')
        if self._failure is not None:
            raise self._failure

    def stop(self) -> bool:
        """Stop reading and give the source back; may be called more than once and at any time.

        Returns:
            True once the thread has ended; False if a device holds it for over 0.9 s. It is left
            behind then, and never calls back again.
        """
        self._stopping.set()
        source = self._source
        if source is not None:
            source.interrupt()
        if not self._thread.is_alive():
            return True
        if self._thread is not threading.current_thread():
            self._thread.join(_STOP_TIMEOUT_S)
        return not self._thread.is_alive()

    @property
    def live(self) -> bool:
        """Whether the source is a device that is open."""
        source = self._source
        return source is not None and source.live

    def stats(self) -> CaptureStats:
        """Return the counts of this moment."""
        source = self._source
        overflows = self._earlier_overflows + (source.overflows if source is not None else 0)
        return CaptureStats(**dict(
            vars(self._stats), overflows=overflows, gaps=self._stamps.gaps,
            warning=source.warning if source is not None else self._stats.warning))

    def _run(self) -> None:
        try:
            source = self._open()
        except SerError as error:
            self._failure = error
            return
        except Exception as error:  # a thread that dies in silence would leave the graph deaf
            self._failure = SerError(self._fault(error))
            return
        finally:
            self._opened.set()
        try:
            if source.live:
                self._run_device(source)
            else:
                self._run_file(source)
        except Exception as error:  # likewise
            if not self._stopping.is_set():
                self._stats.failed = True
                self._end(self._fault(error))

    def _fault(self, error: Exception) -> str:
        """Report a fault and return it in a line."""
        self._on_warning(traceback.format_exc())
        return f'the capture of audio has failed: {type(error).__name__}: {error}'

    def _end(self, error: str = '') -> None:
        self._stats.error = error
        self._stats.ended = True
        self._on_end()

    def _open(self) -> AudioSource:
        source = self._open_source()
        self.description = source.description
        self._source = source
        return source

    def _close(self, source: AudioSource) -> None:
        self._source = None
        self._stats.warning = source.warning
        self._earlier_overflows += source.overflows
        source.close()

    def _run_device(self, source: Optional[AudioSource]) -> None:
        while source is not None:
            try:
                self._read_device(source)
                return
            except SerError as error:
                if not self._stats.lost:  # else it has given nothing since it was lost
                    self._on_warning(f'{error}; trying to reopen it')
                self._stats.lost = True
            finally:
                self._close(source)
            source = self._reopen()

    def _read_device(self, source: AudioSource) -> None:
        while not self._stopping.is_set():
            chunk = source.read()
            if chunk is None or self._stopping.is_set():
                return
            if self._stats.lost:  # only now: a device may open, give nothing, and be lost again
                self._stats.lost = False
                self._stats.reopens += 1
                self._on_warning(f'{self.description} is open again')
            age_ns = int((self._clock() - source.captured_at_s) * 1e9)
            self._hand_on(chunk, self._stamps.stamp(self._now_ns() - age_ns, chunk.size))

    def _reopen(self) -> Optional[AudioSource]:
        """Return the device, open again, or None when stopped."""
        pause_s = _FIRST_PAUSE_S
        failure = ''
        while not self._wait(pause_s):
            try:
                source = self._open()
            except SerError as error:
                pause_s = min(2 * pause_s, _LAST_PAUSE_S)
                if str(error) != failure:
                    failure = str(error)
                    self._on_warning(failure)
                continue
            self._stamps.restart()
            return source
        return None

    def _run_file(self, source: AudioSource) -> None:
        error = ''
        try:
            if not self._play_file(source):
                return
        except SerError as problem:
            error = str(problem)
            self._on_warning(error)
        finally:
            self._close(source)
        self._end(error)

    def _play_file(self, source: AudioSource) -> bool:
        """Return True at the end of the file, or False when stopped."""
        if not self._wait_until(self._ready, _READY_POLL_S):
            return False
        start_s, start_ns, n_samples = self._clock(), self._now_ns(), 0
        for chunk in source:
            n_samples += chunk.size
            end_ns = start_ns + n_samples * SAMPLE_NS
            if not self._wait_until(functools.partial(self._keeps_up, end_ns)):
                return False
            # As from a microphone: a chunk is there once its last sample has been heard.
            late_s = self._clock() - start_s - n_samples * SAMPLE_NS * 1e-9 / self._speed
            fastest_s = chunk.size * SAMPLE_NS * 1e-9 / FAST
            if self._wait(fastest_s if late_s > _LATE_S else max(0.0, -late_s)):
                return False
            self._hand_on(chunk, end_ns - chunk.size * SAMPLE_NS)
        if source.warning:
            self._on_warning(f'{source.description} {source.warning}')
        return self._wait_until(self._is_done)

    def _wait_until(
            self, condition: Callable[[], bool], poll_s: float = _KEEP_UP_POLL_S) -> bool:
        """Wait for a condition; return False when stopped."""
        while not condition():
            if self._wait(poll_s):
                return False
        return True

    def _hand_on(self, chunk: np.ndarray, stamp_ns: int) -> None:
        self._stats.chunks += 1
        self._stats.end_stamp_ns = stamp_ns + chunk.size * SAMPLE_NS
        self._on_chunk(chunk, stamp_ns)
