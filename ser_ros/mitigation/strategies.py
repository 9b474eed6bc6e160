# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to respond: steps of actions, as the mitigation file writes them."""

from dataclasses import dataclass, make_dataclass
from typing import Any, Collection, Dict, List, Mapping, Optional, Tuple

from ser_ros.errors import SerError, listed
from ser_ros.mitigation.actions.base import ACTIONS
from ser_ros.mitigation.phases import Phase
from ser_ros.typed_values import build, key

# Language to texts.
Texts = Mapping[str, Tuple[str, ...]]
# The action that calls a human; what comes after it is no longer the robot's.
NOTIFY = 'notify'
RECOVERY = 'recovery'
CALMER = 'calmer'


@dataclass(frozen=True)
class StepAction:
    """An action of a step.

    Attributes:
        kind: its name in `ser_ros.mitigation.actions.base.ACTIONS`.
        options: an instance of its ``Options``.
        audible: whether it makes a sound.
        texts: of which one is said, by language; empty for an action that takes none.
    """

    kind: str
    options: Any
    audible: bool
    texts: Texts


@dataclass(frozen=True)
class Step:
    """A step of a strategy.

    Attributes:
        actions: what is done, at the same time; one of them at most makes a sound.
        wait_s: time after these until the next step; None: that of the timing.
        expect: RECOVERY or CALMER; where that is not reached in time, the next step is taken.
    """

    actions: Tuple[StepAction, ...]
    wait_s: Optional[float] = None
    expect: str = RECOVERY

    @property
    def calls_human(self) -> bool:
        """Whether a human is called."""
        return any(action.kind == NOTIFY for action in self.actions)


@dataclass(frozen=True)
class Strategy:
    """A way to respond.

    Attributes:
        name: its name in the file.
        steps: what is done, one after the other, as long as it does not help.
        closing: the texts after RECOVERED and TIMED_OUT, by phase; none where it ends in silence.
    """

    name: str
    steps: Tuple[Step, ...]
    closing: Mapping[Phase, Texts]


@dataclass(frozen=True)
class StepKeys:
    """A step as the file holds it."""

    actions: Tuple[Dict[str, Any], ...] = key('what is done at the same time')
    wait_s: Optional[float] = key(
        'time after the actions until the next step', default=None, ge=0, le=86400)
    expect: str = key('what makes the next step needless', RECOVERY, choices=(RECOVERY, CALMER))


@dataclass(frozen=True)
class StrategyKeys:
    """A strategy as the file holds it."""

    steps: Tuple[StepKeys, ...] = key('what is done, one step after the other')
    recovered: Optional[Dict[str, Tuple[str, ...]]] = key(
        'texts after a recovery', default=None)
    timed_out: Optional[Dict[str, Tuple[str, ...]]] = key(
        'texts after a timeout', default=None)

    def strategy(self, name: str, languages: Collection[str]) -> Strategy:
        """Return the strategy.

        Args:
            name: its name in the file.
            languages: those in which every text is given.

        Raises:
            SerError: an action is unknown, or its options or texts are wrong.
        """
        steps = []
        for index, step in enumerate(self.steps):
            place = f'strategies.{name}.steps[{index}]'
            actions = tuple(
                _action(content, f'{place}.actions[{number}]', languages)
                for number, content in enumerate(step.actions))
            if sum(action.audible for action in actions) > 1:
                raise SerError(f'{place}.actions has more than one action that is heard; allowed: '
                               'one. Put the other one into the next step')
            steps.append(Step(actions, step.wait_s, step.expect))
        closing = {}
        for phase, texts in ((Phase.RECOVERED, self.recovered), (Phase.TIMED_OUT, self.timed_out)):
            if texts is not None:
                place = f'strategies.{name}.{phase.name.lower()}'
                closing[phase] = _checked_texts(texts, place, languages)
        return Strategy(name, tuple(steps), closing)


def _action(content: Dict[str, Any], place: str, languages: Collection[str]) -> StepAction:
    if len(content) != 1:
        raise SerError(f'{place} has the keys {listed(content)}; allowed: one action')
    (kind, values), = content.items()
    try:
        action = ACTIONS[kind]
    except SerError as error:
        raise SerError(f'{place}: {error}') from error
    values = {} if values is None else values
    texts: Texts = {}
    if action.takes_texts:
        values, texts = _split(kind, values, place, languages)
    return StepAction(
        kind, build(action.Options, values, f'{place}.{kind}'), action.audible, texts)


def _split(kind: str, values: Any, place: str,
           languages: Collection[str]) -> Tuple[Dict[str, Any], Texts]:
    """Return the options and the texts of an action that takes texts."""
    options = {member: value for member, value in values.items()
               if member in _names(ACTIONS[kind].Options)} if isinstance(values, dict) else {}
    texts = values if not isinstance(values, dict) else {
        language: value for language, value in values.items() if language not in options}
    holder = make_dataclass('holder', [(
        kind, Dict[str, Tuple[str, ...]], key('texts by language'))])
    found = getattr(build(holder, {kind: texts}, place), kind)
    return options, _checked_texts(found, f'{place}.{kind}', languages)


def _names(cls: Any) -> List[str]:
    return list(cls.__dataclass_fields__)


def _checked_texts(texts: Texts, place: str, languages: Collection[str]) -> Texts:
    """Return the texts without spaces around them; raise SerError for wrong languages."""
    for language in texts:
        if language not in languages:
            raise SerError(f'{place}: unknown key {language!r}; allowed: {listed(languages)}')
    for language in languages:
        if language not in texts:
            raise SerError(f'{place}: the key {language!r} is missing')
    return {language: tuple(text.strip() for text in texts[language]) for language in texts}


def with_steps(content: Any) -> Any:
    """Return a strategy of the form before steps, with ``start`` and ``repeat``, in steps.

    Each text is said once, in the order of the file. Everything else is returned as it is.
    """
    if not isinstance(content, dict) or 'steps' in content or not isinstance(
            content.get('start'), dict):
        return content
    rest = {name: value for name, value in content.items() if name not in ('start', 'repeat')}
    repeat = content.get('repeat') or content['start']
    turns = max((len(texts) for texts in repeat.values() if isinstance(texts, list)), default=1
                ) if isinstance(repeat, dict) else 1
    steps = [{'actions': [{'say': texts}]} for texts in [content['start']] + [repeat] * turns]
    return {'steps': steps, **rest}
