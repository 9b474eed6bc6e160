# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation of files that are given one by one from Python."""

import csv
import dataclasses
import pathlib

import pytest

from ser_ros.errors import SerError
from ser_ros.evaluation import model_evaluator
from ser_ros.evaluation.model_evaluator import ModelEvaluator
from ser_ros.recognizer import Recognizer

PNG = b'\x89PNG'


@pytest.fixture
def evaluator(classifier, session, loud_is_speech, monkeypatch):
    """An evaluator of the stub model, of which the report gives the hash of a file."""
    session.info = dataclasses.replace(session.info, path=__file__)
    monkeypatch.setattr(
        model_evaluator, 'Recognizer', lambda path, **options: Recognizer(classifier, **options))
    with ModelEvaluator('stub') as found:
        yield found


@pytest.fixture
def files(write_wav, noise):
    """Paths and labels of three files."""
    paths = [write_wav(f'{number}.wav', noise(3.2, seed=number)) for number in range(3)]
    return paths, ['anger', 'happy', 'neutral']


def test_figures_are_those_of_the_files(evaluator, files, tmp_path):
    paths, labels = files
    found = evaluator.evaluate_dataset(paths, labels, ['a', 'b', 'b'], show_progress=False)
    assert found.labels == evaluator.labels
    assert found.confusion.sum() == 3 and found.resampled == 'speakers'
    answers = [evaluator._recognizer.predict(path).label for path in paths]
    truth = ['anger', 'happiness', 'neutral']
    assert found.accuracy == pytest.approx(
        sum(map(str.__eq__, answers, truth)) / 3)


def test_pictures_and_report(evaluator, files, tmp_path):
    evaluator.evaluate_dataset(*files, show_progress=False)
    for draw in evaluator.plot_confusion_matrix, evaluator.plot_class_metrics:
        draw(tmp_path / 'picture.png')
        assert (tmp_path / 'picture.png').read_bytes().startswith(PNG)
        (tmp_path / 'picture.png').unlink()
    report = evaluator.generate_evaluation_report(tmp_path / 'new' / 'report')
    assert report == (tmp_path / 'new' / 'report' / 'report.md').read_text()
    assert (tmp_path / 'new' / 'report' / 'report.json').exists()
    with open(str(tmp_path / 'new' / 'report' / 'scores.csv'), newline='') as file:
        assert [pathlib.Path(row['file_path']).name for row in csv.DictReader(file)] == [
            pathlib.Path(path).name for path in files[0]]


def test_a_file_that_cannot_be_read_is_named(evaluator, files, tmp_path, caplog):
    paths, labels = files
    (tmp_path / 'broken.wav').write_bytes(b'hello')
    found = evaluator.evaluate_dataset(
        [*paths, tmp_path / 'broken.wav'], [*labels, 'anger'], show_progress=False)
    assert found.confusion.sum() == 3
    assert 'broken.wav' in caplog.text
    assert 'broken.wav' in evaluator.generate_evaluation_report(tmp_path / 'report')


@pytest.mark.parametrize('labels, speakers, complaint', [
    (['anger', 'bored', 'anger'], (), 'unknown labels .*bored.*allowed: .*sadness'),
    (['anger'], (), '3 paths, 1 labels and 0 speakers'),
    (['anger'] * 3, ['a'], '3 paths, 3 labels and 1 speakers')])
def test_what_cannot_be_is_refused(evaluator, files, labels, speakers, complaint):
    with pytest.raises(SerError, match=complaint):
        evaluator.evaluate_dataset(files[0], labels, speakers)


def test_nothing_is_drawn_before_it_is_measured(evaluator, tmp_path):
    for use in (evaluator.plot_confusion_matrix, evaluator.plot_class_metrics,
                evaluator.generate_evaluation_report):
        with pytest.raises(SerError, match='call evaluate_dataset first'):
            use(tmp_path / 'x')
    assert not list(tmp_path.iterdir())
