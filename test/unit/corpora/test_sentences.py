# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parts by speaker and by sentence: lists, ranges, shares, data split, and texts with a label."""

import json
import logging
from collections import Counter
from pathlib import Path

import pytest
import yaml
from aihub_corpus import BEGINNING, FOUR, make_aihub_corpus

from ser_ros import corpora
from ser_ros.cli.main import main
from ser_ros.corpora import Listing, Recording, labelled_clips
from ser_ros.corpora.labelled_clips import load_part, unused
from ser_ros.corpora.parts import PARTS, Corpus
from ser_ros.corpora.sentences import Sentences
from ser_ros.corpora.shares import deal, parse_shares
from ser_ros.corpora.splits import split
from ser_ros.corpora.text_leak import share_shown_by_text
from ser_ros.errors import SerError
from ser_ros.training import config
from ser_ros.training.fit import build

SPEAKERS = 'train: [F0001, M0001], validation: [F0002], test: [M0002]'
# 2 of each of 4 words: 100001 to 100008.
LISTED = ("{train: ['100001', '100003..100005'], validation: ['100002', '100006'],"
          " test: ['100007']}")


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    make_aihub_corpus(folder / 'aihub', duration_s=0.1)
    return folder


def settings(tmp_path, sentences, speakers=SPEAKERS):
    path = tmp_path / 'c.yaml'
    path.write_text(f'{BEGINNING}corpora: {{aihub: {{{speakers}, sentences: {sentences}}}}}\n')
    return config.load(str(path))


def test_a_part_is_of_its_speakers_and_its_sentences(tmp_path, root):
    loaded = settings(tmp_path, LISTED)
    found = {part: [(clip.speaker, clip.sentence) for clip in load_part(loaded, root, part)]
             for part in PARTS}
    assert found == {
        'train': [(speaker, sentence) for speaker in ('F0001', 'M0001')
                  for sentence in ('100001', '100003', '100004', '100005')],
        'validation': [('F0002', '100002'), ('F0002', '100006')], 'test': [('M0002', '100007')]}
    assert unused(loaded, root) == [
        'aihub: 21 of 32 clips are in no part, since their speaker and their sentence are not in '
        'the same one']


def test_speakers_of_other_parts_need_not_be_there(tmp_path, root):
    loaded = settings(tmp_path, LISTED, SPEAKERS.replace('M0002', 'M0009'))
    assert len(load_part(loaded, root, 'train')) == 8
    assert unused(loaded, root)[0].startswith('aihub: 22 of 32 clips are in no part')


def test_shares_are_drawn_by_the_seed(tmp_path, root):
    def sentences(seed):
        loaded = settings(tmp_path, f'{{shares: 50/25/25, seed: {seed}}}')
        return [sorted({clip.sentence for clip in load_part(loaded, root, part)}) for part in PARTS]
    assert [len(names) for names in sentences(0)] == [4, 2, 2]
    assert sentences(0) == sentences(0)
    assert len({str(sentences(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize('sentences, reason', [
    ("{train: ['7', '7'], test: ['8']}", None),
    ("{train: ['7'], test: ['7']}", "the sentence '7' is in train and in test"),
    ("{train: ['100..200'], test: ['150']}", "sentences of '100..200' and '150' are the same"),
    ("{train: ['150'], test: ['100..200']}", 'are the same'),
    ("{train: ['100..200', '300'], test: ['201..300']}", 'are the same'),
    ("{train: ['100..500', '110..120'], test: ['130..140']}", "'100..500' and '130..140'"),
    ("{train: ['100..200'], test: ['0150', '15', '15a']}", None),  # ids are texts
    ('{train: [100], test: [200]}', r'train\[0\] is 100; allowed: a text, so put it in quotes'),
    ("{train: ['1..20'], test: ['3']}", "the range is '1..20'; allowed: two numbers with as many"),
    ("{train: ['20..10'], test: ['3']}", "the range is '20..10'"),
    ('{}', 'neither shares nor lists'), ('{seed: 1}', 'neither shares nor lists'),
    ("{shares: 60/20/20, test: ['3']}", 'shares beside lists for test'),
    ('{shares: 60/20}', "the shares are '60/20'; allowed: percentages of train, validation, test"),
    ('{shares: 60/20/30}', 'that add up to 100'), ('{shares: 60/-20/60}', 'that add up to 100'),
    ('{shares: 100/0/0}', 'lists speakers but no sentences for test'),
    ("{train: ['3']}", 'aihub lists speakers but no sentences for test'),
    ('{shares: 60/20/20, seed: -1}', 'seed is -1; allowed: a whole number of at least 0')])
def test_sentences_of_a_configuration(tmp_path, sentences, reason):
    speakers = 'train: [F0001], test: [M0001]'
    if reason is None:
        settings(tmp_path, sentences, speakers)
        return
    with pytest.raises(SerError, match=reason):
        settings(tmp_path, sentences, speakers)


def test_sentences_that_are_missing(tmp_path, root):
    loaded = settings(tmp_path, "{train: ['1', '100001'], test: ['100002']}",
                      'train: [F0001], test: [M0001]')
    with pytest.raises(SerError, match='aihub: no clips of the sentences 1, which are listed for '
                       'train; its sentences are 100001, 100002, 100003 and 5 more'):
        load_part(loaded, root, 'train')
    with pytest.raises(SerError, match='aihub: sentences: 8 are too few for the shares 98/1/1'):
        load_part(settings(tmp_path, '{shares: 98/1/1}'), root, 'train')


def test_the_log_of_a_training_says_what_is_unused(tmp_path, root, caplog, monkeypatch):
    loaded = settings(tmp_path, LISTED)
    monkeypatch.setattr(build, 'load_columns', lambda paths, *_: list(paths))
    monkeypatch.setattr(build, 'load_windows', lambda *_: type('W', (), {'clips': []}))
    with caplog.at_level(logging.INFO):
        build._load(loaded, root, load_part(loaded, root, 'train'), tmp_path, 1, None)
    assert 'aihub: 21 of 32 clips are in no part' in caplog.text


def test_older_hashes_hold_and_checkpoints_keep_sentences(tmp_path, root):
    from dataclasses import asdict

    from ser_ros.training.fit.checkpoint import Origin, _without_unused
    loaded = settings(tmp_path, '{shares: 60/20/20}')
    assert _without_unused(asdict(loaded))['corpora']['aihub']['sentences']['shares'] == '60/20/20'
    values = {**yaml.safe_load(BEGINNING), 'corpora': {'a': {'train': ['b']}}}
    assert config.from_values(asdict(loaded), '') == loaded
    plain = config.from_values(values, '')
    assert _without_unused(asdict(plain))['corpora'] == {
        'a': {'train': ['b'], 'validation': [], 'test': []}}
    assert Origin(plain, 0, '', '').config_sha256 != Origin(loaded, 0, '', '').config_sha256


def test_dealing_is_even_within_each_kind():
    kinds = {f'{kind}{number}': kind for kind in 'abc' for number in range(50)}
    parts = deal(kinds, parse_shares('60/20/20'), 3)
    assert {part: Counter(name[0] for name in names) for part, names in parts.items()} == {
        'train': dict.fromkeys('abc', 30), 'validation': dict.fromkeys('abc', 10),
        'test': dict.fromkeys('abc', 10)}
    assert deal(kinds, parse_shares('100/0/0'), 3)['train'] == sorted(kinds)
    with pytest.raises(SerError, match='2 are too few for the shares 60/20/20: test would get'):
        deal({'a': '', 'b': ''}, parse_shares('60/20/20'), 0)


def many_clips(speakers=9, sentences=40):
    names = [f'{"FM"[number % 2]}{number:04d}' for number in range(1, speakers + 1)]
    return Listing('aihub-emotion', Path('/c/all'), '', [
        Recording(Path(f'/c/all/{name}_{sentence:06d}.wav'), FOUR[sentence % 4].lower(), name,
                  sentence=f'{sentence:06d}')
        for name in names for sentence in range(1, sentences + 1)])


@pytest.mark.parametrize('seed', range(100))
def test_no_speaker_and_no_sentence_is_in_two_parts(seed, monkeypatch):
    listing = many_clips()
    made = split(listing, '60/20/20', '60/20/20', seed)
    corpus = config.build(Corpus, made.values(), '')
    monkeypatch.setattr(labelled_clips.corpora, 'read', lambda *_, **__: listing)
    selection = config.from_values(
        {**yaml.safe_load(BEGINNING), 'corpora': {'all': made.values()}}, '')
    speakers, sentences, used = {}, {}, 0
    for part in PARTS:
        clips = load_part(selection, Path('/c'), part)
        used += len(clips)
        assert {clip.speaker for clip in clips} == set(getattr(corpus, part))
        assert {clip.label for clip in clips} == {0, 1, 2, 3}
        for clip in clips:
            assert speakers.setdefault(clip.speaker, part) == part
            assert sentences.setdefault(clip.sentence, part) == part
    assert len(speakers) == 9 and len(sentences) == 40
    assert made.counts()['unused'] == len(listing.recordings) - used
    assert made == split(listing, '60/20/20', '60/20/20', seed)


def test_data_split_writes_a_file_that_a_configuration_takes(tmp_path, root, capsys):
    def written(name, *options):
        assert main(['data', 'split', str(root / 'aihub'), '--sentences', '50/25/25', '--speakers',
                     '50/25/25', '--output', str(tmp_path / name), *options]) == 0
        return (tmp_path / name).read_text()
    text = written('a.yaml')
    assert 'aihub: 8 train, 2 validation, 2 test, 20 unused' in capsys.readouterr().out
    assert text == written('b.yaml', '--seed', '0') != written('c.yaml', '--seed', '1')
    assert text.startswith('# Made by: ser_ros data split --speakers 50/25/25 --sentences')
    (tmp_path / 'c.yaml').write_text(BEGINNING + 'corpora: a.yaml\n')
    loaded = config.load(str(tmp_path / 'c.yaml'))
    assert {part: len(load_part(loaded, root, part)) for part in PARTS} == {
        'train': 8, 'validation': 2, 'test': 2}
    assert {name[0] for name in loaded.corpora['aihub'].train} == {'F', 'M'}


@pytest.mark.parametrize('options, reason', [
    (['--speakers', '60/20'], "speakers: the shares are '60/20'"),
    (['--speakers', '50/50/0', '--sentences', '50/25/25'], 'differ in test'),
    (['--sentences', '98/1/1'], 'sentences: 8 are too few'),
    (['--seed', '-1'], '--seed must be 0 or more, got -1'),
    (['--output', '/nowhere/a.yaml'], 'cannot write /nowhere/a.yaml')])
def test_wrong_arguments(tmp_path, root, capsys, monkeypatch, options, reason):
    monkeypatch.chdir(tmp_path)
    assert main(['data', 'split', str(root), *options]) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize('row, options, reason', [
    ('a.wav,anger,', [], 'the speakers of clips are not known'),
    ('a.wav,anger,kim', ['--sentences', '60/20/20'], 'the sentences of clips are not known')])
def test_what_a_list_does_not_say(tmp_path, capsys, row, options, reason):
    (tmp_path / 'metadata.csv').write_text(f'file_path,emotion,speaker\n{row}\n')
    assert main(['data', 'split', str(tmp_path), *options]) == 2
    assert reason in capsys.readouterr().err


def recordings(*rows):
    return [Recording(Path('/x'), label, speaker, sentence=sentence)
            for speaker, sentence, label in rows]


@pytest.mark.parametrize('rows, share', [
    ([('a', '1', 'sad'), ('b', '1', 'sad')], 1), ([('a', '1', 'sad'), ('a', '1', 'sad')], 0),
    ([('a', '1', 'sad'), ('b', '1', 'dry')], 0), ([('', '1', 'sad')], None),
    ([('a', '', 'sad')], None), ([('a', '1', 'sad'), ('b', '1', 'sad'), ('c', '', 'sad')], 2 / 3),
    # Two against one show theirs, which is wrong for the one.
    ([('a', '1', 'sad'), ('b', '1', 'sad'), ('c', '1', 'dry')], 0),
    ([('a', '1', 'sad'), ('b', '1', 'sad'), ('d', '1', 'sad'), ('c', '1', 'dry')], 3 / 4),
    ([(speaker, '1', label) for speaker in 'abc' for label in ('sad', 'dry')], 0)])
def test_what_the_text_shows(rows, share):
    assert share_shown_by_text(recordings(*rows)) == (
        share if share is None else pytest.approx(share))


def test_the_text_stands_for_a_sentence_without_an_id():
    assert share_shown_by_text([Recording(Path('/x'), 'sad', speaker, text='hello')
                               for speaker in 'ab']) == 1


def test_data_check_says_what_the_text_shows(root, capsys):
    assert main(['data', 'check', '--threads', '1', str(root / 'aihub')]) == 0
    assert ("text: 100.0% of the clips have the label of other speakers' clips of the same "
            'sentence') in capsys.readouterr().out
    assert main(['data', 'check', '--json', '--threads', '1', str(root / 'aihub')]) == 0
    assert json.loads(capsys.readouterr().out)[0]['label_shown_by_text'] == 1


def test_the_text_of_emodb_shows_little(shared_data):
    assert share_shown_by_text(corpora.read(shared_data / 'emodb').recordings) < 0.5
    assert share_shown_by_text(corpora.read(shared_data / 'korean').recordings) is not None


def test_a_corpus_without_sentences_is_not_split_by_them():
    with pytest.raises(SerError, match='sentences: 0 are too few'):
        Sentences(shares='60/20/20').of('train', {})
