# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plain values, as YAML and JSON give them, become a dataclass and are checked on the way.

A field's type says what its value must be, and `key` adds a range, choices and a description::

    @dataclass(frozen=True)
    class Timing:
        hold_s: float = key('an emotion lasts this long before it is answered', ge=0, le=3600)

    build(Timing, {'hold_s': -1}, 'own.yaml')
    # SerError: own.yaml: hold_s is -1; allowed: a number from 0 to 3600 (an emotion lasts ...)
"""

import collections.abc
import reprlib
import sys
import typing
from collections import Counter
from copy import copy
from dataclasses import MISSING, Field, field, fields, is_dataclass
from typing import (
    Any,
    Collection,
    List,
    Mapping,
    NamedTuple,
    NoReturn,
    Optional,
    Tuple,
    Type,
    TypeVar,
)

from ser_ros.errors import SerError, listed

Built = TypeVar('Built')

_RULE = 'rule'
_NAMES = {bool: 'true or false', int: 'a whole number', float: 'a number', str: 'a text',
          list: 'a list', tuple: 'a list', dict: 'a mapping',
          collections.abc.Mapping: 'a mapping'}
# Long enough to recognize the value, short enough for an error of one line.
_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = 80
_SHOWN.maxlevel = 2


class Rule(NamedTuple):
    """What the value of a field must hold beyond its type; see `key`."""

    description: str = ''
    ge: Optional[float] = None
    gt: Optional[float] = None
    le: Optional[float] = None
    lt: Optional[float] = None
    choices: Optional[Collection[Any]] = None
    unique: bool = False
    may_be_empty: bool = False

    def accepts(self, number: float) -> bool:
        """Return whether a number is finite and in the range."""
        # Written so that NaN fails too.
        return (-sys.float_info.max <= number <= sys.float_info.max
                and (self.ge is None or number >= self.ge)
                and (self.gt is None or number > self.gt)
                and (self.le is None or number <= self.le)
                and (self.lt is None or number < self.lt))

    @property
    def range(self) -> str:
        """The range in words, with a space before them; '' where there is none."""
        if self.ge is not None and self.le is not None:
            return f' from {self.ge:g} to {self.le:g}'
        words = [f'{word} {limit:g}' for word, limit in (
            ('of at least', self.ge), ('over', self.gt), ('of at most', self.le),
            ('below', self.lt)) if limit is not None]
        return ' ' + ' and '.join(words) if words else ''


def key(description: str = '', default: Any = MISSING, *, ge: Optional[float] = None,
        gt: Optional[float] = None, le: Optional[float] = None, lt: Optional[float] = None,
        choices: Optional[Collection[Any]] = None, unique: bool = False,
        may_be_empty: bool = False) -> Any:
    """Return a dataclass field with rules for its value.

    In a list or a mapping, the range and the choices are those of each item.

    Args:
        description: what the value does, as a clause that errors show in parentheses.
        default: the value where the key is missing; without one the key is required.
        ge: lowest value.
        gt: limit that every value exceeds.
        le: highest value.
        lt: limit that every value is below.
        choices: the only values allowed.
        unique: the items of a list differ from each other.
        may_be_empty: the text may be blank, or the list or mapping have no items. This holds
            also where the default is empty.
    """
    metadata = {_RULE: Rule(description, ge, gt, le, lt, choices, unique, may_be_empty)}
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: copy(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def rule_of(member: 'Field[Any]') -> Rule:
    """Return the rule of a dataclass field, also where it was not made by `key`."""
    rule: Rule = member.metadata.get(_RULE, Rule())
    default = member.default if member.default_factory is MISSING else member.default_factory()
    return rule._replace(may_be_empty=rule.may_be_empty or default in ('', [], (), {}))


def build(cls: Type[Built], values: Any, where: str, ignore_unknown: bool = False) -> Built:
    """Make a dataclass of a mapping.

    Lists, tuples, mappings and dataclasses within it are followed. Nothing is converted, except
    whole numbers where a float is wanted and lists where a tuple is.

    Args:
        cls: a dataclass.
        values: what a file holds.
        where: the file, for the text of errors.
        ignore_unknown: leave out keys that the dataclass does not have.

    Raises:
        SerError: a key is unknown or missing, or its value is not allowed, or the dataclass
            itself refuses the values together.
    """
    return _Builder(where, ignore_unknown).build(cls, values, '')


def check(instance: Any) -> None:
    """Check the values of a dataclass that was made without `build`.

    Raises:
        SerError: a value breaks a rule of its field.
    """
    builder = _Builder('', False)
    types = typing.get_type_hints(type(instance))
    for member in fields(instance):
        builder.convert(types[member.name], getattr(instance, member.name), member.name,
                        rule_of(member))


class _Builder:
    """Converts values; ``place`` is the dotted key of a value in the file, '' for the whole."""

    def __init__(self, source: str, ignore_unknown: bool) -> None:
        self._source = source
        self._ignore_unknown = ignore_unknown

    def build(self, cls: Type[Built], values: Any, place: str) -> Built:
        names = [member.name for member in fields(cls)]  # type: ignore[arg-type]
        if not isinstance(values, dict):
            self._refuse(place, values, f'a mapping with the keys {listed(names)}', Rule())
        unknown = [name for name in values if name not in names]
        if unknown and not self._ignore_unknown:
            raise self._error(place, f'unknown key {_SHOWN.repr(unknown[0])}; allowed: '
                              f'{listed(names)}')
        types = typing.get_type_hints(cls)
        arguments = {}
        for member in fields(cls):  # type: ignore[arg-type]
            rule = rule_of(member)
            if member.name in values:
                arguments[member.name] = self.convert(
                    types[member.name], values[member.name], _dotted(place, member.name), rule)
            elif member.default is MISSING and member.default_factory is MISSING:
                raise self._error(place, f'the key {member.name!r} is missing{_about(rule)}')
        try:
            return cls(**arguments)
        except SerError as error:
            raise self._error(place, str(error)) from error

    def convert(self, wanted: Any, value: Any, place: str, rule: Rule) -> Any:
        arguments: Tuple[Any, ...] = getattr(wanted, '__args__', None) or ()
        if type(None) in arguments:
            some = next(argument for argument in arguments if argument is not type(None))
            return None if value is None else self.convert(some, value, place, rule)
        if wanted is Any:
            return value
        if is_dataclass(wanted):
            return self.build(wanted, value, place)  # type: ignore[arg-type]
        # Python 3.6 names the class in __extra__, where later ones name it in __origin__.
        container = getattr(wanted, '__extra__', None) or getattr(wanted, '__origin__', None)
        if container in (list, tuple):
            return container(self._items(arguments[0], value, place, rule))
        if container is not None:
            return self._mapping(arguments, value, place, rule)
        return self._plain(wanted, value, place, rule)

    def _items(self, wanted: Any, value: Any, place: str, rule: Rule) -> Any:
        if not isinstance(value, (list, tuple)) or not (value or rule.may_be_empty):
            self._refuse(place, value, 'a list' + _some(rule), rule)
        inner = rule._replace(may_be_empty=False)
        items = [self.convert(wanted, item, f'{place}[{index}]', inner)
                 for index, item in enumerate(value)]
        if rule.unique:
            twice = next((item for item, count in Counter(items).items() if count > 1), None)
            if twice is not None:
                raise self._error(place, f'it holds {_SHOWN.repr(twice)} twice{_about(rule)}')
        return items

    def _mapping(self, kinds: Tuple[Any, ...], value: Any, place: str, rule: Rule) -> Any:
        if not isinstance(value, dict) or not (value or rule.may_be_empty):
            self._refuse(place, value, 'a mapping' + _some(rule), rule)
        inner = rule._replace(may_be_empty=False)
        for name in value:
            self._plain(kinds[0], name, f'a key of {place}', Rule(rule.description))
        return {name: self.convert(kinds[1], item, _dotted(place, name), inner)
                for name, item in value.items()}

    def _plain(self, wanted: Any, value: Any, place: str, rule: Rule) -> Any:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if wanted is float or wanted is int:
            fits = is_number and (wanted is float or isinstance(value, int)) and rule.accepts(value)
        else:
            fits = isinstance(value, wanted)
        if wanted is str and fits:
            fits = bool(value.strip()) or rule.may_be_empty
        if not fits or (rule.choices is not None and value not in rule.choices):
            self._refuse(place, value, _allowed(wanted, value, rule), rule)
        return float(value) if wanted is float else value

    def _refuse(self, place: str, value: Any, allowed: str, rule: Rule) -> NoReturn:
        subject = f'{place} is' if place else 'it holds'
        raise self._error('', f'{subject} {_SHOWN.repr(value)}; allowed: {allowed}{_about(rule)}')

    def _error(self, place: str, text: str) -> SerError:
        return SerError(': '.join(part for part in (self._source, place, text) if part))


def _dotted(key: str, name: Any) -> str:
    return f'{key}.{name}' if key else str(name)


def _about(rule: Rule) -> str:
    return f' ({rule.description})' if rule.description else ''


def _some(rule: Rule) -> str:
    return '' if rule.may_be_empty else ' of one or more items'


def _allowed(wanted: Any, value: Any, rule: Rule) -> str:
    if rule.choices is not None:
        return 'one of ' + ', '.join(map(str, rule.choices))
    if wanted is str and not isinstance(value, (str, list, dict)):
        return 'a text, so put it in quotes if it should be one'
    return _NAMES.get(wanted, getattr(wanted, '__name__', str(wanted))) + rule.range


def required_keys(cls: Any) -> List[str]:
    """Return the names of the fields without a default."""
    return [member.name for member in fields(cls)
            if member.default is MISSING and member.default_factory is MISSING]


def ranges(cls: Any) -> Mapping[str, Tuple[float, float]]:
    """Return the lowest and the highest value of the fields that have both."""
    rules = {member.name: rule_of(member) for member in fields(cls)}
    return {name: (rule.ge, rule.le) for name, rule in rules.items()
            if rule.ge is not None and rule.le is not None}
