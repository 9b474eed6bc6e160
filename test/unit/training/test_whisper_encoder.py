# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network on Whisper's lower layers: weights, export, training with baselines."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError
from ser_ros.inference.model_file import Model
from ser_ros.inference.onnx_file import writing
from ser_ros.inference.registry import BACKENDS
from ser_ros.progress import Progress
from ser_ros.training import config
from ser_ros.training.export import onnx_export
from ser_ros.training.export.quantize import to_int8
from ser_ros.training.fit import checkpoint, material, tuning
from ser_ros.training.fit.trainer import Trainer
from ser_ros.training.fit.windows import BalancedWindows
from ser_ros.training.networks.registry import make_network
from ser_ros.training.networks.whisper_encoder import (
    VoiceHead,
    WhisperEncoder,
    levels_db,
    speech_weights,
)
from ser_ros.training.networks.whisper_layers import Encoder
from ser_ros.training.options import EncoderOptions

SHAPE = (80, 260)
LABELS = 7
HIDDEN = 12
SIZE = 20
SHA256 = '5687426cfb50a1c11e849cf3e8edb642115425b85785635763e0c6cd4bb2ee8c'
CONFIG = '''
name: tiny
version: '1'
feature_set: whisper_mel/1
network: whisper_encoder
pretrained: {pretrained}
encoder: {{pooled: [1, 2], channels: 64, hidden: 12}}
labels: [happiness, anger, sadness, neutral, fear, disgust, surprise]
merge: {{calm: neutral}}
drop: [boredom]
licence: free
corpora:
  north: {{train: [a, b], validation: [c], test: [d, e]}}
  south: {{train: [k], validation: [l], test: [m]}}
training: {{epochs: {epochs}, windows_per_epoch: 240, batch: 24, learning_rate: 0.005}}
'''


def tiny_encoder(layers=2):
    torch.manual_seed(0)
    encoder = Encoder(layers, 64, 130)
    with torch.no_grad():
        encoder.embed_positions.normal_()
    return encoder


@pytest.fixture(scope='module')
def pretrained(tmp_path_factory):
    """A file of random weights, with more layers and positions than are taken."""
    weights = {name: value.contiguous() for name, value in tiny_encoder(3).state_dict().items()}
    weights['embed_positions.weight'] = torch.randn(200, 64)
    del weights['embed_positions']
    path = tmp_path_factory.mktemp('pretrained') / 'encoder.safetensors'
    save_file({name: value.half() for name, value in weights.items()}, path)
    return path


@pytest.fixture(params=[1, 2])
def network(request):
    options = EncoderOptions(pooled=[1, 2], hidden=HIDDEN // request.param, heads=request.param,
                             speech_ranges_db=[30.0, 10.0])
    network = WhisperEncoder(tiny_encoder(), options, LABELS, 0.3).eval()
    network.standardise(torch.randn(256), torch.rand(256) + 0.5)
    return network


@pytest.fixture
def heads():
    """Three heads in one, with random weights."""
    torch.manual_seed(0)
    return VoiceHead(SIZE, EncoderOptions(hidden=HIDDEN, heads=3), LABELS, 0.0)


def alone(heads, number):
    """Return the one of three heads with this number, by itself."""
    head = VoiceHead(SIZE, EncoderOptions(hidden=HIDDEN), LABELS, 0.0).eval()
    own = slice(number * HIDDEN, (number + 1) * HIDDEN)
    head.load_state_dict({
        'hidden.weight': heads.hidden.weight[own], 'hidden.bias': heads.hidden.bias[own],
        'output.weight': heads.output.weight[:, own], 'output.bias': heads.output.bias})
    return head


def test_several_heads_answer_with_their_mean(heads):
    rows = torch.randn(5, SIZE + 1)
    expected = torch.stack([alone(heads, number)(rows) for number in range(3)]).mean(0)
    assert torch.allclose(heads.eval()(rows), expected, atol=1e-5)


def test_a_head_learns_from_its_own_rows_alone(heads):
    heads.dropout_in.p = 0.0
    rows = torch.randn(6, SIZE + 1)
    answers = heads.train()(rows)
    for row in range(6):
        assert torch.allclose(answers[row], alone(heads, row % 3)(rows[row:row + 1])[0], atol=1e-5)
    answers[1::3].sum().backward()
    changed = heads.hidden.weight.grad.abs().sum(1).reshape(3, HIDDEN).sum(1)
    assert changed[1] > 0
    assert changed[0] == changed[2] == 0


@pytest.fixture
def inputs():
    return np.random.default_rng(1).uniform(-0.6, 1.375, (6, *SHAPE)).astype(np.float32)


def test_pauses_hardly_count():
    inputs = torch.full((1, *SHAPE), -0.6)
    inputs[:, :, 100:160] = 1.0
    weights = speech_weights(levels_db(inputs), 30.0)[0, :, 0]
    assert weights.sum() == pytest.approx(1.0, abs=1e-5)
    assert weights[50:80].sum() > 0.99


def test_a_short_range_leaves_out_what_is_behind_the_speech():
    inputs = torch.full((1, *SHAPE), 0.5)  # 20 dB below the speech
    inputs[:, :, 100:160] = 1.0
    below_db = levels_db(inputs)
    assert below_db[0, 0] == pytest.approx(20.0, abs=0.1)
    shares = [speech_weights(below_db, range_db)[0, 50:80].sum() for range_db in (30.0, 10.0)]
    assert shares[0] < 0.3
    assert shares[1] > 0.95


def test_weights_are_taken_over_as_far_as_they_go(pretrained):
    encoder = Encoder(2, 64, 130)
    encoder.load_pretrained(pretrained)
    expected = tiny_encoder(3)
    assert torch.allclose(encoder.layers[1].fc1.weight, expected.layers[1].fc1.weight, atol=1e-3)


def test_the_real_weights(shared_data):
    path = shared_data.parent / 'pretrained' / 'whisper_base_encoder_4_layers.safetensors'
    if not path.is_file():
        pytest.skip(f'{path} is missing')
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    encoder = Encoder(3, 512, 130)
    encoder.load_pretrained(path)
    assert sum(value.numel() for value in encoder.parameters()) == 10_432_512


def test_files_that_do_not_fit(tmp_path, pretrained):
    with pytest.raises(SerError, match='cannot read the pretrained weights .*none'):
        Encoder(2, 64, 130).load_pretrained(tmp_path / 'none.safetensors')
    (tmp_path / 'text').write_text('no weights')
    with pytest.raises(SerError, match='cannot read the pretrained weights .*text'):
        Encoder(2, 64, 130).load_pretrained(tmp_path / 'text')
    with pytest.raises(SerError, match='weights of another encoder'):
        Encoder(2, 128, 130).load_pretrained(pretrained)
    with pytest.raises(SerError, match='weights of another encoder'):
        Encoder(2, 64, 250).load_pretrained(pretrained)


@pytest.mark.parametrize('form, tolerance', [('fp32', 1e-4), ('fp16', 2e-2), ('int8', 0.5)])
def test_the_file_answers_as_the_network_with_and_without_a_baseline(
        network, inputs, tmp_path, form, tolerance):
    model = onnx_export.to_onnx(network, SHAPE)
    forms = {'fp32': lambda: model, 'fp16': lambda: onnx_export.to_fp16(model),
             'int8': lambda: to_int8(
                 model, inputs, network.int8_prefixes(), network.int8_operators)}
    path = str(tmp_path / 'm.onnx')
    writing.save(forms[form](), path, {})
    session = onnxruntime.InferenceSession(path)
    baselines = np.zeros((2, 1, HIDDEN + 1), np.float32)
    with torch.no_grad():
        rows = network.embed(torch.from_numpy(inputs[:1]))
        other = network.embed(torch.from_numpy(inputs[1:2]))
        voice = torch.nn.functional.linear(other[:, :-1], network.head.hidden.weight[:, :-1])
        baselines[1, 0, :-1], baselines[1, 0, -1] = 0.5 * voice.numpy(), 0.5
        known = rows - 0.5 * other
        known[:, -1] = 0.5
        expected = [network.head(rows).numpy(), network.head(known).numpy()]
    for baseline, logits in zip(baselines, expected, strict=True):
        answer, heard = session.run(None, {'input': inputs[:1], 'baseline': baseline})
        assert np.abs(answer - logits).max() < tolerance
        assert heard.shape == (1, HIDDEN)


def test_only_products_by_the_encoder_s_weights_become_int8(network, inputs):
    model = to_int8(onnx_export.to_onnx(network, SHAPE), inputs, network.int8_prefixes(),
                    network.int8_operators)
    made = {name: node for node in model.graph.node for name in node.output}
    in_int8 = {node.name.replace('_quant', '') for node in model.graph.node
               if node.op_type in ('MatMul', 'Conv', 'Gemm') and node.input[1] in made
               and made[node.input[1]].op_type == 'DequantizeLinear'}
    assert '/encoder/layers.1/fc2/MatMul' in in_int8
    assert not [name for name in in_int8 if not name.startswith('/encoder/layers.')]
    assert '/encoder/layers.1/self_attn/MatMul' not in in_int8


def test_names_that_no_node_has(network, inputs):
    with pytest.raises(ValueError, match='no node to quantise begins with'):
        to_int8(onnx_export.to_onnx(network, SHAPE), inputs, ('/elsewhere/',), ('Conv',))


def make_again(train_arguments, text, output):
    """Let --resume write a file of the model that is gone; return what is in it, as before."""
    path = output / 'tiny' / 'fp32.onnx'
    before = path.read_bytes()
    path.unlink()
    assert main(train_arguments(text, output, '--resume')) == 0
    assert path.read_bytes() == before
    return before


def test_the_configuration_trains_resumes_and_runs(
        pretrained, train_arguments, tmp_path, capsys, monkeypatch):
    output = tmp_path / 'out'
    text = CONFIG.format(pretrained=pretrained, epochs=2)
    assert main(train_arguments(text, output)) == 0
    model = Model(f'{output}/tiny/')
    assert model.info.voice_size == HIDDEN
    assert model.precisions == ('fp32', 'fp16', 'int8')
    session = BACKENDS['onnxruntime'].open(model, 'int8')
    assert session.run(np.zeros(SHAPE, np.float32)).shape == (LABELS,)
    session.close()
    capsys.readouterr()
    # What the frozen part was given is in the checkpoint, so no window is embedded a second time.
    monkeypatch.setattr(material, 'embed_training', None)
    make_again(train_arguments, text, output)


TUNED = CONFIG.replace(
    'hidden: 12}}',
    'hidden: 12, tuning: {{layers: 1, steps: 4, batch: 8, windows: 64}}}}')


def tuned_weights(pretrained, tmp_path, change):
    """Return how the tuned weights differ from the pretrained ones, by name."""
    path = tmp_path / 'c.yaml'
    path.write_text(TUNED.format(pretrained=pretrained, epochs=1))
    clips = [Clip(Path(f'{index}.wav'), 'north', 'a', index % LABELS) for index in range(14)]
    options = config.load(str(path), changes=[change])
    torch.manual_seed(0)
    network = make_network(options)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    generator = np.random.default_rng(0)
    columns = [(generator.uniform(0.0, 1.0, (80, 300)).astype(np.float32),) for _ in clips]
    windows = BalancedWindows(clips, columns, options.make_extractor(), generator)
    weights = tuning.tune(network, windows, options, Progress())
    # The network itself stays as it was.
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(tensor.requires_grad for tensor in network.encoder.parameters())
    return {name: value - before[name] for name, value in weights.items()}


@pytest.fixture
def short_head(monkeypatch):
    monkeypatch.setattr(tuning, 'HEAD_STEPS', 20)


def test_the_last_layer_is_tuned_once(
        pretrained, train_arguments, tmp_path, short_head, monkeypatch):
    output = tmp_path / 'out'
    text = TUNED.format(pretrained=pretrained, epochs=1)
    assert main(train_arguments(text, output)) == 0
    monkeypatch.setattr(material, 'tune', None)
    content = make_again(train_arguments, text, output)
    tuned = checkpoint.load(output / 'checkpoint.pt')['state']['tuned']
    assert len(tuned) == 15 and all(name.startswith('encoder.layers.1.') for name in tuned)
    given = load_file(pretrained)
    change = {name: float((value - given[name.removeprefix('encoder.')].float()).abs().max())
              for name, value in tuned.items()}
    assert 0 < max(change.values()) < 0.01
    # The file that is made has them.
    moved = max((name for name in change if name.endswith('fc1.weight')), key=change.get)
    values = {'tuned': tuned[moved], 'pretrained': given[moved.removeprefix('encoder.')].float()}
    stored = [onnx.numpy_helper.to_array(tensor)
              for tensor in onnx.load_from_string(content).graph.initializer]
    distance = {kind: min(np.abs(array - value.numpy().T).max() for array in stored
                          if array.shape == value.numpy().T.shape)
                for kind, value in values.items()}
    assert distance['tuned'] < distance['pretrained'] / 4


def test_a_training_that_goes_on_has_the_same_tuned_layers(
        pretrained, train_arguments, tmp_path, short_head, monkeypatch):
    text = TUNED.format(pretrained=pretrained, epochs=2)
    assert main(train_arguments(text, tmp_path / 'whole')) == 0
    train = Trainer.train_epoch

    def stop(trainer, *args, **kwargs):
        if trainer.history:
            raise KeyboardInterrupt
        return train(trainer, *args, **kwargs)

    with monkeypatch.context() as stopped:
        stopped.setattr(Trainer, 'train_epoch', stop)
        assert main(train_arguments(text, tmp_path / 'parts')) != 0
    monkeypatch.setattr(material, 'tune', None)
    assert main(train_arguments(text, tmp_path / 'parts', '--resume')) == 0
    files = [tmp_path / name / 'tiny' / 'fp32.onnx' for name in ('whole', 'parts')]
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize('steps', [4, 9, 10, 11, 20])
def test_any_number_of_steps(pretrained, tmp_path, short_head, steps):
    assert tuned_weights(pretrained, tmp_path, f'encoder.tuning.steps={steps}')


def test_a_rate_that_is_too_high(pretrained, tmp_path, short_head):
    with pytest.raises(SerError, match='learning_rate is 1e\\+30; try a lower one'):
        tuned_weights(pretrained, tmp_path, 'encoder.tuning.learning_rate=1.0e+30')


def test_the_weights_are_between_the_pretrained_and_the_trained_ones(
        pretrained, tmp_path, short_head):
    found = {share: tuned_weights(pretrained, tmp_path, f'encoder.tuning.share={share}')
             for share in (0.5, 1.0)}
    for name, half in found[0.5].items():
        assert torch.allclose(2 * half, found[1.0][name], atol=1e-5)
    assert max(change.abs().max() for change in found[0.5].values()) > 1e-4


def test_an_input_that_does_not_fit(pretrained, train_arguments, tmp_path, capsys):
    text = CONFIG.format(pretrained=pretrained, epochs=1).replace('whisper_mel', 'mel_yin_rms')
    assert main(train_arguments(text, tmp_path / 'out')) == 2
    assert 'takes inputs of 80 bands' in capsys.readouterr().err


@pytest.mark.parametrize('change, reason', [
    (('channels: 64', 'channels: 96'), 'channels is 96; allowed: a multiple of 64'),
    (('training:', 'partners: [{network: whisper_encoder}]\ntraining:'),
     'another whisper_encoder'),
    (('hidden: 12', 'hidden: 12, tuning: {layers: 3}'), 'tuning.layers is 3; allowed: up to 2'),
    (('hidden: 12', 'hidden: 12, tuning: {steps: 3}'),
     'steps is 3; allowed: a whole number of at least 4'),
    (('licence: free', 'licence: free\nprecisions: [fp32]'), '')])
def test_what_a_configuration_may_say(pretrained, tmp_path, change, reason):
    path = tmp_path / 'c.yaml'
    path.write_text(CONFIG.format(pretrained=pretrained, epochs=1).replace(*change))
    if not reason:
        assert config.load(str(path)).network == 'whisper_encoder'
        return
    with pytest.raises(SerError, match=reason):
        config.load(str(path))


def test_a_frozen_encoder_without_weights(pretrained, tmp_path):
    path = tmp_path / 'c.yaml'
    text = CONFIG.format(pretrained='X', epochs=1).replace('pretrained: X\n', '')
    path.write_text(text)
    with pytest.raises(SerError, match='needs pretrained'):
        make_network(config.load(str(path)))
