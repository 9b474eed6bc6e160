# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Read and check the mitigation file: when a response is due, and what it says.

config/mitigation.yaml is the example and explains every key.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Collection, Dict, Mapping, Tuple

from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.mitigation.checked_yaml import Checker, read_yaml

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
            raise SerError(
                f"{self.path} has no texts in the language {language!r}; it has: "
                f"{', '.join(self.languages)}")


def load(path: str) -> MitigationConfig:
    """
    Read a mitigation file.

    :raises SerError: if the file is missing or not as it should be; the text names the file, the
        key, the value and what is allowed.
    """
    sections = _Sections(path)
    content = sections.mapping(read_yaml(path), '', _FILE_KEYS, _OPTIONAL_FILE_KEYS)
    languages = sections.names(content['languages'], 'languages')
    labels = EMOTIONS + sections.names(content.get('extra_labels', []), 'extra_labels', least=0)
    strategies = sections.strategies(content['strategies'], languages)
    return MitigationConfig(
        path=path,
        languages=languages,
        timing=sections.timing(content['timing']),
        responses=sections.responses(content['responses'], labels, strategies))


class _Sections(Checker):
    """The sections of a mitigation file."""

    def timing(self, value: Any) -> Timing:
        """Return the section `timing`."""
        content = self.mapping(value, 'timing', TIMING_RANGES)
        return Timing(**{
            key: self.number(content[key], 'timing.' + key, *TIMING_RANGES[key])
            for key in TIMING_RANGES})

    def strategies(self, value: Any, languages: Tuple[str, ...]) -> Dict[str, Strategy]:
        """Return the section `strategies`."""
        if not isinstance(value, dict):
            raise self.error('strategies', f'{value!r} is not a mapping; needed: strategy: texts')
        return {name: self._strategy(name, texts, languages) for name, texts in value.items()}

    def _strategy(self, name: Any, value: Any, languages: Tuple[str, ...]) -> Strategy:
        if not isinstance(name, str):
            raise self.error('strategies', f'{name!r} is not a text; put it in quotes if it should '
                             'be')
        where = 'strategies.' + name
        content = self.mapping(value, where, ('start',) + _OPTIONAL_TEXTS, _OPTIONAL_TEXTS)
        texts = {
            key: self._by_language(content[key], f'{where}.{key}', languages)
            for key in content}
        silent: Texts = {language: () for language in languages}
        return Strategy(name, {
            Phase.STARTED: texts['start'],
            Phase.REPEATED: texts.get('repeat', texts['start']),
            Phase.RECOVERED: texts.get('recovered', silent),
            Phase.TIMED_OUT: texts.get('timed_out', silent),
        })

    def _by_language(self, value: Any, where: str, languages: Tuple[str, ...]) -> Texts:
        content = self.mapping(value, where, languages)
        return {
            language: self.texts(content[language], f'{where}.{language}')
            for language in languages}

    def responses(
        self, value: Any, labels: Collection[str], strategies: Mapping[str, Strategy],
    ) -> Dict[str, Strategy]:
        """Return the section `responses`."""
        content = self.mapping(value, 'responses', labels, optional=labels)
        if not content:
            raise self.error('responses', f"no emotion; needed: one or more of {', '.join(labels)}")
        for label, name in content.items():
            if not isinstance(name, str) or name not in strategies:
                raise self.error('responses.' + label, f"no strategy {name!r}; there are: "
                                                       f"{', '.join(strategies)}")
        return {label: strategies[name] for label, name in content.items()}
