# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Networks on pretrained encoders of the waveform: weights, what is trained, the adversary."""

import json
import shutil

import numpy as np
import pytest
from tiny_wav2vec2 import NAMES, make_tiny_wav2vec2, torch, transformers

from ser_ros.errors import SerError
from ser_ros.training import config
from ser_ros.training.networks import registry
from ser_ros.training.networks.pretrained_folder import find
from ser_ros.training.networks.registry import make_network, network_class
from ser_ros.training.networks.speech_encoder import normalise

SAMPLES = 8000
LABELS = ['anxious', 'kind', 'dry', 'others']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return make_tiny_wav2vec2(tmp_path_factory.mktemp('wav2vec2'))


@pytest.fixture
def copy(folder, tmp_path):
    """A copy to spoil."""
    return shutil.copytree(str(folder), str(tmp_path / 'copy')) and tmp_path / 'copy'


def configuration(pretrained, network='wav2vec2', training=None, **options):
    return config.from_values({
        'name': 'tiny', 'version': '1', 'feature_set': 'waveform/1', 'window_s': 0.5,
        'network': network, 'pretrained': str(pretrained), 'labels': LABELS, 'licence': 'free',
        'corpora': {'north': {'train': ['a'], 'validation': ['b'], 'test': ['c']}},
        'speech_encoder': {'trainable_layers': 1, **options}, 'training': training or {}}, 'here')


def make(pretrained, network='wav2vec2', **options):
    torch.manual_seed(1)
    return make_network(configuration(pretrained, network, **options)).eval()


def waveforms(count=2):
    generator = np.random.default_rng(0)
    sound = generator.normal(0.01, 0.05, (count, SAMPLES))
    return torch.from_numpy(sound.astype(np.float32))


def test_the_tiny_model_has_the_stated_size(folder):
    model = transformers.Wav2Vec2ForCTC.from_pretrained(str(folder))
    assert sum(values.numel() for values in model.parameters()) == pytest.approx(34000, rel=0.03)


@pytest.mark.parametrize('kind', sorted(NAMES))
def test_hears_what_transformers_hears(kind, tmp_path):
    make_tiny_wav2vec2(tmp_path, kind)
    inputs = waveforms()
    whole = getattr(transformers, NAMES[kind] + 'ForCTC').from_pretrained(str(tmp_path)).eval()
    processor = transformers.AutoProcessor.from_pretrained(str(tmp_path))
    values = processor(list(inputs.numpy()), sampling_rate=16000, return_tensors='pt')
    network = make(tmp_path, kind)
    with torch.inference_mode():
        expected = getattr(whole, kind)(values.input_values).last_hidden_state
        torch.testing.assert_close(
            network.encoder(normalise(inputs)).last_hidden_state, expected, rtol=0, atol=1e-5)
        assert network(inputs).shape == (2, len(LABELS))


def test_an_older_file_of_torch_gives_the_same(folder, copy):
    from safetensors.torch import load_file
    weights = {
        name.replace('.parametrizations.weight.original0', '.weight_g').replace(
            '.parametrizations.weight.original1', '.weight_v'): values
        for name, values in load_file(str(copy / 'model.safetensors')).items()}
    assert any(name.endswith('.weight_g') for name in weights)
    (copy / 'model.safetensors').unlink()
    torch.save(weights, str(copy / 'pytorch_model.bin'))
    with torch.inference_mode():
        assert torch.equal(make(copy)(waveforms()), make(folder)(waveforms()))


def test_normalises_as_the_processor_says(tmp_path):
    louder = waveforms() * 4.0 + 0.1
    network = make(make_tiny_wav2vec2(tmp_path / 'with'))
    as_it_is = make(make_tiny_wav2vec2(tmp_path / 'without', normalises=False))
    with torch.inference_mode():
        torch.testing.assert_close(network(louder), network(waveforms()), rtol=0, atol=1e-3)
        assert not torch.allclose(as_it_is(louder), as_it_is(waveforms()), rtol=0, atol=1e-3)
        assert torch.isfinite(network(torch.zeros(1, SAMPLES))).all()


def test_a_base_model_is_accepted(tmp_path):
    make_tiny_wav2vec2(tmp_path, feat_extract_norm='group', do_stable_layer_norm=False)
    network = make(tmp_path)
    assert torch.isfinite(network(waveforms())).all()


@pytest.mark.parametrize('pooling, values', [('mean', 32), ('attention', 64)])
def test_poolings(folder, pooling, values):
    network = make(folder, pooling=pooling)
    assert network.head.hidden.in_features == values
    assert all('score.bias' not in name for name, _ in network.named_parameters())


@pytest.mark.parametrize('layers', [0, 1, 2])
def test_what_is_trained(folder, layers):
    network = make(folder, trainable_layers=layers).train()
    network(waveforms()).sum().backward()
    trained = {name for name, values in network.named_parameters() if values.requires_grad}
    assert trained == {name for name, values in network.named_parameters()
                       if values.grad is not None}
    of_layers = {name.split('.')[3] for name in trained
                 if name.startswith('encoder.encoder.layers.')}
    assert of_layers == {str(number) for number in range(2 - layers, 2)}
    assert ('encoder.encoder.layer_norm.weight' in trained) == bool(layers)
    assert not any('feature_extractor' in name or 'pos_conv' in name for name in trained)
    head = {id(values) for values in network.head_parameters()}
    assert head == {id(values) for name, values in network.named_parameters()
                    if not name.startswith('encoder.')}


def test_training_draws_from_torch_alone_and_not_without_dropout(folder):
    def outputs(dropout):
        torch.manual_seed(1)
        network = make_network(configuration(folder, training={'dropout': dropout})).train()
        torch.manual_seed(2)
        first = network(waveforms())
        second = network(waveforms())
        torch.manual_seed(2)
        np.random.seed(3)
        assert torch.equal(network(waveforms()), first)
        return first, second
    assert torch.equal(*outputs(0.0))
    assert not torch.equal(*outputs(0.2))


def test_checkpointed_gradients_are_the_same(folder):
    def gradients(saving):
        network = make_network(configuration(folder, training={'dropout': 0.0})).train()
        network.load_state_dict(state)
        if saving:
            network.enable_gradient_checkpointing()
        network(waveforms()).square().sum().backward()
        return [values.grad for values in network.parameters() if values.requires_grad]
    state = make(folder).state_dict()
    for one, other in zip(gradients(False), gradients(True)):
        torch.testing.assert_close(one, other)


def test_learns_eight_clips_by_heart_within_200_steps(folder):
    torch.manual_seed(0)
    network = make_network(configuration(
        folder, trainable_layers=2, training={'dropout': 0.1})).train()
    generator = torch.Generator().manual_seed(4)
    inputs = 0.1 * torch.randn(8, SAMPLES, generator=generator)
    labels = torch.arange(8) % len(LABELS)
    head = {id(values) for values in network.head_parameters()}
    optimizer = torch.optim.AdamW([
        {'params': [values for values in network.parameters() if id(values) not in head]},
        {'params': network.head_parameters(), 'lr': 0.01}], 0.001)
    for _ in range(200):
        loss = torch.nn.functional.cross_entropy(network(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.equal(network.eval()(inputs).argmax(1), labels)


class TestAdversary:

    def step(self, network, progress, speakers=(0, 1)):
        network.zero_grad()
        network(waveforms())
        loss = network.extra_loss(torch.tensor(speakers), progress)
        loss.backward()
        return loss.item(), network.encoder.encoder.layer_norm.weight.grad.clone()

    def test_none_by_default(self, folder):
        network = make(folder).train()
        network(waveforms())
        assert network.adversary is None
        assert network.extra_loss(torch.tensor([0, 1]), 0.5) is None

    def test_is_ramped_up_over_the_first_tenth(self, folder):
        network = make_network(configuration(
            folder, speaker_adversary=0.5, training={'dropout': 0.0})).train()
        (first, none), (_, half), (_, full), (_, last) = (
            self.step(network, progress) for progress in (0.0, 0.05, 0.1, 1.0))
        assert first > 0
        assert not none.any()
        torch.testing.assert_close(half * 2, full)
        assert torch.equal(full, last)
        classifier = network.adversary.classifier[0].weight
        learned, reversed_gradient = classifier.grad.clone(), full
        network.adversary._weight = -0.5  # the gradient as it would be without being reversed
        _, plain = self.step(network, 1.0)
        torch.testing.assert_close(plain, -reversed_gradient)
        torch.testing.assert_close(classifier.grad, learned)

    def test_unknown_speakers_do_not_count(self, folder):
        network = make_network(configuration(
            folder, speaker_adversary=1.0, training={'dropout': 0.0})).train()
        loss, gradient = self.step(network, 1.0, (-1, -1))
        assert loss == 0
        assert not gradient.any()
        both, _ = self.step(network, 1.0, (0, 1))
        one, _ = self.step(network, 1.0, (0, -1))
        assert 0 < one < both

    def test_evaluation_keeps_nothing(self, folder):
        network = make(folder, speaker_adversary=1.0)
        network(waveforms())
        assert network.extra_loss(torch.tensor([0, 1]), 0.5) is None


def one_line(call, *parts):
    with pytest.raises(SerError) as caught:
        call()
    text = str(caught.value)
    assert '\n' not in text
    for part in parts:
        assert part in text
    return text


class TestRefusals:

    def test_another_architecture(self, folder, copy):
        one_line(lambda: make(folder, 'hubert'), "'wav2vec2'", 'set network: wav2vec2')
        values = json.loads((copy / 'config.json').read_text())
        values['model_type'] = 'whisper'
        (copy / 'config.json').write_text(json.dumps(values))
        one_line(lambda: make(copy), "'whisper'", 'wav2vec2', 'hubert', 'wavlm')

    def test_another_sampling_rate(self, copy):
        path = copy / 'processor_config.json'
        path.write_text(path.read_text().replace('16000', '8000'))
        one_line(lambda: make(copy), 'processor_config.json', '8000', '16000')

    @pytest.mark.parametrize('name', ['model.safetensors', 'pytorch_model.bin'])
    def test_a_truncated_file(self, copy, name):
        path = copy / 'model.safetensors'
        if name != path.name:
            torch.save({'a': torch.zeros(1000)}, str(copy / name))
            path.unlink()
        (copy / name).write_bytes((copy / name).read_bytes()[:2000])
        one_line(lambda: make(copy), name)

    @pytest.mark.parametrize('content', ['{"model_type": "wav2', '[]', ''])
    def test_a_spoilt_config(self, copy, content):
        (copy / 'config.json').write_text(content)
        one_line(lambda: make(copy), 'config.json')

    def test_senseless_values(self, copy):
        values = json.loads((copy / 'config.json').read_text())
        values['num_attention_heads'] = 5
        (copy / 'config.json').write_text(json.dumps(values))
        one_line(lambda: make(copy), 'config.json')

    def test_weights_of_another_model(self, copy):
        from safetensors.torch import load_file, save_file
        path = str(copy / 'model.safetensors')
        weights = load_file(path)
        weights['quantizer.codevectors'] = torch.zeros(3)
        save_file(weights, path)
        one_line(lambda: make(copy), 'unexpected', 'quantizer.codevectors')
        del weights['quantizer.codevectors'], weights['wav2vec2.encoder.layer_norm.weight']
        save_file(weights, path)
        one_line(lambda: make(copy), 'lacks', 'encoder.layer_norm.weight')

    def test_weights_of_another_size(self, copy):
        values = json.loads((copy / 'config.json').read_text())
        values['intermediate_size'] = 64
        (copy / 'config.json').write_text(json.dumps(values))
        one_line(lambda: make(copy), 'model.safetensors', 'config.json')

    def test_code_in_a_file_is_not_run(self, copy, tmp_path):
        class Trap:
            def __reduce__(self):
                return open, (str(tmp_path / 'run'), 'w')
        (copy / 'model.safetensors').unlink()
        torch.save({'a': Trap()}, str(copy / 'pytorch_model.bin'))
        one_line(lambda: make(copy), 'pytorch_model.bin')
        assert not (tmp_path / 'run').exists()

    @pytest.mark.parametrize('name, needed', [
        ('config.json', 'config.json'), ('model.safetensors', 'pytorch_model.bin'),
        ('processor_config.json', 'preprocessor_config.json')])
    def test_a_missing_file(self, copy, name, needed):
        (copy / name).unlink()
        one_line(lambda: make(copy), needed, 'vocab.json')

    @pytest.mark.parametrize('name', ['nobody/no-such-model', '/nowhere/at/all', 'nothing', '.'])
    def test_a_name_that_nothing_is_known_of(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        one_line(lambda: make(name), name, 'config.json', 'model.safetensors or pytorch_model.bin',
                 'vocab.json', 'preprocessor_config.json or processor_config.json')

    def test_a_file_in_place_of_a_folder(self, copy):
        one_line(lambda: make(copy / 'config.json'), 'is a file', 'a folder with')

    def test_more_layers_than_there_are(self, folder):
        one_line(lambda: make(folder, trainable_layers=3), 'trainable_layers is 3', '2 layers')

    def test_no_start(self):
        one_line(lambda: make(''), 'pretrained', 'random')

    def test_another_feature_set(self, folder):
        values = configuration(folder)
        one_line(lambda: network_class(values).from_config(values, (80, 260)), 'waveform/1')

    def test_a_file_that_would_be_too_large(self, folder, monkeypatch):
        monkeypatch.setattr(registry, 'MOST_BYTES', 4 * 40000)
        one_line(lambda: make(folder), 'million parameters', '2 GiB')


def test_random_weights_need_no_folder_and_follow_the_seed():
    one, other = make('random'), make('random')
    for first, second in zip(one.parameters(), other.parameters()):
        assert torch.equal(first, second)
    assert network_class(configuration('random')).pretrained_sha256('random') == ''
    larger = make('random', random={'channels': 64, 'layers': 3})
    assert len(larger.encoder.encoder.layers) == 3


def test_the_hash_is_that_of_all_files_that_count(folder, copy):
    before = find(str(folder)).sha256()
    assert find(str(copy)).sha256() == before
    (copy / 'vocab.json').unlink()
    assert find(str(copy)).sha256() == before
    for name in 'config.json', 'processor_config.json', 'model.safetensors':
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content + b' ')
        assert find(str(copy)).sha256() != before
        (copy / name).write_bytes(content)
