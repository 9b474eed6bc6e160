# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the four nodes have in common: lifecycle, topics, parameters, diagnostics."""

import re
import time
import traceback
from typing import Any, Callable, List, Optional, Sequence, Tuple

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from ser_ros.errors import SerError
from ser_ros.nodes import diagnostics, guarded_services, parameters, topics
from ser_ros.nodes.allowed_folders import FileParameters
from ser_ros.nodes.audio_progress import ProgressReport
from ser_ros.nodes.bond import Bond
from ser_ros.nodes.endpoints import Endpoints
from ser_ros.nodes.inputs import Watched

SUCCESS = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR

# With autostart, what could not be activated (no microphone yet) is tried again.
RETRY_PERIOD_S = 5.0
# A lifecycle manager that is there configures a node sooner; one that is respawned it may forget.
FORGOTTEN_S = 10.0
FORGOTTEN = ('unconfigured since the start, without autostart: a lifecycle manager has to '
             'configure it (again, if it was respawned)')


class ManagedNode(LifecycleNode):
    """A lifecycle node whose work is in four methods: configure, activate, deactivate, cleanup.

    A SerError in configure or activate is logged and the node stays in the state it was in
    (FAILURE). Anything else is a fault of ours: it is logged with its traceback, everything is
    given back, and the node is unconfigured again (ERROR). deactivate and cleanup must be able
    to run at any time, also after half a configure or activate.

    Subclasses set NAME, PARAMETERS (made by `parameters.spec`) and TOPICS (made by
    `topics.publishes` and `topics.subscribes`).
    """

    NAME = ''
    PARAMETERS: Tuple[parameters.Spec, ...] = ()
    TOPICS: Tuple[topics.Topic, ...] = ()

    def __init__(self) -> None:
        self._endpoints = Endpoints(self)
        self._failure = ''
        self._started_s = time.monotonic()
        self._was_configured = False
        self._retry_timer: Optional[Timer] = None
        self._bond: Optional[Bond] = None
        #: What the node lives on; watched while it is active and the input is started.
        self.inputs: List[Watched] = []
        super().__init__(self.NAME)
        #: For a file that waits for the node; ended when the node is no longer active.
        self.progress = ProgressReport(self)
        self._specs = self.PARAMETERS + (parameters.AUTOSTART,)
        parameters.declare(self, self.NAME, self._specs)
        #: The parameters that name files.
        self.files = FileParameters(
            self._specs, {each.name: self.value(each.name) for each in self._specs})
        self.add_on_set_parameters_callback(self._on_set_parameters)
        guarded_services.guard(self)
        self.diagnostics = diagnostics.Diagnostics(self, self.NAME, self._report)
        if not self.value('autostart'):  # else there is no lifecycle manager
            self._bond = Bond(self)

    # What a subclass fills in.

    def configure(self) -> None:
        """Take in files and models; raise SerError if that is impossible."""

    def activate(self) -> None:
        """Start the work; raise SerError if that is impossible."""

    def deactivate(self) -> None:
        """Stop the work; nothing is published afterwards."""

    def cleanup(self) -> None:
        """Give back all that configure took."""

    def report(self) -> diagnostics.Report:
        """Return (level, message, values) for the diagnostics."""
        return diagnostics.OK, '', {}

    def check(self, changes: Sequence[Parameter]) -> None:
        """Raise SerError if these valid-looking parameter changes can't be made."""

    def accept(self, changes: Sequence[Parameter]) -> None:
        """Take over parameter changes that passed every check; must return at once."""

    @property
    def failure(self) -> str:
        """Why the last transition failed; '' where it did not."""
        return self._failure

    # Help for subclasses.

    def value(self, name: str) -> Any:
        """Return the value of a parameter."""
        return self.get_parameter(name).value

    def file(self, name: str) -> str:
        """Return the value of a parameter that names a file, to be opened now.

        Raises:
            SerError: if the file is not in an allowed folder.
        """
        return self.files.resolve(name, self.value(name))

    @property
    def state_label(self) -> str:
        """The lifecycle state: unconfigured, inactive, active, finalized or a transition's."""
        return self._state_machine.current_state[1]

    def now_ns(self) -> int:
        """Return the node's time, simulated if use_sim_time says so [ns]."""
        return self.get_clock().now().nanoseconds

    def later(self, callback: Callable[..., Any], *arguments: Any) -> None:
        """Have the executor call back, from whatever thread this is called."""
        executor = self.executor
        if executor is not None:
            executor.create_task(callback, *arguments)

    def publish_to(self, key: str) -> Publisher:
        """Make a publisher that lives until cleanup.

        It publishes only while the node is active. What a late joiner must know (`qos.LATCHED`)
        is also published while it is inactive.

        Args:
            key: name of a topic in TOPICS, or the parameter that holds the name.
        """
        topic = topics.find(self.TOPICS, key, topics.PUBLISHED)
        return self._endpoints.publisher(topic, self._topic_name(topic))

    def subscribe_to(self, key: str, callback: Callable[..., None]) -> Subscription:
        """Make a subscription to a topic in TOPICS that lives until deactivation."""
        topic = topics.find(self.TOPICS, key, topics.SUBSCRIBED)
        return self._endpoints.subscription(topic, self._topic_name(topic), callback)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription before deactivation."""
        self._endpoints.destroy_subscription(subscription)

    def _topic_name(self, topic: topics.Topic) -> str:
        if topic.parameter:
            return self.value(topic.parameter)
        return re.sub('{(.+?)}', lambda match: self.value(match.group(1)), topic.name)

    # The lifecycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """SUCCESS: inactive. FAILURE: unconfigured as before, the log says why."""
        return self._attempt(self.configure, self._release, super().on_configure, state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """SUCCESS: active. FAILURE: inactive as before, the log says why."""
        result = self._attempt(self.activate, self._halt, super().on_activate, state)
        if result == FAILURE:
            super().on_deactivate(state)  # the publishers, which were first
        elif result == SUCCESS and self._bond is not None:
            self._bond.start()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """SUCCESS: inactive, nothing is published any more."""
        self._stop_retrying()
        return self._attempt(self._halt, self._halt, super().on_deactivate, state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """SUCCESS: unconfigured, all memory, files and devices are given back."""
        return self._attempt(self._release, self._release, super().on_cleanup, state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """SUCCESS from every state: finalized, all is given back."""
        self._halt()
        self._release()
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """SUCCESS: all is given back and the node is unconfigured."""
        self._halt()
        self._release()
        return SUCCESS

    def _attempt(
            self, action: Callable[[], None], undo: Callable[[], None],
            entities: Callable[[LifecycleState], TransitionCallbackReturn],
            state: LifecycleState) -> TransitionCallbackReturn:
        # The publishers first: what activate starts may publish at once.
        result = entities(state)
        try:
            action()
            self._failure = ''
            return result
        except SerError as error:
            undo()
            if str(error) != self._failure:  # when tried again and again, once is enough
                self.get_logger().error(str(error))
            self._failure = str(error)
            return FAILURE
        except Exception as error:  # rclpy would swallow it without a word
            self._failure = repr(error)
            self.get_logger().error(traceback.format_exc())
            return ERROR

    def _halt(self) -> None:
        if self._bond is not None:
            self._bond.stop()
        self.deactivate()
        for source in self.inputs:
            source.stop()
        self.progress.end()
        self._endpoints.destroy_subscriptions()

    def _release(self) -> None:
        self.cleanup()
        self._endpoints.destroy_publishers()

    def start(self) -> bool:
        """Configure and activate, if need be again and again; return whether it is active now."""
        if self.trigger_configure() != SUCCESS:
            return False
        if self.trigger_activate() == SUCCESS:
            return True
        self._retry_timer = self.create_timer(
            RETRY_PERIOD_S, self._start_again, clock=Clock(clock_type=ClockType.STEADY_TIME))
        return False

    def _start_again(self) -> None:
        # In any other state somebody has taken the node in hand.
        if self.state_label != 'inactive' or self.trigger_activate() == SUCCESS:
            self._stop_retrying()

    def _stop_retrying(self) -> None:
        if self._retry_timer is not None:
            self.destroy_timer(self._retry_timer)
            self._retry_timer = None

    def close(self) -> None:
        """Give everything back and destroy the node."""
        self._halt()
        self._release()
        self.destroy_node()

    # Parameters and diagnostics.

    def _on_set_parameters(self, changes: Sequence[Parameter]) -> SetParametersResult:
        result = parameters.check_changes(self._specs, changes, self.state_label)
        if not result.successful:
            return result
        try:
            self.files.check(changes)
            self.check(changes)
        except SerError as error:
            result.successful = False
            result.reason = str(error)
            return result
        self.accept(changes)
        words = parameters.with_words(self._specs, changes)
        if words:
            self.later(self.set_parameters, words)
        return result

    def _report(self) -> diagnostics.Report:
        level, message, values = self.report()
        if self._is_forgotten():
            level = diagnostics.WARN
            message = FORGOTTEN
        values = dict(values, state=self.state_label)
        problems = [problem for problem in (source.look(values) for source in self.inputs)
                    if problem is not None]
        if problems:
            # All: what the node says of itself may be why nothing comes.
            level = max([level] + [found for found, _ in problems])
            message = '; '.join(filter(None, [message] + [text for _, text in problems]))
        if self._failure:
            return diagnostics.ERROR, self._failure, values
        return level, message or self.state_label, values

    def _is_forgotten(self) -> bool:
        """Return whether nobody has ever configured this node, for longer than is usual."""
        self._was_configured = self._was_configured or self.state_label != 'unconfigured'
        return (not self._was_configured and not self._failure
                and time.monotonic() - self._started_s > FORGOTTEN_S)
