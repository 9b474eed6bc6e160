# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Retrain a model's last layer on a few labelled clips, without forgetting what it knew.

Only the last layer, since its loss is convex: the result depends on the clips alone, takes
seconds, and a handful of clips cannot break what the layers before it have learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from ser_ros.adaptation.head import Head
from ser_ros.evaluation.clip_windows import clip_means, equal_weights
from ser_ros.inference.softmax import softmax

# Both chosen on validation speakers; docs/adaptation.md has the figures.
KEEP = 1.0
DECAY = 0.3
MAX_STEPS = 200


@dataclass(frozen=True)
class Examples:
    """Windows with speech of labelled clips.

    Attributes:
        features: of each window, (windows, features).
        clips: index of each window's clip, (windows,), ascending.
        labels: of each clip, (clips,).
    """

    features: np.ndarray
    clips: np.ndarray
    labels: np.ndarray

    def of(self, clips: Sequence[int] | np.ndarray) -> 'Examples':
        """Return the windows of some clips, renumbered in ascending order."""
        chosen = np.sort(np.asarray(clips))
        rows = np.isin(self.clips, chosen)
        return Examples(self.features[rows], np.searchsorted(chosen, self.clips[rows]),
                        self.labels[chosen])

    def clip_scores(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the mean over each clip's windows, (clips, classes)."""
        return clip_means(probabilities, self.clips, len(self.labels))

    def weights(self) -> np.ndarray:
        """Return weights under which every class counts as much, and in it every clip."""
        return equal_weights(self.labels[self.clips], self.clips)


def fit_head(head: Head, examples: Examples, temperature: float, keep: float = KEEP) -> Head:
    """Return the last layer for these clips.

    It minimises the sum of three: the cross-entropy of the clips' labels; ``keep`` times the
    cross-entropy to what the old layer answers (learning without forgetting, Li and Hoiem 2016,
    arXiv:1606.09282); and a square penalty on the change of the weights, each measured by how
    much its feature varies (arXiv:1802.01483). Labels that no clip has are left out of the
    first, so that a lack of clips does not lower their probability.

    Args:
        examples: of two labels or more.
        temperature: that divides the logits.
    """
    features = examples.features.astype(np.float64)
    truth, weights = examples.labels[examples.clips], examples.weights()[:, np.newaxis]
    before = head.logits(features)
    old = softmax(before / temperature, np.float64)
    present = np.unique(truth)
    right = (truth[:, np.newaxis] == present).astype(float)
    inputs = np.column_stack([features / np.sqrt(features.var(axis=0) + 1e-6),
                              np.ones(len(features))])
    shape = (len(head.bias), inputs.shape[1])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        change = flat.reshape(shape)
        logits = (before + inputs @ change.T) / temperature
        some, every = log_softmax(logits[:, present], axis=1), log_softmax(logits, axis=1)
        value = -np.sum(weights * right * some) - keep * np.sum(weights * old * every)
        slope = keep * (np.exp(every) - old)
        slope[:, present] += np.exp(some) - right
        gradient = (weights * slope / temperature).T @ inputs + DECAY * change
        return value + DECAY / 2 * np.sum(change ** 2), gradient.ravel()

    solution = minimize(loss, np.zeros(shape).ravel(), jac=True, method='L-BFGS-B',
                        options={'maxiter': MAX_STEPS})
    change = solution.x.reshape(shape)
    scale = np.sqrt(features.var(axis=0) + 1e-6)
    return Head((head.weight + change[:, :-1] / scale).astype(np.float32),
                (head.bias + change[:, -1]).astype(np.float32))
