# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ser_ros train and ser_ros evaluate from end to end on tiny corpora."""

import csv
import json
import os
import re
import shutil

import numpy as np
import pytest

from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import load_part, read_samples
from ser_ros.evaluation.scoring import Scorer
from ser_ros.inference.classifier import open_classifier
from ser_ros.inference.model_file import Model
from ser_ros.progress import Progress
from ser_ros.recognizer import Recognizer
from ser_ros.training.config import load
from ser_ros.training.fit import cache


@pytest.fixture(scope='module')
def trained(tmp_path_factory, config_path, corpora, feature_cache):
    """Output folder of a training with two epochs."""
    output = tmp_path_factory.mktemp('runs')
    os.symlink(str(feature_cache), str(output / 'cache'))
    assert main(['train', str(config_path), '--data', str(corpora), '--output', str(output),
                 '--threads', '1']) == 0
    return output


@pytest.fixture(scope='module')
def evaluated(tmp_path_factory, trained, config_path, corpora):
    """Output folder of the evaluation of that model."""
    output = tmp_path_factory.mktemp('evaluation')
    assert main(['evaluate', str(trained / 'tiny'), str(config_path), '--data', str(corpora),
                 '--precision', 'fp16', '--changes', '3', '--output', str(output)]) == 0
    return output


def test_the_model_folder(trained):
    model = Model(str(trained / 'tiny'))
    assert model.precisions == ('fp32', 'fp16', 'int8')
    info = model.info
    assert (info.name, info.version, info.feature_set) == ('tiny', '3', 'mel_yin_rms/1')
    assert info.training_data == 'north: speakers a b; south: speakers k'
    assert info.licence == 'free'
    assert info.merge == {'calm': 'neutral'}
    assert 0.2 <= info.temperature <= 5
    assert set(info.metrics['validation_uar']) == {'north', 'south', 'mean'}
    open_classifier(str(trained / 'tiny')).probabilities(np.zeros((3, 128, 128), np.float32))


def test_history(trained):
    with open(str(trained / 'history.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['epoch'] for row in rows] == ['1', '2']
    assert set(rows[0]) == {
        'epoch', 'loss', 'learning_rate', 'uar_north', 'uar_south', 'uar_mean',
        'validation_loss', 'accuracy', 'macro_f1'}
    assert all(0 <= float(row['uar_mean']) <= 1 and float(row['loss']) > 0 for row in rows)
    assert (trained / 'history.png').stat().st_size > 1000
    assert (trained / 'checkpoint.pt').exists()


def test_a_second_training_with_the_same_seed_is_the_same(
        trained, tmp_path, config_path, corpora, capsys, loud_is_speech):
    os.symlink(str(trained / 'cache'), str(tmp_path / 'cache'))
    assert main(['train', str(config_path), '--data', str(corpora), '--output', str(tmp_path),
                 '--threads', '1']) == 0
    assert 'UAR on validation speakers' in capsys.readouterr().out
    image = np.random.default_rng(0).random((3, 128, 128), np.float32)
    first, second = (open_classifier(str(folder / 'tiny')).probabilities(image)
                     for folder in (trained, tmp_path))
    np.testing.assert_allclose(first, second, atol=1e-6)
    # But for the threshold: there is none to be chosen where Silero hears no speech, as in tones.
    assert 'validation_answers' not in Model(str(trained / 'tiny')).info.metrics
    for precision in ('fp32', 'fp16', 'int8'):
        metrics = Model(str(tmp_path / 'tiny' / (precision + '.onnx'))).info.metrics
        assert set(metrics['validation_answers']) == {'north', 'south'}
        assert set(metrics['validation_uar']) == {'north', 'south', 'mean'}


def test_columns_are_computed_once(trained, config_path, corpora, monkeypatch):
    config = load(str(config_path))
    paths = [clip.path for clip in load_part(config, corpora, 'train')]
    monkeypatch.setattr(cache, '_compute', None)
    columns = cache.load_columns(paths, config.make_extractor(), trained / 'cache', 1, Progress())
    assert len(columns) == len(paths)
    assert all(entry[0].shape[0] == 128 for entry in columns)


def test_the_report(evaluated):
    with open(str(evaluated / 'report.json')) as file:
        report = json.load(file)
    assert (report['model'], report['precision'], report['speakers']) == ('tiny', 'fp16', 'test')
    north, south = report['corpora']['north'], report['corpora']['south']
    assert set(north) == {'all', 'main'}
    assert set(south) == {'all', 'corpus', 'main'}
    assert south['corpus']['labels'] == ['happiness', 'anger', 'neutral']
    assert north['all']['interval_over'] == 'speakers'
    assert south['all']['interval_over'] == 'clips'
    assert sum(map(sum, north['all']['confusion'])) == 14
    assert sum(map(sum, north['main']['confusion'])) == 8
    low, high = north['all']['uar_interval_95']
    assert 0 <= low <= north['all']['uar'] <= high <= 1
    assert np.mean(list(north['all']['recall'].values())) == pytest.approx(north['all']['uar'])
    assert report['feature_set'] == 'mel_yin_rms/1'
    for name in 'macro_f1', 'accuracy':
        low, high = north['all'][name + '_interval_95']
        assert 0 <= low <= north['all'][name] <= high <= 1
    assert set(north['all']['f1']) == set(north['all']['recall']) == set(north['all']['labels'])
    windows = report['windows']['north']['all']
    assert sum(map(sum, windows['confusion'])) == 7 * 2 * 2
    assert 0 <= windows['coverage_at_risk']['0.3'] <= 1
    assert report['graph']['south']['windows'] == 3
    assert report['graph']['south']['no_speech'] == 1
    assert report['graph']['south']['right'] is None
    assert (report['min_confidence'], report['stated_accuracy']) == (0.4, None)
    assert report['changes']['north']['changes'] == 2 * 3
    text = (evaluated / 'report.md').read_text()
    assert '| south | the classes of the corpus | 3, 1 |' in text
    assert '| disgust |' in text.split('## south')[0]
    assert '| disgust | 0' not in text.split('## south')[1]
    html = (evaluated / 'report.html').read_text()
    for name in ('confusion_north', 'confusion_south_corpus', 'classes_south_corpus',
                 'reliability_south', 'risk_coverage_clips', 'risk_coverage_windows'):
        assert (evaluated / (name + '.png')).stat().st_size > 1000
        assert f'({name}.png)' in text
    assert html.count('data:image/png;base64,') == 2 + 2 + 2 * (2 + 3)


def test_windows_and_changes_are_listed(evaluated):
    with open(str(evaluated / 'windows.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 28 + 3
    assert [row['end_s'] for row in rows[:2]] == ['2.604', '3.104']
    assert {row['state'] for row in rows} == {'NO_SPEECH'}
    assert float(rows[0]['anger']) > 0
    with open(str(evaluated / 'changes.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 3
    assert all(row['before'] != row['after'] and row['named_s'] == '' for row in rows)


def test_two_models_are_compared(trained, evaluated, config_path, corpora, tmp_path, capsys):
    """A model is evaluated first; what is evaluated already is read."""
    arguments = ['evaluate', str(config_path), '--data', str(corpora), '--precision', 'fp16',
                 '--output', str(tmp_path), '--compare', str(trained / 'tiny'), str(evaluated)]
    assert main(arguments) == 0
    assert (tmp_path / 'a' / 'report.md').exists() and not (tmp_path / 'b').exists()
    with open(str(tmp_path / 'comparison.json')) as file:
        found = json.load(file)
    assert (found['a'], found['b']) == (str(trained / 'tiny'), str(evaluated))
    assert set(found['corpora']['south']) == {'all', 'corpus', 'main'}
    north = found['corpora']['north']['all']
    assert north['difference'] == {'uar': 0, 'interval': [0, 0], 'below': 0}
    assert (north['clips'], north['resampled'], north['better']) == (14, 'speakers', '')
    text = (tmp_path / 'comparison.md').read_text()
    assert text in capsys.readouterr().out
    assert (tmp_path / 'comparison.html').exists()


@pytest.mark.parametrize('change, reason', [
    (lambda lines: lines[:5], 'no scores of .*evaluate both models'),
    (lambda lines: [line.replace('NO_SPEECH', 'ASLEEP') for line in lines],
     "not windows of an evaluation: 'ASLEEP'"),
    (lambda lines: lines[:1], 'holds no windows'),
    (lambda lines: [lines[0].replace('file_path', 'path'), *lines[1:]],
     "the column 'file_path' is missing"),
    (lambda lines: [','.join(lines[0].split(',')[:9] + list('uvwxyz')), *lines[1:]],
     'at least two must be the same')])
def test_what_cannot_be_compared(evaluated, tmp_path, capsys, change, reason):
    lines = (evaluated / 'windows.csv').read_text().splitlines()
    (tmp_path / 'windows.csv').write_text('\n'.join(change(lines)) + '\n')
    assert main(['evaluate', '--compare', str(evaluated), str(tmp_path),
                 '--output', str(tmp_path)]) == 2
    assert re.search(reason, capsys.readouterr().err)


def test_evaluations_are_compared_without_data(evaluated, tmp_path, capsys):
    assert main(['evaluate', '--compare', str(evaluated), str(evaluated), '--output',
                 str(tmp_path)]) == 0
    assert '| north | all classes of the model | 14 | speakers |' in capsys.readouterr().out
    assert main(['evaluate', '--compare', str(evaluated), 'tiny', '--output',
                 str(tmp_path)]) == 2
    assert 'tiny is not the output folder of an evaluation' in capsys.readouterr().err


def test_a_corpus_that_no_configuration_names(trained, corpora, tmp_path, capsys):
    root = tmp_path / 'copy'
    shutil.copytree(str(corpora), str(root))
    shutil.move(str(root / 'south'), str(root / 'west'))
    assert main(['evaluate', str(trained / 'tiny'), '--data', str(root), '--output',
                 str(tmp_path), '--changes', '0']) == 0
    with open(str(tmp_path / 'report.json')) as file:
        report = json.load(file)
    assert (report['speakers'], list(report['corpora'])) == ('all', ['north', 'west'])
    # Calm counts as neutral without a configuration, too.
    assert sum(map(sum, report['corpora']['north']['all']['confusion'])) == 5 * 7
    assert not report['changes'] and not (tmp_path / 'changes.csv').exists()
    warnings = capsys.readouterr().err
    assert '5 clips of boredom are left out' in warnings
    assert 'clips of calm are left out' not in warnings
    assert 'north: calm counts as neutral.' in warnings
    assert 'Speakers of north: 5: a, b, c, ... (from metadata.csv).' in warnings
    assert {'north: calm counts as neutral.', 'Speakers of west: 3: k, l, m (from metadata.csv).',
            '5 clips of boredom are left out: the model does not know it.'} <= set(report['notes'])
    assert 'north: calm counts as neutral.' in (tmp_path / 'report.md').read_text()
    assert 'tiny was trained on speakers of north: give its CONFIG.yaml' in warnings
    assert 'speakers of west' not in warnings


def test_a_corpus_without_a_known_emotion(trained, tmp_path, capsys):
    (tmp_path / 'metadata.csv').write_text('file_path,emotion\na.wav,boredom\n')
    assert main(['evaluate', str(trained / 'tiny'), '--data', str(tmp_path)]) == 2
    assert 'no clips of the emotions happiness' in capsys.readouterr().err


@pytest.mark.parametrize('options, reason', [
    (['--changes', '-1'], '--changes must be 0 or more, got -1'),
    (['c.yaml', '--corpus', 'esd'], '--corpus esd and c.yaml exclude each other'),
    (['c.yaml', '--speaker-from', '1'], '--speaker-from 1 and c.yaml exclude each other')])
def test_wrong_evaluation_options(capsys, options, reason):
    assert main(['evaluate', 'tiny', *options, '--data', '.']) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize('arguments, reason', [
    (['--data', '.'], 'no model is given'), (['tiny'], '--data FOLDER is missing')])
def test_missing_evaluation_options(capsys, arguments, reason):
    assert main(['evaluate', *arguments]) == 2
    assert reason in capsys.readouterr().err


def test_folders_of_emotions_take_their_speakers_from_the_file_names(
        trained, corpora, tmp_path, capsys):
    root = tmp_path / 'mine'
    for emotion in 'happiness', 'anger', 'calm':
        (root / emotion).mkdir(parents=True)
        for speaker in 'ced':
            for take in range(3):
                shutil.copy(str(corpora / 'north' / f'{speaker}_{emotion}.wav'),
                            str(root / emotion / f'{speaker}_{emotion}_{take}.wav'))
    arguments = ['evaluate', str(trained / 'tiny'), '--data', str(root), '--output',
                 str(tmp_path), '--changes', '0']
    assert main(arguments) == 0
    assert 'Speakers of mine: 3: c, d, e (from part 1 of the file names).' in (
        capsys.readouterr().err)
    report = json.loads((tmp_path / 'report.json').read_text())
    found = report['corpora']['mine']['all']
    assert (sum(map(sum, found['confusion'])), found['interval_over']) == (27, 'speakers')
    assert set(report['fairness']['mine']['pitch_hz']) == set('cde')
    assert report['graph']['mine']['silent_clips'] == 27
    assert main([*arguments, '--speaker-from', 'none']) == 0
    assert 'Speakers of mine: unknown, as --speaker-from none asks.' in capsys.readouterr().err
    report = json.loads((tmp_path / 'report.json').read_text())
    assert report['corpora']['mine']['all']['interval_over'] == 'clips'
    assert report['fairness']['mine'] == {'pitch_hz': {}}


def test_scores_are_the_means_of_the_windows(evaluated, trained, config_path, corpora):
    with open(str(evaluated / 'scores.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 17
    config = load(str(config_path))
    clip = load_part(config, corpora, 'test')[0]
    recognizer = Recognizer(str(trained / 'tiny'), 'fp16')
    windows = next(Scorer(recognizer).clips([clip])).probabilities
    assert len(windows) == (len(read_samples(clip.path)) - 41664) // 8000 + 1 == 2
    np.testing.assert_allclose(
        [float(rows[0][label]) for label in config.labels], windows.mean(axis=0), atol=1e-5)


def test_another_models_labels(trained, tmp_path, config_path, corpora, capsys):
    text = config_path.read_text().replace('happiness, anger', 'anger, happiness')
    (tmp_path / 'c.yaml').write_text(text)
    assert main(['evaluate', str(trained / 'tiny'), str(tmp_path / 'c.yaml'), '--data',
                 str(corpora), '--output', str(tmp_path)]) == 2
    assert 'the model tiny has the labels happiness, anger' in capsys.readouterr().err


def test_data_that_is_not_there(config_path, tmp_path, capsys):
    assert main(['train', str(config_path), '--data', str(tmp_path), '--output',
                 str(tmp_path / 'o')]) == 2
    assert 'north does not exist; give a folder with a corpus' in capsys.readouterr().err


@pytest.mark.parametrize('speaker, command', [('a', 'train'), ('d', 'evaluate')])
@pytest.mark.parametrize('content, reason', [
    (None, 'No such file'), (b'', 'the file is empty'), (b'text', 'unknown audio format')])
def test_a_listed_clip_that_cannot_be_read(
        trained, config_path, corpora, tmp_path, capsys, speaker, command, content, reason):
    """Without it the figures would silently be of other clips."""
    root = tmp_path / 'copy'
    shutil.copytree(str(corpora), str(root))
    path = root / 'north' / f'{speaker}_anger.wav'
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    model = [str(trained / 'tiny')] if command == 'evaluate' else []
    assert main([command, *model, str(config_path), '--data', str(root), '--output',
                 str(tmp_path / 'o'), '--threads', '1']) == 2
    assert f"cannot read '{path}': {reason}" in capsys.readouterr().err
    assert not list(tmp_path.glob('o/*.*'))


@pytest.mark.parametrize('option, value, reason', [
    ('--threads', '0', '--threads must be from 1 to '),
    ('--threads', '1000000', ', got 1000000'),
    ('--seed', '-1', '--seed must be 0 or more, got -1'),
    ('--output', '/dev/null/x', 'cannot make the folder /dev/null/x: Not a directory')])
def test_wrong_options(config_path, corpora, capsys, option, value, reason):
    assert main(['train', str(config_path), '--data', str(corpora), option, value]) == 2
    assert reason in capsys.readouterr().err
