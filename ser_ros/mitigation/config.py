# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Read and check the mitigation file: when a response is due, and what it is.

config/mitigation.yaml is the example, and docs/mitigation.md explains every key.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Mapping, Tuple

from ser_ros import typed_yaml
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError, listed
from ser_ros.mitigation.strategies import Strategy, StrategyKeys, with_steps
from ser_ros.mitigation.timing import NORMAL, AnswerLimits, Timing
from ser_ros.typed_values import build, key, required_keys

# The key of responses for speech in which no emotion leads.
UNCLEAR = 'unclear'


@dataclass(frozen=True)
class LearningSettings:
    """How strategies are chosen where learning is on."""

    helped: float = key('number of times that a strategy is taken to have helped before', 1.0,
                        gt=0, le=1000)
    not_helped: float = key('number of times that it is taken to have not', 1.0, gt=0, le=1000)
    half_life: float = key(
        'after this many newer results of an emotion a result counts half', 200.0, ge=1, le=1e6)
    reward_s: float = key(
        'a recovery later than this after the first action does not count', 120.0, ge=1, le=86400)


@dataclass(frozen=True)
class MitigationConfig:
    """What is in a mitigation file.

    Attributes:
        path: the file.
        languages: the languages that every text is given in.
        timing: when a response is due.
        responses: the strategies for each emotion that starts an episode. Without learning it is
            the first one.
        unclear: the strategies where no emotion leads; none: the leading one is answered anyway.
        sensitivities: by name, when a response is due with another sensitivity than `NORMAL`.
        limits: how often the robot may be heard.
        learning: how strategies are chosen where learning is on.
    """

    path: str
    languages: Tuple[str, ...]
    timing: Timing
    responses: Mapping[str, Tuple[Strategy, ...]]
    unclear: Tuple[Strategy, ...] = ()
    sensitivities: Mapping[str, Timing] = field(default_factory=dict)
    limits: AnswerLimits = AnswerLimits()
    learning: LearningSettings = LearningSettings()

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

    def strategies_for(self, emotion: str) -> Tuple[Strategy, ...]:
        """Return what may be done about an emotion, or about `UNCLEAR` speech."""
        return self.unclear if emotion == UNCLEAR else self.responses.get(emotion, ())


@dataclass(frozen=True)
class _FileKeys:
    """A mitigation file, key by key."""

    languages: Tuple[str, ...] = key('the languages that every text is given in', unique=True)
    timing: Timing = key('when a response is due')
    responses: Dict[str, Any] = key(
        'the strategy, or a list of them, for each emotion that starts an episode',
        may_be_empty=True)
    strategies: Dict[str, StrategyKeys] = key('the ways to respond')
    sensitivity: Dict[str, Dict[str, float]] = key(
        'for each sensitivity beside normal, the values of timing that are different',
        default={}, may_be_empty=True)
    limits: AnswerLimits = key('how often the robot may be heard', default=AnswerLimits())
    learning: LearningSettings = key(
        'how strategies are chosen where learning is on', default=LearningSettings())
    extra_labels: Tuple[str, ...] = key(
        'labels of own models beside the usual emotions', default=(), unique=True)

    def __post_init__(self) -> None:
        """Raise SerError where one key does not fit another."""
        self.config('')

    def config(self, path: str) -> MitigationConfig:
        """Return what the keys mean together; raise SerError where one does not fit another."""
        strategies = {name: strategy.strategy(name, self.languages)
                      for name, strategy in self.strategies.items()}
        sensitivities = self._sensitivities()
        labels = EMOTIONS + self.extra_labels
        if not set(self.responses) - {UNCLEAR}:
            raise SerError(f'responses holds no emotion; allowed: one or more of '
                           f'{listed(labels)}')
        responses = {}
        for label, names in self.responses.items():
            if label not in labels + (UNCLEAR,):
                raise SerError(
                    f'responses: unknown key {label!r}; allowed: {listed(labels + (UNCLEAR,))}')
            responses[label] = _strategies(label, names, strategies)
        unclear = responses.pop(UNCLEAR, ())
        return MitigationConfig(path, self.languages, self.timing, responses, unclear,
                                sensitivities, self.limits, self.learning)

    def _sensitivities(self) -> Dict[str, Timing]:
        """Return the timing by sensitivity; raise SerError where one is wrong."""
        if NORMAL in self.sensitivity:
            raise SerError(f'sensitivity has the key {NORMAL!r}, which stands for timing itself; '
                           'allowed: other names')
        return {name: build(Timing, {**asdict(self.timing), **changes}, f'sensitivity.{name}')
                for name, changes in self.sensitivity.items()}


def _strategies(label: str, names: Any,
                strategies: Mapping[str, Strategy]) -> Tuple[Strategy, ...]:
    names = names if isinstance(names, list) else [names]
    for name in names:
        if not isinstance(name, str) or name not in strategies:
            raise SerError(f'responses.{label} is {name!r}; allowed: one of {listed(strategies)}, '
                           'or a list of them')
    if not names or len(set(names)) < len(names):
        raise SerError(f'responses.{label} is {names}; allowed: one or more strategies, each once')
    return tuple(strategies[name] for name in names)


def load(path: str) -> MitigationConfig:
    """Read a mitigation file.

    Raises:
        SerError: the file is missing or a key is wrong. The text names the file, the key, the
            value and what is allowed.
    """
    content = typed_yaml.read(path, required_keys(_FileKeys))
    if isinstance(content, dict) and isinstance(content.get('strategies'), dict):
        content['strategies'] = {
            name: with_steps(strategy) for name, strategy in content['strategies'].items()}
    return build(_FileKeys, content, path).config(path)
