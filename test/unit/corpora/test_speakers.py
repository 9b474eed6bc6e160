# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speakers from a part of the file names, and the sex that a corpus publishes."""

import itertools
from pathlib import Path

import pytest

from ser_ros import corpora
from ser_ros.corpora.sexes import FEMALE, MALE, sex_of
from ser_ros.corpora.speakers import NONE, find_speakers
from ser_ros.errors import SerError

EMOTIONS = {'anger': 'rab', 'sadness': 'tri', 'neutral': 'neu', 'happiness': 'gio'}


def listing(pattern, speakers, numbers=range(1, 5), **columns):
    """Return clips of folders of emotions, named by a pattern, of every combination."""
    recordings = []
    for (emotion, code), speaker, number in itertools.product(
            EMOTIONS.items(), speakers, numbers):
        for values in itertools.product(*columns.values()):
            name = pattern.format(code=code, emotion=emotion, speaker=speaker, number=number,
                                  **dict(zip(columns, values, strict=True)))
            recordings.append(corpora.Recording(Path('/c', emotion, name), emotion))
    return corpora.Listing('generic', Path('/c'), 'a folder for each emotion', recordings)


# As some corpora of other languages are named, and the part that is the speaker.
@pytest.mark.parametrize('pattern, speakers, columns, part', [
    ('{code}-{speaker}-{text}.wav', ['f1', 'f2', 'm1', 'm2'], {'text': ['b1', 'b2', 'l1']}, 2),
    ('{speaker}{code}{number}.wav', ['F01', 'F02', 'M01'], {}, 1),
    ('{speaker}_{emotion}_{number}.wav', ['kim', 'lee', 'park'], {}, 1),
    ('{speaker}_{emotion}_{number}.wav', ['EB0', 'KD0', 'TP0'], {}, 1),
    ('{speaker}-{code}-{strength}-{number}.wav', ['01', '02', '03'], {'strength': '12'}, 1),
    ('{code}{number:02d} ({speaker}).wav', [1, 2, 3], {}, 2),
    ('{speaker}_F{number}_A01.wav', ['SM1', 'SM2', 'SF1'], {}, 1),
    ('{number}_{emotion}_spk{speaker}.wav', [1, 2], {}, 3),
    ('{emotion}_{speaker}.{number}.wav', ['김', '이', '박'], {}, 2),
    ('{speaker}{number:05d}.wav', ['kim', 'lee', 'park'], {}, 1),
    ('{emotion}-{speaker}{number:03d}.wav', ['kim', 'lee', 'park'], {}, 2)])
def test_the_part_that_can_only_be_the_speaker(pattern, speakers, columns, part):
    found = find_speakers(listing(pattern, speakers, **columns))
    assert f'part {part} of the file names)' in found.speakers
    assert found.speakers.startswith(f'{len(speakers)}: ')
    for entry in found.recordings:
        assert entry.speaker in entry.path.stem
    assert len({entry.speaker for entry in found.recordings}) == len(speakers)


@pytest.mark.parametrize('pattern, speakers, columns, said', [
    ('{number}.wav', [''], {}, 'no part'),  # each emotion is numbered from 1
    ('{emotion}_{number}.wav', [''], {}, 'no part'),
    ('{speaker}_{number}.wav', ['anna'], {}, 'no part'),
    ('{code}_{size}_{number}.wav', [''], {'size': ['high', 'low']},
     'part 2 of the file names (2: high, low)'),
    ('{code}_{speaker}{number:03d}.wav', ['f', 'm'], {},
     'the letters of part 2 of the file names (2: f, m)'),
    ('{speaker}{text}{code}.wav', ['03', '08', '09'], {'text': ['a01', 'a02', 'b01']},
     'part 1 of the file names (3: 03, 08, 09) or part 2 of the file names (3: a01, a02, b01)')])
def test_what_is_open_is_asked(pattern, speakers, columns, said):
    found = find_speakers(listing(pattern, speakers, **columns))
    assert found.speakers.startswith('unknown') and '--speaker-from' in found.speakers
    assert said in found.speakers
    assert {entry.speaker for entry in found.recordings} == {''}


def test_one_emotion_says_nothing():
    clips = listing('{speaker}_{number}.wav', ['a', 'b', 'c'])
    one = corpora.Listing('generic', clips.folder, '', [
        entry for entry in clips.recordings if entry.label == 'anger'])
    assert find_speakers(one).speakers.startswith('unknown')


@pytest.mark.parametrize('choice, speakers', [
    ('2', {'a01', 'a02'}), (r'/(\d\d)', {'03', '08'}), ('^[a-z]+', set(EMOTIONS))])
def test_the_speaker_is_chosen(choice, speakers):
    clips = listing('{speaker}{text}{code}.wav', ['03', '08'], text=['a01', 'a02'])
    found = find_speakers(clips, choice)
    assert {entry.speaker for entry in found.recordings} == speakers
    assert choice in found.speakers
    assert [entry.path for entry in found.recordings] == [entry.path for entry in clips.recordings]


@pytest.mark.parametrize('choice, reason', [
    ('3', 'has the parts a, 1; allowed: 1 to 2'), ('0', 'allowed: 1 to 2'),
    ('(', 'not a regular expression'), ('(b)', 'does not match anger/a_1.wav')])
def test_wrong_choices(choice, reason):
    with pytest.raises(SerError) as error:
        find_speakers(listing('{speaker}_{number}.wav', ['a', 'b']), choice)
    assert reason in str(error.value)


def test_codes_of_two_emotions_are_not_speakers():
    clips = listing('{speaker}_{code}_{number}.wav', ['x'], range(20))
    two = corpora.Listing('generic', clips.folder, '', [
        entry for entry in clips.recordings if entry.label in ('anger', 'neutral')])
    assert find_speakers(two).speakers.startswith('unknown; no part')


def test_speakers_need_not_act_every_emotion():
    clips = listing('{speaker}_{code}_{number}.wav', ['a', 'b', 'c'])
    some = corpora.Listing('generic', clips.folder, '', [
        entry for entry in clips.recordings
        if (entry.label, entry.path.stem[0]) not in [
            ('anger', 'a'), ('sadness', 'a'), ('happiness', 'b'), ('sadness', 'c')]])
    assert find_speakers(some).speakers == '3: a, b, c (from part 1 of the file names)'


def test_none_takes_no_part():
    clips = listing('{speaker}_{number}.wav', ['a', 'b', 'c'])
    found = find_speakers(clips, NONE)
    assert found.recordings == clips.recordings
    assert found.speakers == 'unknown, as --speaker-from none asks'


def test_speakers_of_a_list_stay(tmp_path):
    (tmp_path / 'metadata.csv').write_text(
        'file_path,emotion,speaker,sex\nx_1.wav,anger,kim,W\nx_2.wav,sad,lee,Male\n'
        'x_3.wav,sad,,\n')
    for choice in 'auto', NONE:
        found = find_speakers(corpora.read(tmp_path), choice)
        assert [entry.speaker for entry in found.recordings] == ['kim', 'lee', '']
        assert found.speakers == '2: kim, lee (from metadata.csv)'
    assert [entry.sex for entry in found.recordings] == [FEMALE, MALE, '']


@pytest.mark.parametrize('corpus, speaker, sex', [
    ('ravdess', '01', MALE), ('ravdess', '24', FEMALE), ('ravdess', '25', ''),
    ('emodb', '08', FEMALE), ('emodb', '15', MALE), ('nemo', 'KD0', FEMALE), ('nemo', 'TP0', MALE),
    ('aihub', 'F0001', FEMALE), ('aihub', 'M0004', MALE), ('aihub', '', ''),
    ('tess', 'OAF', FEMALE), ('savee', 'JK', MALE), ('generic', 'F0001', ''),
    ('generic', '01', '')])
def test_the_sex_of_a_speaker(corpus, speaker, sex):
    assert sex_of(corpus, speaker) == sex


@pytest.mark.parametrize('corpus, women, men', [
    ('ravdess', 12, 12), ('emodb', 5, 5), ('nemo', 4, 5)])
def test_the_sex_of_every_speaker_of_the_data_is_known(shared_data, corpus, women, men):
    speakers = {entry.speaker for entry in corpora.read(shared_data / corpus).recordings}
    sexes = [sex_of(corpus, speaker) for speaker in speakers]
    assert (sexes.count(FEMALE), sexes.count(MALE)) == (women, men)
    assert len(sexes) == women + men
