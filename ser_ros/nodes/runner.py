# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the graph without launch: in this process, or one process for each node."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Tuple

import rclpy
from rclpy.executors import SingleThreadedExecutor

from ser_ros.child_process import PACKAGE_PARENT
from ser_ros.nodes import process
from ser_ros.nodes.audio_capture import AudioCapture
from ser_ros.nodes.end_of_file import EndOfFile
from ser_ros.nodes.graph import NODES
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.observer import Observer
from ser_ros.nodes.ros_errors import as_ser_error
from ser_ros.nodes.stopping import Stopping
from ser_ros.sinks.live_view import LiveView
from ser_ros.sinks.record import Record

STOP_TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 60.0


def run(arguments: List[str], view: LiveView, record: Optional[Record], in_processes: bool,
        stopping: Stopping, source: str = '') -> str:
    """Run the graph until the end of the file or Ctrl-C.

    Args:
        arguments: ``--ros-args ...`` for every node.
        view: shows what is heard.
        record: keeps what is heard, unless None.
        in_processes: whether each node gets a process of its own.
        stopping: knows whether Ctrl-C was pressed; it is entered already.
        source: path of the file that is played; '' where that is not known. The end of another
            file is none of ours.

    Returns:
        Why the graph could not run; '' if all went well.

    Raises:
        SerError: if ROS can't be started with these arguments.
    """
    # The namespace and the log level hold for the observer as well.
    process.init(arguments)
    executor = SingleThreadedExecutor()
    graph = _Run(executor, view, record, stopping, source)
    start: Callable[[List[str], _Run], ContextManager[None]]
    start = _children if in_processes else _in_process
    try:
        with start(arguments, graph):
            graph.spin(until=lambda: False)
        return '' if stopping.requested else graph.failure
    finally:
        executor.shutdown()
        graph.observer.destroy_node()
        rclpy.shutdown()


class _Run:
    """What is heard goes to the sinks, until there is a reason to end."""

    def __init__(self, executor: SingleThreadedExecutor, view: LiveView,
                 record: Optional[Record], stopping: Stopping, source: str):
        self.executor = executor
        self.stopping = stopping
        self.failure = ''
        self.children: List[Tuple[str, subprocess.Popen]] = []
        with as_ser_error('ROS 2 cannot make a node'):
            self.observer = Observer(
                self._on_emotion, self._on_mitigation, self._on_window, self._on_end)
        self._view = view
        self._record = record
        self._source = source
        self._end_of_file = EndOfFile()
        executor.add_node(self.observer)

    @property
    def over(self) -> bool:
        """Whether there is a reason to end."""
        return bool(self.failure) or self._end_of_file.reached or self.stopping.requested

    def connect(self) -> None:
        """Wait until the observer is connected.

        Processes find each other within seconds; the sound waits, so that no emotion is missed.
        """
        deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
        self.spin(until=lambda: self.observer.connected or time.monotonic() > deadline_s)

    def spin(self, until: Callable[[], bool]) -> None:
        """Serve the nodes until the condition holds or the run is over."""
        while not self.over and not until():
            self.executor.spin_once(timeout_sec=process.POLL_S)
            self.look_for_strangers()
            for name, child in self.children:
                if child.poll() is not None:
                    self.fail(f'the process of {name} ended with exit code {child.returncode}')

    def start(self) -> None:
        """Take it that this graph begins to hear something now."""
        self.observer.start()
        self.look_for_strangers()

    def look_for_strangers(self) -> None:
        """End the run if another graph was there before."""
        if self.observer.has_strangers:
            self.fail('another graph publishes on the same topics, and each would hear the other '
                      'one; start again with a --namespace of its own')

    def fail(self, reason: str) -> None:
        """End the run; the first reason counts."""
        self.failure = self.failure or reason

    def _on_emotion(self, values: Dict[str, Any]) -> None:
        self._view.update(values)
        if self._record is not None:
            self._record.write('emotion', values)
        self._end_of_file.hear_emotion(values['window_start_s'], values['stamp_s'])

    def _on_mitigation(self, values: Dict[str, Any]) -> None:
        self._view.mitigation(values)
        if self._record is not None:
            self._record.write('mitigation', values)

    def _on_window(self, values: Dict[str, Any]) -> None:
        self._view.level(values['level_dbfs'], values['recent_speech_probability'],
                         values['lost_sound_s'])
        self._end_of_file.hear_window(values['period_s'])

    def _on_end(self, values: Dict[str, Any]) -> None:
        if self._source and values['source'] != self._source:
            return
        if values['error']:
            self.fail(values['error'])
        else:
            self._end_of_file.hear_end(values['stamp_s'])


@contextlib.contextmanager
def _in_process(arguments: List[str], graph: _Run) -> Iterator[None]:
    nodes: List[ManagedNode] = []
    try:
        for node_class in NODES:
            nodes.append(node_class())
            graph.executor.add_node(nodes[-1])
        process.warn_of_misspelt(nodes, arguments)
        for node in nodes:
            if isinstance(node, AudioCapture):
                graph.start()
            if graph.over:
                break
            if not node.start():
                graph.fail(f'{node.NAME}: {node.failure}')
                break
        yield
    finally:
        for node in nodes:
            node.close()


@contextlib.contextmanager
def _children(arguments: List[str], graph: _Run) -> Iterator[None]:
    # On a busy machine audio_capture finds some of them late, and a file would begin without them.
    others = [node_class.NAME for node_class in NODES if node_class is not AudioCapture]
    try:
        for node_class in NODES:
            if node_class is AudioCapture:
                graph.connect()
                graph.start()
            if graph.over:
                break
            # -m looks in the current folder first, where a checkout would hide this package.
            graph.children.append((node_class.NAME, subprocess.Popen(
                [sys.executable, '-m', 'ser_ros.nodes.required', str(os.getpid()),
                 f'{node_class.__module__}:{node_class.__name__}']
                + arguments + ['-p', 'autostart:=true', '-p', f'wait_for_nodes:={others}'],
                cwd=PACKAGE_PARENT)))
        yield
    finally:
        for _, child in graph.children:
            child.send_signal(signal.SIGINT)
        for _, child in graph.children:
            _reap(child)


def _reap(child: subprocess.Popen) -> None:
    try:
        child.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
