# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Episodes in the graph: actions, what others see of them, and every way in which they end."""

import json
import os
import time

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from harness import printed_by, quoted
from lifecycle_msgs.msg import Transition
from std_msgs.msg import ColorRGBA, Float32, String
from std_srvs.srv import SetBool, Trigger
from talking import Person

from ser_ros.nodes import qos
from ser_ros.nodes.messages import Mitigation, MitigationState

NODE = 'mitigation_responder'
STATE = MitigationState


def content(wait_s=0.5, **changes):
    """Return a mitigation file with other times [s]; wait_s is that after the first step."""
    steps = [
        {'actions': [{'say': {'en': ['One.'], 'ko': ['하나.']}},
                     {'slow_down': {'scale': 0.5, 'ramp_s': 0.2}},
                     {'light': {'colour': [0.1, 0.2, 0.3, 1.0], 'ramp_s': 0.2}}],
         'wait_s': wait_s},
        {'actions': [{'say': {'en': ['Two.'], 'ko': ['둘.']}}], 'wait_s': 0.5},
        {'actions': [{'notify': {'text': 'Please come.'}}], 'wait_s': 0},
    ]
    values = {
        'languages': ['en', 'ko'],
        'timing': {'min_confidence': 0.5, 'hold_s': 0.3, 'repeat_s': 1, 'recovery_s': 0.5,
                   'timeout_s': 30, 'cooldown_s': 0, 'quiet_s': 60, 'stale_s': 60,
                   'relapse_s': 0, 'leak_s': 1.0},
        'responses': {'anger': 'calm', 'fear': 'calm'},
        'strategies': {'calm': {'steps': steps, 'recovered': {
            'en': ['Thank you.'], 'ko': ['감사합니다.']}}},
    }
    for name, value in changes.items():
        values['timing'][name] = value
    return values


@pytest.fixture
def path(request, tmp_path):
    """Return the path of a mitigation file, with times [s] that a test asks for."""
    found = tmp_path / 'mitigation.yaml'
    found.write_text(yaml.safe_dump(content(**getattr(request, 'param', {}))))
    return found


def times(**values):
    return pytest.mark.parametrize('path', [values], indirect=True, ids=['times'])


class Responder:
    """A responder, and everything that it says."""

    def __init__(self, peer, start, path):
        self.peer, self._start, self._path = peer, start, path
        self.events = peer.listen(Mitigation, 'mitigation', qos.MITIGATION)
        self.states = peer.listen(MitigationState, 'mitigation_state', qos.LATCHED)
        self.speeds = peer.listen(Float32, 'speed_scale', qos.SPEED)
        self.said = peer.listen(String, 'say')
        self.person = Person(peer)
        self.start()

    def start(self, *arguments):
        self.process = self._start(
            NODE, '-p', 'autostart:=true', '-p', 'tts_topic:=say',
            '-p', 'config:=' + quoted(self._path), *arguments)
        self.peer.wait_active(NODE, processes=[self.process])
        self.wait_for(self.person.connected, 'subscription')
        return self.process

    @property
    def phases(self):
        names = {getattr(Mitigation, name): name[6:] for name in dir(Mitigation)
                 if name.startswith('PHASE_')}
        return [names[event.phase] for event in self.events]

    def wait_for(self, condition, what):
        self.peer.wait_for(condition, what, [self.process])

    def wait_for_phase(self, name):
        # Not its process: it may have been asked to end.
        self.peer.wait_for(lambda: name in self.phases, name)

    def wait_for_state(self, phase):
        self.wait_for(lambda: self.states and self.states[-1].phase == phase, f'state {phase}')

    def call(self, kind, service, **values):
        answer = self.peer.call(kind, f'{NODE}/{service}', kind.Request(**values))
        return answer.success, answer.message


@pytest.fixture
def responder(peer, start, path):
    return Responder(peer, start, path)


@times(cooldown_s=60)
def test_an_emotion_is_answered_and_escalates_to_a_human(peer, responder):
    notices = peer.listen(String, 'mitigation/notify', qos.LATCHED)
    colours = peer.listen(ColorRGBA, 'mitigation/light', qos.LATCHED)
    responder.wait_for_state(STATE.PHASE_IDLE)
    responder.person.feels = 'anger'
    responder.wait_for(lambda: notices, 'notice')
    responder.wait_for_phase('ESCALATED')
    assert responder.phases == ['STARTED', 'REPEATED', 'REPEATED', 'ESCALATED']
    assert [text.data for text in responder.said] == ['One.', 'Two.']
    assert notices[0].data == 'Please come.'
    speeds = [message.data for message in responder.speeds]
    assert speeds[0] == 1.0 and 0.5 in speeds
    responder.wait_for(lambda: responder.speeds[-1].data == 1.0, 'full speed')
    responder.wait_for(lambda: colours[-1].a == 0.0, 'end of the light')
    responder.wait_for_state(STATE.PHASE_COOL_DOWN)
    seen = [state.phase for state in responder.states]
    for phase in STATE.PHASE_IDLE, STATE.PHASE_RESPONDING, STATE.PHASE_WATCHING:
        assert phase in seen
    open_ = next(state for state in responder.states if state.step == 1)
    assert (open_.emotion, open_.strategy, open_.episode) == ('anger', 'calm', 1)
    assert {'say', 'slow_down', 'light'} == set(open_.actions)
    assert list(open_.emotions) == ['anger', 'fear']


def test_a_person_recovers(responder):
    responder.person.feels = 'fear'
    responder.wait_for_phase('STARTED')
    responder.person.feels = 'neutral'
    responder.wait_for_phase('RECOVERED')
    responder.wait_for(lambda: len(responder.said) == 2, 'closing text')
    assert responder.said[-1].data == 'Thank you.'
    assert responder.events[-1].text == 'Thank you.'


def test_a_late_joiner_sees_the_state(peer, responder):
    responder.person.feels = 'anger'
    responder.wait_for_phase('STARTED')
    late = peer.listen(MitigationState, 'mitigation_state', qos.LATCHED)
    responder.wait_for(lambda: late, 'state')
    assert late[0].episode == 1
    # Once a second, whatever happens, as the diagnostics are: a busy machine delays both.
    arrays = peer.listen(DiagnosticArray, '/diagnostics')
    count = len(responder.states)
    responder.wait_for(lambda: len(responder.states) >= count + 5, 'states')
    assert len(arrays) <= 8


class TestEveryEnd:
    @pytest.fixture(autouse=True)
    def answered(self, responder):
        responder.person.feels = 'anger'
        responder.wait_for_phase('STARTED')
        responder.wait_for(lambda: any(speed.data < 1 for speed in responder.speeds), 'slow')

    def check_closed(self, responder, phase):
        responder.wait_for_phase(phase)
        assert responder.phases[0] == 'STARTED'
        assert responder.phases.count('STARTED') == 1
        assert [name for name in responder.phases if name not in ('STARTED', 'REPEATED')] == [phase]
        responder.peer.wait_for(lambda: responder.speeds[-1].data == 1.0, 'full speed')

    @pytest.mark.parametrize('transition', [
        Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVE_SHUTDOWN])
    def test_a_transition(self, responder, transition):
        assert responder.peer.transition(NODE, transition)
        self.check_closed(responder, 'STOPPED')
        if transition == Transition.TRANSITION_DEACTIVATE:
            responder.wait_for_state(STATE.PHASE_INACTIVE)
            assert responder.peer.transition(NODE, Transition.TRANSITION_CLEANUP)
        self.check_closed(responder, 'STOPPED')

    def test_ctrl_c(self, responder):
        assert responder.process.interrupt() == 0
        self.check_closed(responder, 'STOPPED')
        assert 'Traceback' not in responder.process.log()

    @times(stale_s=1.5)
    def test_no_more_emotions(self, responder):
        # The seconds are those of the node, which a busy machine makes longer.
        arrays = responder.peer.listen(DiagnosticArray, '/diagnostics')
        responder.person.feels = None
        self.check_closed(responder, 'STALE')
        assert len(arrays) <= 1.5 + 3

    def test_values_that_are_not_allowed(self, responder):
        responder.person.confidence = 7.0
        self.check_closed(responder, 'STOPPED')
        responder.wait_for(lambda: 'the confidence is 7' in responder.process.log(), 'complaint')

    def test_a_human_takes_over(self, responder):
        assert responder.call(Trigger, 'acknowledge') == (True, 'the episode is closed')
        self.check_closed(responder, 'ACKNOWLEDGED')
        assert responder.call(Trigger, 'acknowledge') == (True, 'no episode is open')
        assert responder.call(SetBool, 'feedback', data=True)[0]

    def test_pause_survives_a_restart(self, responder):
        assert responder.call(SetBool, 'pause', data=True) == (True, 'paused')
        self.check_closed(responder, 'PAUSED')
        responder.wait_for_state(STATE.PHASE_PAUSED)
        said = len(responder.said)
        responder.process.interrupt()
        responder.start()
        responder.wait_for_state(STATE.PHASE_PAUSED)
        time.sleep(1.5)  # it is still angry
        assert len(responder.said) == said
        assert responder.call(SetBool, 'pause', data=False) == (True, 'not paused')
        responder.wait_for(lambda: len(responder.said) > said, 'an answer')


class TestConfiguration:
    def test_reload_applies_from_the_next_episode_on(self, responder, path):
        responder.person.feels = 'anger'
        responder.wait_for_phase('STARTED')
        text = path.read_text()
        path.write_text(text.replace('One.', 'New one.').replace('Two.', 'New two.'))
        successful, message = responder.call(Trigger, 'reload')
        assert successful and str(path) in message
        responder.wait_for(lambda: len(responder.said) == 2, 'second text')
        assert responder.said[-1].data == 'Two.'
        responder.person.feels = 'neutral'
        responder.wait_for_phase('RECOVERED')
        responder.person.feels = 'fear'
        responder.wait_for(lambda: responder.said[-1].data == 'New one.', 'new text')

    def test_a_bad_file_changes_nothing_and_says_why(self, responder, path):
        path.write_text('languages: [en]\n')
        successful, message = responder.call(Trigger, 'reload')
        assert not successful
        assert message.startswith(f"{path}: the key 'timing' is missing")
        responder.person.feels = 'anger'
        responder.wait_for(lambda: responder.said, 'text')
        assert responder.said[0].data == 'One.'

    def test_file_and_language_may_be_set_at_any_time(self, responder, path, tmp_path):
        other = tmp_path / 'other.yaml'
        other.write_text(path.read_text().replace('One.', 'Other.'))
        successful, reason = responder.peer.set_parameter(NODE, 'config', str(tmp_path / 'none'))
        assert not successful and 'none' in reason
        successful, reason = responder.peer.set_parameter(NODE, 'language', 'fr')
        assert not successful and "no texts in the language 'fr'; available: en, ko" in reason
        assert responder.peer.set_parameter(NODE, 'config', str(other)) == (True, '')
        responder.person.feels = 'anger'
        responder.wait_for(lambda: responder.said, 'text')
        assert responder.said[0].data == 'Other.'
        assert responder.peer.set_parameter(NODE, 'language', 'ko') == (True, '')
        responder.person.feels = 'neutral'
        responder.wait_for(lambda: responder.said[-1].data == 'Thank you.', 'closing text')
        responder.person.feels = 'fear'
        responder.wait_for(lambda: responder.said[-1].data == '하나.', 'Korean text')

    def test_services_before_the_node_is_configured(self, peer, start):
        process = start(NODE)
        peer.wait_for(lambda: peer.state(NODE) == 'unconfigured', 'node', [process])
        for kind, service in (SetBool, 'pause'), (Trigger, 'acknowledge'), (Trigger, 'reload'):
            answer = peer.call(kind, f'{NODE}/{service}', kind.Request())
            assert (answer.success, answer.message) == (
                False, 'the node is unconfigured; configure it first')


def consumer():
    """Return the example of docs/ros_api.md as a program that prints times and speeds."""
    text = open(os.path.join(os.path.dirname(__file__), '..', '..', 'docs', 'ros_api.md'),
                encoding='utf-8').read()
    example = text.split('### Follow the speed\n')[1].split('```python\n')[1].split('```')[0]
    return example.replace(
        'print(scale)', 'import time; print(time.monotonic(), scale, flush=True)')


@pytest.fixture
def wheels():
    """Times [s] and speeds of the example of the page, in a process of its own."""
    with printed_by(consumer(), lambda line: tuple(map(float, line.split()))) as found:
        yield found


class TestKill:
    """SIGKILL in every phase: the robot moves again at once, and the next start closes it."""

    def kill_in(self, responder, phase):
        responder.person.feels = '' if phase == STATE.PHASE_IDLE else 'anger'
        responder.wait_for(
            lambda: any(state.phase == phase for state in responder.states), f'state {phase}')
        responder.process.kill()

    @pytest.mark.parametrize('phase', [
        STATE.PHASE_IDLE, STATE.PHASE_RESPONDING, STATE.PHASE_WATCHING, STATE.PHASE_COOL_DOWN])
    def test_the_next_start_goes_on_where_it_was(self, responder, path, phase, state_home):
        # It stays in that phase, however late the test learns of it.
        is_open = phase in (STATE.PHASE_RESPONDING, STATE.PHASE_WATCHING)
        path.write_text(yaml.safe_dump(content(
            wait_s=600 if is_open else 0.5, relapse_s=60, cooldown_s=60, timeout_s=600)))
        responder.call(Trigger, 'reload')
        colours = responder.peer.listen(ColorRGBA, 'mitigation/light', qos.LATCHED)
        self.kill_in(responder, phase)
        said = [text.data for text in responder.said]
        memory = json.loads((state_home / 'mitigation_responder.json').read_text()) if (
            phase != STATE.PHASE_IDLE) else {'episodes': 0}
        was_open = phase in (STATE.PHASE_RESPONDING, STATE.PHASE_WATCHING)
        assert memory['episodes'] == (phase != STATE.PHASE_IDLE)
        responder.start()
        if was_open:
            responder.wait_for_phase('RESTARTED')
            responder.wait_for(lambda: responder.speeds[-1].data == 1.0, 'full speed')
            responder.wait_for(lambda: colours[-1].a == 0.0, 'end of the light')
            late = responder.peer.listen(Float32, 'speed_scale', qos.SPEED)
            responder.wait_for(lambda: late, 'full speed for who listens late')
            assert late[-1].data == 1.0
        responder.person.feels = 'neutral'
        responder.wait_for(lambda: responder.states[-1].phase != STATE.PHASE_INACTIVE, 'state')
        assert responder.phases.count('RESTARTED') == was_open
        # Every STARTED is closed once before the next.
        opened = 0
        for name in responder.phases:
            if name == 'STARTED':
                assert opened == 0
                opened = 1
            elif name != 'REPEATED':
                assert opened == 1
                opened = 0
        texts = [text.data for text in responder.said]
        assert texts[:len(said)] == said
        assert texts.count('One.') <= 1

    @times(wait_s=600, timeout_s=600)
    def test_the_robot_is_at_full_speed_again(self, responder, wheels):
        responder.person.feels = 'anger'
        responder.wait_for(lambda: any(speed == 0.5 for _, speed in wheels), 'slow wheels')
        responder.process.kill()
        responder.peer.wait_for(lambda: wheels[-1][1] == 1.0, 'full speed')
        # A busy machine runs the example late, but what it goes by is a second.
        for end in responder.peer.node.get_subscriptions_info_by_topic('speed_scale'):
            assert end.qos_profile.deadline.nanoseconds == 10**9


def test_what_is_kept_is_for_nobody_else(responder, state_home):
    responder.person.feels = 'anger'
    responder.wait_for_phase('STARTED')
    file = state_home / 'mitigation_responder.json'
    assert (state_home.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert 'One' not in file.read_text()
    assert 'anger' not in responder.process.log()
