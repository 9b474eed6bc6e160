# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names in parameter files that ROS passes over in silence: of parameters, and of nodes."""

import difflib
import re
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence

import yaml

from ser_ros.defaults import NODES, load_defaults
from ser_ros.errors import SerError, listed
from ser_ros.typed_yaml import read

# Declared by ROS itself, some only when a topic is made.
_OF_ROS = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')
_PARAMETERS = 'ros__parameters'
# Names of nodes that are as close as this may be meant for one of ours. They are so if all their
# parameters are ours as well, or if few letters are too many or missing: audio_capture_node and
# face_feature_extraction are other nodes.
_CLOSE = 0.75
_LETTERS = 2


class Section(NamedTuple):
    """The parameters of one node, or of several, in a file.

    Attributes:
        path: the file.
        node: full name of the node, perhaps with wildcards; '' for a file without any.
        parameters: names of the parameters.
    """

    path: str
    node: str
    parameters: Sequence[str]

    @property
    def name(self) -> str:
        """Name of the node without its namespace; a wildcard for the nodes of anybody."""
        return self.node.split('/')[-1]

    def is_for(self, node: str) -> bool:
        """Return whether a node of this full name takes the parameters, as ROS decides it."""
        pattern = re.escape(self.node).replace('/\\*\\*', '(/[^/]+)*').replace('\\*', '[^/]+')
        return re.fullmatch(pattern, node) is not None


def files_of(arguments: Sequence[str]) -> List[str]:
    """Return the paths of the parameter files of a command line."""
    return [path for option, path in zip(arguments, arguments[1:]) if option == '--params-file']


def sections_of(arguments: Sequence[str]) -> List[Section]:
    """Return what the parameter files of a command line hold."""
    return [section for path in files_of(arguments) for section in _sections(path)]


def of_parameters(name: str, full_name: str, given: Iterable[str],
                  sections: Sequence[Section]) -> List[str]:
    """Return a warning for each parameter that none of the nodes knows.

    All nodes may be given the parameters of all: each takes its own. A file may also give all
    nodes of a robot parameters, which are no matter of ours unless they are called nearly so.

    Args:
        name: the node's own name.
        full_name: the name and namespace under which it runs.
        given: names of parameters from files and the command line.
        sections: of the files.
    """
    own = list(load_defaults(name))
    known = {parameter for node in NODES for parameter in load_defaults(node)}
    for_anybody = {parameter for section in sections for parameter in section.parameters
                   if '*' in section.name and section.is_for(full_name)}
    warnings = []
    for parameter in given:
        if parameter in known or parameter.startswith(_OF_ROS):
            continue
        close = difflib.get_close_matches(parameter, own, n=1)
        if close or parameter not in for_anybody:
            meant = f'; did you mean {close[0]!r}?' if close else ''
            warnings.append(f'the parameter {parameter!r} is unknown and has no effect{meant}')
    return warnings


def of_nodes(nodes: Dict[str, str], sections: Sequence[Section]) -> List[str]:
    """Return a warning for each node in parameter files that is meant for one of ours and is not.

    Other names are those of other nodes.

    Args:
        nodes: the nodes of this process: their own names, and their full names.
        sections: of the files.
    """
    warnings = [f'{section.path} gives no node any parameter' for section in sections
                if not section.node]
    for section in sections:
        meant = _meant(section)
        if meant in nodes:
            warnings.append(f'{section.path}: the parameters of {section.node!r} have no effect; '
                            f"did you mean '/**/{meant}'?")
    for name, full_name in nodes.items():
        # With several namespaces one of them may be for this node.
        for path in sorted({section.path for section in sections}):
            named = [section for section in sections if section.path == path
                     and section.name in (name, full_name.split('/')[-1])]
            if named and not any(section.is_for(full_name) for section in named):
                warnings.append(
                    f'{path}: the parameters of {listed(section.node for section in named)} have '
                    f"no effect on {full_name}; did you mean '/**/{full_name.split('/')[-1]}'?")
    return warnings


def _meant(section: Section) -> str:
    """Return which of our nodes a section was meant for under another name; '' for none."""
    if section.name in NODES:
        return ''
    close = difflib.get_close_matches(section.name, NODES, n=1, cutoff=_CLOSE)
    if not close:
        return ''
    own = load_defaults(close[0])
    if abs(len(section.name) - len(close[0])) <= _LETTERS or all(
            parameter in own or parameter.startswith(_OF_ROS)
            for parameter in section.parameters):
        return close[0]
    return ''


def _sections(path: str) -> Iterator[Section]:
    try:
        content: Any = read(path)
    except (SerError, yaml.YAMLError):
        return  # ROS refuses it with its own words
    found = list(_sections_below('', content, path))
    for section in found or [Section(path, '', [])]:
        yield section


def _sections_below(node: str, content: Any, path: str) -> Iterator[Section]:
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key == _PARAMETERS:
            yield Section(path, node or '/', list(_flat('', value)))
        elif isinstance(key, str):
            for section in _sections_below(f"{node}/{key.strip('/')}", value, path):
                yield section


def _flat(prefix: str, values: Any) -> Iterator[str]:
    """Yield the names of parameters as ROS makes them of groups: GROUP.NAME."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if isinstance(value, dict):
            for name in _flat(f'{prefix}{key}.', value):
                yield name
        else:
            yield f'{prefix}{key}'
