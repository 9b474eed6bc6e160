# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Emotions from the lower layers of a frozen Whisper encoder, with what is normal for the voice."""

import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.networks.base import FrozenNetwork
from ser_ros.training.networks.onnx_graph import Graph
from ser_ros.training.networks.whisper_layers import BANDS, Encoder
from ser_ros.training.options import EncoderOptions

SPEECH_STEEPNESS = 0.5  # of the step between pauses and speech [1 / dB]
# What is further from the mean of training is taken for this [standard deviations].
MOST_DEVIATIONS = 8.0
# Makes the baseline's weight, 0 to 1, about as large as the other values that the head takes.
WEIGHT_SCALE = 4.0
DROPOUT_IN = 0.3


def levels_db(inputs: torch.Tensor) -> torch.Tensor:
    """Return how far each position is below the loudest one of its window, (batch, positions)."""
    loudest = inputs.amax(dim=(1, 2), keepdim=True)
    power = torch.exp(4.0 * math.log(10.0) * (inputs - loudest)).mean(1, keepdim=True)
    positions = power.reshape(-1, power.shape[2] // 2, 2).mean(2)
    level_db = torch.log(positions + 1e-6) * (10.0 / math.log(10.0))
    return level_db.amax(1, keepdim=True) - level_db


def speech_weights(below_db: torch.Tensor, range_db: float) -> torch.Tensor:
    """Return how much each position counts for the mean, (batch, positions, 1), adding up to 1.

    Pauses hardly count. This depends on the level within the window alone.

    Args:
        below_db: as `levels_db` returns it.
        range_db: positions this far below the loudest one count half.
    """
    weights = torch.sigmoid(SPEECH_STEEPNESS * (range_db - below_db)).unsqueeze(2)
    return weights / weights.sum(1, keepdim=True)


class VoiceHead(nn.Module):
    """(batch, size + 1) -> logits (batch, classes).

    The rows are embeddings less the baseline of the voice, and last the weight of the baseline:
    0 for a stranger, near 1 for a voice that was heard for long.

    Several heads answer with the mean of their logits. In training each row is answered by one of
    them, so that they learn apart and err in different places.
    """

    own: torch.Tensor  # which hidden values are those of a head, (heads, heads * hidden)

    def __init__(self, size: int, options: EncoderOptions, classes: int, dropout: float):
        """Make heads with one hidden layer each."""
        super().__init__()
        self.hidden = nn.Linear(size + 1, options.heads * options.hidden)
        self.output = nn.Linear(options.heads * options.hidden, classes)
        own = torch.eye(options.heads).repeat_interleave(options.hidden, 1)
        self.register_buffer('own', own, persistent=False)
        self.dropout_in = nn.Dropout(DROPOUT_IN)
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        scaled = torch.cat([rows[:, :-1], WEIGHT_SCALE * rows[:, -1:]], 1)
        return self.answer(self.hidden(self.dropout_in(scaled)))

    def answer(self, hidden: torch.Tensor) -> torch.Tensor:
        """Compute the logits from the sums in the hidden layer."""
        values = self.dropout(functional.gelu(hidden))
        heads = len(self.own)
        if heads > 1:
            turns = torch.arange(len(values), device=values.device) % heads
            values = values * (self.own[turns] if self.training else 1 / heads)
        return self.output(values)


class WhisperEncoder(FrozenNetwork):
    """(batch, 80, 2 * positions) -> logits (batch, classes).

    The encoder stays as it was pretrained, or tuned before. Means of some of its layers over the
    positions with speech are the embedding, and a small head is trained on embeddings. A mean over
    the loudest positions alone hears little of what is behind the speech.
    """

    # The sums that go on from layer to layer stay in FP32, and so do the small heads. So do the
    # convolutions: they cost a tenth of the time, and in INT8 they make half of its error.
    int8_operators = ('MatMul',)

    def __init__(self, encoder: Encoder, options: EncoderOptions, classes: int, dropout: float):
        """Take an encoder.

        Args:
            encoder: is not trained.
            options: which layers are looked at, where, and the size and number of the heads.
            classes: number of labels.
            dropout: share of the hidden values that are dropped in training.
        """
        super().__init__()
        self.encoder = encoder.requires_grad_(False)
        self._pooled = [number - 1 for number in options.pooled]
        self._ranges_db = options.speech_ranges_db
        size = len(self._ranges_db) * len(options.pooled) * encoder.channels
        self.mean = nn.Parameter(torch.zeros(size), requires_grad=False)
        self.deviation = nn.Parameter(torch.ones(size), requires_grad=False)
        self.head = VoiceHead(size, options, classes, dropout)

    @classmethod
    def from_config(cls, config: Config, input_shape: tuple[int, ...]) -> 'WhisperEncoder':
        """Make the network for inputs of 80 bands by an even number of frames."""
        if len(input_shape) != 2 or input_shape[0] != BANDS or input_shape[1] % 2:
            raise SerError(f'network whisper_encoder takes inputs of {BANDS} bands by an even '
                           f'number of frames, such as whisper_mel/1; {config.feature_set} has '
                           f'{list(input_shape)}')
        options = config.encoder
        encoder = Encoder(max(options.pooled), options.channels, input_shape[1] // 2)
        return cls(encoder, options, len(config.labels), config.training.dropout)

    @property
    def trainable(self) -> nn.Module:
        """The head; all else stays as it was pretrained, or tuned before."""
        return self.head

    def last_layers(self, count: int) -> nn.Module:
        """Return the last layers of the encoder."""
        return self.encoder.layers[-count:]

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the means over speech of the chosen layers, (batch, size)."""
        below_db = levels_db(inputs)
        outputs = self.encoder(inputs)
        return torch.cat([
            (outputs[index] * weights).sum(1)
            for weights in [speech_weights(below_db, range_db) for range_db in self._ranges_db]
            for index in self._pooled], 1)

    def standardised(self, pooled: torch.Tensor) -> torch.Tensor:
        """Return what was pooled in standard deviations from the mean of training."""
        deviations = (pooled - self.mean) / self.deviation
        return torch.clamp(deviations, -MOST_DEVIATIONS, MOST_DEVIATIONS)

    def standardise(self, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        """Keep mean and standard deviation of the training's embeddings, each (size,)."""
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)

    def load_pretrained(self, path: Path) -> None:
        """Take over the encoder's weights; see `Encoder.load_pretrained`."""
        self.encoder.load_pretrained(path)

    def int8_prefixes(self) -> tuple[str, ...]:
        """Return the encoder, whose matrix products hold nearly all weights."""
        return ('/encoder/',)

    def to_onnx(self, graph: Graph) -> str:
        """Add the network, with the baseline of the voice as a further input."""
        size = self.head.hidden.out_features
        return graph.trace(
            _WithBaseline(self).eval(), {'baseline': (size + 1,)}, {'voice': (size,)})


class _WithBaseline(nn.Module):
    """(inputs, baseline) -> (logits, voice).

    The voice is what the hidden layer makes of the embedding alone. It is linear, so a mean of
    voices stands for the voice of the mean: that is the baseline, already multiplied by its
    weight, and the weight itself comes last. All 0 stands for a voice that is not known.
    """

    def __init__(self, network: WhisperEncoder):
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor,
                baseline: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute the logits with a baseline, and the voice."""
        network, head = self.network, self.network.head
        embeddings = network.standardised(network.pool(inputs))
        voice = functional.linear(embeddings, head.hidden.weight[:, :-1])
        weight = functional.linear(
            WEIGHT_SCALE * baseline[:, -1:], head.hidden.weight[:, -1:], head.hidden.bias)
        return head.answer(voice - baseline[:, :-1] + weight), voice
