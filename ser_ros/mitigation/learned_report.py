# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was learned about the strategies, as rows of a report."""

from typing import List, NamedTuple, Tuple

from ser_ros.mitigation.learning import Learner

# The interval holds the true share with this probability.
_INTERVAL = 0.95


class Learned(NamedTuple):
    """What is known of one strategy for one emotion.

    Attributes:
        emotion: what it answers.
        strategy: its name.
        tried: results so far, where older ones count less.
        helped: how many of these helped.
        share: how often it helps, as far as prior and results say, [0, 1].
        interval: 95 % interval of the share.
        from_prior: by how much the share differs from the prior's, [-1, 1].
    """

    emotion: str
    strategy: str
    tried: float
    helped: float
    share: float
    interval: Tuple[float, float]
    from_prior: float


def rows(learner: Learner) -> List[Learned]:
    """Return a row for each strategy with a result, by emotion and strategy."""
    settings = learner.settings
    prior = settings.helped / (settings.helped + settings.not_helped)
    found = []
    for emotion in sorted(learner.counts):
        for strategy, (helped, not_helped) in sorted(learner.counts[emotion].items()):
            yes, no = learner.distribution(emotion, strategy)
            share = yes / (yes + no)
            found.append(Learned(emotion, strategy, helped + not_helped, helped, share,
                                 _interval(yes, no), share - prior))
    return found


def _interval(yes: float, no: float) -> Tuple[float, float]:
    # Only a report needs it, and the responder should not load it.
    from scipy.special import betaincinv
    tail = (1.0 - _INTERVAL) / 2.0
    return float(betaincinv(yes, no, tail)), float(betaincinv(yes, no, 1.0 - tail))
