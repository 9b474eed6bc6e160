# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The path of docs/wav2vec2.md with the tiny network: train, evaluate, classify, Recognizer."""

import csv
import logging
import pathlib
import re

import pytest

from ser_ros.cli.main import main
from ser_ros.recognizer import Recognizer

pytest.importorskip('transformers', reason='speech encoders need transformers')

ROOT = pathlib.Path(__file__).parents[3]
CONFIG = str(ROOT / 'config' / 'train' / 'wav2vec2_tiny.yaml')
PYTHON, = re.findall('```python\n(.*?)```', (ROOT / 'docs' / 'wav2vec2.md').read_text(
    encoding='utf-8'), re.DOTALL)
QUICK = ['--set', 'training.epochs=1', '--set', 'training.windows_per_epoch=32',
         '--set', 'precisions=[fp32, int8]']


def test_train_evaluate_classify_and_recognize(
        corpora, tmp_path, loud_is_speech, monkeypatch, capsys):
    monkeypatch.setattr(logging.getLogger(), 'handlers', [])
    monkeypatch.chdir(tmp_path)
    north, run = str(corpora / 'north'), tmp_path / 'runs' / 'tiny'
    assert main(['train', CONFIG, '--data', north, '--output', str(run), '--threads', '1',
                 *QUICK]) == 0
    output = capsys.readouterr()
    assert (output.out + output.err).count('fp32: validation UAR') == 1
    model = str(run / 'wav2vec2_tiny') + '/'

    assert main(['evaluate', model, CONFIG, '--data', north, '--changes', '0',
                 '--output', str(tmp_path / 'evaluation')]) == 0
    assert '# wav2vec2_tiny 1, fp32' in (tmp_path / 'evaluation' / 'report.md').read_text()

    table = tmp_path / 'out.csv'
    assert main(['classify', north, '--model', model, '--precision', 'int8',
                 '--output', str(table)]) == 0
    with open(str(table), newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 40

    paths = [corpora / 'north' / f'a_{emotion}.wav' for emotion in ('anger', 'fear')]
    with Recognizer(model, precision='int8') as recognizer:
        assert recognizer.window_s == 2.0
        results = recognizer.predict_batch([*paths, tmp_path / 'absent.wav'], show_progress=False)
    by_name = {pathlib.Path(row['file']).name: row['label'] for row in rows}
    assert [result.label for result in results] == [
        *(by_name[path.name] for path in paths), '']
    assert 'absent.wav' in results[2].error

    found = {'paths': paths, 'labels': ['anger', 'fear'], 'speakers': ['a', 'a']}
    exec(compile(PYTHON, 'docs/wav2vec2.md', 'exec'), found)
    assert found['inputs'].shape == (2, 32000) and found['targets'].tolist() == [0, 1]
    assert found['figures'].confusion.sum() == 2
    assert {'history.png', 'confusion.png', 'report'} < {
        path.name for path in tmp_path.iterdir()}
