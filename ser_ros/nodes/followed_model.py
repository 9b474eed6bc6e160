# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One model_info is followed, that of the node whose emotions are published."""

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer

from ser_ros.nodes.diagnostics import WARN
from ser_ros.nodes.inputs import UNKNOWN, Problem, Watched, publishers
from ser_ros.nodes.messages import ModelInfo

TOPIC = 'model_info'
EMOTION = 'emotion'
# Nodes and their names become known one after the other, within this time.
_PATIENCE_S = 1.0
_POLL_S = 0.1
# Nobody has so many models. What strangers send is not kept beyond this.
_KEPT = 20
_KEPT_CHARACTERS = 200
_KEPT_DIMENSIONS = 9

# How much speaks for a message: its publisher also publishes emotions, is there, or is not known.
_OF_THE_EMOTIONS = 2
_OF_A_NODE = 1
_OF_UNKNOWN = 0


class Model(NamedTuple):
    """What feature_extraction has to know of a model."""

    name: str
    feature_set: str
    input_shape: Tuple[int, ...]

    @property
    def input(self) -> Tuple[str, Tuple[int, ...]]:
        """Feature set and shape."""
        return self.feature_set, self.input_shape


class FollowedModel(Watched):
    """Follow the model_info of the node that publishes the emotions, whoever else publishes it.

    ROS does not say in Python who has sent a message, so the message holds the GID of its
    publisher. Messages without one, or of a publisher that is gone, count where no other is there.
    """

    def __init__(self, node: Node, on_model: Callable[[Model], None],
                 clock: Callable[[], float] = time.monotonic):
        """Follow nobody yet.

        Args:
            node: the node that listens.
            on_model: takes the model that is followed from now on.
            clock: a steady clock [s].
        """
        self._node = node
        self._on_model = on_model
        self._clock = clock
        self._timer: Optional[Timer] = None
        self.stop()

    def start(self) -> None:
        """Wait for a message."""
        self.stop()
        self._timer = self._node.create_timer(
            _POLL_S, self._choose, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def stop(self) -> None:
        """Forget all."""
        self._stop_polling()
        self._heard: Dict[str, Model] = {}
        self._first_heard_s = 0.0
        self._followed: Optional[str] = None
        self._given: Optional[Model] = None
        # Whether the one that is followed was seen to publish the emotions.
        self._is_sure = False
        self._others = ''

    def _stop_polling(self) -> None:
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None

    def hear(self, message: ModelInfo) -> None:
        """Take in a message of the topic."""
        model = Model(message.name[:_KEPT_CHARACTERS], message.feature_set[:_KEPT_CHARACTERS],
                      tuple(message.input_shape[:_KEPT_DIMENSIONS]))
        key = message.publisher[:_KEPT_CHARACTERS]
        if not self._heard:
            self._first_heard_s = self._clock()
        if self._heard.get(key) == model:
            return
        if len(self._heard) >= _KEPT and key not in self._heard:
            del self._heard[next(old for old in self._heard if old != self._followed)]
        # The latest one is the last one.
        self._heard.pop(key, None)
        self._heard[key] = model
        self._choose()

    def _choose(self) -> None:
        """Follow the message for which most speaks."""
        if not self._heard:
            return
        ranks = self._ranks()
        best = max(ranks.values())
        if best < _OF_THE_EMOTIONS and self._followed is None and (
                self._clock() - self._first_heard_s < _PATIENCE_S):
            return
        if not self._keeps(ranks, best):
            keys = [key for key in self._heard if ranks[key] == best]
            self._followed = keys[0] if best == _OF_THE_EMOTIONS else keys[-1]
            self._is_sure = False
        assert self._followed is not None
        self._is_sure = self._is_sure or ranks[self._followed] == _OF_THE_EMOTIONS
        self._stop_polling()
        model = self._heard[self._followed]
        if self._given is None or model.input != self._given.input:
            self._given = model
            self._on_model(model)

    def _keeps(self, ranks: Dict[str, int], best: int) -> bool:
        """Return whether the one that is followed stays so."""
        if self._followed is None:
            return False
        if ranks[self._followed] == _OF_THE_EMOTIONS:
            return True
        # A node that starts again is gone for a while, which is nobody else's turn.
        return self._is_sure and best < _OF_THE_EMOTIONS

    def _ranks(self) -> Dict[str, int]:
        nodes = publishers(self._node, TOPIC)
        of_emotions = set(publishers(self._node, EMOTION).values())
        return {key: _OF_UNKNOWN if key not in nodes
                else _OF_THE_EMOTIONS if nodes[key] in of_emotions else _OF_A_NODE
                for key in self._heard}

    def look(self, values: Dict[str, Any]) -> Optional[Problem]:
        """Follow who is there now; return level and text of a contradiction.

        Args:
            values: of the diagnostics; gets who is not followed.
        """
        self._choose()
        if self._followed is None:
            return None
        nodes = publishers(self._node, TOPIC)
        followed = nodes.pop(self._followed, 'a node that is not known')
        values[f'other publishers of {TOPIC}'] = ', '.join(sorted(nodes.values()))
        others = self._contradicting(nodes)
        text = self._text(followed, others)
        names = ', '.join(sorted(others))
        if names != self._others and UNKNOWN not in names:
            self._others = names
            if names:
                self._node.get_logger().warning(text)
        return (WARN, text) if others else None

    def _contradicting(self, nodes: Dict[str, str]) -> Dict[str, Model]:
        """Return {name of a node that is there: what it says of another input}."""
        assert self._followed is not None
        wanted = self._heard[self._followed].input
        found = {nodes[key]: model for key, model in self._heard.items()
                 if key in nodes and model.input != wanted}
        nameless: List[str] = [name for key, name in nodes.items() if key not in self._heard]
        # Those who do not say who they are.
        unknown = [model for key, model in self._heard.items()
                   if key not in nodes and key != self._followed and model.input != wanted]
        if nameless and unknown:
            found.update((name, unknown[-1]) for name in nameless)
        return found

    def _text(self, followed: str, others: Dict[str, Model]) -> str:
        said = ', '.join(f'{name} asks for {model.feature_set!r}'
                         for name, model in sorted(others.items()))
        return (f'more than one publisher on {TOPIC}; {followed} is followed, but {said}: give '
                'each graph a namespace or a ROS_DOMAIN_ID of its own')
