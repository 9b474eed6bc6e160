# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The lower layers of Whisper's encoder (Radford et al. 2022, arXiv:2212.04356).

Parameters have the names of transformers' WhisperEncoder, so that its weights can be loaded.
Attention is written out, since operator set 13 has no operator for it.
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

from ser_ros.errors import SerError
from ser_ros.training.networks.pretrained import read_safetensors

HEAD_CHANNELS = 64  # of each attention head, in every size of Whisper
BANDS = 80


class SelfAttention(nn.Module):
    """Attention of every position to all positions (arXiv:1706.03762)."""

    def __init__(self, channels: int, positions: int):
        """Make the projections; keys have no bias, which softmax would cancel."""
        super().__init__()
        # All sizes are fixed, so that the exported graph computes none.
        self._by_head = (-1, positions, channels // HEAD_CHANNELS, HEAD_CHANNELS)
        self._together = (-1, positions, channels)
        self.q_proj = nn.Linear(channels, channels)
        self.k_proj = nn.Linear(channels, channels, bias=False)
        self.v_proj = nn.Linear(channels, channels)
        self.out_proj = nn.Linear(channels, channels)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (batch, positions, channels) for the same."""
        query, key, value = (
            projected.reshape(self._by_head).transpose(1, 2)
            for projected in (self.q_proj(states), self.k_proj(states), self.v_proj(states)))
        weights = torch.softmax(query * HEAD_CHANNELS ** -0.5 @ key.transpose(2, 3), dim=3)
        return self.out_proj((weights @ value).transpose(1, 2).reshape(self._together))


class EncoderLayer(nn.Module):
    """One layer: attention, then two fully connected layers, each normalised before and added."""

    def __init__(self, channels: int, positions: int):
        """Make the layer."""
        super().__init__()
        self.self_attn = SelfAttention(channels, positions)
        self.self_attn_layer_norm = nn.LayerNorm(channels)
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)
        self.final_layer_norm = nn.LayerNorm(channels)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Return (batch, positions, channels) for the same."""
        states = states + self.self_attn(self.self_attn_layer_norm(states))
        return states + self.fc2(functional.gelu(self.fc1(self.final_layer_norm(states))))


class Encoder(nn.Module):
    """(batch, 80, 2 * positions) -> for each layer (batch, positions, channels).

    Positions are those of the beginning of Whisper's 30 s. Cutting the rest off hardly changes
    what the layers say.
    """

    def __init__(self, layers: int, channels: int, positions: int):
        """Make the first layers of an encoder."""
        super().__init__()
        self.channels = channels
        self.conv1 = nn.Conv1d(BANDS, channels, 3, padding=1)
        self.conv2 = nn.Conv1d(channels, channels, 3, stride=2, padding=1)
        self.embed_positions = nn.Parameter(torch.zeros(positions, channels))
        self.layers = nn.ModuleList(EncoderLayer(channels, positions) for _ in range(layers))

    def forward(self, inputs: torch.Tensor) -> list[torch.Tensor]:
        """Return what each layer makes of the window."""
        heard = functional.gelu(self.conv2(functional.gelu(self.conv1(inputs))))
        states = heard.transpose(1, 2) + self.embed_positions
        outputs = []
        for layer in self.layers:
            states = layer(states)
            outputs.append(states)
        return outputs

    def load_pretrained(self, path: Path) -> None:
        """Take over the weights of a safetensors file with at least as many layers and positions.

        Raises:
            SerError: if the file cannot be read, or is of another encoder.
        """
        weights = read_safetensors(path)
        positions = weights.pop('embed_positions.weight', torch.zeros(0, 0))
        own = {'embed_positions': positions[:len(self.embed_positions)].float()}
        for name, value in weights.items():
            layer = name.split('.')[1] if name.startswith('layers.') else ''
            if not layer.isdigit() or int(layer) < len(self.layers):
                own[name] = value.float()
        try:
            self.load_state_dict(own)
        except RuntimeError as error:
            reason = ' '.join(str(error).split())
            raise SerError(f'{path} holds the weights of another encoder: {reason}') from error
