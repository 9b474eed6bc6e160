# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A YAML file becomes a dataclass, key by key, each of the type that the dataclass says."""

from dataclasses import MISSING, fields
from typing import Any, get_args, get_origin, get_type_hints

import yaml

from ser_ros.errors import SerError
from ser_ros.files import check_regular


def read(path: str) -> Any:
    """
    Read a configuration file.

    :raises SerError: if it cannot be read or is no YAML.
    """
    try:
        check_regular(path)
        with open(path, encoding='utf-8') as file:
            return yaml.safe_load(file)
    # ValueError: no UTF-8, or what looks like a date or a number and is none.
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        reason = ' '.join(str(error).split())
        raise SerError(f'cannot read the configuration {path}: {reason}') from error


def build(kind: type, values: Any, where: str) -> Any:
    """
    Make the dataclass ``kind`` of a mapping from YAML.

    Lists, dictionaries with types, and further dataclasses are followed; nothing is converted but
    whole numbers where a float is wanted.

    :param where: for the text of errors.
    :raises SerError: if a key is unknown, missing or of another type.
    """
    if not isinstance(values, dict):
        raise SerError(f'{where}: expected keys and values, got {values!r}')
    types = get_type_hints(kind)
    for key in values:
        if key not in types:
            raise SerError(f'{where}: unknown key {key!r}; allowed: {", ".join(types)}')
    for entry in fields(kind):
        required = entry.default is MISSING and entry.default_factory is MISSING
        if required and entry.name not in values:
            raise SerError(f'{where}: the key {entry.name!r} is missing')
    return kind(**{key: _convert(types[key], value, f'{where}: {key}')
                   for key, value in values.items()})


def _convert(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list and isinstance(value, list):
        return [_convert(arguments[0], item, where) for item in value]
    if origin is dict and isinstance(value, dict):
        return {_convert(arguments[0], key, where): _convert(arguments[1], item, f'{where}.{key}')
                for key, item in value.items()}
    if origin is None and hasattr(kind, '__dataclass_fields__'):
        return build(kind, value, where)
    if kind is float and type(value) is int:
        return float(value)
    if origin is None and type(value) is kind:
        return value
    name = getattr(origin or kind, '__name__', kind)
    raise SerError(f'{where} must be a {name}, got {value!r} ({type(value).__name__})')
