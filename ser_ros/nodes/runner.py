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
from rclpy.signals import SignalHandlerOptions

import ser_ros
from ser_ros.nodes import managed
from ser_ros.nodes.audio_capture import AudioCapture
from ser_ros.nodes.graph import NODES
from ser_ros.nodes.observer import Observer
from ser_ros.nodes.stopping import Stopping

STOP_TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 10.0
PACKAGE_PARENT = os.path.dirname(os.path.dirname(os.path.abspath(ser_ros.__file__)))


def run(arguments, view, record, in_processes: bool) -> str:
    """
    Run the graph until the end of the file or Ctrl-C.

    :param arguments: ``--ros-args ...`` for every node.
    :param view: gets what is heard (a LiveView).
    :param record: keeps what is heard, or None.
    :param in_processes: one process for each node.
    :return: why it could not run; empty if all went well.
    """
    reasons = []
    with Stopping() as stopping:
        # The namespace and the log level hold for the observer as well.
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        executor = SingleThreadedExecutor()
        observer = _observer(view, record, reasons.append)
        executor.add_node(observer)
        try:
            start = _children if in_processes else _in_process
            with start(arguments, executor, observer) as died:
                while not reasons and not stopping.requested:
                    executor.spin_once(timeout_sec=managed.POLL_S)
                    reasons.extend(died())
            return reasons[0] if reasons and not stopping.requested else ''
        finally:
            executor.shutdown()
            observer.destroy_node()
            rclpy.shutdown()


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
def _in_process(_, executor, __):
    nodes = []
    try:
        for node_class in NODES:
            nodes.append(node_class())
            executor.add_node(nodes[-1])
        for node in nodes:
            if not node.start():
                break  # the observer learns the reason from its diagnostics
        yield list
    finally:
        for node in nodes:
            node.close()


@contextlib.contextmanager
def _children(arguments, executor, observer):
    children = []
    try:
        for node_class in NODES:
            if node_class is AudioCapture:
                _connect(executor, observer)
            # -m looks in the current folder first, where a checkout would hide this package.
            children.append(subprocess.Popen(
                [sys.executable, '-m', node_class.__module__] + arguments
                + ['-p', 'autostart:=true'], cwd=PACKAGE_PARENT))
        yield lambda: [
            'the process of {} has ended with exit code {}'.format(node.NAME, child.returncode)
            for node, child in zip(NODES, children) if child.poll() is not None]
    finally:
        for child in children:
            child.send_signal(signal.SIGINT)
        for child in children:
            _reap(child)


def _connect(executor, observer):
    # Processes find each other within seconds; the sound waits so that no emotion is missed.
    deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
    while not observer.connected and time.monotonic() < deadline_s:
        executor.spin_once(timeout_sec=0.05)


def _reap(child):
    try:
        child.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
