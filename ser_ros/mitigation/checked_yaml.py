# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A YAML file that a person has written; errors name the file, the key and what is allowed."""

from typing import Any, Collection, Dict, Tuple

import yaml

from ser_ros.errors import SerError
from ser_ros.files import check_regular


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's plain types; a key given twice is an error, where PyYAML would drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.MarkedYAMLError(
                    problem=f'the key {key.value!r} is given twice',
                    problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: str) -> Any:
    """
    Return what the file holds, in YAML's plain types.

    :raises SerError: if it cannot be read, or is no YAML or gives a key twice.
    """
    try:
        check_regular(path)
        with open(path, encoding='utf-8') as file:
            return yaml.load(file, Loader=_UniqueKeyLoader)
    except OSError as error:
        raise SerError(f'cannot read the mitigation file {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise SerError(f'{path} is no text in UTF-8: {error}') from error
    except RecursionError as error:
        raise SerError(f'{path} is not valid YAML: it is nested too deeply') from error
    # ValueError: of Python's, for what looks like a date or a number and is none.
    except (yaml.YAMLError, ValueError) as error:
        raise SerError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error


class Checker:
    """
    Checked access to the values of one file.

    In all methods ``where`` is the dotted key of the value; they raise SerError for another kind
    of value than they return.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def error(self, where: str, text: str) -> SerError:
        """Return the error to raise."""
        return SerError(f"{self._path}: {where and where + ': '}{text}")

    def mapping(
        self, value: Any, where: str, keys: Collection[str], optional: Collection[str] = (),
    ) -> Dict[str, Any]:
        """Return a mapping that has all of `keys`, but for the `optional`, and no others."""
        if not isinstance(value, dict):
            raise self.error(where, f"{value!r} is not a mapping; needed: the keys "
                                    f"{', '.join(keys)}")
        for key in value:
            if key not in keys:
                raise self.error(where, f"unknown key {key!r}; allowed: {', '.join(keys)}")
        for key in keys:
            if key not in value and key not in optional:
                raise self.error(where, f"the key {key!r} is missing; needed: "
                                        f"{', '.join((k for k in keys if k not in optional))}")
        return value

    def names(self, value: Any, where: str, least: int = 1) -> Tuple[str, ...]:
        """Return a list of different words."""
        words = self.texts(value, where, least)
        if len(set(words)) < len(words):
            raise self.error(where, f'{value!r} names one twice')
        return words

    def texts(self, value: Any, where: str, least: int = 1) -> Tuple[str, ...]:
        """Return a list of texts, so many at least, without the white space around them."""
        if not isinstance(value, list) or len(value) < least:
            raise self.error(where, f"{value!r} is not a list; needed: a list of "
                                    f"{'one or more ' if least else ''}texts")
        for item in value:
            if not isinstance(item, str) or not item.strip():
                raise self.error(
                    where, f'{item!r} is not a text; put it in quotes if it should be')
        return tuple(item.strip() for item in value)

    def number(self, value: Any, where: str, low: float, high: float) -> float:
        """Return a number of this range."""
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            raise self.error(where, f'{value!r}; allowed: a number from {low:g} to {high:g}')
        return float(value)
