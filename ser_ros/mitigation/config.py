# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Read and check the mitigation file: when a response is due, and what it says.

config/mitigation.yaml is the example and explains every key.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Collection, Dict, Mapping, Tuple

import yaml

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.files import check_regular

# Allowed values of the keys in `timing`.
TIMING_RANGES = {
    'min_confidence': (0.0, 1.0),
    'hold_s': (0.0, 3600.0),
    'repeat_s': (0.0, 86400.0),
    'recovery_s': (0.0, 3600.0),
    'timeout_s': (0.5, 3600.0),
    'cooldown_s': (0.0, 86400.0),
}
_FILE_KEYS = ('languages', 'extra_labels', 'timing', 'responses', 'strategies')
_OPTIONAL_FILE_KEYS = ('extra_labels',)
_OPTIONAL_TEXTS = ('repeat', 'recovered', 'timed_out')

# Language to texts; none where the response is silent.
Texts = Mapping[str, Tuple[str, ...]]


@dataclass(frozen=True)
class Timing:
    """
    When a response is due; all times in seconds of audio time.

    Attributes:
        min_confidence: an emotion counts from this confidence on, [0, 1].
        hold_s: so long an emotion lasts without a break before an episode starts.
        repeat_s: the response is given again after this time; 0: never.
        recovery_s: so long other emotions are heard before the episode is over.
        timeout_s: so long there is nothing to tell by before the episode is over.
        cooldown_s: no episode starts for this time after the last one.
    """

    min_confidence: float
    hold_s: float
    repeat_s: float
    recovery_s: float
    timeout_s: float
    cooldown_s: float


class Phase(IntEnum):
    """A step of an episode; the values of the ``PHASE_`` constants of Mitigation.msg."""

    STARTED = 1
    REPEATED = 2
    RECOVERED = 3
    TIMED_OUT = 4


@dataclass(frozen=True)
class Strategy:
    """A way to respond: for each phase of an episode its texts, by language."""

    name: str
    texts: Mapping[Phase, Texts]


@dataclass(frozen=True)
class MitigationConfig:
    """
    What is in a mitigation file.

    Attributes:
        path: the file.
        languages: the languages that every text is given in.
        timing: when a response is due.
        responses: the strategy for each emotion that starts an episode.
    """

    path: str
    languages: Tuple[str, ...]
    timing: Timing
    responses: Mapping[str, Strategy]

    def check_language(self, language: str) -> None:
        """
        Check that the file has texts in a language.

        :raises SerError: if it has not; the text names those that it has.
        """
        if language not in self.languages:
            raise SerError('{} has no texts in the language {!r}; it has: {}'.format(
                self.path, language, ', '.join(self.languages)))


def load(path: str) -> MitigationConfig:
    """
    Read a mitigation file.

    :raises SerError: if the file is missing or not as it should be; the text names the file, the
        key, the value and what is allowed.
    """
    reader = _Reader(path)
    content = reader.mapping(_parse(path), '', _FILE_KEYS, _OPTIONAL_FILE_KEYS)
    languages = reader.names(content['languages'], 'languages')
    labels = EMOTIONS + reader.names(content.get('extra_labels', []), 'extra_labels', least=0)
    strategies = reader.strategies(content['strategies'], languages)
    return MitigationConfig(
        path=path,
        languages=languages,
        timing=reader.timing(content['timing']),
        responses=reader.responses(content['responses'], labels, strategies))


def _parse(path: str) -> Any:
    try:
        check_regular(path)
        with open(path, encoding='utf-8') as file:
            return yaml.load(file, Loader=_UniqueKeyLoader)
    except OSError as error:
        raise SerError('cannot read the mitigation file {}: {}'.format(
            path, error.strerror)) from error
    except UnicodeDecodeError as error:
        raise SerError('{} is no text in UTF-8: {}'.format(path, error)) from error
    except RecursionError as error:
        raise SerError('{} is not valid YAML: it is nested too deeply'.format(path)) from error
    # ValueError: of Python's, for what looks like a date or a number and is none.
    except (yaml.YAMLError, ValueError) as error:
        raise SerError('{} is not valid YAML: {}'.format(
            path, ' '.join(str(error).split()))) from error


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's plain types; a key given twice is an error, where PyYAML would drop the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.MarkedYAMLError(
                    problem='the key {!r} is given twice'.format(key.value),
                    problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


class _Reader:
    """Checked access to the values of one file; `where` is the dotted key of a value."""

    def __init__(self, path: str) -> None:
        self._path = path

    def _error(self, where: str, text: str) -> SerError:
        return SerError('{}: {}{}'.format(self._path, where and where + ': ', text))

    def mapping(
        self, value: Any, where: str, keys: Collection[str], optional: Collection[str] = (),
    ) -> Dict[str, Any]:
        """Return a mapping that has all of `keys`, but for the `optional`, and no others."""
        if not isinstance(value, dict):
            raise self._error(where, '{!r} is not a mapping; needed: the keys {}'.format(
                value, ', '.join(keys)))
        for key in value:
            if key not in keys:
                raise self._error(where, 'unknown key {!r}; allowed: {}'.format(
                    key, ', '.join(keys)))
        for key in keys:
            if key not in value and key not in optional:
                raise self._error(where, 'the key {!r} is missing; needed: {}'.format(
                    key, ', '.join(k for k in keys if k not in optional)))
        return value

    def names(self, value: Any, where: str, least: int = 1) -> Tuple[str, ...]:
        """Return a list of different words."""
        words = self._strings(value, where, least)
        if len(set(words)) < len(words):
            raise self._error(where, '{!r} names one twice'.format(value))
        return words

    def _strings(self, value: Any, where: str, least: int) -> Tuple[str, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise self._error(where, '{!r} is not a list; needed: a list of {}texts'.format(
                value, 'one or more ' if least else ''))
        for item in value:
            if not isinstance(item, str) or not item.strip():
                raise self._error(
                    where, '{!r} is not a text; put it in quotes if it should be'.format(item))
        return tuple(item.strip() for item in value)

    def timing(self, value: Any) -> Timing:
        """Return the section `timing`."""
        content = self.mapping(value, 'timing', TIMING_RANGES)
        return Timing(**{
            key: self._number(content[key], 'timing.' + key, *TIMING_RANGES[key])
            for key in TIMING_RANGES})

    def _number(self, value: Any, where: str, low: float, high: float) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            raise self._error(where, '{!r}; allowed: a number from {:g} to {:g}'.format(
                value, low, high))
        return float(value)

    def strategies(self, value: Any, languages: Tuple[str, ...]) -> Dict[str, Strategy]:
        """Return the section `strategies`."""
        if not isinstance(value, dict):
            raise self._error('strategies', '{!r} is not a mapping; needed: strategy: texts'.format(
                value))
        return {name: self._strategy(name, texts, languages) for name, texts in value.items()}

    def _strategy(self, name: Any, value: Any, languages: Tuple[str, ...]) -> Strategy:
        if not isinstance(name, str):
            raise self._error('strategies', '{!r} is not a text; put it in quotes if it should '
                              'be'.format(name))
        where = 'strategies.' + name
        content = self.mapping(value, where, ('start',) + _OPTIONAL_TEXTS, _OPTIONAL_TEXTS)
        texts = {
            key: self._texts(content[key], '{}.{}'.format(where, key), languages)
            for key in content}
        silent: Texts = {language: () for language in languages}
        return Strategy(name, {
            Phase.STARTED: texts['start'],
            Phase.REPEATED: texts.get('repeat', texts['start']),
            Phase.RECOVERED: texts.get('recovered', silent),
            Phase.TIMED_OUT: texts.get('timed_out', silent),
        })

    def _texts(self, value: Any, where: str, languages: Tuple[str, ...]) -> Texts:
        content = self.mapping(value, where, languages)
        return {
            language: self._strings(content[language], '{}.{}'.format(where, language), least=1)
            for language in languages}

    def responses(
        self, value: Any, labels: Collection[str], strategies: Mapping[str, Strategy],
    ) -> Dict[str, Strategy]:
        """Return the section `responses`."""
        content = self.mapping(value, 'responses', labels, optional=labels)
        if not content:
            raise self._error('responses', 'no emotion; needed: one or more of {}'.format(
                ', '.join(labels)))
        for label, name in content.items():
            if not isinstance(name, str) or name not in strategies:
                raise self._error('responses.' + label, 'no strategy {!r}; there are: {}'.format(
                    name, ', '.join(strategies)))
        return {label: strategies[name] for label, name in content.items()}
