# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The live view, in a terminal and without one."""

import io
import json
import math

import pytest
from rich.cells import cell_len
from rich.console import Console

from ser_ros.sinks.live_parts import Bar
from ser_ros.sinks.live_view import LiveView
from ser_ros.sinks.tally import Tally

T0 = 1.7e9
LABELS = ['happiness', 'anger', 'sadness', 'neutral', 'fear', 'disgust', 'surprise']
KOREAN = ['행복', '분노', '슬픔', '중립', '두려움', '혐오', '놀람']
MANY = [f'emotion {i}' for i in range(30)]
KOREAN_TEXT = '잠시 쉬시거나 다른 분과 이야기하시겠어요? 어느 쪽이든 괜찮습니다.'


def emotion(index=0, **changed):
    values = {
        'stamp_s': T0 + 2.604 + 0.5 * index, 'window_start_s': T0 + 0.5 * index,
        'sequence': index, 'state': 'EMOTION', 'label': 'anger', 'confidence': 0.81,
        'labels': LABELS, 'probabilities': [0.01, 0.81, 0.09, 0.05, 0.02, 0.01, 0.01],
        'raw_probabilities': [0.0] * 7, 'speech_probability': 0.9, 'latency_s': 0.0123,
        'model': 'tiny 1.0', 'backend': 'onnxruntime', 'precision': 'fp32'}
    return dict(values, **changed)


def silence(index=0, **changed):
    return emotion(index, **dict(
        {'state': 'NO_SPEECH', 'label': '', 'confidence': 0.0, 'probabilities': [0.0] * 7},
        **changed))


def mitigation(**changed):
    return dict({
        'stamp_s': T0 + 5.0, 'phase': 'STARTED', 'episode': 1, 'emotion': 'anger',
        'confidence': 0.7, 'duration_s': 3.0, 'strategy': 'make_room',
        'text': 'What should I do?', 'language': 'en'}, **changed)


class TestWithoutTerminal:
    @pytest.fixture
    def output(self):
        return io.StringIO()

    @pytest.fixture
    def view(self, output):
        with LiveView(Console(file=output)) as view:
            yield view

    def test_one_line_an_emotion(self, view, output):
        view.level(-20.0, 0.9)
        view.update(emotion(0))
        view.update(silence(1))
        assert output.getvalue().splitlines() == [
            'model="tiny 1.0" backend=onnxruntime precision=fp32',
            't=2.60 state=EMOTION label=anger confidence=0.81 '
            'top=anger:0.81,sadness:0.09,neutral:0.05 latency_ms=12.3',
            't=3.10 state=NO_SPEECH label=- confidence=0.00 top=- latency_ms=12.3']

    def test_change_of_what_serves_is_told(self, view, output):
        view.update(emotion(0))
        view.update(emotion(1, precision='int8'))
        assert 'precision=int8' in output.getvalue().splitlines()[2]

    def test_mitigation(self, view, output):
        view.update(emotion(0))
        view.mitigation(mitigation(text='무엇을 "다르게" 할까요?'))
        line = output.getvalue().splitlines()[-1]
        head, text = line.split(' text=')
        assert head == 't=5.00 mitigation=STARTED episode=1 emotion=anger strategy=make_room'
        assert json.loads(text) == '무엇을 "다르게" 할까요?'

    def test_silent_mitigation_has_an_empty_text(self, view, output):
        view.mitigation(mitigation(phase='TIMED_OUT', text=''))
        assert output.getvalue().endswith(' text=""\n')

    def test_time_starts_anew_where_the_stamps_go_back(self, view, output):
        view.update(emotion(100))
        view.update(emotion(0))
        assert [line.split()[0] for line in output.getvalue().splitlines()[1:]] == [
            't=2.60', 't=2.60']

    def test_summary(self, view, output):
        view.update(emotion(0))
        view.update(silence(3))
        view.mitigation(mitigation())
        view.print_summary()
        assert output.getvalue().splitlines()[-2:] == [
            'summary windows=2 duration_s=4.10 lost=2 episodes=1 '
            'latency_p50_ms=12.3 latency_p95_ms=12.3',
            'shares happiness=0.000 anger=0.500 sadness=0.000 neutral=0.000 fear=0.000 '
            'disgust=0.000 surprise=0.000 uncertain=0.000 no_speech=0.500']

    def test_summary_of_nothing(self, view, output):
        view.print_summary()
        assert 'windows=0' in output.getvalue()
        assert 'latency_p50_ms=nan' in output.getvalue()

    def test_dumb_terminal_gets_lines_too(self, output):
        console = Console(
            file=output, force_terminal=True, _environ={'TERM': 'dumb'})
        with LiveView(console) as view:
            view.update(emotion(0))
        assert 'state=EMOTION' in output.getvalue()


def terminal(width=80, height=24, **kwargs):
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=height,
                   color_system=None, _environ={'TERM': 'xterm'}, **kwargs)


def screen(view, width=80, height=24):
    """Return the lines of what the view draws now."""
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(view)
    return console.export_text().splitlines()


class TestTerminal:
    def test_before_the_first_window(self):
        lines = screen(LiveView(terminal()))
        assert 'waiting for the first window' in '\n'.join(lines)
        assert '- dBFS' in lines[0]

    def test_shows_all_there_is(self):
        view = LiveView(terminal())
        view.level(-20.0, 0.9)
        view.update(emotion(0))
        view.mitigation(mitigation())
        text = '\n'.join(screen(view))
        for part in LABELS + [
                'tiny 1.0 onnxruntime fp32', 'latency 12 ms', '-20 dBFS speech', 'anger 81%',
                '0.81', 'started  anger, make_room', 'What should I do?']:
            assert part in text

    def test_silent_step_takes_one_line(self):
        view = LiveView(terminal())
        view.update(emotion(0))
        view.mitigation(mitigation(phase='TIMED_OUT', text=''))
        view.mitigation(mitigation(phase='STARTED', episode=2))
        timed_out, started, text = screen(view)[-3:]
        assert 'timed out' in timed_out and 'started' in started and 'What' in text

    def test_losses_are_shown(self):
        view = LiveView(terminal())
        view.update(emotion(0))
        view.update(emotion(4))
        assert 'lost 3, latency' in screen(view)[0]

    @pytest.mark.parametrize('values, headline', [
        (silence(), 'no speech'),
        (emotion(state='UNCERTAIN', label='', confidence=0.33), 'uncertain, 33%'),
    ])
    def test_state(self, values, headline):
        view = LiveView(terminal())
        view.level(-60.0, 0.0)
        view.update(values)
        lines = screen(view)
        assert lines[1].rstrip().endswith('no speech')
        assert lines[3].strip() == headline

    @pytest.mark.parametrize('width, height', [(80, 24), (60, 20), (40, 12), (200, 60)])
    @pytest.mark.parametrize('labels', [LABELS, KOREAN, MANY])
    def test_fits_and_aligns(self, width, height, labels):
        view = LiveView(terminal())
        probabilities = [1.0 / len(labels)] * len(labels)
        view.update(emotion(labels=labels, probabilities=probabilities, label=labels[1]))
        for i in range(10):
            view.mitigation(mitigation(episode=i, text=KOREAN_TEXT))
        lines = screen(view, width, height)
        assert len(lines) < height
        assert all(cell_len(line) <= width for line in lines)
        values = f'{probabilities[0]:.2f}'
        bars = [line for line in lines if line.rstrip().endswith(values)]
        assert len(bars) == min(len(labels), height - 10)
        assert len({cell_len(line.rstrip()) for line in bars}) == 1
        assert len({cell_len(line[:min(map(line.index, '\u2588\u2591'))]) for line in bars}) == 1
        assert 'make_room' in '\n'.join(lines)

    def test_more_emotions_than_lines_shows_the_most_probable(self):
        probabilities = [0.5 if i == 17 else 0.5 / 29 for i in range(30)]
        view = LiveView(terminal())
        view.update(emotion(labels=MANY, probabilities=probabilities, label=MANY[17]))
        assert any(line.startswith('emotion 17') for line in screen(view, 80, 12))

    def test_is_drawn_as_it_comes_and_leaves_the_terminal_as_it_was(self):
        console = terminal()
        with LiveView(console) as view:
            view.update(emotion(0))
            view.level(-10.0, 1.0)
            view.mitigation(mitigation())
        drawn = console.file.getvalue()
        assert 'anger 81%' in drawn and 'What should I do?' in drawn
        assert drawn.rindex('\x1b[?25h') > drawn.rindex('\x1b[?25l')  # the cursor is shown again

    def test_summary(self):
        console = terminal()
        view = LiveView(console)
        view.update(emotion(0))
        view.update(silence(1, latency_s=-1.0))
        view.mitigation(mitigation())
        view.print_summary()
        text = console.file.getvalue()
        for part in ('2 windows, 3.1 s of audio', 'no speech', '50%', 'latency: p50 12 ms, p95',
                     'lost windows: 0', 'mitigation episodes: 1 anger'):
            assert part in text

    def test_summary_of_nothing(self):
        console = terminal()
        LiveView(console).print_summary()
        assert 'p50 not measured' in console.file.getvalue()
        assert 'episodes: none' in console.file.getvalue()


@pytest.mark.parametrize('encoding, drawn', [('utf-8', '\u2588\u2588\u2591\u2591'),
                                             ('ascii', '##..')])
def test_bar_in_any_encoding(encoding, drawn):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    Console(file=stream, width=4).print(Bar(0.5))
    stream.flush()
    assert stream.buffer.getvalue().decode(encoding).strip() == drawn


class TestTally:
    def test_duration_counts_overlapping_audio_once_and_a_loop_anew(self):
        tally = Tally()
        for index in (0, 1, 2):
            tally.add(emotion(index))
        assert tally.summary().duration_s == pytest.approx(3.604)
        tally.add(emotion(0))
        assert tally.summary().duration_s == pytest.approx(3.604 + 2.604)

    def test_gap_in_the_audio_is_no_duration(self):
        tally = Tally()
        tally.add(emotion(0))
        tally.add(emotion(100))
        assert tally.summary().duration_s == pytest.approx(2 * 2.604)

    def test_losses(self):
        tally = Tally()
        for sequence in (5, 6, 9, 0, 1):  # 7 and 8 are lost, then a restart
            tally.add(emotion(sequence=sequence))
        assert tally.lost == 2

    def test_latency(self):
        tally = Tally()
        assert math.isnan(tally.latency_s(50.0))
        for latency_s in (0.01, 0.02, 0.03, -5.0):
            tally.add(emotion(latency_s=latency_s))
        assert tally.summary().latency_p50_s == pytest.approx(0.02)

    def test_episodes_are_counted_by_their_start(self):
        tally = Tally()
        for phase in ('STARTED', 'REPEATED', 'RECOVERED', 'STARTED'):
            tally.add_mitigation(mitigation(phase=phase))
        assert tally.summary().episodes == {'anger': 2}
