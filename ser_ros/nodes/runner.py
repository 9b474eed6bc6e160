# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run the graph without launch: in this process, or one process for each node."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import rclpy
from rclpy.executors import SingleThreadedExecutor

import ser_ros
from ser_ros.nodes import process
from ser_ros.nodes.audio_capture import AudioCapture
from ser_ros.nodes.graph import NODES
from ser_ros.nodes.observer import Observer

STOP_TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 10.0
PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.abspath(ser_ros.__file__)))


def run(arguments, view, record, in_processes: bool, stopping) -> str:
    """
    Run the graph until the end of the file or Ctrl-C.

    :param arguments: ``--ros-args ...`` for every node.
    :param view: gets what is heard (a LiveView).
    :param record: keeps what is heard, or None.
    :param in_processes: one process for each node.
    :param stopping: tells when Ctrl-C was pressed (a Stopping that is entered).
    :return: why it could not run; empty if all went well.
    :raises SerError: if ROS can't be started with these arguments.
    """
    # The namespace and the log level hold for the observer as well.
    process.init(arguments)
    executor = SingleThreadedExecutor()
    graph = _Run(executor, view, record, stopping)
    try:
        with (_children if in_processes else _in_process)(arguments, graph):
            graph.spin(until=lambda: False)
        return '' if stopping.requested else graph.reasons[0]
    finally:
        executor.shutdown()
        graph.observer.destroy_node()
        rclpy.shutdown()


class _Run:
    """What goes on until there is a reason to end."""

    def __init__(self, executor, view, record, stopping):
        self.executor = executor
        self.stopping = stopping
        self.reasons = []
        self.children = []
        self.observer = _observer(view, record, self.reasons.append)
        executor.add_node(self.observer)

    @property
    def over(self) -> bool:
        """Whether there is a reason to end."""
        return bool(self.reasons) or self.stopping.requested

    def connect(self) -> None:
        """
        Wait until the observer is connected.

        Processes find each other within seconds; the sound waits, so that no emotion is missed.
        """
        deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
        self.spin(until=lambda: self.observer.connected or time.monotonic() > deadline_s)

    def spin(self, until) -> None:
        """Serve the nodes until the condition holds or the run is over."""
        while not self.over and not until():
            self.executor.spin_once(timeout_sec=process.POLL_S)
            self.reasons.extend(
                f'the process of {name} has ended with exit code {child.returncode}'
                for name, child in self.children if child.poll() is not None)


def _observer(view, record, on_end):
    def emotion(values):
        view.update(values)
        if record is not None:
            record.write('emotion', values)

    def mitigation(values):
        view.mitigation(values)
        if record is not None:
            record.write('mitigation', values)

    return Observer(emotion, mitigation, view.level, on_end)


@contextlib.contextmanager
def _in_process(_, graph):
    nodes = []
    try:
        for node_class in NODES:
            nodes.append(node_class())
            graph.executor.add_node(nodes[-1])
        for node in nodes:
            if graph.stopping.requested or not node.start():
                break  # the observer learns the reason from its diagnostics
        yield
    finally:
        for node in nodes:
            node.close()


@contextlib.contextmanager
def _children(arguments, graph):
    try:
        for node_class in NODES:
            if node_class is AudioCapture:
                graph.connect()
            if graph.over:
                break
            # -m looks in the current folder first, where a checkout would hide this package.
            graph.children.append((node_class.NAME, subprocess.Popen(
                [sys.executable, '-m', node_class.__module__] + arguments
                + ['-p', 'autostart:=true'], cwd=PACKAGE_PARENT)))
        yield
    finally:
        for _, child in graph.children:
            child.send_signal(signal.SIGINT)
        for _, child in graph.children:
            _reap(child)


def _reap(child):
    try:
        child.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
