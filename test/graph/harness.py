# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real nodes in real processes, and a peer that talks to them over DDS."""

import array
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import rclpy
import soundfile
from ament_index_python.packages import get_package_prefix
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter as ParameterMsg
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.exceptions import InvalidHandle
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

# Nothing here is slow: this long only where something has gone wrong, or other programs need the
# machine as well.
DEADLINE_S = 180.0
# After this time a response counts as lost.
ANSWER_S = 10.0
NODES = ('mitigation_responder', 'emotion_inference', 'feature_extraction', 'audio_capture')
COMMAND = os.path.join(get_package_prefix('ser_ros'), 'bin', 'ser_ros')
EXECUTABLES = os.path.join(get_package_prefix('ser_ros'), 'lib', 'ser_ros')


class Process:
    """One executable of the package."""

    def __init__(self, executable, arguments=(), env=None, log=None):
        self.log_path = log
        with open(log, 'w') as stream:
            self._popen = subprocess.Popen(
                [os.path.join(EXECUTABLES, executable), '--ros-args', *arguments],
                stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
                env=dict(os.environ, **(env or {})))

    @property
    def pid(self):
        return self._popen.pid

    @property
    def running(self):
        return self._popen.poll() is None

    def log(self):
        """What the process has printed so far."""
        with open(self.log_path, encoding='utf-8') as stream:
            return stream.read()

    def wait(self):
        """Wait for the process to end by itself; return its exit code."""
        return self._popen.wait(DEADLINE_S)

    def ask_to_end(self):
        """Send what Ctrl-C sends."""
        if self.running:
            self._popen.send_signal(signal.SIGINT)

    def interrupt(self):
        """Send what Ctrl-C sends; return the exit code."""
        self.ask_to_end()
        return self.wait()

    def kill(self):
        """End it as the kernel does when memory is short; nothing of it is left running."""
        self._popen.kill()
        self._popen.wait()

    def end(self):
        """End in order, which keeps its coverage, or by force where it does not."""
        self.ask_to_end()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            raise


class Peer:
    """A node of the test's own, spun in a thread; every wait has a deadline and no sleep."""

    def __init__(self, name='peer', namespace='', arguments=()):
        self.context = rclpy.Context()
        rclpy.init(context=self.context, args=['--ros-args', *arguments])
        self.node = rclpy.create_node(name, namespace=namespace, context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self._changed = threading.Condition()
        self._topics = []
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self):
        with contextlib.suppress(rclpy.executors.ExternalShutdownException):
            while self.context.ok():
                # A test destroyed something while this thread was about to wait for it.
                with contextlib.suppress(InvalidHandle):
                    self._executor.spin()
                    return

    def close(self):
        self._executor.shutdown()
        self._thread.join(DEADLINE_S)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)

    def listen(self, msg_type, topic, qos=10):
        """Return a list that fills with the messages of a topic."""
        messages = []

        def take(message):
            with self._changed:
                messages.append(message)
                self._changed.notify_all()

        self.node.create_subscription(msg_type, topic, take, qos)
        self._topics.append(topic)
        return messages

    def wait_until_connected(self, processes=()):
        """Wait until somebody publishes on every topic that is listened to."""
        for topic in self._topics:
            self.wait_for(lambda topic=topic: self.node.count_publishers(topic),
                          'publisher of ' + topic, processes)

    def wait_for(self, condition, what, processes=(), patience_s=DEADLINE_S):
        """Wait until condition() holds; a message wakes it, other changes are polled for."""
        deadline_s = time.monotonic() + patience_s
        while not condition():
            logs = '\n'.join(process.log() for process in processes)
            assert all(process.running for process in processes), (
                f'a process ended while waiting for {what}\n{logs}')
            assert time.monotonic() < deadline_s, (
                f'no {what} within {patience_s} s\n{logs}')
            with self._changed:
                self._changed.wait(0.1)

    def call(self, srv_type, service, request, again=False):
        """
        Call a service and return its response.

        :param again: ask again, only for what changes nothing: right after a service was found
            DDS can lose a response, as the way back may not be known yet
            (github.com/ros2/rmw_connextdds/pull/132).
        """
        client = self.node.create_client(srv_type, service)
        try:
            assert client.wait_for_service(DEADLINE_S), 'no service ' + service
            for _ in range(int(DEADLINE_S / ANSWER_S) if again else 1):
                future = client.call_async(request)
                done = threading.Event()
                future.add_done_callback(lambda _, done=done: done.set())
                if done.wait(ANSWER_S if again else DEADLINE_S):
                    return future.result()
            raise AssertionError('no answer from ' + service)
        finally:
            self.node.destroy_client(client)

    # Lifecycle and parameters.

    def state(self, node):
        return self.call(
            GetState, node + '/get_state', GetState.Request(), again=True).current_state.label

    def transition(self, node, transition_id):
        request = ChangeState.Request()
        request.transition.id = transition_id
        return self.call(ChangeState, node + '/change_state', request).success

    def wait_active(self, *nodes, processes=()):
        for node in nodes:
            self.wait_for(
                lambda node=node: self.state(node) == 'active', node + ' active', processes)

    def set_parameter(self, node, name, value):
        """Set one parameter; return (successful, reason). To set it twice changes nothing more."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        result = self.call(
            SetParameters, node + '/set_parameters', request, again=True).results[0]
        return result.successful, result.reason

    def get_parameter(self, node, name):
        response = self.call(
            GetParameters, node + '/get_parameters', GetParameters.Request(names=[name]))
        return Parameter.from_parameter_msg(
            ParameterMsg(name=name, value=response.values[0])).value

    def describe_parameters(self, node):
        """Return the descriptors of all parameters of a node."""
        names = self.call(
            ListParameters, node + '/list_parameters', ListParameters.Request()).result.names
        return self.call(DescribeParameters, node + '/describe_parameters',
                         DescribeParameters.Request(names=names)).descriptors


def diagnosis(arrays, node, **expected):
    """
    Return the first status of a node that has these values, or None.

    :param expected: values by key, and ``message``, of which a part is enough.
    """
    text = expected.pop('message', '')
    for status in [status for message in list(arrays) for status in message.status]:
        values = {pair.key: pair.value for pair in status.values}
        if status.name == node and text in status.message and all(
                values.get(key) == value for key, value in expected.items()):
            return status
    return None


@contextlib.contextmanager
def printed_by(program, parse, *arguments, env=None):
    """
    Run a Python program; yield what `parse` makes of each line it prints, a list that fills.

    :param env: what to add to the environment.
    """
    process = subprocess.Popen(
        [sys.executable, '-u', '-c', program, *arguments], stdout=subprocess.PIPE,
        universal_newlines=True, env=dict(os.environ, **(env or {})))
    found = []
    thread = threading.Thread(target=lambda: found.extend(map(parse, process.stdout)))
    thread.start()
    try:
        yield found
    finally:
        process.kill()
        process.wait()
        thread.join()
        process.stdout.close()


def quoted(value):
    """Return a text as a YAML text for -p."""
    return "'{}'".format(str(value).replace("'", "''"))


def bytes_in_pieces(data, size):
    """Return arrays of bytes, `size` each but the last."""
    return [array.array('B', data[start:start + size]) for start in range(0, len(data), size)]


def chunks_of(path, size):
    """Return a file's S16LE samples in pieces of `size` bytes."""
    samples, _ = soundfile.read(path, dtype='int16')
    return bytes_in_pieces(np.ascontiguousarray(samples).tobytes(), size)


def repeated(speech, path, times):
    """Write the speech several times in a row; return the path."""
    samples, rate_hz = soundfile.read(speech, dtype='int16')
    soundfile.write(str(path), np.tile(samples, times), rate_hz)
    return str(path)
