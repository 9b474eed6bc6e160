# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Emotions from a pretrained encoder of the waveform: wav2vec 2.0, HuBERT or WavLM."""

import logging
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ser_ros.errors import SerError
from ser_ros.training.config import Config
from ser_ros.training.networks import pretrained_folder, transformers_encoder
from ser_ros.training.networks.base import Network
from ser_ros.training.networks.onnx_graph import Graph
from ser_ros.training.networks.pooling import make_pooling
from ser_ros.training.networks.speaker_adversary import SpeakerAdversary
from ser_ros.training.options import SpeechEncoderOptions

LOGGER = logging.getLogger(__name__)
# What the configuration gives for an encoder that starts from random weights.
RANDOM = 'random'
# Of the processors of the pretrained encoders.
SMALLEST_VARIANCE = 1e-7
SHORTEST = 400  # samples that the convolutions make one position of


def normalise(waveform: torch.Tensor) -> torch.Tensor:
    """Return windows (batch, samples) with zero mean and unit variance each."""
    centred = waveform - waveform.mean(1, keepdim=True)
    variance = centred.pow(2).mean(1, keepdim=True)
    return centred / torch.sqrt(variance + SMALLEST_VARIANCE)


class Head(nn.Module):
    """(batch, size) -> logits (batch, classes), with one hidden layer."""

    def __init__(self, size: int, hidden: int, classes: int, dropout: float):
        """Make the layers."""
        super().__init__()
        self.hidden = nn.Linear(size, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, classes)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        return self.output(self.dropout(functional.gelu(self.hidden(pooled))))


class SpeechEncoder(Network):
    """(batch, samples) of 16 kHz in [-1, 1] -> logits (batch, classes).

    The window is normalised here, then the encoder hears it, and a head takes what its last layer
    makes of all positions together. The convolutions stay as they were pretrained, and so do all
    layers but the last ones.
    """

    dynamic_int8 = True

    def __init__(self, kind: str, encoder: Any, normalises: bool,
                 options: SpeechEncoderOptions, classes: int, dropout: float):
        """Take an encoder.

        Args:
            kind: its architecture.
            encoder: as `transformers_encoder.make_encoder` made it.
            normalises: whether the encoder wants windows of zero mean and unit variance.
            options: how it is trained.
            classes: number of labels.
            dropout: share of the hidden values of the head that are dropped.

        Raises:
            SerError: if the encoder has fewer layers than are to be trained.
        """
        super().__init__()
        self._kind = kind
        self._normalises = normalises
        transformers_encoder.fold_normalised_weights(encoder)
        encoder.requires_grad_(False)
        self.encoder: Any = encoder
        self._trained = _trained_part(encoder, options.trainable_layers)
        for module in self._trained:
            module.requires_grad_(True)
        self.pooling = make_pooling(options.pooling, encoder.config.hidden_size)
        self.head = Head(self.pooling.size, options.hidden, classes, dropout)
        self.adversary = (SpeakerAdversary(self.pooling.size, options.speaker_adversary)
                          if options.speaker_adversary else None)
        self._pooled: torch.Tensor | None = None

    @classmethod
    def from_config(cls, config: Config, input_shape: tuple[int, ...]) -> 'SpeechEncoder':
        """Make the network for a waveform, in the size of the pretrained encoder."""
        if len(input_shape) != 1 or input_shape[0] < SHORTEST:
            raise SerError(f'network {config.network} takes a waveform of at least {SHORTEST} '
                           f'samples, such as waveform/1; {config.feature_set} has '
                           f'{list(input_shape)}')
        if not config.pretrained:
            raise SerError(
                f'network {config.network} needs pretrained: a folder, a name on the hub such as '
                f'kresnik/wav2vec2-large-xlsr-korean, or {RANDOM} for a small one to try')
        kind, options, dropout = config.network, config.speech_encoder, config.training.dropout
        if config.pretrained == RANDOM:
            values, normalises = transformers_encoder.random_values(kind, options.random), True
        else:
            folder = pretrained_folder.find(config.pretrained)
            values, normalises = folder.architecture(), folder.normalises()
        encoder = transformers_encoder.make_encoder(kind, values, dropout)
        return cls(kind, encoder, normalises, options, len(config.labels), dropout)

    @classmethod
    def pretrained_sha256(cls, pretrained: str) -> str:
        """Return the hash of the folder's files; '' for random weights."""
        return '' if pretrained == RANDOM else pretrained_folder.find(pretrained).sha256()

    def load_pretrained(self, path: Path) -> None:
        """Take over the encoder's weights of a folder or a model on the hub, if there are any."""
        if str(path) == RANDOM:
            return
        folder = pretrained_folder.find(str(path))
        transformers_encoder.load_weights(
            self.encoder, self._kind, folder.tensors(), str(folder.weights))

    def train(self, mode: bool = True) -> 'SpeechEncoder':
        """Switch to training; what is frozen always computes as in evaluation."""
        super().train(mode)
        self.encoder.eval()
        for module in self._trained:
            module.train(mode)
        return self

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        waveform = normalise(inputs) if self._normalises else inputs
        pooled = self.pooling(self.encoder(waveform).last_hidden_state)
        if self.training and self.adversary is not None:
            self._pooled = pooled
        return self.head(pooled)

    def head_parameters(self) -> list[nn.Parameter]:
        """Return all parameters but the encoder's."""
        parts = [self.pooling, self.head, *([self.adversary] if self.adversary else [])]
        return [parameter for part in parts for parameter in part.parameters()]

    def extra_loss(self, speakers: torch.Tensor, progress: float) -> torch.Tensor | None:
        """Return the loss of the speaker adversary, if there is one."""
        if self.adversary is None or self._pooled is None:
            return None
        pooled, self._pooled = self._pooled, None
        return self.adversary(pooled, speakers, progress)

    def enable_gradient_checkpointing(self) -> None:
        """Compute the trained layers a second time in the backward pass."""
        self.encoder.activation_checkpointing_enable({'use_reentrant': False})

    def to_onnx(self, graph: Graph) -> str:
        """Add the network to a graph, for windows of the graph's length only."""
        with transformers_encoder.ready_for_export(self.encoder, graph.input_shape[0]):
            return graph.trace(self)


def _trained_part(encoder: Any, count: int) -> list[nn.Module]:
    """Return the last layers, and the normalisation behind the last one where there is one."""
    layers = encoder.encoder.layers
    if count > len(layers):
        raise SerError(f'speech_encoder.trainable_layers is {count}; the encoder has '
                       f'{len(layers)} layers')
    if not count:
        return []
    last = [encoder.encoder.layer_norm] if encoder.config.do_stable_layer_norm else []
    return [*layers[len(layers) - count:], *last]
