# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A YAML file that a person has written: read with care, and made a dataclass of."""

import re
from typing import Any, Dict, Sequence, Type

import yaml

from ser_ros.errors import SerError, listed
from ser_ros.files import check_regular
from ser_ros.typed_values import Built, build

# Nobody writes more by hand, and PyYAML needs some 20 s for this much.
MAX_BYTES = 1 << 20
# Aliases make many of few bytes.
MAX_VALUES = MAX_BYTES
# A number that YAML takes for text, since it lacks the point: 5e-5.
_EXPONENT = re.compile(r'[+-]?[0-9]+[eE][+-]?[0-9]+')

# Where a key may stand: at the beginning of a line, or in braces.
_KEYS = r'(?m)(?:^|[{{,])\s*["\']?(?:{})["\']?\s*:'


class _Loader(yaml.SafeLoader):
    """YAML's plain types; a key given twice is an error, where PyYAML would drop the first."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            # A key that is not plain is refused later, since no dictionary can hold it.
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f'the key {key.value!r} is given twice',
                        problem_mark=key.start_mark)
                seen.add((key.tag, key.value))
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        # PyYAML lets these out for text that does not fit its tag, such as !!int of a word.
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            tag = node.tag.replace('tag:yaml.org,2002:', '!!')
            reason = f' ({error})' if isinstance(error, ValueError) else ''
            raise yaml.MarkedYAMLError(
                problem=f'{node.value!r} does not fit the type {tag}{reason}',
                problem_mark=node.start_mark) from error


def load(cls: Type[Built], path: str) -> Built:
    """Make a dataclass of a file; see `ser_ros.typed_values`.

    Raises:
        SerError: as `read` and `ser_ros.typed_values.build`.
    """
    return build(cls, read(path), path)


def read(path: str, keys: Sequence[str] = ()) -> Any:
    """Return what the file holds, in YAML's plain types.

    Args:
        path: the file.
        keys: a file without any of these keys is another kind of file, perhaps a secret one: none
            of its content is in the text of an error.

    Raises:
        SerError: the file cannot be read, is larger than MAX_BYTES or is not YAML, or it gives a
            key twice. The text names the file and the line.
    """
    quotable = True
    try:
        text = _read_text(path)
        quotable = not keys or bool(
            re.search(_KEYS.format('|'.join(map(re.escape, keys))), text))
        content = _parse(text)
    except OSError as error:
        raise SerError(f'cannot read {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise SerError(f'{path} is not text in UTF-8: the byte at position {error.start}: '
                       f'{error.reason}') from None
    except RecursionError as error:
        raise SerError(f'{path} is not valid YAML: it is nested too deeply') from error
    except yaml.YAMLError as error:
        raise SerError(
            f'{path} is not valid YAML: {_reason(error, quotable)}') from (
                error if quotable else None)
    if not quotable:
        found = 'unknown keys' if isinstance(content, dict) else f'it holds {_kind(content)}'
        raise SerError(f'{path}: {found}; allowed: a mapping with the keys {listed(keys)}')
    return content


def change(values: Any, text: str) -> None:
    """Replace one value of what `read` returned.

    Args:
        values: a dictionary, perhaps with dictionaries in it, which are changed.
        text: as on a command line, such as ``training.learning_rate=5e-5``. Missing keys are
            added, so that the check of the whole names them if they are unknown.

    Raises:
        SerError: the text is not of this form, or a key before a dot holds no keys.
    """
    path, equals, value = text.partition('=')
    *above, last = path.split('.')
    if not equals or not all((*above, last)):
        raise SerError(f'{text!r} is not a change of a value; allowed: KEY=VALUE or '
                       'GROUP.KEY=VALUE, such as training.epochs=3')
    for name in above:
        values = values.setdefault(name, {}) if isinstance(values, dict) else None
    if not isinstance(values, dict):
        raise SerError(f"{text!r}: {'.'.join(above) or 'the file'} holds no keys")
    values[last] = _value(value)


def _value(text: str) -> Any:
    try:
        return float(text) if re.fullmatch(_EXPONENT, text) else _parse(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise SerError(f'{text!r} is not a value in YAML') from error


def _read_text(path: str) -> str:
    size = check_regular(path).st_size
    if size > MAX_BYTES:
        raise SerError(f'{path} has {size} bytes; a configuration may have up to {MAX_BYTES}')
    with open(path, encoding='utf-8') as file:
        return file.read()


def _parse(text: str) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _count(node: yaml.Node, known: Dict[int, int]) -> int:
    """Return how many values a node holds, with those that aliases repeat.

    Raises:
        yaml.MarkedYAMLError: there are more than MAX_VALUES, or the node holds itself.
    """
    if id(node) not in known:
        known[id(node)] = MAX_VALUES  # until it is counted: a node that holds itself is too large
        children = [] if isinstance(node, yaml.ScalarNode) else node.value
        if isinstance(node, yaml.MappingNode):
            children = [child for pair in children for child in pair]
        known[id(node)] = 1 + sum(_count(child, known) for child in children)
    if known[id(node)] > MAX_VALUES:
        raise yaml.MarkedYAMLError(
            problem=f'with its aliases it holds more than {MAX_VALUES} values',
            problem_mark=node.start_mark)
    return known[id(node)]


def _kind(content: Any) -> str:
    """Return what a file holds, without its content."""
    if content is None:
        return 'None'
    return 'a list' if isinstance(content, list) else 'a single value'


def _reason(error: yaml.YAMLError, quotable: bool = True) -> str:
    """Return what is wrong and where; only where if the content must not be quoted."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return ' '.join(str(error).split()) if quotable else 'it holds characters of no text'
    mark = error.problem_mark
    place = f'line {mark.line + 1}, column {mark.column + 1}'
    return f'{place}: {error.problem}' if quotable else place
