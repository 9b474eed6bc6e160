# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Say a text through the robot's text to speech."""

from ser_ros.mitigation.actions.base import Action


class Say(Action):
    """Hand one of the texts to the robot."""

    audible = True
    takes_texts = True

    def start(self, now_s: float) -> None:
        """Publish the text."""
        self.outlets.publish_text(self.call.text)
