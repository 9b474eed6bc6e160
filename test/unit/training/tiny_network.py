# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network of two layers, and one of several processes that trains it."""

import os
import signal
import sys

import torch
from torch import nn

from ser_ros.training import __main__
from ser_ros.training.config import NETWORKS
from ser_ros.training.fit.trainer import Trainer
from ser_ros.training.networks.base import Network

KILL = 'SER_ROS_TEST_KILL'  # rank and number of the step before which it is killed: '1 5'


class TinyNetwork(Network):
    """Without batch normalisation, so that it does not matter which process computes a window."""

    def __init__(self, classes, dropout):
        super().__init__()
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2d(8), nn.Flatten(), nn.Linear(192, 16), nn.Tanh(),
            nn.Dropout(dropout), nn.Linear(16, classes))

    @classmethod
    def from_config(cls, config, input_shape):
        return cls(len(config.labels), config.training.dropout)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.layers(inputs)


def kill_before(rank, step):
    loss, steps = Trainer._loss, [0]

    def killing(*arguments):
        steps[0] += 1
        if steps[0] == step and os.environ['RANK'] == rank:
            os.kill(os.getpid(), signal.SIGKILL)
        return loss(*arguments)
    Trainer._loss = killing


def main():
    """Train as ``python -m ser_ros.training`` does."""
    NETWORKS['tiny'] = TinyNetwork
    if KILL in os.environ:
        rank, step = os.environ[KILL].split()
        kill_before(rank, int(step))
    return __main__.main()


if __name__ == '__main__':
    sys.exit(main())
