# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tiny random Wav2Vec2, HuBERT or WavLM on disk, as the hub stores the large ones."""

import json
import os

import pytest

torch = pytest.importorskip('torch', reason='training needs torch (requirements/train.txt)')
transformers = pytest.importorskip(
    'transformers', reason='speech encoders need transformers (requirements/train.txt)')

# No test asks the hub.
os.environ['HF_HUB_OFFLINE'] = '1'

NAMES = {'wav2vec2': 'Wav2Vec2', 'hubert': 'Hubert', 'wavlm': 'WavLM'}
LETTERS = ' EATINOSHR'


def make_tiny_wav2vec2(folder, kind='wav2vec2', seed=0, normalises=True, **changes):
    """
    Write a model that writes what it hears, with 34,000 weights, and its processor to ``folder``.

    :param changes: of its configuration.
    :returns: the folder's path.
    """
    values = dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=88,
        conv_dim=[16] * 7, conv_bias=True, feat_extract_norm='layer', do_stable_layer_norm=True,
        vocab_size=len(LETTERS) + 2, pad_token_id=0)
    values.update(changes)
    config = getattr(transformers, NAMES[kind] + 'Config')(**values)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        getattr(transformers, NAMES[kind] + 'ForCTC')(config).save_pretrained(str(folder))
    vocabulary = {'<pad>': 0, '<unk>': 1}
    vocabulary.update({letter.replace(' ', '|'): number
                       for number, letter in enumerate(LETTERS, 2)})
    path = os.path.join(str(folder), 'vocab.json')
    with open(path, 'w') as file:
        json.dump(vocabulary, file)
    transformers.Wav2Vec2Processor(
        transformers.Wav2Vec2FeatureExtractor(do_normalize=normalises),
        transformers.Wav2Vec2CTCTokenizer(path, pad_token='<pad>', unk_token='<unk>'),
    ).save_pretrained(str(folder))
    return folder
