# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""AI-Hub's emotional speech: scripts, faults, the part without a script, words as labels."""

import json
import pathlib
import unicodedata

import pytest
from aihub_corpus import (
    BEGINNING,
    FOUR,
    PLAIN,
    SPEAKERS,
    WORDS,
    make_aihub_corpus,
    make_faulty_corpus,
    make_second_part,
    script_lines,
    script_of,
)

from ser_ros import corpora
from ser_ros.cli.main import main
from ser_ros.corpora import aihub_script
from ser_ros.corpora.labelled_clips import load_part, strangers, to_clips, unused
from ser_ros.corpora.parts import PARTS, Corpus
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import Faults, SerError
from ser_ros.training import config

KOREAN = pathlib.Path(__file__).resolve().parents[3] / 'config' / 'train' / 'wav2vec2_korean.yaml'
SHORT = {'duration_s': 0.1}
LABELS = ['anxious', 'kind', 'dry', 'others']
OTHERS = {word: 'others' for word in WORDS if word.lower() not in LABELS}
CONFIG = BEGINNING + '''
corpora:
  aihub: {train: [F0001, M0001], validation: [F0002], test: [M0002]}
'''


@pytest.fixture(scope='module')
def sound_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data') / 'aihub'
    make_aihub_corpus(folder, **SHORT)
    return folder


@pytest.fixture
def faulty(tmp_path):
    folder = tmp_path.resolve() / 'aihub'
    return folder, make_faulty_corpus(folder, **SHORT)


def settings(tmp_path, text=CONFIG):
    path = tmp_path / 'c.yaml'
    path.write_text(text, encoding='utf-8')
    return config.load(str(path))


def test_words_are_those_of_the_reader():
    assert aihub_script.WORDS == WORDS
    assert set(map(str.lower, WORDS)) <= set(corpora.emotion_map('aihub-emotion'))


def test_every_clip_has_its_speaker_sentence_and_text(sound_corpus):
    listing = corpora.read(sound_corpus)
    assert (listing.corpus, listing.faults, listing.skipped) == ('aihub-emotion', [], [])
    assert {(item.path.name, item.speaker, item.sentence, item.label, item.text)
            for item in listing.recordings} == {
        (f'{speaker}_{number}.wav', speaker, str(number), FOUR[index // 2].lower(),
         PLAIN.format(number=number))
        for speaker in SPEAKERS for index, number in enumerate(range(100001, 100009))}
    clips = to_clips('x', listing, LABELS, OTHERS, [])
    assert {clip.sex for clip in clips} == {'female', 'male'}
    assert {(clip.sentence, clip.text) for clip in clips} == {
        (str(number), PLAIN.format(number=number)) for number in range(100001, 100009)}


def test_one_speaker_and_a_folder_of_corpora(sound_corpus):
    one = corpora.read(sound_corpus / 'F0001')
    assert {item.speaker for item in one.recordings} == {'F0001'} and len(one.recordings) == 8
    assert corpora.find_folders(sound_corpus) == [sound_corpus]


def test_every_fault_is_listed_with_its_place_and_the_rest_is_read(faulty, capsys):
    folder, expected = faulty
    assert main(['data', 'check', '--json', '--threads', '1', str(folder)]) == 1
    found = json.loads(capsys.readouterr().out)[0]
    assert not found['sound']
    listed = {(item['file'].replace(f'{folder}/', ''), item['line']): item['problem']
              for item in found['faults']}
    assert listed.keys() == {(name, line) for name, line, _ in expected}
    assert all(text in listed[name, line] for name, line, text in expected)
    assert [item['file'].rsplit('/', 1)[1] for item in found['broken']] == ['M0001_100002.wav']
    read = {(item.speaker, item.sentence, item.text) for item in corpora.read(folder).recordings}
    missing = {'F0001': (1, 2), 'F0002': (1, 2, 3), 'M0001': (1,)}
    assert read == {(speaker, str(number), PLAIN.format(number=number))
                    for speaker, without in missing.items()
                    for number in range(100001, 100009) if number - 100000 not in without}
    assert main(['data', 'check', '--threads', '1', str(folder)]) == 1
    text = capsys.readouterr().out
    assert f'FAULTS: {len(expected)}' in text
    for name, line, problem in expected:
        place = str(folder / name) + (f', line {line}: ' if line else ': ')
        assert any(place in row and problem in row for row in text.splitlines())


def test_training_and_other_commands_list_the_faults(faulty, tmp_path, capsys):
    folder, expected = faulty
    (tmp_path / 'c.yaml').write_text(CONFIG)
    for command in (
            ['train', str(tmp_path / 'c.yaml'), '--data', str(tmp_path), '--output',
             str(tmp_path / 'runs')],
            ['data', 'split', str(folder), '--output', str(tmp_path / 'split.yaml')]):
        assert main(command) == 1
        said = capsys.readouterr().err
        for name, line, text in expected:
            assert any(name in row and text in row and (not line or f'line {line}:' in row)
                       for row in said.splitlines())
        assert f'{len(expected)} faults' in said
    with pytest.raises(Faults) as error:
        load_part(settings(tmp_path), tmp_path, 'test')
    assert len(error.value.faults) == len(expected)
    assert not (tmp_path / 'split.yaml').exists()


@pytest.mark.parametrize('sentence, text', [
    ('할머니~|||HL 왜요?|||LH 잠이 안 오세요?||||LH', '할머니~ 왜요? 잠이 안 오세요?'),
    ('TV|H를  봐요.|', 'TV를 봐요.'), (unicodedata.normalize('NFD', '안녕'), '안녕')])
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'cp949'])
def test_texts(tmp_path, sentence, text, encoding):
    if encoding == 'cp949':  # has composed letters alone
        sentence = unicodedata.normalize('NFC', sentence)
    (tmp_path / 'script.txt').write_bytes(
        f'F0001_000007 KIND\r\n{sentence}\r\nx\r\n'.encode(encoding))
    script = aihub_script.read_script(tmp_path / 'script.txt', 'F0001')
    assert [(item.text, item.label, item.sentence) for item in script.utterances.values()] == [
        (text, 'kind', '000007')]


@pytest.mark.parametrize('change, line, problem', [
    (lambda lines: lines.insert(0, 'a note'), 1, "broken header 'a note'"),
    (lambda lines: lines.__setitem__(4, 'F0001_2 KIND'), 5, "broken header 'F0001_2 KIND'"),
    (lambda lines: lines.__setitem__(4, 'F0001_100002KIND'), 5, 'broken header'),
    (lambda lines: lines.__setitem__(4, lines[0]), 5, 'F0001_100001 is there twice; first in'),
    (lambda lines: lines.__setitem__(4, 'M0001_100002 KIND'), 5, 'not an id of the speaker F0001'),
    (lambda lines: lines.__setitem__(5, ''), 6, 'F0001_100002: the sentence is empty'),
    (lambda lines: lines.__delitem__(slice(5, 7)), 6, 'F0001_100002: the sentence is empty'),
    (lambda lines: lines.__delitem__(slice(5, 8)), 5, 'F0001_100002 has 1 of 3 lines'),
    (lambda lines: lines.__setitem__(6, ''), 5, 'F0001_100002 has 2 of 3 lines'),
    (lambda lines: lines.__delitem__(slice(6, 8)), 5, 'F0001_100002 has 2 of 3 lines')])
def test_one_fault_leaves_the_other_utterances(tmp_path, change, line, problem):
    lines = script_lines('F0001', dict.fromkeys(range(100001, 100005), 'KIND'))
    change(lines)
    (tmp_path / 'script.txt').write_text('\n'.join(lines), encoding='utf-8')
    script = aihub_script.read_script(tmp_path / 'script.txt', 'F0001')
    assert [fault.line for fault in script.faults] == [line]
    assert problem in script.faults[0].problem
    assert {'F0001_100001', 'F0001_100003', 'F0001_100004'} <= set(script.utterances)


def test_a_line_between_two_utterances_may_be_missing(tmp_path):
    lines = [line for line in script_lines('F0001', {1: 'KIND', 2: 'SAD'}) if line]
    (tmp_path / 'script.txt').write_text('\ufeff\n' + '\n'.join(lines), encoding='utf-8')
    script = aihub_script.read_script(tmp_path / 'script.txt', 'F0001')
    assert list(script.utterances) == ['F0001_000001', 'F0001_000002'] and not script.faults


def test_recordings_in_several_formats_and_of_nobody(tmp_path):
    folder = tmp_path.resolve() / 'aihub'
    make_aihub_corpus(folder, ['F0001'], ['KIND'], 1, rate_hz=48000, **SHORT)
    place = folder / 'F0001'
    (place / 'flac').mkdir()
    import soundfile
    samples, rate_hz = soundfile.read(str(place / 'wav_48000' / 'F0001_100001.wav'))
    soundfile.write(str(place / 'flac' / 'F0001_100001.flac'), samples[::3], rate_hz // 3)
    soundfile.write(str(folder / 'hello.wav'), samples, rate_hz)
    listing = corpora.read(folder)
    assert len(listing.recordings) == 1 and not listing.faults
    assert [(path.name, reason.split(' /')[0]) for path, reason in listing.skipped] == [
        ('F0001_100001.wav', 'same name as'),
        ('hello.wav', 'not a recording of a speaker of this corpus')]


@pytest.mark.parametrize('ending', ['wav', 'WAV', 'mp3', 'm4a', 'flac', 'ogg'])
def test_formats_of_recordings(tmp_path, sound_corpus, ending):
    place = tmp_path / 'F0001'
    (place / 'wav').mkdir(parents=True)
    (place / 'script.txt').write_text('\n'.join(script_lines('F0001', {1: 'KIND'})))
    (place / 'wav' / f'F0001_000001.{ending}').write_bytes(b'')
    assert [item.speaker for item in corpora.read(tmp_path).recordings] == ['F0001']


@pytest.mark.parametrize('on_disk, in_file', [('NFC', 'NFD'), ('NFD', 'NFC')])
def test_korean_names_of_folders_and_files(tmp_path, on_disk, in_file):
    def spelt(text, form):
        return unicodedata.normalize(form, text)
    folder = tmp_path / spelt('감정 음성', on_disk)
    # A list that is itself composed otherwise than one of the folders below it.
    (folder / spelt('화자', in_file)).mkdir(parents=True)
    (folder / spelt('화자', in_file) / spelt('하나.wav', on_disk)).write_bytes(b'')
    row = spelt('화자/하나.wav', in_file) + ',kind,kim'
    (folder / 'metadata.csv').write_text(f'file_path,emotion,speaker\n{row}\n', encoding='utf-8')
    text = BEGINNING + (
        f'corpora: {{"{spelt("감정 음성", in_file)}": {{train: [kim]}}}}\n')
    clip, = load_part(settings(tmp_path, text), tmp_path, 'train')
    assert clip.path.is_file()


def test_recordings_of_a_speaker_that_are_not_unpacked(sound_corpus, tmp_path):
    place = tmp_path.resolve() / 'F0001'
    place.mkdir()
    (place / 'script.txt').write_text('\n'.join(script_of(sound_corpus / 'F0001')))
    listing = corpora.read(tmp_path)
    assert [str(fault) for fault in listing.faults] == [
        f'{place}/script.txt: the recordings of the speaker F0001 are missing; unpack them into '
        'this folder']


def test_the_part_without_a_script_is_refused(tmp_path, capsys):
    make_second_part(tmp_path / 'second', **SHORT)
    assert main(['data', 'check', str(tmp_path / 'second')]) == 2
    said = capsys.readouterr().err
    assert 'recordings of 2 people of the second part of aihub-emotion' in said
    assert 'F2001_000021.wav' in said and 'no script' in said and 'numbers: {anxious: [21' in said


def test_the_part_without_a_script_with_numbers(tmp_path):
    make_second_part(tmp_path / 'second', **SHORT)
    text = BEGINNING + (
        'corpora:\n  second: {train: [F2001], test: [M2002],\n'
        '           numbers: {anxious: [21, 30], dry: [141, 150]}}\n')
    clips = load_part(settings(tmp_path, text), tmp_path, 'train')
    assert [(clip.speaker, clip.sentence, LABELS[clip.label]) for clip in clips] == [
        ('F2001', '000021', 'anxious'), ('F2001', '000022', 'anxious'), ('F2001', '000141', 'dry')]
    narrow = settings(tmp_path, text.replace('[141, 150]', '[150, 160]'))
    assert unused(narrow, tmp_path) == [
        'second: 2 files are left out, such as F2001_000141.wav: its number is in no range of '
        '`numbers`', 'second: 0 of 4 clips are in no part, since their speaker and their sentence '
        'are not in the same one']
    listing = corpora.read(tmp_path / 'second', numbers={'anxious': [21, 21]})
    assert [path.name for path, reason in listing.skipped if 'no range' in reason] == [
        'F2001_000022.wav', 'F2001_000141.wav', 'M2002_000022.wav', 'M2002_000141.wav']


@pytest.mark.parametrize('numbers, reason', [
    ('{anxious: [21]}', r'numbers.anxious of second is \[21\]; allowed: the first and the last'),
    ('{anxious: [30, 21]}', 'allowed: the first and the last number'),
    ('{anxious: [21, 30], dry: [30, 40]}', 'anxious and dry overlap'),
    ('{anxious: [-1, 30]}', 'numbers.anxious.* is -1; allowed: a whole number of at least 0')])
def test_wrong_numbers(tmp_path, numbers, reason):
    text = BEGINNING
    with pytest.raises(SerError, match=reason):
        settings(tmp_path, f'{text}corpora: {{second: {{train: [F2001], numbers: {numbers}}}}}\n')


def test_numbers_of_another_corpus(tmp_path):
    (tmp_path / 'anger').mkdir()
    (tmp_path / 'anger' / '1.wav').write_bytes(b'')
    with pytest.raises(SerError, match='`numbers` is only for recordings of aihub-emotion'):
        corpora.read(tmp_path, numbers={'anxious': [1, 2]})


def test_its_files_in_folders_of_emotions_stay_such(tmp_path):
    for name in 'anger/F0001_000001.wav', 'sad/F2001_000001.wav':
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b'')
    assert corpora.read(tmp_path).layout == 'a folder for each emotion'


def test_the_seven_emotions(tmp_path):
    make_aihub_corpus(tmp_path / 'all', ['F0001'], WORDS, 1, **SHORT)
    clips, left_out = strangers(tmp_path / 'all', EMOTIONS)
    assert [EMOTIONS[clip.label] for clip in clips] == [
        'neutral', 'sadness', 'anger', 'happiness', 'surprise', 'fear', 'disgust']
    assert set(left_out) == set(map(str.lower, WORDS[7:]))


def test_a_configuration_takes_the_words_it_names(tmp_path):
    make_aihub_corpus(tmp_path / 'all', ['F0001'], WORDS, 1, **SHORT)
    listing = corpora.read(tmp_path / 'all')
    found = [LABELS[clip.label] for clip in to_clips('x', listing, LABELS, OTHERS, [])]
    assert found == [word.lower() if word.lower() in LABELS else 'others' for word in WORDS]
    assert len(to_clips('x', listing, LABELS, OTHERS, ['DOUBT', 'SAD'])) == 14
    with pytest.raises(SerError, match="unknown emotion 'neutral'"):
        to_clips('x', listing, LABELS, {}, [])


def test_columns_of_a_list(tmp_path):
    text = unicodedata.normalize('NFD', '안녕하세요')
    (tmp_path / 'metadata.csv').write_text(
        f'file_path,emotion,Text,Sentence\na.wav,anger,{text}, 007 \nb.wav,anger,,\n',
        encoding='utf-8')
    assert [(item.text, item.sentence) for item in corpora.read(tmp_path).recordings] == [
        ('안녕하세요', '007'), ('', '')]


def test_the_parts_of_a_configuration(tmp_path, sound_corpus):
    loaded = settings(tmp_path)
    assert loaded.corpora['aihub'] == Corpus(['F0001', 'M0001'], ['F0002'], ['M0002'])
    assert len(load_part(loaded, sound_corpus.parent, 'train')) == 16


def test_the_shipped_configuration_for_korean(tmp_path):
    make_aihub_corpus(
        tmp_path / 'aihub-emotion', [f'{sex}000{number}' for sex in 'FM' for number in range(1, 5)],
        WORDS, 2, duration_s=0.02)
    text = KOREAN.read_text(encoding='utf-8').replace('presets/', f'{KOREAN.parent}/presets/')
    loaded = settings(tmp_path, text)
    parts = {part: load_part(loaded, tmp_path, part) for part in PARTS}
    for key in 'speaker', 'sentence':
        found = [{getattr(clip, key) for clip in clips} for clips in parts.values()]
        assert len(set.union(*found)) == sum(map(len, found)) == {'speaker': 8, 'sentence': 32}[key]
    by_sentence = {item.sentence: item.label
                   for item in corpora.read(tmp_path / 'aihub-emotion').recordings}
    for clips in parts.values():
        for clip in clips:
            word = by_sentence[clip.sentence]
            assert LABELS[clip.label] == (word if word in LABELS else 'others')
    without = settings(tmp_path, text.replace('  DOUBT: others\n', '').replace(
        'drop: []', 'drop: [DOUBT]'))
    words = {by_sentence[clip.sentence] for part in PARTS
             for clip in load_part(without, tmp_path, part)}
    assert words == {word.lower() for word in WORDS} - {'doubt'}
