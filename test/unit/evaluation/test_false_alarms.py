# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sounds that are no speech, and what the graph says of them."""

import numpy as np
import pytest
import soundfile

from ser_ros import nonspeech
from ser_ros.cli.main import main
from ser_ros.emotion.tracker import State
from ser_ros.errors import SerError
from ser_ros.evaluation import false_alarms
from ser_ros.evaluation.false_alarms import Heard, summarise
from ser_ros.recognizer import Recognizer

NO_SPEECH, UNCERTAIN, EMOTION = State.NO_SPEECH, State.UNCERTAIN, State.EMOTION


@pytest.fixture(scope='module')
def sounds():
    """Four of each kind, 5 s long."""
    return list(nonspeech.make(4 * len(nonspeech.KINDS), seed=0, max_duration_s=5.0))


def test_sounds_are_recordings(sounds):
    assert {sound.kind for sound in sounds} == set(nonspeech.KINDS)
    for sound in sounds:
        assert sound.samples.dtype == np.float32
        assert len(sound.samples) == 80000
        assert np.abs(sound.samples).max() <= 1.0
        steps = sound.samples.astype(np.float64) * 32768
        np.testing.assert_array_equal(steps, np.round(steps))


def test_sounds_differ_in_level_but_not_from_call_to_call(sounds):
    levels_dbfs = [10 * np.log10(np.mean(np.square(sound.samples, dtype=np.float64)))
                   for sound in sounds if sound.kind not in ('silence', 'drill')]
    assert min(levels_dbfs) > -66.0 and max(levels_dbfs) < -2.9
    assert np.ptp(levels_dbfs) > 45.0
    # A later seed, or a later clip of the same kind, is another sound.
    again, = (sound for _, sound in zip(range(1), nonspeech.make(1, seed=0, max_duration_s=5.0)))
    np.testing.assert_array_equal(again.samples, sounds[0].samples)
    assert len({sound.samples.tobytes() for sound in sounds}) >= len(sounds) - 3


def test_hardly_an_emotion_is_heard_in_them(sounds):
    """At most 1 % of the clips and of the windows, with the model and the settings that ship."""
    with Recognizer() as recognizer:
        found = summarise(list(false_alarms.listen(recognizer, sounds)))
    assert found.clips >= 200
    assert found.windows >= 5 * found.clips
    assert found.false_clips <= 0.01
    assert found.emotion <= 0.01
    assert found.no_speech >= 0.98


def test_figures_count_clips_and_windows():
    heard = [Heard('fan', (NO_SPEECH,) * 5), Heard('fan', (EMOTION, UNCERTAIN, EMOTION)),
             Heard('wind', (NO_SPEECH, UNCERTAIN))]
    found = summarise(heard)
    assert (found.clips, found.windows) == (3, 10)
    assert (found.no_speech, found.uncertain, found.emotion) == (0.6, 0.2, 0.2)
    assert found.false_clips == pytest.approx(1 / 3)
    table = false_alarms.report(heard)[-1]
    assert [row[:3] for row in table.rows] == [
        ['all', '3', '10'], ['fan', '2', '8'], ['wind', '1', '2']]


def test_voices_without_words_are_also_left_out():
    heard = [Heard('fan', (NO_SPEECH,)), Heard('laughter', (EMOTION,))]
    rows = false_alarms.report(heard)[-1].rows
    assert [row[0] for row in rows] == ['all', 'all but voices without words', 'fan', 'laughter']


def test_own_recordings(tmp_path, capsys):
    (tmp_path / 'door').mkdir()
    soundfile.write(str(tmp_path / 'door' / 'a.wav'), np.zeros(64000), 16000)
    soundfile.write(str(tmp_path / 'b.FLAC'), np.zeros(32000), 16000)
    (tmp_path / 'notes.txt').write_text('no sound')
    (tmp_path / 'door' / '._a.wav').write_text('what macOS puts beside files')
    assert main(['false-alarms', 'small', str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in printed.splitlines() if line.startswith('|')]
    assert rows[0][0] == 'sound'
    assert sorted(row[:3] for row in rows[2:]) == sorted([
        ['all', '2', '4'], ['door', '1', '3'], [tmp_path.name.replace('_', ' '), '1', '1']])


def test_recordings_that_cannot_be_read_are_left_out(tmp_path, capsys):
    soundfile.write(str(tmp_path / 'a.wav'), np.zeros(64000), 16000)
    (tmp_path / 'broken.wav').write_bytes(b'no sound')
    (tmp_path / 'empty.flac').write_bytes(b'')
    assert main(['false-alarms', 'small', str(tmp_path)]) == 0
    printed = capsys.readouterr()
    for name in 'broken.wav', 'empty.flac':
        assert any(line.startswith('ser_ros: warning: left out: ') and name in line
                   for line in printed.err.splitlines())
    assert 'Unreadable files left out: 2.' in printed.out
    (tmp_path / 'a.wav').write_bytes(b'')
    assert main(['false-alarms', 'small', str(tmp_path)]) == 2
    assert 'none of the 3 clips can be read' in capsys.readouterr().err


def test_the_command_makes_sounds(capsys):
    assert main(['false-alarms', 'small', '--sounds', '2', '--seed', '3']) == 0
    printed = capsys.readouterr().out
    assert '| silence' in printed and '| steady noise' in printed


@pytest.mark.parametrize('options, reason', [
    (['--sounds', '0'], '--sounds must be 1 or more'),
    (['--seed', '-1'], '--seed 0 or more'),
    (['absent'], 'no audio files')])
def test_wrong_arguments(tmp_path, monkeypatch, capsys, options, reason):
    monkeypatch.chdir(tmp_path)
    assert main(['false-alarms', 'small', *options]) == 2
    assert reason in capsys.readouterr().err


def test_a_folder_without_audio(tmp_path):
    with pytest.raises(SerError, match='no audio files'):
        false_alarms.find(tmp_path)
