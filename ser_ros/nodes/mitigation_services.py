# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services of the mitigation responder."""

from dataclasses import replace
from typing import Any, Callable, NamedTuple, Type

from std_srvs.srv import SetBool, Trigger

from ser_ros.errors import SerError
from ser_ros.mitigation.estimates import Now
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.responder import Responder
from ser_ros.nodes.managed import ManagedNode

# Takes the value of a SetBool, or nothing, and returns what the caller reads.
Handler = Callable[..., str]


class Service(NamedTuple):
    """One service.

    Attributes:
        name: relative to the node's own.
        kind: its type.
        description: what it does.
    """

    name: str
    kind: Type[Any]
    description: str


class Early(NamedTuple):
    """What is done before the node is active, while an episode of another run is still open.

    Attributes:
        is_now: whether there is such an episode.
        begin_with: takes another memory.
    """

    is_now: Callable[[], bool]
    begin_with: Callable[[Memory], None]


SERVICES = (
    Service('pause', SetBool, 'true: end what runs, close the episode and answer nothing more, '
            'also after a restart. false: answer again.'),
    Service('acknowledge', Trigger, 'A human took over: close the episode.'),
    Service('feedback', SetBool, 'Whether the last episode helped. Learning believes this rather '
            'than what it heard.'),
    Service('reload', Trigger, 'Read the mitigation file again. An open episode goes on with the '
            'old one.'),
)


class Services:
    """Offer all services of a node, whatever its state is.

    Args:
        node: the node.
        responder: returns what the services are for; SerError where the node has none now.
        now: returns the time.
        after: is called when the responder has done something.
        reload: reads the mitigation file again and returns its path; SerError if it is not right.
        early: the first tick closes an episode of another run, and a service does not.
        withdraw: ends the call for a human.
    """

    def __init__(self, node: ManagedNode, responder: Callable[[], Responder],
                 now: Callable[[], Now], after: Callable[[], None],
                 reload: Callable[[], str], early: Early,  # noqa: A002
                 withdraw: Callable[[], None]) -> None:
        self._responder = responder
        self._now = now
        self._after = after
        self._read_again = reload
        self._early = early
        self._withdraw = withdraw
        for service in SERVICES:
            handler = getattr(self, '_' + service.name)
            node.create_service(
                service.kind, '~/' + service.name, _callback(handler, service.kind))

    def _pause(self, paused: bool) -> str:
        responder = self._responder()
        if self._early.is_now():
            self._early.begin_with(replace(responder.policy.memory, paused=paused))
        else:
            responder.pause(self._now(), paused)
        self._after()
        return 'paused' if paused else 'not paused'

    def _acknowledge(self) -> str:
        responder = self._responder()
        self._withdraw()
        if self._early.is_now():
            return 'the episode is closed once the node is active'
        was_open = responder.acknowledge(self._now())
        self._after()
        return 'the episode is closed' if was_open else 'no episode is open'

    def _feedback(self, helped: bool) -> str:
        responder = self._responder()
        if not responder.policy.feedback(helped):
            raise SerError('there has been no episode')
        responder.store()
        return 'it counts for the last episode'

    def _reload(self) -> str:
        return f'{self._read_again()} applies from the next episode on'


def _callback(handler: Handler, kind: Type[Any]) -> Callable[[Any, Any], Any]:
    def callback(request: Any, response: Any) -> Any:
        arguments = (request.data,) if kind is SetBool else ()
        try:
            response.success, response.message = True, handler(*arguments)
        except SerError as error:
            response.success, response.message = False, str(error)
        return response
    return callback
