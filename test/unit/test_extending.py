# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of another package: those of docs/extending.md, at windows of 1, 4 and 15 s."""

import json
import logging
import os
import re
import shutil
import subprocess
import sys

import extending
import numpy as np
import pytest
import yaml
from tiny_corpora import corpora  # noqa: F401

from ser_ros import graph_defaults
from ser_ros.cli.main import main
from ser_ros.errors import SerError
from ser_ros.features.registry import FEATURE_SETS, create_extractor
from ser_ros.inference.model_file import Model, available_models
from ser_ros.inference.registry import BACKENDS, choose_backend
from ser_ros.mitigation.actions.base import ACTIONS, Outlets
from ser_ros.mitigation.actions.runner import ActionRunner
from ser_ros.mitigation.config import load
from ser_ros.mitigation.phases import ActionCall
from ser_ros.recognizer import Recognizer
from ser_ros.training.augment.registry import AUGMENTATIONS, draw_window_of
from ser_ros.training.config import NETWORKS

RATE_HZ = 16000
NAME = 'my_waveform/1'
REGISTRIES = (FEATURE_SETS, BACKENDS, NETWORKS, AUGMENTATIONS, ACTIONS)


@pytest.fixture(scope='module')
def package(tmp_path_factory):
    """Folder of the package, which this process and those that it starts find while it is used."""
    with extending.found(
            extending.write_package(tmp_path_factory.mktemp('package'))) as folder:
        yield folder


@pytest.fixture(scope='module', params=[1, 4, 15])
def trained(request, tmp_path_factory, package, corpora):  # noqa: F811
    """Length of a window [s], the configuration, and folder of a model that was trained with it."""
    folder = tmp_path_factory.mktemp('runs')
    config = folder / 'c.yaml'
    config.write_text(f'{extending.blocks()["my_model.yaml"]}'
                      f'input_shape: [{request.param * RATE_HZ}]\n')
    assert main(['train', str(config), '--data', str(corpora), '--output', str(folder),
                 '--threads', '1']) == 0
    return request.param, config, folder / 'my_model'


@pytest.fixture
def all_is_speech(monkeypatch):
    """Let every sound be speech: in a long window short clips are too little of it."""
    class Always:
        reset = keep = push = lambda *_: None

        def probability(self, n_samples):
            return 1.0

    monkeypatch.setattr(graph_defaults, 'VoiceActivity', Always)


def write_sound(path, duration_s):
    soundfile = pytest.importorskip('soundfile')
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    soundfile.write(str(path), 0.3 * np.sin(2 * np.pi * 200 * time_s), RATE_HZ, subtype='PCM_16')
    return str(path)


def test_the_page_does_what_it_says(package, tmp_path, corpora):  # noqa: F811
    """Its files make a package, and its commands work in this order."""
    shutil.copy(str(package / 'my_model.yaml'), str(tmp_path))
    os.symlink(str(corpora), str(tmp_path / 'corpora'))
    write_sound(tmp_path / 'speech.wav', 2)
    commands = extending.commands()
    assert [words[1] for words in commands] == [
        'train', 'evaluate', 'classify', 'classify', 'run']
    for words in commands[:-1]:  # the last one is for ROS
        assert words[0] == 'ser_ros'
        result = subprocess.run(
            [sys.executable, '-m', 'ser_ros.cli.main', *words[1:]], cwd=str(tmp_path),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
        assert result.returncode == 0, result.stderr
    assert 'speech.wav' in result.stdout


def test_the_model_says_what_it_takes(trained):
    window_s, _, folder = trained
    model = Model(str(folder))
    assert model.precisions == ('fp32', 'fp16', 'int8')
    assert model.info.feature_set == NAME
    assert model.info.input_shape == (window_s * RATE_HZ,)
    assert set(model.info.metrics['validation_uar']) == {'north', 'south', 'mean'}


def test_all_precisions_compute_the_same(trained):
    window_s, _, folder = trained
    model_input = np.random.default_rng(0).normal(0, 0.1, window_s * RATE_HZ).astype(np.float32)
    answers = {}
    for precision in 'fp32', 'fp16', 'int8':
        with Recognizer(str(folder), precision, backend='onnxruntime') as recognizer:
            answers[precision] = recognizer._classifier.probabilities(model_input)
    with Recognizer(str(folder), 'fp32', backend='reference') as recognizer:
        assert recognizer.backend == 'reference'
        reference = recognizer._classifier.probabilities(model_input)
    np.testing.assert_allclose(answers['fp32'], reference, atol=1e-5)
    np.testing.assert_allclose(answers['fp16'], reference, atol=1e-2)
    np.testing.assert_allclose(answers['int8'], reference, atol=0.1)


@pytest.mark.parametrize('sound_s', [0.5, 2, 17])
def test_classify(trained, tmp_path, capsys, sound_s):
    window_s, _, folder = trained
    path, output = write_sound(tmp_path / 'a.wav', sound_s), tmp_path / 'a.json'
    for form in 'table', 'csv', 'json':
        assert main(['classify', path, '--model', str(folder), '--windows', '--format', form,
                     '--output', str(output)]) == 0
    windows = json.loads(output.read_text())['files'][0]['windows']
    assert len(windows) == 1 + max(0, int((sound_s - window_s) / 0.5))
    assert windows[0]['end_s'] == window_s


def test_a_short_recording_is_followed_by_silence(trained, loud_is_speech):
    window_s, _, folder = trained
    samples = np.tile(np.array([0.1, -0.1], np.float32), RATE_HZ // 4)  # without an offset
    with Recognizer(str(folder), min_speech=0.0) as recognizer:
        window, = recognizer.recording([samples])
        extractor = create_extractor(NAME, (window_s * RATE_HZ,))
        extractor.push(np.pad(samples, (0, window_s * RATE_HZ - len(samples))))
        expected = recognizer._classifier.probabilities(extractor.input())
    np.testing.assert_array_equal(window.raw_probabilities, expected)
    assert window.speech_probability == pytest.approx(0.5 / window_s)


def test_evaluate_with_robustness(trained, corpora, tmp_path, all_is_speech):  # noqa: F811
    _, config, folder = trained
    assert main(['evaluate', str(folder), str(config), '--data', str(corpora), '--changes', '2',
                 '--output', str(tmp_path)]) == 0
    assert (tmp_path / 'report.html').exists()
    assert main(['evaluate', str(folder), str(config), '--data', str(corpora), '--robustness',
                 '--clips', '2', '--output', str(tmp_path)]) == 0


def test_calibrate(trained, corpora, tmp_path, all_is_speech):  # noqa: F811
    _, config, folder = trained
    shutil.copytree(str(folder), str(tmp_path / 'm'))
    assert main(['calibrate', str(tmp_path / 'm'), str(config), '--data', str(corpora)]) == 0
    assert 'validation_answers' in Model(str(tmp_path / 'm')).info.metrics


def test_adapt(trained, tmp_path, all_is_speech):
    _, _, folder = trained
    for emotion in 'happiness', 'anger':
        (tmp_path / 'clips' / emotion).mkdir(parents=True)
        for index in range(6):
            write_sound(tmp_path / 'clips' / emotion / f'{index}.wav', 0.3 + 0.5 * index)
    assert main(['adapt', str(folder), '--data', str(tmp_path / 'clips'), '--force',
                 '--output', str(tmp_path)]) == 0
    adapted = Model(str(tmp_path / 'my_model_adapted'))
    assert adapted.info.input_shape == Model(str(folder)).info.input_shape


def test_false_alarms(trained, tmp_path, capsys):
    _, _, folder = trained
    (tmp_path / 'hum').mkdir()
    write_sound(tmp_path / 'hum' / 'a.wav', 2)
    assert main(['false-alarms', str(folder), str(tmp_path)]) == 0
    assert 'hum' in capsys.readouterr().out


def test_benchmark(trained, tmp_path):
    _, _, folder = trained
    assert main(['benchmark', str(folder), '--backends', 'onnxruntime,reference,pytorch',
                 '--seconds', '0.1', '--csv', str(tmp_path / 'b.csv')]) == 0
    text = (tmp_path / 'b.csv').read_text()
    assert 'onnxruntime' in text
    assert 'reference' in text


def test_the_backend_of_pytorch_refuses_and_auto_does_not_take_it(trained, monkeypatch):
    _, _, folder = trained
    model = Model(str(folder))
    with pytest.raises(SerError, match='pytorch cannot run the model my_model: it has no operator'):
        choose_backend('pytorch').open(model, 'fp32')
    for name in 'tensorrt', 'onnxruntime':
        monkeypatch.setattr(BACKENDS[name], 'unavailable_reason', lambda: 'not installed')
    with pytest.raises(SerError, match='pytorch: it has no operator'):
        choose_backend('auto', model)


def test_what_the_package_adds_is_listed_behind_what_there_was(package):
    for registry, name in ((FEATURE_SETS, NAME), (BACKENDS, 'reference'), (NETWORKS, 'listener'),
                           (ACTIONS, 'breathe')):
        names = list(registry)
        assert names[-1] == name
        assert names[:-1] == list(registry._own)
        assert len(names) == len(set(names)) == len(registry)
        assert name in registry
        assert 'nobody' not in registry
    with pytest.raises(SerError, match=f"unknown feature set 'mfcc/7'; allowed: .*, {NAME}"):
        create_extractor('mfcc/7')


def test_a_drawn_window_is_that_of_the_packages_augmentation(package):
    assert draw_window_of(NAME).__module__ == 'my_sounds.augment'


def test_a_window_without_augmentation_lies_anywhere_in_the_clip():
    draw = draw_window_of('nobody/1')
    columns = np.arange(20), np.arange(40).reshape(2, 20)
    generator = np.random.default_rng(0)
    starts = set()
    for _ in range(200):
        one, two = draw(columns, 18, generator)
        np.testing.assert_array_equal(one, np.arange(one[0], one[0] + 18))
        np.testing.assert_array_equal(two, [one, one + 20])
        starts.add(one[0])
    assert starts == {0, 1, 2}
    one, two = draw(columns, 22, generator)
    assert one.tolist() == [*range(20), 19, 19]
    assert two[1].tolist() == [*range(20, 40), 39, 39]


class TestAction:
    """The action of the page, in a step of a mitigation file."""

    @pytest.fixture
    def step(self, package, tmp_path):
        """Return a function that returns the first action of a file with the page's step."""
        def load_step(old='', new=''):
            text = extending.DOCUMENT.read_text(encoding='utf-8')
            page_step, = re.findall(r'```yaml\n(- actions:.*?)```', text, re.DOTALL)
            step = yaml.safe_load(page_step.replace(old, new))
            path = tmp_path / 'mitigation.yaml'
            path.write_text(yaml.safe_dump({
                'languages': ['en'], 'responses': {'anger': 'calm'},
                'timing': {'min_confidence': 0.5, 'hold_s': 1, 'repeat_s': 1, 'recovery_s': 1,
                           'timeout_s': 1, 'cooldown_s': 1},
                'strategies': {'calm': {'steps': step}}}))
            return load(str(path)).responses['anger'][0].steps[0].actions[0]
        return load_step

    def test_it_runs_until_it_is_over(self, step):
        action, colours = step(), []
        runner = ActionRunner(Outlets(publish_colour=lambda *colour: colours.append(colour)))
        runner.start([ActionCall(action.kind, action.options)], 0.0)
        times = [tenth / 10 for tenth in range(1, 300)]
        assert [runner.tick(now_s) for now_s in times].index(False) == 199
        assert max(colour[3] for colour in colours) == pytest.approx(1.0)
        assert colours[-1] == (0.0, 0.0, 0.0, 0.0)
        assert (runner.failures, runner.running) == (0, ())

    def test_its_options_are_checked(self, step):
        with pytest.raises(SerError, match=(
                'steps.0..actions.0..breathe: breaths is 400; allowed: a whole number from 1 to')):
            step('breaths: 4', 'breaths: 400')


class TestModels:
    """A model by its name, from a Python package and from a ROS package."""

    def test_of_a_python_package(self, package, tmp_path):
        with pytest.raises(SerError, match="the model 'my_model' must be the path of a folder"):
            Model('my_model')
        extending.write_model(package / 'my_sounds' / 'models' / 'my_model', 1)
        assert 'my_model' in available_models()
        assert Model('my_model').info.name == 'my_model'

    def test_of_a_ros_package(self, package, tmp_path, monkeypatch):
        cmake = pytest.importorskip('ament_package') and shutil.which('cmake')
        if not cmake:
            pytest.skip('cmake is not installed')
        extending.write_model(tmp_path / 'models' / 'my_model', 1)
        for name in 'CMakeLists.txt', 'package.xml':
            shutil.copy(str(package / name), str(tmp_path))
        for words in (['-S', '.', '-B', 'build', '-DCMAKE_INSTALL_PREFIX=installed',
                       f'-DPython3_EXECUTABLE={sys.executable}'],
                      ['--install', 'build']):
            subprocess.run([cmake, *words], cwd=str(tmp_path), check=True,
                           stdout=subprocess.DEVNULL)
        monkeypatch.setenv('AMENT_PREFIX_PATH', os.pathsep.join(
            (str(tmp_path / 'installed'), os.environ.get('AMENT_PREFIX_PATH', ''))))
        assert 'my_model' in available_models()
        assert Model('my_model').path('fp32').startswith(str(tmp_path / 'installed' / 'share'))
        shutil.rmtree(str(tmp_path / 'installed' / 'share' / 'my_sounds_models' / 'models'))
        with pytest.raises(SerError, match='ser_ros.model/my_model leads to .* not a folder'):
            Model('my_model')


def distribution(folder, name, group, *lines):
    """Make the metadata of a Python package that is found in the folder."""
    info = folder / f'{name}-1.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Metadata-Version: 2.1\nName: {name}\nVersion: 1\n')
    (info / 'entry_points.txt').write_text('\n'.join((f'[{group}]',) + lines) + '\n')


@pytest.fixture
def others(tmp_path, monkeypatch):
    """Folder in which Python packages are found during the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    for registry in REGISTRIES:
        monkeypatch.setattr(registry, '_loaded', dict(registry._loaded))
    return tmp_path


@pytest.mark.parametrize('place, reason', [
    ('no_such_module:Mine', 'ModuleNotFoundError'),
    ('json:Mine', 'AttributeError'),
    ('broken_module:Mine', 'ZeroDivisionError'),
])
def test_a_part_that_cannot_be_imported_is_one_message(others, place, reason):
    (others / 'broken_module.py').write_text('1 / 0\n')
    distribution(others, 'broken', 'ser_ros.feature_sets', f'mine/1 = {place}')
    assert list(FEATURE_SETS)[-1] == 'mine/1'
    with pytest.raises(SerError, match=(
            f"the feature set 'mine/1' cannot be loaded from another package \\(entry point "
            f'{re.escape(place)} in the group ser_ros.feature_sets\\): {reason}')):
        create_extractor('mine/1')
    assert create_extractor('mel_yin_rms/1').name == 'mel_yin_rms/1'


@pytest.mark.parametrize('group, registry, reason', [
    ('ser_ros.feature_sets', FEATURE_SETS, 'must be a subclass of FeatureExtractor'),
    ('ser_ros.backends', BACKENDS, 'must be a subclass of Backend'),
    ('ser_ros.actions', ACTIONS, "the action 'mine' is .*JSONDecoder.*; needed: a subclass of"),
])
def test_a_part_of_another_kind_or_name_is_refused(others, group, registry, reason):
    distribution(others, 'other', group, 'mine = json:JSONDecoder')
    with pytest.raises(SerError, match=reason):
        registry['mine']


def test_metadata_that_cannot_be_read_hides_nothing_else(others, caplog):
    distribution(others, 'broken', 'ser_ros.feature_sets', 'no equals sign')
    distribution(others, 'whole', 'ser_ros.feature_sets', 'mine/1 = json:loads')
    with caplog.at_level(logging.WARNING):
        assert 'mine/1' in FEATURE_SETS


def test_names_of_ser_ros_cannot_be_taken(others):
    distribution(others, 'thief', 'ser_ros.feature_sets', 'mel_yin_rms/1 = json:loads')
    distribution(others, 'thief2', 'ser_ros.backends', 'onnxruntime = json:loads')
    assert create_extractor('mel_yin_rms/1').input_shape == (3, 128, 128)
    assert choose_backend('onnxruntime') is BACKENDS['onnxruntime']


def test_without_newer_libraries_setuptools_tells_the_entry_points(others):
    """Python 3.6 and 3.7 have no importlib.metadata."""
    pytest.importorskip('pkg_resources')
    distribution(others, 'old', 'ser_ros.feature_sets', 'mine/1 = json.decoder:JSONDecoder')
    code = ('import sys\n'
            'sys.modules["importlib.metadata"] = None\n'
            'from ser_ros.entry_points import entry_points, load\n'
            'assert "pkg_resources" not in sys.modules\n'
            'print(load(entry_points("ser_ros.feature_sets")["mine/1"]).__name__)\n')
    path = os.pathsep.join(filter(None, (str(others), os.environ.get('PYTHONPATH', ''))))
    assert subprocess.check_output(
        [sys.executable, '-W', 'ignore', '-c', code], universal_newlines=True,
        env=dict(os.environ, PYTHONPATH=path)).strip() == 'JSONDecoder'
