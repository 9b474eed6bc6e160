# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plain values become dataclasses; errors name the key, the value and what is allowed."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple

import pytest

from ser_ros.errors import SerError
from ser_ros.typed_values import build, check, key, ranges


@dataclass(frozen=True)
class Inner:
    share: float = key('a part of the whole', 0.5, ge=0, le=1)
    count: int = key(default=1, gt=0)
    below: float = key(default=0.0, ge=0, lt=1)

    def __post_init__(self):
        if self.count == 13:
            raise SerError('count is 13, which brings bad luck')


@dataclass(frozen=True)
class Outer:
    name: str
    colour: str = key('of the paint', 'red', choices=('red', 'green'))
    on: bool = False
    words: Tuple[str, ...] = key('different words', default=(), unique=True)
    sizes: List[int] = key(default=[1], gt=0)
    texts: Dict[str, Tuple[str, ...]] = key('texts by language', default={})
    anything: Mapping[str, Any] = field(default_factory=dict)
    maybe: Optional[float] = key(default=None, le=2)
    inner: Inner = field(default_factory=Inner)
    others: List[Inner] = key(default=[])
    note: str = ''


def test_values_of_all_types():
    made = build(Outer, {
        'name': 'a', 'colour': 'green', 'on': True, 'words': ['x', 'y'], 'sizes': [3],
        'texts': {'en': ['hello']}, 'anything': {'k': [None, {}]}, 'maybe': 2,
        'inner': {'share': 1}, 'others': [{}, {'count': 2}], 'note': ''}, 'file')
    assert made == Outer('a', 'green', True, ('x', 'y'), [3], {'en': ('hello',)},
                         {'k': [None, {}]}, 2.0, Inner(1.0), [Inner(), Inner(count=2)])
    assert type(made.inner.share) is type(made.maybe) is float


def test_defaults():
    first, second = (build(Outer, {'name': 'a', 'maybe': None}, 'file') for _ in range(2))
    assert first == Outer('a')
    assert first.sizes == [1] and first.sizes is not second.sizes


@pytest.mark.parametrize('values, error', [
    ({}, "the key 'name' is missing"),
    ([], 'it holds []; allowed: a mapping with the keys name, colour, on, words, sizes, texts, '
         'anything, maybe, inner, others, note'),
    ({'nam': 1}, "unknown key 'nam'; allowed: name, colour, on, words, sizes, texts, anything, "
                 'maybe, inner, others, note'),
    ({'name': ' '}, "name is ' '; allowed: a text"),
    ({'name': False}, 'name is False; allowed: a text, so put it in quotes if it should be one'),
    ({'name': ['a']}, "name is ['a']; allowed: a text"),
    ({'name': 'a', 'colour': 'blue'},
     "colour is 'blue'; allowed: one of red, green (of the paint)"),
    ({'name': 'a', 'colour': []}, 'colour is []; allowed: one of red, green (of the paint)'),
    ({'name': 'a', 'on': 1}, 'on is 1; allowed: true or false'),
    ({'name': 'a', 'words': 'x'}, "words is 'x'; allowed: a list (different words)"),
    ({'name': 'a', 'words': ['x', 'x']}, "words: it holds 'x' twice (different words)"),
    ({'name': 'a', 'words': ['x', '']}, "words[1] is ''; allowed: a text (different words)"),
    ({'name': 'a', 'sizes': []}, 'sizes is []; allowed: a list of one or more items'),
    ({'name': 'a', 'sizes': [0]}, 'sizes[0] is 0; allowed: a whole number over 0'),
    ({'name': 'a', 'sizes': [1.0]}, 'sizes[0] is 1.0; allowed: a whole number over 0'),
    ({'name': 'a', 'sizes': [True]}, 'sizes[0] is True; allowed: a whole number over 0'),
    ({'name': 'a', 'texts': []}, 'texts is []; allowed: a mapping (texts by language)'),
    ({'name': 'a', 'texts': {1: []}},
     'a key of texts is 1; allowed: a text, so put it in quotes if it should be one '
     '(texts by language)'),
    ({'name': 'a', 'texts': {'en': []}},
     'texts.en is []; allowed: a list of one or more items (texts by language)'),
    ({'name': 'a', 'maybe': 3}, 'maybe is 3; allowed: a number of at most 2'),
    ({'name': 'a', 'inner': None},
     'inner is None; allowed: a mapping with the keys share, count, below'),
    ({'name': 'a', 'inner': {'share': 1.5}},
     'inner.share is 1.5; allowed: a number from 0 to 1 (a part of the whole)'),
    ({'name': 'a', 'inner': {'share': float('nan')}},
     'inner.share is nan; allowed: a number from 0 to 1 (a part of the whole)'),
    ({'name': 'a', 'inner': {'below': 1}},
     'inner.below is 1; allowed: a number of at least 0 and below 1'),
    ({'name': 'a', 'inner': {'size': 1}},
     "inner: unknown key 'size'; allowed: share, count, below"),
    ({'name': 'a', 'others': [{}, {'count': 13}]},
     'others[1]: count is 13, which brings bad luck'),
])
def test_errors(values, error):
    with pytest.raises(SerError) as caught:
        build(Outer, values, 'file.yaml')
    assert str(caught.value) == 'file.yaml: ' + error


@pytest.mark.parametrize('value', [float('inf'), float('-inf'), 10 ** 400, -10 ** 400])
def test_numbers_that_no_float_holds(value):
    with pytest.raises(SerError, match='maybe is .*; allowed: a number'):
        build(Outer, {'name': 'a', 'maybe': value}, 'file')


def test_large_values_make_errors_of_one_short_line():
    laughs = ['ha'] * 10
    for _ in range(20):
        laughs = [laughs] * 10
    for value in ('long ' * 1000, laughs, {str(index): index for index in range(1000)}):
        with pytest.raises(SerError) as caught:
            build(Outer, {'name': 'a', 'on': value}, 'file')
        assert len(str(caught.value)) < 700
        assert '\n' not in str(caught.value)


def test_unknown_keys_can_be_ignored():
    assert build(Inner, {'share': 1, 'future': 2}, 'file', ignore_unknown=True) == Inner(1.0)


def test_check_of_a_dataclass_that_was_made_directly():
    check(Inner(share=1))
    with pytest.raises(SerError, match='^share is 2; allowed: a number from 0 to 1'):
        check(Inner(share=2))


def test_ranges():
    assert ranges(Inner) == {'share': (0, 1)}
