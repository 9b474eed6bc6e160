# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the nodes: declared with description and range, defaults from config/ser.yaml."""

from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    SetParametersResult,
)
from rclpy.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    ParameterUninitializedException,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from ser_ros.defaults import load_defaults
from ser_ros.errors import SerError, listed

# When a parameter may be changed: at any time, only while nothing has been made from it, or never:
# anybody in the network may set the others.
ALWAYS = 'at any time'
AT_START = 'at the start only'
UNCONFIGURED = 'while the node is unconfigured'


class Spec(NamedTuple):
    """One parameter, as `spec` describes it."""

    name: str
    description: str
    range: Optional[Tuple[float, float]]
    choices: Sequence[str]
    changes: str
    is_path: Optional[Callable[[str], bool]]


def spec(name: str, description: str,
         range: Optional[Tuple[float, float]] = None,  # noqa: A002
         choices: Sequence[str] = (), changes: str = UNCONFIGURED,
         is_path: Optional[Callable[[str], bool]] = None) -> Spec:
    """Describe one parameter.

    Args:
        range: lowest and highest value allowed, in the type of the default.
        choices: the values allowed, for text.
        changes: ALWAYS, UNCONFIGURED or AT_START, when it may be set.
        is_path: says which values name a file or folder; None: none does. See
            `ser_ros.nodes.allowed_folders`.
    """
    return Spec(name, description, range, tuple(choices), changes, is_path)


_OFF = 'off'
AUTOSTART = spec(
    'autostart', 'Configure and activate the node without a lifecycle manager. Read at '
    'start-up only.')


def _descriptor(parameter: Spec, default: Any) -> ParameterDescriptor:
    # YAML reads the plain word off as false, here and in `ros2 param set`.
    descriptor = ParameterDescriptor(dynamic_typing=_OFF in parameter.choices)
    descriptor.description = f'{parameter.description} Can be set {parameter.changes}.'
    if parameter.choices:
        descriptor.additional_constraints = 'one of: ' + ', '.join(parameter.choices)
    if parameter.range and isinstance(default, int):
        descriptor.integer_range = [IntegerRange(
            from_value=parameter.range[0], to_value=parameter.range[1], step=0)]
    elif parameter.range:
        descriptor.floating_point_range = [FloatingPointRange(
            from_value=float(parameter.range[0]), to_value=float(parameter.range[1]), step=0.0)]
    return descriptor


def _type_name(value: Any) -> str:
    names = {bool: 'true or false', int: 'a whole number', float: 'a number with a point',
             str: 'text (a number in quotes)', list: 'a list of one or more texts'}
    return names.get(type(value), type(value).__name__)


def declare(node: Node, name: str, specs: Sequence[Spec]) -> None:
    """Declare all parameters of a node.

    Args:
        name: the node's own name, whatever it was remapped to: under this the defaults are listed.

    Raises:
        SerError: if a value from a file or the command line has the wrong type or is out of range;
            the text names the parameter, the value and what is allowed.
    """
    defaults = load_defaults(name)
    for parameter in specs:
        default = defaults[parameter.name]
        try:
            # An empty list has no type: rclpy complains when the value is read.
            node.declare_parameter(parameter.name, default, _descriptor(parameter, default))
            value = node.get_parameter(parameter.name).value
        except (InvalidParameterTypeException, InvalidParameterValueException,
                ParameterUninitializedException) as error:
            raise SerError(
                f'parameter {parameter.name} must be '
                f'{_type_name(default)}{_allowed(parameter)}; {error}') from error
        _check_choice(parameter, value)
    node.set_parameters(with_words(specs, node.get_parameters([each.name for each in specs])))
    _describe_use_sim_time(node)


def _allowed(parameter: Spec) -> str:
    if parameter.choices:
        return ', one of: ' + ', '.join(parameter.choices)
    if parameter.range:
        return ' from {} to {}'.format(*parameter.range)
    return ''


def with_words(specs: Sequence[Spec], values: Sequence[Parameter]) -> List[Parameter]:
    """Return those of the values that YAML has made false of the word off, with the word."""
    names = [parameter.name for parameter in specs if _OFF in parameter.choices]
    return [Parameter(value.name, value=_OFF) for value in values
            if value.name in names and value.value is False]


def _check_choice(parameter: Spec, value: Any) -> None:
    if value is False and _OFF in parameter.choices:
        return
    if parameter.choices and value not in parameter.choices:
        raise SerError(
            f'parameter {parameter.name}: given {value!r}, allowed: {listed(parameter.choices)}')


def _describe_use_sim_time(node: Node) -> None:
    # rclpy declares this one itself, without a word.
    if not node.describe_parameter('use_sim_time').description:
        node.set_descriptor('use_sim_time', ParameterDescriptor(
            type=ParameterType.PARAMETER_BOOL,
            description='Take the time from /clock (simulation, replay) instead of the system '
            'clock. Can be set at any time.'))


def check_changes(specs: Sequence[Spec], changes: Sequence[Parameter],
                  state_label: str) -> SetParametersResult:
    """Refuse a change that the node's lifecycle state or the list of choices does not allow."""
    known = {parameter.name: parameter for parameter in specs}
    for change in changes:
        parameter = known.get(change.name)
        if parameter is None:
            continue
        if parameter.changes == AT_START:
            return SetParametersResult(successful=False, reason=(
                f'{change.name} can only be set when the node is started, such as with -p '
                f'{change.name}:=VALUE or in a params_file'))
        if parameter.changes == UNCONFIGURED and state_label != 'unconfigured':
            return SetParametersResult(successful=False, reason=(
                f'{change.name} can only be set while the node is unconfigured, but it is '
                f'{state_label}; deactivate and clean up first'))
        try:
            _check_choice(parameter, change.value)
        except SerError as error:
            return SetParametersResult(successful=False, reason=str(error))
    return SetParametersResult(successful=True)
