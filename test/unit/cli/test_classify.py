# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ser_ros classify``: files and folders, the formats, what is reported, exit codes."""

import argparse
import csv
import dataclasses
import importlib.util
import io
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from odd_audio import encode
from rich.cells import cell_len

from ser_ros import defaults, graph_defaults, progress
from ser_ros.audio.file_source import FileSource
from ser_ros.cli import classify
from ser_ros.emotion.labels import MAIN_EMOTIONS
from ser_ros.errors import SerError

# Looked up only: its code needs torch, its ONNX file does not.
needs_silero = pytest.mark.skipif(
    importlib.util.find_spec('silero_vad') is None, reason='silero-vad is not installed')

ROOT = os.path.join(os.path.dirname(__file__), '..', '..', '..')
P = ['probabilities.' + label for label in MAIN_EMOTIONS]


@pytest.fixture(autouse=True)
def stub_model(monkeypatch, classifier, loud_is_speech):
    """Serve the stub instead of a model file; return the arguments it was opened with."""
    opened = {}

    def open_classifier(**kwargs):
        opened.update(kwargs)
        return classifier

    monkeypatch.setattr(graph_defaults, 'open_classifier', open_classifier)
    monkeypatch.setattr(defaults, 'share_path', lambda *parts: os.path.join(ROOT, *parts))
    return opened


def ser_ros(*arguments):
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser()
    classify.add_parser(parser.add_subparsers())
    args = parser.parse_args(['classify'] + list(arguments))
    return args.run(args)


@pytest.fixture
def folder(write_wav, noise, tmp_path):
    """A folder with three good files, one that is silent, one that is none, and no audio."""
    write_wav('set/b.wav', noise(3.2, seed=1))
    write_wav('set/a.WAV', noise(4.0, seed=2))
    write_wav('set/inner/c.flac', noise(2.0, seed=3))
    write_wav('set/silent.wav', np.zeros(48000))
    (tmp_path / 'set' / 'broken.wav').write_bytes(b'hello')
    (tmp_path / 'set' / 'notes.txt').write_text('no audio')
    (tmp_path / 'set' / '._b.wav').write_text('what a Mac leaves behind')
    return tmp_path / 'set'


GOOD = ['a.WAV', 'b.wav', 'silent.wav', 'inner/c.flac']


class TestFiles:
    def test_folder_in_order_and_what_fails_is_told(self, folder, capsys):
        assert ser_ros(str(folder), '--format', 'csv') == 1
        out, err = capsys.readouterr()
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [row['file'] for row in rows] == [str(folder / name) for name in GOOD]
        assert 'ser_ros: error: ' in err and 'broken.wav' in err
        assert 'notes.txt' not in err and '._b.wav' not in err and 'Traceback' not in err

    def test_all_fine(self, write_wav, noise):
        assert ser_ros(write_wav('a.wav', noise(3.0))) == 0

    def test_file_named_twice_is_done_once(self, write_wav, noise, capsys):
        path = write_wav('set/a.wav', noise(3.0))
        assert ser_ros(path, os.path.dirname(path), '--format', 'csv') == 0
        assert len(capsys.readouterr().out.splitlines()) == 2

    def test_nothing_could_be_done(self, tmp_path, capsys):
        assert ser_ros(str(tmp_path), str(tmp_path / 'absent.wav')) == 2
        out, err = capsys.readouterr()
        assert out == ''
        assert 'no audio files (.wav ' in err and 'absent.wav' in err

    def test_folder_that_cannot_be_read(self, folder, monkeypatch, capsys):
        real_scandir = os.scandir

        def scandir(path):
            if str(path).endswith('inner'):
                raise PermissionError(13, 'Permission denied', path)
            return real_scandir(path)

        monkeypatch.setattr(os, 'scandir', scandir)
        assert ser_ros(str(folder)) == 1
        assert 'inner: Permission denied' in capsys.readouterr().err

    def test_warning_of_a_file_that_breaks_off(self, write_wav, noise, capsys):
        path = write_wav('cut.flac', noise(60.0))
        size = os.path.getsize(path)
        with open(path, 'r+b') as file:
            file.truncate(size // 2)
        assert ser_ros(path, '--format', 'csv') == 1
        out, err = capsys.readouterr()
        assert f'ser_ros: warning: {path}: ' in err
        assert len(out.splitlines()) == 2

    def test_name_that_is_no_valid_text(self, write_wav, noise, tmp_path, capsys):
        good = write_wav('a.wav', noise(3.0))
        os.rename(good.encode(), os.path.dirname(good).encode() + b'/bad\xff.wav')
        assert ser_ros(str(tmp_path), '--format', 'json') == 0
        assert json.loads(capsys.readouterr().out)['files'][0]['file'].endswith('bad\ufffd.wav')

    def test_error_of_a_name_with_a_new_line_is_one_line(self, tmp_path, capsys):
        assert ser_ros(str(tmp_path / 'one\ntwo\udcff.wav')) == 2
        err = capsys.readouterr().err
        assert 'one\\ntwo\\udcff.wav' in err and err.count('\n') == 1

    def test_file_is_unreadable_after_its_begin(self, folder, monkeypatch, capsys):
        real_read = FileSource.read

        def read(self):
            if self.description.endswith('b.wav'):
                raise SerError(f'cannot decode {self.description} any further')
            return real_read(self)

        monkeypatch.setattr(FileSource, 'read', read)
        assert ser_ros(str(folder), '--format', 'csv') == 1
        out, err = capsys.readouterr()
        assert 'any further' in err
        assert [row['file'] for row in csv.DictReader(io.StringIO(out))] == [
            str(folder / name) for name in GOOD if name != 'b.wav']


class TestInterrupt:
    @pytest.fixture(autouse=True)
    def interrupted(self, monkeypatch):
        """Press Ctrl-C while b.wav is read."""
        real_read = FileSource.read

        def read(self):
            if self.description.endswith('b.wav'):
                raise KeyboardInterrupt
            return real_read(self)

        monkeypatch.setattr(FileSource, 'read', read)

    @pytest.mark.parametrize('name', ['table', 'csv', 'json'])
    def test_what_is_done_is_kept(self, folder, name, capsys, session):
        with pytest.raises(KeyboardInterrupt):
            ser_ros(str(folder), '--format', name)
        out, _ = capsys.readouterr()
        assert 'a.WAV' in out and 'c.flac' not in out
        if name == 'json':
            assert len(json.loads(out)['files']) == 1
        assert session.closed


class TestCsv:
    def test_rows_of_files(self, folder, capsys):
        ser_ros(str(folder), '--format', 'csv')
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert list(rows[0]) == [
            'file', 'duration_s', 'state', 'label', 'confidence', 'speech_windows',
            'total_windows'] + P
        assert float(rows[0]['duration_s']) == 4.0
        assert (rows[0]['state'], rows[0]['total_windows']) == ('EMOTION', '3')
        assert rows[0]['label'] in MAIN_EMOTIONS
        assert sum(float(rows[0][key]) for key in P) == pytest.approx(1.0, abs=1e-5)
        assert (rows[2]['state'], rows[2]['label'], rows[2]['confidence']) == (
            'NO_SPEECH', '', '0.0')

    def test_rows_of_windows(self, folder, capsys):
        ser_ros(str(folder), '--format', 'csv', '--windows')
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert [row['index'] for row in rows if row['file'].endswith('a.WAV')] == ['0', '1', '2']
        assert rows[1]['start_s'] == '0.5'
        assert list(rows[0])[-4:] == ['raw_' + key for key in P]
        silent = [row for row in rows if row['state'] == 'NO_SPEECH']
        assert silent and all(row['pitch_hz'] == '' for row in silent)


class TestJson:
    def parse(self, text):
        def refuse(word):
            raise AssertionError(f'{word} is no JSON')
        return json.loads(text, parse_constant=refuse)

    def test_is_strict_and_complete(self, folder, capsys):
        ser_ros(str(folder), '--format', 'json', '--windows')
        found = self.parse(capsys.readouterr().out)
        assert found['model'] == {
            'name': 'stub', 'version': '1.0', 'labels': list(MAIN_EMOTIONS), 'backend': 'stub',
            'precision': 'fp32'}
        assert [os.path.basename(file['file']) for file in found['files']] == [
            os.path.basename(name) for name in GOOD]
        windows = found['files'][0]['windows']
        assert [window['start_s'] for window in windows] == [0.0, 0.5, 1.0]
        assert set(windows[0]['raw_probabilities']) == set(MAIN_EMOTIONS)
        assert found['files'][2]['windows'][0]['pitch_hz'] is None

    def test_shares_add_up(self, folder, capsys):
        ser_ros(str(folder), '--format', 'json')
        shares = self.parse(capsys.readouterr().out)['shares']
        for kind in ('files', 'windows'):
            assert list(shares[kind]) == list(MAIN_EMOTIONS) + ['uncertain', 'no_speech']
            assert sum(shares[kind].values()) == pytest.approx(1.0, abs=1e-5)
        assert shares['files']['no_speech'] == 0.25

    def test_without_windows(self, folder, capsys):
        ser_ros(str(folder), '--format', 'json')
        assert 'windows' not in self.parse(capsys.readouterr().out)['files'][0]


class TestTable:
    def test_files_and_shares(self, folder, capsys):
        ser_ros(str(folder))
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == ['file', 'emotion', 'next', 'speech', 'length']
        assert lines[1].startswith(str(folder / 'a.WAV'))
        assert lines[1].split()[-3:] == ['3/3', '4.0', 's']
        assert 'no speech' in lines[3]
        assert lines[6].split() == ['emotion', 'files', 'windows']
        assert lines[-1].split()[:3] == ['no', 'speech', '25%']

    def test_windows(self, folder, capsys):
        ser_ros(str(folder), '--windows')
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].strip() == str(folder / 'a.WAV')
        assert lines[2].startswith('0.0-2.6')

    def test_a_new_line_in_a_name_breaks_no_line(self, write_wav, noise, capsys, monkeypatch):
        folder, name = os.path.split(write_wav('one\ntwo.wav', noise(3.0)))
        monkeypatch.chdir(folder)  # the whole path may be too long for a line
        assert ser_ros(name, '--windows') == 0
        assert capsys.readouterr().out.count('one\\ntwo.wav') == 2

    def test_brackets_and_wide_characters_in_names(self, write_wav, noise, capsys):
        for name in ('[bold]a.wav', '한국어.wav'):
            ser_ros(write_wav(name, noise(3.0)))
            header, line = capsys.readouterr().out.splitlines()[:2]
            assert name in line
            assert cell_len(header) == cell_len(line)


class TestOutput:
    @pytest.mark.parametrize('ending, first', [
        ('csv', 'file,'), ('json', '{'), ('txt', 'file '), ('', 'file ')])
    def test_format_by_ending(self, write_wav, noise, tmp_path, capsys, ending, first):
        path = tmp_path / ('out.' + ending)
        assert ser_ros(write_wav('a.wav', noise(3.0)), '--output', str(path)) == 0
        assert path.read_text(encoding='utf-8').startswith(first)
        assert capsys.readouterr().out == ''

    def test_format_goes_before_ending(self, write_wav, noise, tmp_path):
        path = tmp_path / 'out.csv'
        ser_ros(write_wav('a.wav', noise(3.0)), '--output', str(path), '--format', 'json')
        json.loads(path.read_text(encoding='utf-8'))

    def test_is_never_written_over_what_is_read(self, folder):
        path = folder / 'b.wav'
        (folder / 'link.csv').symlink_to(path)
        content = path.read_bytes()
        for given, output in [(path, path), (folder, path), (path, folder / 'link.csv')]:
            with pytest.raises(SerError, match='--output .* would overwrite .*; give another'):
                ser_ros(str(given), '--output', str(output))
        assert path.read_bytes() == content

    def test_is_not_written_over_the_model(self, write_wav, noise, session, tmp_path):
        path = tmp_path / 'model.onnx'
        path.write_text('weights')
        session.info = dataclasses.replace(session.info, path=str(path))
        with pytest.raises(SerError, match='would overwrite the input .*model.onnx;'):
            ser_ros(write_wav('a.wav', noise(3.0)), '--output', str(path))
        assert path.read_text() == 'weights'

    def test_is_written_over_an_earlier_one(self, write_wav, noise, tmp_path):
        (tmp_path / 'out.csv').write_text('earlier')
        assert ser_ros(write_wav('a.wav', noise(3.0)), '--output', str(tmp_path / 'out.csv')) == 0
        assert 'earlier' not in (tmp_path / 'out.csv').read_text()

    @pytest.mark.skipif(not os.path.exists('/dev/full'), reason='this system has no /dev/full')
    @pytest.mark.parametrize('name', ['table', 'csv', 'json'])
    def test_full_disk(self, write_wav, noise, name):
        with pytest.raises(SerError, match='cannot write /dev/full: No space left on device'):
            ser_ros(write_wav('a.wav', noise(3.0)), '--output', '/dev/full', '--format', name)

    def test_that_cannot_be_written_is_told_before_the_work(self, tmp_path, session):
        with pytest.raises(SerError, match='cannot write .*absent'):
            ser_ros('a.wav', '--output', str(tmp_path / 'absent' / 'out.csv'))
        assert session.asked == 0 and session.closed


class TestArguments:
    def test_defaults_are_the_graphs(self, write_wav, noise, stub_model):
        ser_ros(write_wav('a.wav', noise(3.0)))
        graph = defaults.load_defaults('emotion_inference')
        assert stub_model == {
            'model': graph['model'], 'backend': 'auto', 'precision': 'fp32',
            'threads': graph['threads'], 'emotions': ['all']}

    def test_are_handed_on(self, write_wav, noise, stub_model):
        ser_ros(write_wav('a.wav', noise(3.0)), '--model', 'own.onnx', '--backend', 'onnxruntime',
                '--precision', 'int8', '--threads', '2', '--emotions', 'anger, neutral')
        assert stub_model == {
            'model': 'own.onnx', 'backend': 'onnxruntime', 'precision': 'int8', 'threads': 2,
            'emotions': ['anger', 'neutral']}

    def test_period(self, write_wav, noise, capsys):
        path = write_wav('a.wav', noise(3.0))
        ser_ros(path, '--format', 'csv', '--windows', '--period', '0.1')
        assert len(capsys.readouterr().out.splitlines()) == 5
        with pytest.raises(SerError, match='period'):
            ser_ros(path, '--period', '0.03')

    @pytest.mark.parametrize('choice, channels, expected', [
        ('0', [(0.1, 0), (0, 0.9)], (0.1, 0)), ('1', [(0.9, 0), (0, 0.1)], (0, 0.1)),
        ('loudest', [(0.1, 0), (0, 0.9)], (0, 0.9)), ('mean', [(0.8, 0), (-0.8, 0.2)], (0, 0.1))])
    def test_channel(self, write_wav, noise, capsys, choice, channels, expected):
        """Each channel is a sum of two sounds; what is chosen, is not what is heard by default."""
        two_sounds = np.stack([noise(4.0, seed=1), noise(4.0, seed=2)[::-1]])

        def answer(name, shares, *options):
            path = write_wav(name, (np.array(shares) @ two_sounds).T)
            assert ser_ros(path, '--format', 'json', *options) == 0
            return list(json.loads(capsys.readouterr().out)['files'][0]['probabilities'].values())

        wanted = pytest.approx(answer('mono.wav', expected), abs=0.01)
        assert answer('stereo.wav', channels, '--channel', choice) == wanted
        assert answer('stereo.wav', channels) != wanted

    def test_channel_that_no_file_can_have(self, write_wav, noise):
        with pytest.raises(SerError, match="channel is 'left'; allowed: auto, mean, loudest"):
            ser_ros(write_wav('a.wav', noise(3.0)), '--channel', 'left')

    @pytest.mark.parametrize('arguments', [
        [], ['a.wav', '--precision', 'fp64'], ['a.wav', '--threads', 'many'],
        ['a.wav', '--format', 'xml']])
    def test_usage(self, arguments):
        with pytest.raises(SystemExit) as error:
            ser_ros(*arguments)
        assert error.value.code == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


class TestProgress:
    def test_is_shown_in_a_terminal(self, folder, monkeypatch):
        terminal = Terminal()
        monkeypatch.setenv('TERM', 'xterm')
        monkeypatch.setattr(sys, 'stderr', terminal)
        monkeypatch.setattr(progress._Bar, 'interval_s', 0.0)
        ser_ros(str(folder))
        assert 'files' in terminal.getvalue() and ' 5/5, 0:00 left' in terminal.getvalue()
        assert terminal.getvalue().endswith('\x1b[2K')

    def test_is_not_shown_elsewhere(self, folder, monkeypatch, capsys):
        monkeypatch.setattr(progress._Lines, 'interval_s', 0.0)
        ser_ros(str(folder))
        assert '/5' not in capsys.readouterr().err


@needs_silero
@pytest.mark.parametrize('period_s', [0.5, 1.0])
def test_a_real_model_on_real_speech(monkeypatch, shared_data, tmp_path, capsys, period_s):
    pytest.importorskip('onnxruntime')
    monkeypatch.undo()
    monkeypatch.setattr(defaults, 'share_path', lambda *parts: os.path.join(ROOT, *parts))
    write_model(str(tmp_path / 'fp32.onnx'))
    files = sorted((shared_data / 'ravdess' / 'Actor_01').glob('*.flac'))[:2]
    assert ser_ros(*map(str, files), '--model', str(tmp_path), '--format', 'json',
                   '--period', str(period_s)) == 0
    found = json.loads(capsys.readouterr().out)
    assert found['model']['backend'] == 'onnxruntime'
    assert {file['state'] for file in found['files']} == {'EMOTION'}


def command(*arguments, stdout=subprocess.PIPE, unbuffered=''):
    """Start the command in a process of its own."""
    environment = dict(
        os.environ, PYTHONPATH=os.pathsep.join(sys.path), PYTHONUNBUFFERED=unbuffered)
    return subprocess.Popen(
        [sys.executable, '-m', 'ser_ros.cli.main', 'classify'] + list(arguments),
        stdout=stdout, stderr=subprocess.PIPE, universal_newlines=True, env=environment)


def test_error_is_one_line():
    process = command('a.wav', '--model', 'absent')
    out, err = process.communicate()
    assert (process.returncode, out) == (2, '')
    assert err.startswith('ser_ros: error: ') and err.count('\n') == 1


@needs_silero
@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='this system has no /dev/full')
@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize('name', ['table', 'csv', 'json'])
def test_full_standard_output(write_wav, noise, tmp_path, name, unbuffered):
    write_model(str(tmp_path / 'fp32.onnx'))
    with open('/dev/full', 'w') as full:
        process = command(
            '--model', str(tmp_path), '--format', name, write_wav('a.wav', noise(3.0)),
            stdout=full, unbuffered=unbuffered)
    _, err = process.communicate()
    assert process.returncode == 2
    assert err.startswith('ser_ros: error: ') and err.endswith('No space left on device\n')
    assert err.count('\n') == 1


@needs_silero
def test_a_reader_that_has_gone(write_wav, noise, tmp_path):
    write_model(str(tmp_path / 'fp32.onnx'))
    process = command('--model', str(tmp_path), '--format', 'csv', write_wav('a.wav', noise(3.0)))
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate()
    assert (process.returncode, err) == (0, '')


CRASHING_STARTUP = '''
import os

from ser_ros.audio import ffmpeg_process

start, read = ffmpeg_process.Reader.__init__, ffmpeg_process.Reader.read


def crash_at_once(self, path):
    if path.endswith('crash.m4a'):
        os.kill(os.getpid(), 11)
    self.crashes = path.endswith('later.m4a')
    start(self, path)


def crash_later(self):
    answer = read(self)
    if self.crashes and 'end' in answer[0]:
        os.kill(os.getpid(), 11)
    return answer


ffmpeg_process.Reader.__init__, ffmpeg_process.Reader.read = crash_at_once, crash_later
'''


@needs_silero
def test_a_folder_goes_on_where_the_decoder_crashes(noise, tmp_path, monkeypatch):
    """As damaged files crash FFmpeg: at once, or after a part of the sound."""
    pytest.importorskip('av', reason='PyAV is not installed')
    write_model(str(tmp_path / 'fp32.onnx'))
    (tmp_path / 'set').mkdir()
    names = ['a.m4a', 'b_crash.m4a', 'c.m4a', 'd_later.m4a', 'e.m4a']
    for name in names:
        encode(str(tmp_path / 'set' / name), 'aac', noise(4.0, 48000).astype(np.float32))
    # What Python imports in every process that starts.
    (tmp_path / 'sitecustomize.py').write_text(CRASHING_STARTUP)
    monkeypatch.syspath_prepend(str(tmp_path))
    process = command('--model', str(tmp_path), '--format', 'csv', str(tmp_path / 'set'))
    out, err = process.communicate()
    assert process.returncode == 1, err
    done = [os.path.basename(row['file']) for row in csv.DictReader(io.StringIO(out))]
    assert done == [name for name in names if name != 'b_crash.m4a']
    error, warning = err.splitlines()
    assert error.startswith('ser_ros: error: ') and 'b_crash.m4a' in error
    assert warning.startswith('ser_ros: warning: ') and 'd_later.m4a: ends early' in warning
    for line in error, warning:
        assert 'the decoder was ended by the signal SIGSEGV' in line


@needs_silero
def test_ctrl_c_ends_it_and_leaves_no_traceback(write_wav, noise, tmp_path):
    write_model(str(tmp_path / 'fp32.onnx'))
    files = [write_wav('a.wav', noise(3.0)), write_wav('b.wav', np.zeros(1800 * 16000))]
    process = command('--model', str(tmp_path), '--format', 'csv', *files)
    process.stdout.readline()
    assert 'a.wav' in process.stdout.readline()  # the other file is under way
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err) == (130, '')


def write_model(path):
    """Write logits = means of four parts of the image, as an ONNX file with metadata."""
    onnx = pytest.importorskip('onnx')
    pytest.importorskip('onnx.numpy_helper')  # older versions don't import it by themselves
    helper, floating = onnx.helper, onnx.TensorProto.FLOAT
    weight = np.repeat(np.eye(4, dtype=np.float32), 3 * 32 * 32, axis=0) / 3072
    graph = helper.make_graph(
        [helper.make_node('AveragePool', ['image'], ['pooled'], kernel_shape=[2, 2],
                          strides=[2, 2]),
         helper.make_node('Flatten', ['pooled'], ['flat']),
         helper.make_node('MatMul', ['flat', 'weight'], ['logits'])],
        'means', [helper.make_tensor_value_info('image', floating, [1, 3, 128, 128])],
        [helper.make_tensor_value_info('logits', floating, [1, 4])],
        [onnx.numpy_helper.from_array(weight, 'weight')])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 8
    helper.set_model_props(model, {'ser_ros': json.dumps({
        'name': 'means', 'version': '1', 'labels': list(MAIN_EMOTIONS),
        'feature_set': 'mel_yin_rms/1', 'input_shape': [3, 128, 128], 'temperature': 1.0,
        'training_data': 'none', 'licence': 'none', 'metrics': {}})})
    onnx.save(model, path)
