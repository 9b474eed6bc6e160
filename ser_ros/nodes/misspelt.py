# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names in parameter files that ROS passes over in silence: of parameters, and of nodes."""

import difflib
from typing import Any, Iterable, List, Sequence

import yaml

from ser_ros.defaults import NODES, load_defaults
from ser_ros.errors import SerError
from ser_ros.typed_yaml import read

# Declared by ROS itself, some only when a topic is made.
_OF_ROS = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')


def of_parameters(name: str, given: Iterable[str]) -> List[str]:
    """Return a warning for each parameter that none of the nodes knows.

    All nodes may be given the parameters of all: each takes its own.

    Args:
        name: the node's own name.
        given: names of parameters from files and the command line.
    """
    own = list(load_defaults(name))
    known = {parameter for node in NODES for parameter in load_defaults(node)}
    return [
        f'the parameter {parameter!r} is unknown and has no effect{_meant(parameter, own)}'
        for parameter in given
        if parameter not in known and not parameter.startswith(_OF_ROS)]


def of_nodes(names: Sequence[str], arguments: Sequence[str]) -> List[str]:
    """Return a warning for each node in parameter files that is called nearly like one of ours.

    Other names are those of other nodes.

    Args:
        names: nodes of this process.
        arguments: command line.
    """
    warnings = []
    for option, path in zip(arguments, arguments[1:]):
        if option != '--params-file':
            continue
        for section in _sections(path):
            name = section.strip('/').split('/')[-1]
            close = difflib.get_close_matches(name, NODES, n=1, cutoff=0.75)
            if name not in NODES and close and close[0] in names:
                warnings.append(f'{path}: the parameters of {section!r} have no effect; did you '
                                f"mean '/**/{close[0]}'?")
    return warnings


def _meant(parameter: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(parameter, known, n=1)
    return f'; did you mean {close[0]!r}?' if close else ''


def _sections(path: str) -> List[str]:
    try:
        content: Any = read(path)
    except (SerError, yaml.YAMLError):
        return []  # ROS refuses it with its own words
    return [name for name in content if isinstance(name, str)] if isinstance(content, dict) else []
