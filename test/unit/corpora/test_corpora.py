# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Corpora in every layout, from file names and lists alone."""

import pathlib
import unicodedata
from dataclasses import replace

import pytest
import yaml

from ser_ros import corpora
from ser_ros.cli.evaluate import warn_of_skipped
from ser_ros.corpora.labelled_clips import (
    Clip,
    load_part,
    merged,
    readable,
    skipped,
    strangers,
    to_clips,
)
from ser_ros.corpora.labels import COMMON, SPECIAL
from ser_ros.corpora.parts import PARTS
from ser_ros.corpora.trained_on import speakers_trained_on, trained_on
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.progress import Progress
from ser_ros.training.config import load

ROOT = pathlib.Path(__file__).resolve().parents[3]


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b'')


@pytest.fixture
def folder(tmp_path):
    made = tmp_path.resolve() / 'some folder'
    made.mkdir()
    return made


# Files of a corpus as it is downloaded: its name, label and speaker; None: left out.
AS_DOWNLOADED = {
    'ravdess': [
        ('Actor_01/03-01-01-01-01-01-01.wav', 'neutral', '01'),
        ('Actor_24/03-01-02-01-01-01-24.wav', 'calm', '24'),
        ('Actor_24/03-01-05-02-01-01-24.wav', 'angry', '24'),
        ('Actor_24/03-01-08-02-01-01-24.wav', 'surprised', '24'),
        ('Actor_24/03-02-05-02-01-01-24.wav', None, 'song'),
        ('Actor_24/01-01-05-02-01-01-24.mp4', None, 'song or sound of a video'),
        ('copy/Actor_01/03-01-01-01-01-01-01.wav', None, 'same name as')],
    'nemo': [
        ('samples/EB0_anger_1.wav', 'anger', 'EB0'),
        ('samples/WR0_surprised_90.wav', 'surprised', 'WR0')],
    'emodb': [
        ('wav/03a01Fa.wav', 'happiness', '03'), ('wav/16b10Lb.wav', 'boredom', '16'),
        ('wav/08a02Ac.wav', 'fear', '08'), ('wav/08a02Ea.wav', 'disgust', '08'),
        ('wav/08a02N.wav', 'neutral', '08'), ('wav/08a02Wc.wav', 'anger', '08'),
        ('wav/08a02Tc.wav', 'sadness', '08')],
    'crema-d': [
        ('AudioWAV/1001_DFA_ANG_XX.wav', 'anger', '1001'),
        ('AudioWAV/1040_ITH_SAD_X.wav', 'sad', '1040'),
        ('AudioMP3/1001_DFA_ANG_XX.mp3', None, 'same name as'),
        ('AudioWAV/1091_IEO_HAP_HI.wav', 'happy', '1091')],
    'tess': [
        ('OAF_Fear/OAF_back_fear.wav', 'fear', 'OAF'),
        ('OAF_neutral/OA_bite_neutral.wav', 'neutral', 'OAF'),
        ('YAF_pleasant_surprised/YAF_back_ps.wav', 'pleasant surprise', 'YAF'),
        ('YAF_sad/readme.wav', None, 'not a file name')],
    'savee': [
        ('AudioData/DC/a01.wav', 'anger', 'DC'), ('AudioData/DC/sa01.wav', 'sadness', 'DC'),
        ('AudioData/KL/su15.wav', 'surprise', 'KL'), ('AudioData/KL/a01.wav', 'anger', 'KL'),
        ('ALL/JE_h03.wav', 'happiness', 'JE')],
    'esd': [
        ('0001/Angry/0001_000351.wav', 'angry', '0001'),
        ('0020/Surprise/train/0020_001401.wav', 'surprise', '0020'),
        ('0020/Happy/evaluation/0020_000701.wav', 'happy', '0020')],
}


@pytest.mark.parametrize('corpus', AS_DOWNLOADED)
def test_file_names(folder, corpus):
    files = AS_DOWNLOADED[corpus]
    touch(folder, *[name for name, _, _ in files])
    touch(folder, '._03-01-01-01-01-01-01.wav', 'notes.txt', '.hidden/03a01Fa.wav')
    listing = corpora.read(folder)
    assert (listing.corpus, listing.layout) == (corpus, f'file names of {corpus}')
    assert {(str(item.path.relative_to(folder)), item.label, item.speaker)
            for item in listing.recordings} == {item for item in files if item[1]}
    reasons = {str(path.relative_to(folder)): reason for path, reason in listing.skipped}
    assert set(reasons) == {name for name, label, _ in files if label is None}
    for name, label, reason in files:
        assert label is not None or reason in reasons[name]
    assert all(item.label in corpora.emotion_map(corpus) for item in listing.recordings)
    assert corpora.read(folder, corpus) == listing


def test_the_same_emotions_by_list_and_by_file_names(folder):
    touch(folder, '03a01Fa.wav', '03a01Wa.wav')
    by_name = corpora.read(folder)
    (folder / 'metadata.csv').write_text(
        'file_path,emotion,speaker,text\n03a01Fa.wav,happiness,03,a01\n03a01Wa.wav,anger,03,a01\n')
    by_list = corpora.read(folder)
    assert [replace(item, text='') for item in by_list.recordings] == by_name.recordings
    assert [item.text for item in by_list.recordings] == ['a01', 'a01']
    assert (by_list.corpus, by_list.layout) == ('generic', 'metadata.csv')


def test_the_korean_lists(folder):
    touch(folder, '4차년도/5e25.wav', '5차년도/5차_wav/5f01.wav', '5차년도_2차/5f99.wav')
    for name, row in [('4차년도', '5e25,안녕,anger'), ('5차년도', '5f01,"여보, 세요",Sadness'),
                      ('5차년도_2차', '5fff,없음,neutral')]:
        (folder / f'{name}.csv').write_bytes(f'wav_id,발화문,상황\n{row}\n'.encode('cp949'))
    listing = corpora.read(folder)
    assert listing.corpus == 'aihub'
    assert [(item.path.name, item.label, item.speaker) for item in listing.recordings] == [
        ('5e25.wav', 'anger', ''), ('5f01.wav', 'sadness', '')]
    assert [(path.name, reason) for path, reason in listing.skipped] == [
        ('5fff.wav', 'listed in 5차년도_2차.csv, but missing here')]
    for path in folder.rglob('*.wav'):
        path.unlink()
    with pytest.raises(SerError, match='all clips listed in 4차년도.csv, .* unpack'):
        corpora.read(folder)


@pytest.mark.parametrize('name', ['clips.csv', 'metadata.csv'])
@pytest.mark.parametrize('given', ['folder', 'file'])
def test_a_plain_list(folder, name, given):
    (folder / name).write_text(
        '\ufefffile_path,emotion\n"a, b.wav",anger\n/far/away.wav, happy \n', encoding='utf-8')
    listing = corpora.read(folder if given == 'folder' else folder / name)
    assert listing.recordings == [
        corpora.Recording(folder / 'a, b.wav', 'anger'),
        corpora.Recording(pathlib.Path('/far/away.wav'), 'happy')]


def test_a_folder_for_each_emotion(folder):
    touch(folder, 'Anger/1.wav', 'Anger/x/2.flac', 'happy/1.wav', 'odd.wav', 'bored/1.wav')
    listing = corpora.read(folder)
    assert listing.layout == 'a folder for each emotion'
    assert [item.label for item in listing.recordings] == ['anger', 'anger', 'bored', 'happy']
    assert {item.speaker for item in listing.recordings} == {''}
    assert [path.name for path, _ in listing.skipped] == ['odd.wav']


@pytest.mark.parametrize('label, emotion', [
    ('ANG', 'anger'), ('Happy ', 'happiness'), ('기쁨', 'happiness'), ('분노', 'anger'),
    ('슬픔', 'sadness'), ('중립', 'neutral'), ('공포', 'fear'), ('혐오', 'disgust'),
    (unicodedata.normalize('NFD', '놀람'), 'surprise')])
def test_words_for_an_emotion(folder, label, emotion):
    (folder / 'clips.csv').write_text(f'file_path,emotion\na.wav,{label}\n', encoding='utf-8')
    touch(folder, f'by folder/{label}/a.wav')
    for path in (folder, folder / 'by folder'):
        clips, left_out = strangers(path, EMOTIONS)
        assert [EMOTIONS[clip.label] for clip in clips] == [emotion]
        assert not left_out


@pytest.mark.parametrize('header', [
    'File_Path,Emotion,SPEAKER', '\ufeff file_path , emotion ,Speaker ',
    '"file_path", "emotion", "speaker"', 'text,FILE_PATH,EMOTION,speaker'])
def test_names_of_columns(folder, header):
    text = 'hello' if header.startswith('text') else ''
    first = f'{text},' if text else ''
    (folder / 'clips.csv').write_text(f'{header}\n{first}a.wav, "happy", kim \n', encoding='utf-8')
    for given in folder, folder / 'clips.csv':
        assert corpora.read(given).recordings == [
            corpora.Recording(folder / 'a.wav', 'happy', 'kim', text=text)]


@pytest.mark.parametrize('delimiter', [',', ';', '\t'])
def test_lists_of_other_systems(folder, delimiter):
    """Other separators, Korean in one character or in several, no speaker."""
    name = '말소리/1 번.WAV'
    touch(folder, unicodedata.normalize('NFD', name))
    (folder / 'clips.csv').write_text(
        'file_path|emotion|speaker\r\n{}|anger|\r\n\r\n{}|fear\r\n'.format(
            name.replace('/', '\\'), name).replace('|', delimiter), encoding='utf-8-sig')
    found = corpora.read(folder).recordings
    assert [(item.label, item.speaker) for item in found] == [('anger', ''), ('fear', '')]
    assert all(item.path.is_file() for item in found)


def test_emotions_below_the_speakers(folder):
    touch(folder, 'a/Angry/1.wav', 'a/bored/1.wav', 'b/sad/x/1.mp3', 'b/odd.wav')
    listing = corpora.read(folder)
    assert [item.label for item in listing.recordings] == ['angry', 'bored', 'sad']
    assert [path.name for path, _ in listing.skipped] == ['odd.wav']


def test_labels_of_ones_own(tmp_path):
    listing = corpora.Listing('generic', tmp_path, '', [
        corpora.Recording(tmp_path / 'a', 'frustration'), corpora.Recording(tmp_path / 'b', 'joy'),
        corpora.Recording(tmp_path / 'c', 'bored')])
    labels = ['Frustration', 'happiness']
    assert [clip.label for clip in to_clips('x', listing, labels, {}, ['Bored'])] == [0, 1]
    assert [clip.label for clip in to_clips('x', listing, labels, {'BORED': 'Frustration'}, [])
            ] == [0, 1, 0]


def test_what_cannot_be_read_is_told(folder, capsys):
    touch(folder, 'anger/empty.wav')
    (folder / 'anger' / 'text.wav').write_text('no sound')
    clips, _ = strangers(folder, EMOTIONS)
    with pytest.raises(SerError, match='none of the 2 clips can be read; .*: .*empty.wav'):
        readable(clips, 1, Progress())
    soundfile = pytest.importorskip('soundfile')
    soundfile.write(str(folder / 'anger' / 'good.wav'), [0.1] * 8000, 16000)
    found, problems = readable(strangers(folder, EMOTIONS)[0], 1, Progress())
    assert [clip.path.name for clip in found] == ['good.wav']
    assert ['empty.wav' in problems[0], 'text.wav' in problems[1]] == [True, True]


def test_speakers_that_a_model_was_trained_on(tmp_path):
    said = 'north: speakers a b; south: speakers *; adapted with west: 3 clips of 2 speakers'
    clips = [Clip(corpus, tmp_path, speaker, 0) for corpus, speaker in [
        ('north', 'a'), ('north', 'a'), ('north', 'c'), ('south', ''), ('west', '2'), ('', '')]]
    assert speakers_trained_on(said, clips) == ['north a', 'south']
    assert speakers_trained_on('not told', clips) == []


def test_files_that_are_no_clips_are_told(folder, capsys):
    names = [f'Actor_0{number}/03-01-05-01-01-01-0{number}.wav' for number in range(1, 4)]
    touch(folder, *names, 'mine/1.wav')
    warn_of_skipped(skipped(folder))
    assert (
        "warning: 1 files are left out, such as "
        f"{folder.resolve() / 'mine/1.wav'}: not a file name of this corpus"
        in capsys.readouterr().err)
    warn_of_skipped(skipped(folder / 'Actor_01'))
    assert not capsys.readouterr().err


def test_which_corpora_a_model_was_trained_on(tmp_path):
    said = 'ravdess: speakers 01 02; own-clips: speakers a'
    touch(tmp_path, 'my ravdess/Actor_01/03-01-05-01-01-01-01.wav', 'own-clips/anger/1.wav',
          'speakers/anger/1.wav', 'my own/anger/1.wav')
    assert trained_on(said, tmp_path / 'my ravdess') == ['my ravdess']
    assert trained_on(said, tmp_path / 'own-clips') == ['own-clips']
    assert trained_on(said, tmp_path / 'speakers') == []
    adapted = said + '; adapted with My own: 30 clips of 2 speakers'
    assert trained_on(adapted, tmp_path / 'my own') == ['my own']


@pytest.mark.parametrize('name, corpus', [
    ('CREMA-D', 'crema-d'), ('crema_d', 'crema-d'), ('RAVDESS', 'ravdess'), ('mine', 'generic')])
def test_a_lists_labels_are_those_of_the_folders_name(tmp_path, name, corpus):
    (tmp_path / name).mkdir()
    (tmp_path / name / 'metadata.csv').write_text('file_path,emotion\na.wav,happy\n')
    assert corpora.read(tmp_path / name).corpus == corpus


@pytest.mark.parametrize('files, reason', [
    ({}, 'the layout is not known; allowed: a metadata.csv'),
    ({'a.wav': '', 'b.wav': ''}, 'the layout is not known'),
    ({'metadata.csv': 'path, Emotion\n'},
     "'file_path' is missing; needed: file_path, emotion; found: path, emotion"),
    ({'metadata.csv': ''}, "'file_path' is missing; needed: file_path, emotion; found: none"),
    ({'metadata.csv': 'file_path,Emotion,emotion\n'}, "'emotion' is given several times"),
    ({'clips.csv': 'path,Label\n'}, 'the layout is not known; .*; clips.csv has the columns '
     'path, Label$'),
    ({'metadata.csv': b'\xff\xff\xff'}, 'neither UTF-8 nor CP949'),
    ({'metadata.csv': 'file_path,emotion\na.wav\n'}, 'line 2: emotion is empty'),
    ({'metadata.csv': 'file_path,emotion\n"a'}, 'cannot read .*metadata.csv'),
    ({'a.csv': 'file_path,emotion\n', 'b.csv': 'file_path,emotion\n'}, 'several lists of clips'),
])
def test_folders_that_are_no_corpus(folder, files, reason):
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SerError, match=reason):
        corpora.read(folder)


def test_wrong_names(folder, tmp_path):
    with pytest.raises(SerError, match="unknown corpus 'iemocap'; known: ravdess, nemo"):
        corpora.read(folder, 'iemocap')
    with pytest.raises(SerError, match='nowhere does not exist'):
        corpora.read(tmp_path / 'nowhere')
    touch(folder, 'anger/1.wav')
    with pytest.raises(SerError, match='none of the 1 audio files has a file name of the corp'):
        corpora.read(folder, 'ravdess')


def test_folders_below(tmp_path):
    root = tmp_path / 'all'
    for name in 'ba':
        touch(root, f'{name}/metadata.csv')
    assert corpora.find_folders(root) == [root / 'a', root / 'b']
    assert corpora.find_folders(root / 'a') == [root / 'a']
    assert corpora.find_folders(root / 'c') == [root / 'c']


@pytest.mark.parametrize('own', ['mine/anger/1.wav', 'mine/clips.csv'])
@pytest.mark.parametrize('other', ['ravdess/03-01-05-01-01-01-01.wav', 'ravdess/metadata.csv',
                                   'emodb/wav/03a01Fa.wav'])
def test_ones_own_clips_beside_a_corpus(folder, own, other):
    touch(folder, other, own)
    if own.endswith('.csv'):
        (folder / own).write_text('file_path,emotion\n1.wav,anger\n')
    assert corpora.find_folders(folder) == sorted([folder / 'mine', folder / other.split('/')[0]])


@pytest.mark.parametrize('other', [
    'ravdess/03-01-05-01-01-01-01.wav', 'ravdess/metadata.csv', 'kim/happy/1.wav'])
def test_emotions_beside_a_corpus(folder, other):
    touch(folder, 'anger/1.wav', 'Happy/1.wav', 'noise/1.wav', other)
    name = other.split('/')[0]
    with pytest.raises(SerError, match=(
            rf'folders of emotions \(Happy, anger\) and other corpora \({name}\) side by side')):
        corpora.find_folders(folder)
    assert corpora.find_folders(folder / name) == [folder / name]


def test_emotions_of_one_corpus(folder):
    """The names of the files do not make corpora of folders of emotions."""
    touch(folder, 'anger/03-01-05-01-01-01-01.wav', 'happy/03a01Fa.wav', 'sad/1.wav', 'sad/2.wav')
    assert corpora.find_folders(folder) == [folder]
    assert {item.label for item in corpora.read(folder).recordings} == {'anger', 'happy', 'sad'}


def test_a_corpus_sorted_into_folders_of_its_labels(folder):
    """RAVDESS' calm is no emotion of ours, and still no corpus beside the others."""
    touch(folder, *[f'{name}/03-01-{code}-01-01-01-0{speaker}.wav' for speaker in range(1, 4)
                    for name, code in (('angry', '05'), ('calm', '02'), ('happy', '03'))])
    assert corpora.find_folders(folder) == [folder]
    found = corpora.read(folder)
    assert found.corpus == 'ravdess'
    assert {item.label for item in found.recordings} == {'angry', 'calm', 'happy'}


def test_a_list_tells_of_all_that_is_below_it(folder):
    touch(folder, 'ravdess/03-01-05-01-01-01-01.wav', 'kim/anger/1.wav', 'fear/1.wav')
    (folder / 'clips.CSV').write_text('file_path,emotion\nkim/anger/1.wav,anger\n')
    assert corpora.find_folders(folder) == [folder]


def test_folders_below_as_downloaded(tmp_path):
    root = tmp_path / 'all'
    for corpus, files in AS_DOWNLOADED.items():
        touch(root / corpus, *[name for name, _, _ in files])
        assert corpora.find_folders(root / corpus) == [root / corpus]
    touch(root, 'korean/1.wav', 'notes/a.txt')
    (root / 'korean' / 'a.csv').write_bytes('wav_id,상황\n1,anger\n'.encode('cp949'))
    assert corpora.find_folders(root) == sorted(
        root / name for name in [*AS_DOWNLOADED, 'korean'])


def test_labels_lead_to_emotions_of_the_package():
    assert set(COMMON.values()) == set(EMOTIONS)
    for corpus in SPECIAL:
        assert set(corpora.emotion_map(corpus).values()) <= {*EMOTIONS, None}
    assert set(corpora.CATALOGUE) == set(corpora.CORPORA)


def test_a_folder_calm_is_merged_as_in_training(folder):
    touch(folder, 'Anger/1.wav', 'Calm/1.wav', 'Calm/2.wav', 'neutral/1.wav', 'bored/1.wav')
    clips, left_out = strangers(folder, EMOTIONS)
    assert [EMOTIONS[clip.label] for clip in clips] == ['anger'] + ['neutral'] * 3
    assert left_out == {'bored': 1}
    assert merged(corpora.read(folder), EMOTIONS) == {'calm': 'neutral'}


def test_labels_are_merged_as_the_model_says(folder):
    touch(folder, 'Anger/1.wav', 'Calm/1.wav', 'bored/1.wav', 'irritation/1.wav')
    merge = {'Irritation': 'anger', 'bored': 'sadness', 'calm': 'happiness', 'x': 'anger'}
    clips, left_out = strangers(folder, EMOTIONS, merge=merge)
    assert [EMOTIONS[clip.label] for clip in clips] == ['anger', 'happiness', 'sadness', 'anger']
    assert not left_out
    assert merged(corpora.read(folder), EMOTIONS, merge) == {
        'bored': 'sadness', 'calm': 'happiness', 'irritation': 'anger'}


def test_a_models_own_label_is_not_merged(folder):
    touch(folder, 'Anger/1.wav', 'Calm/1.wav', 'neutral/1.wav')
    labels = ['Calm', 'anger']
    clips, left_out = strangers(folder, labels)
    assert [labels[clip.label] for clip in clips] == ['anger', 'Calm']
    assert left_out == {'neutral': 1}
    assert merged(corpora.read(folder), labels) == {}


def test_merged_dropped_and_chosen_otherwise(tmp_path):
    (tmp_path / 'ravdess').mkdir()
    listing = corpora.Listing('ravdess', tmp_path, '', [
        corpora.Recording(tmp_path / 'a', 'calm', '1'),
        corpora.Recording(tmp_path / 'b', 'angry', '1')])
    labels = ['anger', 'neutral']
    assert [clip.label for clip in to_clips('x', listing, labels, {}, [])] == [1, 0]
    assert [clip.label for clip in to_clips('x', listing, labels, {'calm': 'anger'}, [])] == [0, 0]
    assert [clip.label for clip in to_clips('x', listing, labels, {}, ['calm'])] == [0]
    with pytest.raises(SerError, match="unknown emotion 'anger'"):
        to_clips('x', listing, ['neutral'], {}, [])


def test_a_part_of_everyone(tmp_path, config_path, corpora_root_without_speakers):
    text = config_path.read_text()
    text = text[:text.index('corpora:')] + "corpora: {mine: {test: ['*']}}\n"
    (tmp_path / 'c.yaml').write_text(text)
    loaded = load(str(tmp_path / 'c.yaml'))
    assert [clip.speaker for clip in load_part(loaded, corpora_root_without_speakers, 'test')] == [
        '', '']
    (tmp_path / 'd.yaml').write_text(text.replace("test: ['*']", "test: ['*'], train: [a]"))
    with pytest.raises(SerError, match='stands for all speakers of mine; remove the others: a'):
        load(str(tmp_path / 'd.yaml'))


@pytest.fixture
def corpora_root_without_speakers(tmp_path):
    touch(tmp_path / 'root', 'mine/anger/1.wav', 'mine/sad/1.wav')
    return tmp_path / 'root'


@pytest.mark.parametrize('corpus', ['ravdess', 'nemo', 'emodb'])
def test_file_names_say_what_the_lists_say(shared_data, tmp_path, corpus):
    listed = corpora.read(shared_data / corpus)
    # Names only: the files need not be read.
    copy = tmp_path / 'copy'
    touch(copy, *[item.path.relative_to(listed.folder) for item in listed.recordings])
    named = corpora.read(copy)
    assert named.corpus == corpus and not named.skipped
    emotions = corpora.emotion_map(corpus)
    found, expected = ({
        (str(item.path.relative_to(listing.folder)), emotions[item.label], item.speaker)
        for item in listing.recordings} for listing in (named, listed))
    assert found == expected


def test_all_configurations_with_these_corpora_share_one_split():
    split = yaml.safe_load((ROOT / 'config' / 'splits' / 'strangers.yaml').read_text())
    for path in (ROOT / 'config' / 'train').glob('*.yaml'):
        if '*' in yaml.safe_load(path.read_text())['corpora']:
            continue  # it names no corpus
        parts = {name: {part: getattr(corpus, part) for part in PARTS if getattr(corpus, part)}
                 for name, corpus in load(str(path)).corpora.items()}
        assert parts == split or not parts.keys() & split.keys()


def test_every_speaker_is_in_the_shipped_split(shared_data):
    loaded = load(str(ROOT / 'config' / 'train' / 'resnet34.yaml'))
    for name, parts in loaded.corpora.items():
        listed = [speaker for part in PARTS for speaker in getattr(parts, part)]
        assert len(listed) == len(set(listed))
        assert set(listed) == {
            item.speaker for item in corpora.read(shared_data / name).recordings}
        clips = to_clips(name, corpora.read(shared_data / name), loaded.labels, loaded.merge,
                         loaded.drop)
        assert len(clips) > 400
