# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ser_ros evaluate --robustness: which clips, which conditions, what is measured and written."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ser_ros import graph_defaults
from ser_ros.cli.main import main
from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.degrade.level import active_power
from ser_ros.evaluation import evaluate, robustness
from ser_ros.evaluation.conditions import CLEAN, FAMILIES, Condition, all_conditions
from ser_ros.evaluation.scoring import Scorer
from ser_ros.progress import Progress
from ser_ros.recognizer import Recognizer

KINDS = [(kind.family, kind.name, kind.strength) for kind in all_conditions()]


def clip(corpus, label, number):
    return Clip(corpus, Path(f'{corpus}/{label}_{number}'), 's', label)


def find(*wanted):
    return all_conditions()[KINDS.index(wanted)]


def corpus_clips(corpora, names, speaker='k'):
    return [Clip('south', corpora / 'south' / f'{speaker}_{name}.wav', speaker, label)
            for label, name in enumerate(names)]


def test_clips_are_drawn_evenly_and_always_the_same():
    clips = [clip('a', label, number) for label in range(3) for number in range(10 + 20 * label)]
    clips += [clip('b', 0, 0), clip('b', 1, 0)]
    chosen = robustness.choose(clips, 12)
    assert chosen == robustness.choose(clips, 12)
    assert Counter(entry.label for entry in chosen if entry.corpus == 'a') == {0: 4, 1: 4, 2: 4}
    assert sum(entry.corpus == 'b' for entry in chosen) == 2
    assert len(set(chosen)) == 14
    few = Counter(entry.label for entry in robustness.choose(clips, 40) if entry.corpus == 'a')
    assert few == {0: 10, 1: 15, 2: 15}
    assert sorted(robustness.choose(clips, 0), key=str) == sorted(clips, key=str)


def test_the_conditions():
    assert len(set(KINDS)) == len(KINDS)
    assert len({kind.title for kind in all_conditions()}) == len(KINDS)
    assert {family for family, _, _ in KINDS} == set(FAMILIES)


@pytest.mark.parametrize('kind', KINDS, ids=str)
def test_every_condition_changes_the_sound(kind, corpora):
    samples, other = (read_samples(entry.path)
                      for entry in corpus_clips(corpora, ['anger', 'neutral']))
    degraded = find(*kind).degrade(samples, np.random.default_rng(0), [other])
    assert degraded.shape == samples.shape
    assert np.all(np.isfinite(degraded))
    assert active_power(degraded - samples) > 1e-9


def test_babble_is_the_speech_of_others(corpora):
    samples = read_samples(corpus_clips(corpora, ['anger'])[0].path)
    tone = np.sin(2 * np.pi * 3000 * np.arange(16000) / 16000).astype(np.float32)
    babble = find('noise', 'babble', 0.0).degrade(
        samples, np.random.default_rng(0), [tone]) - samples
    spectrum = np.abs(np.fft.rfft(babble)) ** 2
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / 16000) - 3000) < 100
    assert spectrum[near].sum() / spectrum.sum() > 0.9


def test_what_is_measured(corpora, classifier, loud_is_speech):
    silent = Condition('gain', 'mute', 0.0, lambda samples, *_: np.zeros_like(samples))
    clips = corpus_clips(corpora, ['happiness', 'anger'])
    clips += [Clip('north', entry.path, entry.speaker, entry.label) for entry in clips]
    results = robustness.measure(Scorer(Recognizer(classifier)), clips, [silent], Progress())
    assert [(entry.corpus, entry.condition) for entry in results] == [
        (name, kind) for name in ('south', 'north') for kind in (CLEAN, silent)]
    clean, mute = results[:2]
    assert (clean.clips, clean.no_speech, mute.no_speech) == (2, 0.0, 1.0)
    assert clean.difference.uar == 0
    assert mute.uar in (0.0, 0.5)  # silence is always answered alike
    assert mute.difference.uar == mute.uar - clean.uar


def test_the_same_each_time(corpora, classifier):
    clips = corpus_clips(corpora, ['happiness', 'anger'])
    kinds = [find('noise', 'babble', 5.0), find('reverberation', 'room', 0.6)]
    scorer = Scorer(Recognizer(classifier))
    first, again, reverse = (robustness.measure(scorer, clips, order, Progress())
                             for order in (kinds, kinds, kinds[::-1]))
    assert first == again
    assert sorted(first, key=str) == sorted(reverse, key=str)


def test_the_command(tmp_path, corpora, classifier, loud_is_speech, monkeypatch, capsys):
    chosen = [find('noise', 'pink', 20.0), find('noise', 'pink', 0.0), find('gain', 'gain', -20.0)]
    monkeypatch.setattr(evaluate, 'all_conditions', lambda: chosen)
    monkeypatch.setattr(graph_defaults, 'open_classifier', lambda **_: classifier)
    assert main(['evaluate', 'stub', '--data', str(corpora), '--robustness', '--clips', '3',
                 '--output', str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert (tmp_path / 'robustness.md').read_text() in shown
    with open(str(tmp_path / 'robustness.csv'), newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['corpus'] for row in rows] == ['north'] * 4 + ['south'] * 4
    assert [(row['family'], row['condition'], row['strength']) for row in rows[:4]] == [
        ('clean', 'clean', ''), ('noise', 'pink', '20'), ('noise', 'pink', '0'),
        ('gain', 'gain', '-20')]
    for row in rows:
        assert 0 <= float(row['uar_low']) <= float(row['uar']) <= float(row['uar_high']) <= 1
        assert float(row['uar']) - float(row['difference']) == pytest.approx(
            float(next(one['uar'] for one in rows if one['corpus'] == row['corpus'])), abs=2e-4)
        assert row['clips'] == '3'
    assert '| pink 20 |' in shown
    assert '| gain -20 |' in shown
    for corpus in 'north', 'south':
        assert (tmp_path / f'robustness_{corpus}.png').stat().st_size > 10000
    assert (tmp_path / 'robustness.html').read_text().count('data:image/png') == 2
    assert not (tmp_path / 'report.md').exists()


@pytest.mark.parametrize('arguments, message', [
    (['--clips', '-1'], '--clips must be 0 or more, got -1'),
    (['--robustness', '--compare', 'x', 'y'], '--robustness and --compare exclude each other')])
def test_what_cannot_be_asked(arguments, message, capsys, tmp_path):
    assert main(['evaluate', 'stub', '--data', str(tmp_path), *arguments]) == 2
    assert message in capsys.readouterr().err
