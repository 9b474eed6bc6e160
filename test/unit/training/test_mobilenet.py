# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MobileNetV3 and EfficientAT's weights for it."""

import pathlib

import numpy as np
import pytest
import torch

from ser_ros.cli.main import main
from ser_ros.errors import SerError
from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model
from ser_ros.training import config
from ser_ros.training.networks.mobilenet import MobileNetV3, divisible

CONFIG = pathlib.Path(__file__).resolve().parents[3] / 'config' / 'train' / 'small.yaml'
SPEECH = 0  # AudioSet's class


@pytest.fixture
def pretrained(shared_data):
    """EfficientAT's mn04."""
    path = shared_data.parent / 'pretrained' / 'mn04_as_mAP_432.pt'
    if not path.is_file():
        pytest.skip(f'{path} is missing')
    return path


def test_channels_are_multiples_of_8():
    assert [divisible(value) for value in (1, 6.4, 16, 19, 20, 448)] == [8, 8, 16, 24, 24, 448]


def test_size():
    network = MobileNetV3(7, 0.4)
    assert sum(entry.numel() for entry in network.parameters()) == 716_839
    assert network.eval()(torch.zeros(2, 1, 104, 256)).shape == (2, 7)


def test_pretrained_weights_know_speech(pretrained, speech_images):
    network = MobileNetV3(527, 0.4)
    network.load_state_dict(torch.load(pretrained, weights_only=True))
    with torch.no_grad():
        answers = network.eval()(speech_images).numpy()
    assert np.mean(answers.argmax(axis=1) == SPEECH) > 0.8


@pytest.fixture
def speech_images(shared_data):
    """Windows of speech as the network's input, (n, 1, 104, 256)."""
    from ser_ros.corpora.labelled_clips import read_samples
    extractor = create_extractor('efficientat_mel/1')
    images = []
    for speaker in 'ravdess/Actor_01', 'nemo/EB0':
        for path in sorted((shared_data / speaker).iterdir())[::10]:
            extractor.reset()
            extractor.push(
                read_samples(path, extractor.min_samples)[:extractor.window_samples])
            images.append(extractor.input())
    return torch.from_numpy(np.stack(images))


def test_all_but_the_last_layer_is_taken_over(pretrained):
    network = MobileNetV3(7, 0.4)
    last = network.output.weight.clone()
    network.load_pretrained(pretrained)
    stored = torch.load(pretrained, weights_only=True)
    assert torch.equal(network.output.weight, last)
    assert torch.equal(network.classifier[2].weight, stored['classifier.2.weight'])
    assert torch.equal(network.features[0][0].weight, stored['features.0.0.weight'])


def test_files_that_do_not_fit(tmp_path):
    with pytest.raises(SerError, match='cannot read the pretrained weights .*none.pt'):
        MobileNetV3(7, 0.4).load_pretrained(tmp_path / 'none.pt')
    (tmp_path / 'text.pt').write_text('no weights')
    with pytest.raises(SerError, match='cannot read the pretrained weights .*text.pt'):
        MobileNetV3(7, 0.4).load_pretrained(tmp_path / 'text.pt')
    torch.save(MobileNetV3(5, 0.2).state_dict(), tmp_path / 'narrow.pt')
    with pytest.raises(SerError, match='narrow.pt has the weights of another network or width'):
        MobileNetV3(7, 0.4).load_pretrained(tmp_path / 'narrow.pt')


def test_fine_tuning_from_end_to_end(config_path, corpora, tmp_path):
    weights = tmp_path / 'weights.pt'
    torch.save(MobileNetV3(5, 0.1).state_dict(), weights)
    text = config_path.read_text().replace('mel_yin_rms/1', 'efficientat_mel/1')
    text = text.replace('width: 0.05', f'network: mobilenet_v3\nwidth: 0.1\npretrained: {weights}\n'
                        'precisions: [fp32, fp16]')
    text = text.replace('batch: 8', 'batch: 8, mixup: 0.3, averaging: 0.5')
    (tmp_path / 'c.yaml').write_text(text)
    assert main(['train', str(tmp_path / 'c.yaml'), '--data', str(corpora), '--output',
                 str(tmp_path), '--threads', '1']) == 0
    model = Model(str(tmp_path / 'tiny'))
    assert model.precisions == ('fp32', 'fp16')
    assert model.info.input_shape == (1, 104, 256)


def test_the_shipped_configuration():
    loaded = config.load(str(CONFIG))
    assert (loaded.network, loaded.width) == ('mobilenet_v3', 0.4)
    assert loaded.pretrained.endswith('mn04_as_mAP_432.pt')
