# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The status of a node on /diagnostics, once a second (REP-107)."""

import collections
import contextlib
import threading
import time
from typing import Any, Callable, Deque, Dict, Iterator, Tuple

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from ser_ros.nodes import qos
from ser_ros.nodes.topics import publishes

# Every node publishes it; the name is the same in every namespace (REP-107).
TOPIC = publishes('/diagnostics', DiagnosticArray, qos.DIAGNOSTICS, 'State of each node.')
PERIOD_S = 1.0
LATENCIES_KEPT = 120

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR

# Level, message, and values by their names.
Report = Tuple[bytes, str, Dict[str, Any]]


class Meter:
    """Count events: how many in all, how many a second, and how late they were."""

    def __init__(self) -> None:
        self.count = 0
        self._latencies_s: Deque[float] = collections.deque(maxlen=LATENCIES_KEPT)
        self._last_count = 0
        self._last_time_s = time.monotonic()

    def tick(self, latency_s: float = float('nan')) -> None:
        """Count one event and remember its latency."""
        self.count += 1
        self._latencies_s.append(latency_s)

    def values(self) -> Dict[str, Any]:
        """Return count, rate since the last call [Hz], and p50 and p95 of the latency [ms]."""
        now_s = time.monotonic()
        rate_hz = (self.count - self._last_count) / max(now_s - self._last_time_s, 1e-3)
        self._last_count, self._last_time_s = self.count, now_s
        values: Dict[str, Any] = {'count': self.count, 'rate [Hz]': f'{rate_hz:.2f}'}
        # A copy: another thread may count meanwhile. Below 0 is a file that is played too fast.
        known_s = [latency for latency in list(self._latencies_s) if latency >= 0.0]
        if known_s:
            p50_s, p95_s = np.percentile(known_s, [50, 95])
            values['latency p50 [ms]'] = f'{1e3 * p50_s:.1f}'
            values['latency p95 [ms]'] = f'{1e3 * p95_s:.1f}'
        return values


class Increase:
    """Whether a count has grown since it was last looked at."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, count: int) -> bool:
        """Return whether it has."""
        grown, self._last = count > self._last, count
        return grown


class Diagnostics:
    """Publish what ``report() -> (level, message, values)`` returns, every second and on demand."""

    def __init__(self, node: Node, hardware_id: str, report: Callable[[], Report]):
        self._node = node
        self._hardware_id = hardware_id
        self._report = report
        self._publisher = node.create_publisher(
            TOPIC.message_class(), TOPIC.name, TOPIC.profile)
        # Steady time: a paused simulation or a stopped bag must not silence the diagnostics.
        node.create_timer(
            PERIOD_S, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def publish(self) -> None:
        """Publish now."""
        level, message, values = self._report()
        status = DiagnosticStatus(
            level=level, name=self._node.get_fully_qualified_name().lstrip('/'),
            message=message, hardware_id=self._hardware_id,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()])
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)

    @contextlib.contextmanager
    def while_blocked(self) -> Iterator[None]:
        """Publish every second while the executor, and with it the timer, waits for the block."""
        done = threading.Event()
        thread = threading.Thread(target=self._publish_until, args=(done,), daemon=True,
                                  name='ser_ros diagnostics')
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _publish_until(self, done: threading.Event) -> None:
        while not done.wait(PERIOD_S):
            self.publish()
