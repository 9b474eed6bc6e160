# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The policy of the mitigation responder, and the mitigation file that it goes by."""

import contextlib
from typing import Any, Callable, Mapping, Optional

from ser_ros.errors import SerError
from ser_ros.mitigation.config import MitigationConfig
from ser_ros.mitigation.learning import Learner
from ser_ros.mitigation.memory import Memory
from ser_ros.mitigation.memory_file import NONE
from ser_ros.mitigation.policy import MitigationPolicy
from ser_ros.nodes import mitigation_file
from ser_ros.nodes.managed import ManagedNode
from ser_ros.nodes.parameters import spec

PARAMETERS = (
    spec('state_file', 'File that keeps the open episode, cool-down, limits and pause over a '
         'restart. Empty: ~/.local/state/ser_ros/mitigation_responder.json, with the namespace '
         f'and name of the node. {NONE}: nothing is kept.',
         is_path=lambda value: value not in ('', NONE)),
    spec('learning', 'Whether strategies are tried where the mitigation file gives several for '
         'an emotion, and those that help are preferred. false: the first one is taken.'),
    spec('learning_seed', 'Makes the choices of learning repeatable. -1: they are not.',
         range=(-1, 2**31 - 1)),
)


class PolicyFile:
    """Read the mitigation file, and make a policy go by it from its next episode on.

    Attributes:
        content: the file that was read last.
        learner: chooses among strategies; None if the node does not learn.
    """

    def __init__(self, node: ManagedNode, check: Callable[[MitigationConfig], None]) -> None:
        """Read the file.

        Args:
            node: has PARAMETERS and those of `mitigation_file`.
            check: raises SerError for a file that cannot be used here.

        Raises:
            SerError: the file is not right.
        """
        self._node = node
        self._check = check
        self.content: MitigationConfig
        self.read({})
        # What an open episode goes on with.
        self._used = self.content
        self.learner: Optional[Learner] = None
        if node.value('learning'):
            seed = node.value('learning_seed')
            self.learner = Learner(self.content.learning, None if seed < 0 else seed)

    def read(self, values: Mapping[str, Any]) -> None:
        """Read the file for these new values of parameters.

        Raises:
            SerError: it is not right; the one before it stays.
        """
        wanted = {name: self._value(values, name) for name in mitigation_file.NAMES}
        resolve = self._node.files.resolver('config', wanted['config'])
        path = resolve(wanted['config'])
        content = mitigation_file.read(dict(wanted, config=path))
        resolve(path)  # a link may have taken its place meanwhile
        self._check(content)
        self.content = content

    def make_policy(self, memory: Memory) -> MitigationPolicy:
        """Return a policy that goes on where a memory ends."""
        return MitigationPolicy(self.content, self._node.value('language'),
                                self._node.value('sensitivity'), memory, self.learner)

    def configure(self, policy: MitigationPolicy, values: Mapping[str, Any]) -> None:
        """Let the policy go by the file and these new values of parameters.

        The sensitivity applies at once, as the file has it that an open episode goes on with.
        """
        if 'sensitivity' in values:
            with contextlib.suppress(SerError):  # that file may have no such sensitivity
                policy.timing = self._used.timing_of(values['sensitivity'])
        policy.configure(self.content, self._value(values, 'language'),
                         self._value(values, 'sensitivity'))
        if not policy.state.emotion:
            self.take_over()
        if self.learner is not None:
            # Its results so far stay, and the next choice goes by the priors of this file.
            self.learner.settings = self.content.learning

    def take_over(self) -> None:
        """Take it that no episode is open any more."""
        self._used = self.content

    def _value(self, values: Mapping[str, Any], name: str) -> Any:
        return values[name] if name in values else self._node.value(name)
