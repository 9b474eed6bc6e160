# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command ser_ros simulate."""

import json
import pathlib

import pytest

from ser_ros.cli import main as cli

SCENARIOS = pathlib.Path(__file__).resolve().parents[3] / 'config' / 'scenarios'
LEAVES = str(SCENARIOS / 'leaves.yaml')


def simulate(capsys, *arguments):
    code = cli.main(['simulate', *arguments])
    return (code, *capsys.readouterr())


def test_timeline(capsys):
    code, out, err = simulate(capsys, LEAVES)
    assert (code, err) == (0, '')
    assert [line.split('  ')[-1].split(' ')[0] for line in out.splitlines()][:3] == [
        'person', 'person', 'STARTED']


@pytest.mark.parametrize('ending', ['png', 'svg'])
def test_same_seed_same_bytes(capsys, tmp_path, ending):
    pytest.importorskip('matplotlib')
    found = []
    for name in ('a', 'b'):
        path = tmp_path / f'{name}.{ending}'
        found.append((simulate(capsys, '--duration', '300', '--seed', '3', '--plot', str(path),
                               '--json', '--windows'), path.read_bytes()))
    assert found[0] == found[1]
    assert found[0][0][1] != simulate(capsys, '--duration', '300', '--seed', '4', '--json')[1]


def test_json_holds_everything(capsys):
    code, out, _ = simulate(capsys, '--persons', '3', '--duration', '600', '--json', '--windows')
    first, *persons, last = [json.loads(line, parse_constant=pytest.fail)
                             for line in out.splitlines()]
    assert code == 0
    assert (first['kind'], first['version'], first['persons']) == ('run', 1, 3)
    assert first['rules']['limits']['per_hour'] == 12
    assert [person['person'] for person in persons] == [0, 1, 2]
    assert all(len(person['windows']) > 1000 for person in persons)
    assert (last['kind'], last['persons'], last['broken']) == ('summary', 3, 0)


def test_processes_change_nothing(capsys):
    arguments = ('--persons', '25', '--duration', '60', '--json', '--processes')
    assert simulate(capsys, *arguments, '1') == simulate(capsys, *arguments, '2')


def test_many_persons_are_summed_up(capsys):
    code, out, _ = simulate(capsys, '--persons', '4', '--duration', '300', '--learning')
    assert code == 0
    assert out.splitlines()[0] == '4 persons, 0.3 hours'


def test_what_is_not_as_expected_ends_with_1(capsys, tmp_path):
    path = tmp_path / 'own.yaml'
    path.write_text(pathlib.Path(LEAVES).read_text().replace('TIMED_OUT', 'RECOVERED'))
    code, _, err = simulate(capsys, str(path))
    assert code == 1
    assert 'not as expected: person 0: the messages are STARTED, TIMED_OUT' in err


def test_recording(capsys, write_wav, noise):
    path = write_wav('noise.wav', noise(6.0))
    code, out, _ = simulate(
        capsys, '--audio', str(path), '--model', 'small', '--json', '--windows')
    _, person, _ = map(json.loads, out.splitlines())
    assert code == 0
    # One for each half second, also before the first window of the model is full.
    assert [window[0] for window in person['windows']][:2] == [0.6, 1.1]
    assert len(person['windows']) in (11, 12)


@pytest.mark.parametrize(('arguments', 'error'), [
    (['absent.yaml'], 'absent.yaml'),
    (['--config', 'absent.yaml'], 'absent.yaml'),
    (['--language', 'fr'], "no texts in the language 'fr'"),
    (['--sensitivity', 'wild'], "no sensitivity 'wild'"),
    (['--persons', '0'], '--persons'),
    (['--audio', 'speech.wav', LEAVES], '--audio takes the place'),
])
def test_errors(capsys, arguments, error):
    code, _, err = simulate(capsys, *arguments)
    assert code == 2
    assert error in err
