# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ResNet34 that starts from torchvision's weights."""

import pytest
import torch
from torch.nn import functional

from ser_ros.errors import SerError
from ser_ros.training import config
from ser_ros.training.networks.registry import make_network
from ser_ros.training.networks.resnet import RESNET_BLOCKS, ResNet, own_name

BLOCKS = (3, 4, 6, 3)
CHANNELS = (64, 128, 256, 512)


def resnet34(channels=3, width=1.0):
    return ResNet(RESNET_BLOCKS['resnet34'], channels, 7, width)


def norm(name, channels):
    return {f'{name}.{entry}': (channels,)
            for entry in ('weight', 'bias', 'running_mean', 'running_var')} | {
                f'{name}.num_batches_tracked': ()}


def block(name, channels_in, channels, stride):
    shapes = {f'{name}.conv1.weight': (channels, channels_in, 3, 3),
              f'{name}.conv2.weight': (channels, channels, 3, 3),
              **norm(name + '.bn1', channels), **norm(name + '.bn2', channels)}
    if stride != 1:
        shapes[f'{name}.downsample.0.weight'] = (channels, channels_in, 1, 1)
        shapes.update(norm(name + '.downsample.1', channels))
    return shapes


def torchvision_shapes():
    """Return the names and shapes in torchvision's resnet34-b627a593.pth."""
    shapes = {'conv1.weight': (64, 3, 7, 7), **norm('bn1', 64)}
    channels_in = 64
    for stage, (count, channels) in enumerate(zip(BLOCKS, CHANNELS, strict=True), start=1):
        for index in range(count):
            stride = 2 if stage > 1 and index == 0 else 1
            shapes.update(block(f'layer{stage}.{index}', channels_in, channels, stride))
            channels_in = channels
    return {**shapes, 'fc.weight': (1000, 512), 'fc.bias': (1000,)}


@pytest.fixture(scope='module')
def state():
    generator = torch.Generator().manual_seed(3)
    values = {name: 0.05 * torch.randn(shape, generator=generator)
              for name, shape in torchvision_shapes().items()}
    for name, value in values.items():
        if name.endswith('running_var'):
            value.abs_().add_(0.5)
        elif name.endswith('num_batches_tracked'):
            values[name] = torch.tensor(7)
    return values


@pytest.fixture(scope='module')
def checkpoint(state, tmp_path_factory):
    path = tmp_path_factory.mktemp('imagenet') / 'resnet34.pth'
    torch.save(state, path)
    return path


def pooled_by(state, images):
    """Compute what goes into the head, as torchvision does and by its names."""
    def normalise(values, name):
        return functional.batch_norm(
            values, state[name + '.running_mean'], state[name + '.running_var'],
            state[name + '.weight'], state[name + '.bias'])

    inner = functional.conv2d(images, state['conv1.weight'], stride=2, padding=3)
    inner = functional.max_pool2d(torch.relu(normalise(inner, 'bn1')), 3, 2, 1)
    for stage, count in enumerate(BLOCKS, start=1):
        for index in range(count):
            name = f'layer{stage}.{index}'
            stride = 2 if stage > 1 and index == 0 else 1
            main = functional.conv2d(
                inner, state[name + '.conv1.weight'], stride=stride, padding=1)
            main = torch.relu(normalise(main, name + '.bn1'))
            main = functional.conv2d(main, state[name + '.conv2.weight'], padding=1)
            main = normalise(main, name + '.bn2')
            if name + '.downsample.0.weight' in state:
                inner = normalise(functional.conv2d(
                    inner, state[name + '.downsample.0.weight'], stride=stride),
                    name + '.downsample.1')
            inner = torch.relu(main + inner)
    return inner.mean((2, 3))


def test_the_network_computes_what_torchvisions_does(state, checkpoint):
    network = resnet34()
    head = {name: value.clone() for name, value in network.state_dict().items()
            if name.startswith(('hidden', 'output'))}
    network.load_pretrained(checkpoint)
    assert all(torch.equal(network.state_dict()[name], value) for name, value in head.items())
    images = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    network.hidden = torch.nn.Identity()
    network.output = torch.nn.Identity()
    with torch.no_grad():
        torch.testing.assert_close(
            network.eval()(images), pooled_by(state, images), rtol=1e-4, atol=1e-5)


def test_every_weight_has_its_own_name():
    names = [own_name(name) for name in torchvision_shapes() if not name.startswith('fc.')]
    own = [name for name in resnet34().state_dict() if not name.startswith(('hidden', 'output'))]
    assert sorted(names) == sorted(own)
    assert own_name('layer2.0.downsample.0.weight') == 'blocks.3.conv3.weight'
    assert own_name('layer4.2.bn2.bias') == 'blocks.15.bn2.bias'


@pytest.fixture
def configured(tmp_path, config_path):
    """Return a function that makes the network of a configuration with these lines."""
    def make(width, pretrained):
        text = config_path.read_text().replace('width: 0.05', f'width: {width}')
        (tmp_path / 'c.yaml').write_text(f"{text}pretrained: '{pretrained}'\n")
        return make_network(config.load(str(tmp_path / 'c.yaml')))
    return make


def test_from_a_configuration(configured, state, checkpoint):
    network = configured('1.0', checkpoint)
    assert torch.equal(network.blocks[3].conv3.weight, state['layer2.0.downsample.0.weight'])


def test_networks_that_the_file_is_not_for(configured, checkpoint):
    with pytest.raises(SerError, match='fits only a resnet34 of width 1.0 .* has '
                       r'blocks \(3, 4, 6, 3\), width 0.5 and 3 channels'):
        configured('0.5', checkpoint)
    for network in resnet34(1), ResNet(RESNET_BLOCKS['resnet10'], 3, 7):
        with pytest.raises(SerError, match='fits only a resnet34'):
            network.load_pretrained(checkpoint)


def change(state, name, value):
    changed = {**state, name: value}
    return {key: entry for key, entry in changed.items() if entry is not None}


@pytest.mark.parametrize('content, reason', [
    (lambda state: change(state, 'layer1.0.conv1.weight', None),
     'another network or width: .*\n.*Missing key.* "blocks.0.conv1.weight"'),
    (lambda state: change(state, 'layer3.6.conv1.weight', torch.zeros(1)), 'another network'),
    (lambda state: change(state, 'conv1.weight', torch.zeros(64, 1, 7, 7)), 'size mismatch'),
    (lambda state: {'state_dict': state}, 'must be a state dictionary: names and tensors'),
    (lambda state: [1, 2], 'must be a state dictionary')])
def test_files_of_something_else(tmp_path, state, content, reason):
    torch.save(content(state), tmp_path / 'other.pth')
    with pytest.raises(SerError, match=reason):
        resnet34().load_pretrained(tmp_path / 'other.pth')


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / 'x.pth').write_bytes(b'no weights')
    for name in 'x.pth', 'missing.pth':
        with pytest.raises(SerError, match='cannot read the pretrained weights .*' + name):
            resnet34().load_pretrained(tmp_path / name)
