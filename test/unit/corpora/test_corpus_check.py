# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ser_ros data check on a corpus with one of each fault, and on the real ones."""

import json
import pathlib
import shutil

import numpy as np
import pytest
import yaml

from ser_ros import corpora
from ser_ros.cli.main import main
from ser_ros.corpora import clip_check
from ser_ros.corpora.labelled_clips import load_part
from ser_ros.corpora.parts import PARTS
from ser_ros.inference.model_file import Model, available_models
from ser_ros.training.config import load

ROOT = pathlib.Path(__file__).resolve().parents[3]
soundfile = pytest.importorskip('soundfile')


def write(path, seed, level=0.1, rate_hz=16000, duration_s=1.0, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (round(duration_s * rate_hz), channels)
    samples = level * np.random.default_rng(seed).standard_normal(shape)
    soundfile.write(str(path), samples, rate_hz, subtype='PCM_16')


@pytest.fixture
def healthy(tmp_path):
    """Three clips of EmoDB's naming."""
    folder = tmp_path / 'healthy'
    for seed, name in enumerate(['03a01Fa', '03a01Wa', '08a01Lb']):
        write(folder / (name + '.wav'), seed, duration_s=1 + seed)
    return folder


@pytest.fixture
def faulty(tmp_path):
    """A list of clips with one of each fault."""
    folder = tmp_path / 'faulty'
    write(folder / 'good.wav', 1)
    write(folder / 'stereo.wav', 2, rate_hz=44100, channels=2)
    shutil.copy(folder / 'good.wav', folder / 'again.wav')
    samples, rate_hz = soundfile.read(str(folder / 'good.wav'), dtype='int16')
    soundfile.write(str(folder / 'again.flac'), samples, rate_hz)
    write(folder / 'quiet.wav', 3, level=1e-3)
    write(folder / 'silent.wav', 4, level=0)
    (folder / 'text.wav').write_text('no audio')
    whole = (folder / 'stereo.wav').read_bytes()
    (folder / 'cut.wav').write_bytes(whole[:len(whole) // 2])
    (folder / 'metadata.csv').write_text(
        'file_path,emotion,speaker\ngood.wav,anger,a\nstereo.wav,happy,b\nagain.wav,anger,a\n'
        'again.flac,fear,a\nquiet.wav,fear,b\nsilent.wav,fear,b\ntext.wav,fear,b\n'
        'gone.wav,fear,b\ngood.wav,sleepy,c\ncut.wav,fear,c\n')
    return folder


def check(capsys, *arguments):
    """Return the exit code and the findings on the first corpus."""
    code = main(['data', 'check', '--json', '--threads', '1', *map(str, arguments)])
    return code, json.loads(capsys.readouterr().out)[0]


def test_a_sound_corpus(healthy, capsys):
    code, found = check(capsys, healthy)
    assert (code, found['sound'], found['corpus']) == (0, True, 'emodb')
    assert found['licence'] == 'CC0 1.0'
    assert found['counts'] == {'03': {'happiness': 1, 'anger': 1},
                               '08': {'boredom (left out)': 1}}
    assert found['duration_s'] == {'min': 1.0, 'median': 2.0, 'max': 3.0}
    assert found['level_dbfs']['median'] == pytest.approx(-20, abs=0.2)
    assert found['dropped_labels'] == {'boredom': 1}


def names(paths):
    return [path.rsplit('/', 1)[1] for path in paths]


def test_every_fault_is_found(faulty, capsys):
    code, found = check(capsys, faulty)
    assert (code, found['sound']) == (1, False)
    assert (found['clips'], found['usable']) == (10, 6)
    assert names(found['silent']) == ['silent.wav']
    assert names(found['quiet']) == ['quiet.wav']
    assert names(item['file'] for item in found['broken']) == ['text.wav', 'gone.wav', 'cut.wav']
    assert "cut.wav' ends early: it holds 88222 of 176444 bytes" in found['broken'][2]['problem']
    assert [names(group) for group in found['duplicates']] == [
        ['good.wav', 'again.wav', 'again.flac', 'good.wav']]
    assert found['contradictions'] == found['duplicates']
    assert found['unknown_labels'] == {'sleepy': 1}
    assert found['sample_rates_hz'] == {'16000': 5, '44100': 1}
    assert found['licence'].startswith('unknown')


def test_the_limit_of_quiet(faulty, capsys):
    assert names(check(capsys, faulty, '--quiet-dbfs', '-65')[1]['quiet']) == []


def test_the_text(healthy, faulty, capsys):
    assert main(['data', 'check', '--threads', '1', str(healthy), str(faulty)]) == 1
    text = capsys.readouterr().out
    assert 'emodb (file names of emodb)' in text
    assert 'licence: CC0 1.0' in text
    assert 'label boredom: 1 clips left out' in text
    assert 'UNKNOWN LABEL sleepy: 1 clips' in text
    assert 'SILENT: 1' in text and 'BROKEN: 3' in text
    assert 'SAME SOUND, DIFFERENT LABEL OR SPEAKER: 1' in text
    assert text.count('no problems found') == 1


def test_many_files_are_not_all_named(tmp_path, capsys):
    for number in range(12):
        write(tmp_path / 'anger' / f'{number}.wav', 0, level=0)
    assert main(['data', 'check', '--threads', '1', str(tmp_path)]) == 1
    text = capsys.readouterr().out
    assert 'SILENT: 12' in text and 'and 2 more; --json lists all' in text


@pytest.mark.parametrize('arguments, reason', [
    (['nowhere'], 'nowhere does not exist'),
    (['.', '--threads', '0'], '--threads must be 1 or more, got 0'),
    (['.', '--corpus', 'x'], "unknown corpus 'x'")])
def test_wrong_arguments(capsys, arguments, reason):
    assert main(['data', 'check', *arguments]) == 2
    assert reason in capsys.readouterr().err


def test_the_known_faults_of_ravdess(shared_data, capsys):
    code, found = check(capsys, shared_data / 'ravdess')
    assert code == 0
    assert [names(group) for group in found['duplicates']] == [
        ['03-01-03-01-02-01-07.flac', '03-01-03-01-02-02-07.flac']]
    # 25 lie under -58.0 when rounded to a tenth, one more within that tenth.
    assert len(found['quiet']) in (25, 26)
    assert found['merged_labels'] == {'calm': 'neutral'}


def test_no_speaker_and_no_sound_is_in_two_parts_of_the_shipped_split(shared_data):
    config = load(str(ROOT / 'config' / 'train' / 'resnet34.yaml'))
    speakers, beginnings = {}, {}
    for part in PARTS:
        for clip in load_part(config, shared_data, part):
            assert speakers.setdefault((clip.corpus, clip.speaker), part) == part
            # The same sound begins alike and is as long, so that few files have to be decoded.
            with soundfile.SoundFile(str(clip.path)) as file:
                beginning = file.read(4000, dtype='int16').tobytes(), file.frames
            beginnings.setdefault(beginning, []).append((clip.path, part))
    assert len(beginnings) > 6000
    for files in beginnings.values():
        sounds = {}
        for path, part in files if len(files) > 1 else ():
            assert sounds.setdefault(clip_check.measure(path).content, part) == part


@pytest.mark.parametrize('name', available_models())
def test_the_models_say_that_they_learned_from_the_training_speakers_alone(name):
    split = yaml.safe_load((ROOT / 'config' / 'splits' / 'strangers.yaml').read_text())
    said = dict(entry.split(': speakers ') for entry in Model(name).info.training_data.split('; '))
    assert {corpus: speakers.split() for corpus, speakers in said.items()} == {
        corpus: parts['train'] for corpus, parts in split.items() if 'train' in parts}


def test_the_documentation_lists_every_corpus():
    text = (ROOT / 'docs' / 'data.md').read_text(encoding='utf-8')
    for name, info in corpora.CATALOGUE.items():
        row = next(line for line in text.splitlines() if line.startswith(f'| `{name}` |'))
        for fact in (info.title, info.language, info.licence, info.source, info.example):
            assert fact in row
