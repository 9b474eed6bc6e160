# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the mitigation responder that decide on the mitigation file."""

from typing import Any, Dict, Mapping, Sequence

from rclpy.parameter import Parameter

from ser_ros.mitigation import config
from ser_ros.nodes.parameters import ALWAYS, spec
from ser_ros.resources import share_path

PARAMETERS = (
    spec('config', 'Path of the mitigation file: when to answer, and how. Empty: '
         'config/mitigation.yaml of the package. A change applies to the next episode.',
         changes=ALWAYS, is_path=bool),
    spec('language', 'Language of the texts. The mitigation file must have it. The file of the '
         'package has en and ko. A change applies to the next episode.', changes=ALWAYS),
    spec('sensitivity', 'How readily an answer starts. normal: as timing of the mitigation '
         'file says. The file of the package also has calm (fewer wrong answers) and keen '
         '(more right ones).', changes=ALWAYS),
)
NAMES = tuple(parameter.name for parameter in PARAMETERS)


def changed(changes: Sequence[Parameter]) -> Dict[str, Any]:
    """Return the new values of these parameters."""
    return {change.name: change.value for change in changes if change.name in NAMES}


def read(values: Mapping[str, Any]) -> config.MitigationConfig:
    """Read the mitigation file.

    Args:
        values: of the parameters.

    Raises:
        SerError: the file is not right, or has no such language or sensitivity.
    """
    content = config.load(values['config'] or share_path('config', 'mitigation.yaml'))
    content.check_language(values['language'])
    content.timing_of(values['sensitivity'])
    return content
