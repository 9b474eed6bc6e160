# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders of transformers that take a waveform: made from a description, filled with weights."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from ser_ros.errors import SerError, listed
from ser_ros.training.options import RandomEncoder

# Of transformers, by model_type of config.json, which is the name of the network as well.
ARCHITECTURES = {
    'wav2vec2': ('Wav2Vec2Config', 'Wav2Vec2Model'),
    'hubert': ('HubertConfig', 'HubertModel'),
    'wavlm': ('WavLMConfig', 'WavLMModel'),
}
# Weights that only other tasks need: letters from sounds, and what stands for masked positions.
LEFT_OUT = ('lm_head.', 'masked_spec_embed')
# What the names of a normalised weight's length and direction end with, today and before torch 2.1.
_NORMALISED = (('.parametrizations.weight.original0', '.parametrizations.weight.original1'),
               ('.weight_g', '.weight_v'))
_SHOWN = 4


def make_encoder(kind: str, values: Mapping[str, Any], dropout: float) -> Any:
    """Make an encoder with random weights.

    Args:
        kind: one of ARCHITECTURES.
        values: content of its config.json.
        dropout: share of the values that are dropped in the attention and behind each layer.

    Raises:
        SerError: if the values are of another architecture, or do not make an encoder, or
            transformers is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise SerError(f'network {kind} needs the package transformers, which cannot be imported '
                       f'({error}); run: pip install transformers') from error
    stated = values.get('model_type')
    if stated != kind:
        raise SerError(
            f'pretrained is of the architecture {stated!r}, but network is {kind!r}; '
            + (f'set network: {stated}' if stated in ARCHITECTURES
               else f'allowed: {listed(ARCHITECTURES)}'))
    config_class, model_class = (getattr(transformers, name) for name in ARCHITECTURES[kind])
    # Masks and left-out layers come from generators that no checkpoint holds.
    fixed = {'apply_spec_augment': False, 'mask_time_prob': 0.0, 'mask_feature_prob': 0.0,
             'layerdrop': 0.0, 'attention_dropout': dropout, 'hidden_dropout': dropout,
             'activation_dropout': 0.0}
    try:
        return model_class(config_class.from_dict({**values, **fixed}))
    except Exception as error:  # values may be of any type, and each place fails in its own way
        reason = ' '.join(str(error).split())
        raise SerError(f'pretrained: config.json makes no {kind}: {reason}') from error


def random_values(kind: str, size: RandomEncoder) -> dict[str, Any]:
    """Return a config.json in the proportions of the large pretrained encoders."""
    channels = size.channels
    return {
        'model_type': kind, 'hidden_size': channels, 'num_hidden_layers': size.layers,
        'num_attention_heads': max(2, channels // 64), 'intermediate_size': 4 * channels,
        'conv_dim': [channels // 2] * 7, 'conv_bias': True, 'feat_extract_norm': 'layer',
        'do_stable_layer_norm': True}


def load_weights(encoder: nn.Module, kind: str, tensors: Mapping[str, torch.Tensor],
                 where: str) -> None:
    """Take over the weights of an encoder, also out of a model that writes what it hears.

    Args:
        encoder: as `make_encoder` made it, with `fold_normalised_weights`.
        kind: one of ARCHITECTURES.
        tensors: weights by name.
        where: the file, for the text of errors.

    Raises:
        SerError: if there are others than those of the encoder and of LEFT_OUT, or some are
            missing, or have another shape.
    """
    own = {name.removeprefix(f'{kind}.'): value.float() for name, value in tensors.items()}
    own = _folded({
        name: value for name, value in own.items() if not name.startswith(LEFT_OUT)})
    try:
        missing, unexpected = encoder.load_state_dict(own, strict=False)
    except RuntimeError as error:
        reason = ' '.join(str(error).split())
        raise SerError(f'{where} does not fit its config.json: {reason}') from error
    problems = [f'{text} {_some(names)}' for text, names in (
        ('it lacks', missing), ('it has the unexpected', unexpected)) if names]
    if problems:
        raise SerError(f'{where} has the weights of another model than {kind}: '
                       + ' and '.join(problems))


def fold_normalised_weights(encoder: nn.Module) -> None:
    """Keep the products of normalised weights in place of their two parts.

    They stay as they are in training, and the exported graph has nothing to compute from them.
    """
    for module in encoder.modules():
        if parametrize.is_parametrized(module, 'weight'):
            parametrize.remove_parametrizations(module, 'weight')


@contextlib.contextmanager
def ready_for_export(encoder: Any, samples: int) -> Iterator[None]:
    """Let an encoder compute in a way that ONNX's operator set 13 has operators for.

    Attention is written out. WavLM's bias of positions, which depends on nothing but the length,
    is a constant: computed in the graph in FP16, some positions would get another one.

    Args:
        encoder: as `make_encoder` made it, in evaluation mode.
        samples: length of the window.
    """
    used = encoder.config._attn_implementation
    biased = [module for module in encoder.modules() if hasattr(module, 'rel_attn_embed')]
    with torch.inference_mode():
        positions = encoder.feature_extractor(torch.zeros(1, samples)).shape[2]
        biases = [module.compute_bias(positions, positions).clone() for module in biased]
    encoder.set_attn_implementation('eager')
    for module, bias in zip(biased, biases, strict=True):
        module.compute_bias = lambda *_, bias=bias: bias
    try:
        yield
    finally:
        encoder.set_attn_implementation(used)
        for module in biased:
            del module.compute_bias


def _folded(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the weights with products in place of the parts of normalised ones."""
    folded = dict(weights)
    for length, direction in _NORMALISED:
        for name in [name for name in weights if name.endswith(length)]:
            stem = name.removesuffix(length)
            if stem + direction in folded:
                folded[stem + '.weight'] = torch._weight_norm(
                    folded.pop(stem + direction), folded.pop(name), 2)
    return folded


def _some(names: list[str]) -> str:
    more = f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''
    return listed(names[:_SHOWN]) + more
