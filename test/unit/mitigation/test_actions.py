# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The actions, and the runner that no action can harm."""

from dataclasses import dataclass

import pytest

from ser_ros.errors import SerError
from ser_ros.mitigation.actions.base import ACTIONS, Action, Outlets, Sound
from ser_ros.mitigation.actions.runner import ActionRunner
from ser_ros.mitigation.phases import ActionCall
from ser_ros.typed_values import build


class Robot:
    """What the robot was asked for, in order, and what it says of itself."""

    def __init__(self, **outlets):
        self.did = []
        self.speaks = False
        self.sounds = []
        self.outlets = Outlets(
            publish_text=lambda text: self.did.append(('text', text)),
            publish_speed=lambda scale: self.did.append(('speed', scale)),
            publish_colour=lambda *colour: self.did.append(('colour', colour)),
            publish_notice=lambda text: self.did.append(('notice', text)),
            robot_speaking=lambda: self.speaks,
            speaking=lambda speaks: self.did.append(('speaking', speaks)), **outlets)

    def make_sound(self, *values):
        self.did.append(values)
        self.sounds.append(FakeSound())
        return self.sounds[-1]

    def speeds(self):
        return [value for kind, value in self.did if kind == 'speed']


class FakeSound(Sound):
    over = stopped = False

    def done(self):
        return self.over

    def stop(self):
        self.stopped = True


@dataclass(frozen=True)
class LimitOptions:
    limit_s: float = 2.0


class Faulty(Action):
    """An action that raises in the method of its text."""

    Options = LimitOptions

    def start(self, now_s):
        self._reach('start')

    def done(self, now_s):
        self._reach('done')
        return False

    def stop(self, now_s):
        self._reach('stop')

    def _reach(self, method):
        if self.call.text == method:
            raise ZeroDivisionError('no luck')


@pytest.fixture(autouse=True)
def faulty(monkeypatch):
    monkeypatch.setattr(ACTIONS, '_loaded', dict(ACTIONS._loaded, faulty=Faulty))


def call(kind, said='', language='en', **options):
    return ActionCall(kind, build(ACTIONS[kind].Options, options, 'test'), said, language)


@pytest.fixture
def robot():
    return Robot()


@pytest.fixture
def runner(robot):
    return ActionRunner(robot.outlets)


class TestSlowDown:
    def test_it_goes_down_evenly_and_is_repeated_twice_a_second(self, robot, runner):
        runner.start([call('slow_down', scale=0.5, ramp_s=2.0)], 10.0)
        assert runner.is_hurried
        for tenth in range(1, 51):
            assert not runner.tick(10.0 + tenth / 10)  # nobody waits for it
        speeds = robot.speeds()
        assert speeds[0] == 1.0
        assert speeds == sorted(speeds, reverse=True)
        assert speeds[10] == pytest.approx(0.75)
        assert speeds[-1] == 0.5
        assert len(speeds) >= 21 + 2 * 3
        assert not runner.is_hurried
        assert runner.running == ('slow_down',)

    def test_at_the_end_it_is_full_speed_at_once(self, robot, runner):
        runner.start([call('slow_down', scale=0.0, ramp_s=0.0)], 0.0)
        assert robot.speeds() == [0.0]
        runner.stop_all(0.1)
        runner.stop_all(0.2)
        assert robot.speeds() == [0.0, 1.0]
        assert runner.running == ()

    def test_another_step_goes_on_from_the_speed_of_then(self, robot, runner):
        runner.start([call('slow_down', scale=0.6, ramp_s=2.0)], 0.0)
        runner.start([call('slow_down', scale=0.2, ramp_s=2.0)], 1.0)
        runner.tick(2.0)
        assert robot.speeds() == pytest.approx([1.0, 0.8, 0.5])
        assert runner.running == ('slow_down',)


class TestLight:
    def test_it_fades_in_and_gives_the_light_back(self, robot, runner):
        runner.start([call('light', colour=[0.2, 0.4, 1.0, 0.8], ramp_s=1.0)], 0.0)
        for tenth in range(1, 30):
            runner.tick(tenth / 10)
        runner.stop_all(3.0)
        colours = [values for _, values in robot.did]
        assert colours[0] == (0.2, 0.4, 1.0, 0.0)
        assert colours[-2] == pytest.approx((0.2, 0.4, 1.0, 0.8))
        assert colours[-1] == (0.0, 0.0, 0.0, 0.0)
        assert len(colours) == 12

    @pytest.mark.parametrize('colour, reason', [
        ([1, 1, 1], 'red, green, blue and alpha'), ([0, 0, 2, 1], 'a number from 0 to 1')])
    def test_other_colours_are_refused(self, colour, reason):
        with pytest.raises(SerError, match=reason):
            call('light', colour=colour)


def test_notify_is_over_at_once(robot, runner):
    runner.start([call('notify', text='Come.')], 0.0)
    assert robot.did == [('notice', 'Come.')]
    assert not runner.tick(0.1)


class TestSayThroughTheRobot:
    def test_it_lasts_until_the_robot_has_spoken(self, robot, runner):
        runner.start([call('say', 'Hello.')], 0.0)
        assert robot.did == [('text', 'Hello.')]
        assert runner.tick(1.0)
        robot.speaks = True
        assert runner.tick(25.0)
        robot.speaks = False
        assert not runner.tick(25.1)
        assert runner.failures == 0

    def test_somebody_else_who_speaks_already_does_not_count(self, robot, runner):
        robot.speaks = True
        runner.start([call('say', 'Hello.')], 0.0)
        assert runner.tick(1.0)
        robot.speaks = False
        assert runner.tick(5.0)
        robot.speaks = True
        assert runner.tick(6.0)
        robot.speaks = False
        assert not runner.tick(7.0)
        assert runner.failures == 0

    @pytest.mark.parametrize('text, least_s', [
        ('A sentence of fifty characters that nobody ends it', 8.0), ('안녕하세요', 4.0)])
    def test_where_nobody_says_when_it_takes_the_time_that_it_needs(
            self, runner, text, least_s):
        runner.start([call('say', text)], 0.0)
        assert runner.tick(least_s - 0.1)
        assert not runner.tick(least_s + 0.3)

    def test_a_robot_that_never_ends_is_not_waited_for(self, robot, runner):
        robot.speaks = True
        runner.start([call('say', 'Hello.', limit_s=20)], 0.0)
        assert runner.tick(20.0)
        assert not runner.tick(20.1)
        assert runner.failures == 1
        assert runner.problem == 'the action say was ended: it has not ended within 20 s'

    def test_a_text_alone_has_options(self, robot, runner):
        runner.start([ActionCall('say', None, 'Thank you.', 'en')], 0.0)
        assert robot.did == [('text', 'Thank you.')]


class TestSounds:
    @pytest.fixture
    def robot(self):
        robot = Robot()
        robot.outlets.speak = robot.outlets.play = robot.make_sound
        return robot

    def test_a_text_is_said_slowly_and_softly(self, robot, runner):
        runner.start([call('say', '안녕', language='ko')], 0.0)
        assert robot.did == [('text', '안녕'), ('안녕', ('ko', 140, -6.0)), ('speaking', True)]
        assert runner.tick(1.0)
        robot.sounds[0].over = True
        assert not runner.tick(1.1)
        assert robot.did[-1] == ('speaking', False)

    def test_a_file_is_played(self, robot, runner):
        runner.start([call('play', file='rain.ogg', loop=True, duration_s=20.0)], 0.0)
        assert robot.did[0] == (('rain.ogg', True, 20.0, 2.0, -30.0),)
        assert runner.tick(30.0)
        assert not runner.tick(30.1)
        assert robot.sounds[0].stopped
        assert 'play was ended: it has not ended within 30 s' in runner.problem

    def test_two_are_never_heard_at_once(self, robot, runner):
        runner.start([call('say', 'One.')], 0.0)
        runner.start([call('say', 'Two.')], 1.0)
        assert [sound.stopped for sound in robot.sounds] == [True, False]
        assert runner.running == ('say',)
        runner.stop_all(2.0)
        assert robot.sounds[1].stopped
        assert robot.did[-1] == ('speaking', False)

    def test_a_sound_that_fails_is_named(self, robot, runner):
        runner.start([call('say', 'One.')], 0.0)
        robot.sounds[0].over, robot.sounds[0].failure = True, 'no loudspeaker'
        assert not runner.tick(0.1)
        assert runner.problem == 'the action say was ended: no loudspeaker'
        assert robot.did[-1] == ('speaking', False)

    def test_without_a_loudspeaker_no_file_is_played(self, runner, robot):
        robot.outlets.play = None
        runner.start([call('play', file='a.wav')], 0.0)
        assert 'nothing here plays sound files' in runner.problem
        assert runner.running == ()


class TestFaults:
    @pytest.mark.parametrize('method', ['start', 'done', 'stop'])
    def test_an_action_that_raises_is_ended_and_named(self, robot, runner, method):
        runner.start([call('faulty', method), call('slow_down', ramp_s=0.0)], 0.0)
        runner.tick(0.1)
        runner.tick(2.0)
        assert not runner.tick(2.1)
        assert runner.running == ('slow_down',)
        assert runner.failures >= 1
        assert 'the action faulty was ended: ' in runner.problem
        assert robot.speeds() == [0.5, 0.5]

    def test_one_that_holds_up_the_others_is_ended(self, robot):
        times = iter(range(100))
        runner = ActionRunner(robot.outlets, clock=lambda: next(times))
        runner.start([call('notify', text='x')], 0.0)
        runner.start([call('faulty')], 0.0)
        assert not runner.tick(0.1)
        assert 'it held up the node for 1.0 s' in runner.problem

    @pytest.mark.parametrize('kind, options', [('faulty', {}), ('slow_down', {'scale': 0.5})])
    def test_one_that_takes_long_to_start_does_not_stay(self, robot, kind, options):
        times = iter(range(100))
        runner = ActionRunner(robot.outlets, clock=lambda: next(times))
        runner.start([call(kind, **options)], 0.0)
        assert runner.running == ()
        assert f'the action {kind} was ended' in runner.problem
        assert robot.speeds()[-1:] == [1.0][:kind == 'slow_down']

    def test_a_clock_that_goes_back_ends_all(self, robot, runner):
        runner.start([call('faulty'), call('slow_down')], 100.0)
        assert not runner.tick(50.0)
        assert runner.running == ()
        assert robot.speeds()[-1] == 1.0
