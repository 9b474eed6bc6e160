# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Call a human."""

from dataclasses import dataclass

from ser_ros.mitigation.actions.base import Action
from ser_ros.typed_values import key


@dataclass(frozen=True)
class NotifyOptions:
    """What the human reads."""

    text: str = key('what the human reads')


class Notify(Action):
    """Publish a notice."""

    Options = NotifyOptions

    def start(self, now_s: float) -> None:
        """Publish the notice."""
        self.outlets.publish_notice(self.options.text)
