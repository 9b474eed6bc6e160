# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Read and check the mitigation file: when a response is due, and what it says.

config/mitigation.yaml is the example and explains every key.
"""

from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Collection, Dict, Mapping, Optional, Tuple

from ser_ros import typed_yaml
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError, listed
from ser_ros.typed_values import build, key

# Language to texts; none where the response is silent.
Texts = Mapping[str, Tuple[str, ...]]
# The sensitivity that the file's ``timing`` is for.
NORMAL = 'normal'


@dataclass(frozen=True)
class Timing:
    """When a response is due; all times in seconds of audio time."""

    min_confidence: float = key('an emotion counts from this confidence on', ge=0, le=1)
    hold_s: float = key(
        'an emotion lasts this long without a break before an episode starts', ge=0, le=3600)
    repeat_s: float = key('the response is given again after this time; 0: never', ge=0, le=86400)
    recovery_s: float = key(
        'other emotions are heard for this long before the episode is over', ge=0, le=3600)
    timeout_s: float = key(
        'no emotion is recognized for this long before the episode is over', ge=0.5, le=3600)
    cooldown_s: float = key(
        'no episode starts for this time after the last one', ge=0, le=86400)


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
    """What is in a mitigation file.

    Attributes:
        path: the file.
        languages: the languages that every text is given in.
        timing: when a response is due.
        responses: the strategy for each emotion that starts an episode.
        sensitivities: by name, when a response is due with another sensitivity than `NORMAL`.
    """

    path: str
    languages: Tuple[str, ...]
    timing: Timing
    responses: Mapping[str, Strategy]
    sensitivities: Mapping[str, Timing] = field(default_factory=dict)

    def check_language(self, language: str) -> None:
        """Check that the file has texts in a language.

        Raises:
            SerError: if it has not; the text names those that it has.
        """
        if language not in self.languages:
            raise SerError(
                f'{self.path} has no texts in the language {language!r}; available: '
                f'{listed(self.languages)}')

    def timing_of(self, sensitivity: str) -> Timing:
        """Return when a response is due with a sensitivity.

        Args:
            sensitivity: its name.

        Raises:
            SerError: the file has no such sensitivity. The text names those that it has.
        """
        timings = {NORMAL: self.timing, **self.sensitivities}
        if sensitivity not in timings:
            raise SerError(f'{self.path} has no sensitivity {sensitivity!r}; available: '
                           f'{listed(timings)}')
        return timings[sensitivity]


@dataclass(frozen=True)
class _StrategyKeys:
    """A strategy as the file holds it: texts by language for each phase."""

    start: Dict[str, Tuple[str, ...]] = key('texts that open an episode')
    repeat: Optional[Dict[str, Tuple[str, ...]]] = key(
        'texts while the emotion persists; where missing, those of start', default=None)
    recovered: Optional[Dict[str, Tuple[str, ...]]] = key(
        'texts after a recovery', default=None)
    timed_out: Optional[Dict[str, Tuple[str, ...]]] = key(
        'texts after a timeout', default=None)

    def check_languages(self, languages: Collection[str]) -> None:
        """Raise SerError unless the texts of every phase are in exactly these languages."""
        for phase, texts in vars(self).items():
            for language in texts or ():
                if language not in languages:
                    raise SerError(f'{phase}: unknown key {language!r}; allowed: '
                                   f'{listed(languages)}')
            for language in languages:
                if texts is not None and language not in texts:
                    raise SerError(f'{phase}: the key {language!r} is missing')

    def strategy(self, name: str) -> Strategy:
        """Return the strategy; a phase without texts is silent, REPEATED says those of start."""
        return Strategy(name, {
            Phase.STARTED: _stripped(self.start),
            Phase.REPEATED: _stripped(self.repeat or self.start),
            Phase.RECOVERED: _stripped(self.recovered or dict.fromkeys(self.start, ())),
            Phase.TIMED_OUT: _stripped(self.timed_out or dict.fromkeys(self.start, ())),
        })


@dataclass(frozen=True)
class _FileKeys:
    """A mitigation file, key by key."""

    languages: Tuple[str, ...] = key('the languages that every text is given in', unique=True)
    timing: Timing = key('when a response is due')
    responses: Dict[str, str] = key(
        'the strategy for each emotion that starts an episode', may_be_empty=True)
    strategies: Dict[str, _StrategyKeys] = key('texts for each strategy')
    sensitivity: Dict[str, Dict[str, float]] = key(
        'for each sensitivity beside normal, the values of timing that are different',
        default={}, may_be_empty=True)
    extra_labels: Tuple[str, ...] = key(
        'labels of own models beside the usual emotions', default=(), unique=True)

    def __post_init__(self) -> None:
        """Raise SerError where one key does not fit another."""
        for name, strategy in self.strategies.items():
            try:
                strategy.check_languages(self.languages)
            except SerError as error:
                raise SerError(f'strategies.{name}.{error}') from error
        self.sensitivities()
        labels = EMOTIONS + self.extra_labels
        if not self.responses:
            raise SerError(f'responses holds no emotion; allowed: one or more of '
                           f'{listed(labels)}')
        for label, name in self.responses.items():
            if label not in labels:
                raise SerError(
                    f'responses: unknown key {label!r}; allowed: {listed(labels)}')
            if name not in self.strategies:
                raise SerError(f'responses.{label} is {name!r}; allowed: one of '
                               f'{listed(self.strategies)}')

    def sensitivities(self) -> Dict[str, Timing]:
        """Return the timing by sensitivity; raise SerError where one is wrong."""
        if NORMAL in self.sensitivity:
            raise SerError(f'sensitivity has the key {NORMAL!r}, which stands for timing itself; '
                           'allowed: other names')
        return {name: build(Timing, {**asdict(self.timing), **changes}, f'sensitivity.{name}')
                for name, changes in self.sensitivity.items()}


def _stripped(texts: Texts) -> Texts:
    return {language: tuple(text.strip() for text in texts[language]) for language in texts}


def load(path: str) -> MitigationConfig:
    """Read a mitigation file.

    Raises:
        SerError: the file is missing or a key is wrong. The text names the file, the key, the
            value and what is allowed.
    """
    content = typed_yaml.load(_FileKeys, path)
    return MitigationConfig(
        path=path, languages=content.languages, timing=content.timing,
        responses={label: content.strategies[name].strategy(name)
                   for label, name in content.responses.items()},
        sensitivities=content.sensitivities())
