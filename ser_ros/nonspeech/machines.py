# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Machines and things. Each function makes ``count`` samples at 16 kHz, at any level."""

import numpy as np
from scipy import signal

from ser_ros.nonspeech.synthesis import (
    band,
    between,
    coloured,
    events,
    fade,
    low_pass,
    oscillate,
    partials,
    resonate,
    samples_of,
    swell,
    time_s,
    unit,
    wander,
)


def fan(generator: np.random.Generator, count: int) -> np.ndarray:
    """Air, with the beat of the blades in it."""
    beat_hz = between(generator, 10, 120)
    air = low_pass(coloured(generator, count, generator.uniform(0.5, 1.5)),
                   between(generator, 500, 6000), 1)
    beating = 1 + generator.uniform(0, 0.6) * np.sin(2 * np.pi * beat_hz * time_s(count))
    blades = oscillate(np.full(count, beat_hz), partials(generator, 8, 1.0))
    return unit(air) * beating + generator.uniform(0, 0.7) * unit(blades)


def hum(generator: np.random.Generator, count: int) -> np.ndarray:
    """The mains, in a transformer or an amplifier."""
    mains_hz = float(generator.choice([50.0, 60.0]))
    colour = partials(generator, int(generator.integers(3, 40)), generator.uniform(0.2, 1.5))
    phases = generator.uniform(0, 6.28, len(colour))
    buzz = oscillate(np.full(count, mains_hz), colour, phases)
    return unit(buzz) + between(generator, 0.003, 0.5) * coloured(generator, count, 1)


def motor(generator: np.random.Generator, count: int) -> np.ndarray:
    """A servo, a mixer or a pump: harmonics of a speed that changes under load."""
    speed_hz = between(generator, 30, 500) * (
        1 + generator.uniform(0, 0.3) * wander(generator, count, between(generator, 0.3, 4)))
    tone = oscillate(speed_hz, partials(
        generator, int(generator.integers(6, 30)), generator.uniform(0.3, 1.2)))
    housing = resonate(tone, [between(generator, 300, 5000) for _ in range(3)], (80, 150, 300))
    return unit(housing) + generator.uniform(0.05, 1) * coloured(generator, count, 0.7)


def servo(generator: np.random.Generator, count: int) -> np.ndarray:
    """A robot's joints: whines that speed up, hold and slow down."""
    top_hz = between(generator, 150, 2500)
    colour = partials(generator, 12, 0.8)

    def move() -> np.ndarray:
        length = samples_of(between(generator, 0.15, 1.5))
        ramp = np.clip(swell(length, 0.1, 0.1), 0.05, 1) ** 0.7
        whine = unit(oscillate(top_hz * generator.uniform(0.6, 1) * ramp, colour))
        gears = band(coloured(generator, length, 0), 500, 6000) * (
            1 + np.sin(2 * np.pi * 30 * np.cumsum(ramp) / 16000))
        return (whine + generator.uniform(0.1, 1.5) * unit(gears)) * swell(length, 0.02, 0.03)
    return events(generator, count, move, between(generator, 0.3, 2), 0.5)


def drill(generator: np.random.Generator, count: int) -> np.ndarray:
    """On and off, with blows or without."""
    press = low_pass((wander(generator, count, 0.8) > -0.3).astype(float), 3, 1).clip(0, 1)
    speed_hz = between(generator, 150, 900) * (0.3 + 0.7 * press) * (
        1 + 0.03 * wander(generator, count, 10))
    tone = unit(oscillate(speed_hz, partials(generator, 20, 0.5)))
    grind = band(coloured(generator, count, 0), 1000, 7500)
    if generator.integers(2):
        blows_hz = generator.uniform(15, 45)
        grind = grind * signal.sawtooth(2 * np.pi * blows_hz * time_s(count)).clip(0, 1) * 3
    return press * (tone + generator.uniform(0.3, 2) * unit(grind))


def vacuum_cleaner(generator: np.random.Generator, count: int) -> np.ndarray:
    """A fast motor in a stream of air; also a hair dryer."""
    whine_hz = between(generator, 200, 800) * (1 + 0.02 * wander(generator, count, 1))
    air = resonate(coloured(generator, count, 0.5),
                   [between(generator, 300, 4000) for _ in range(4)], (200, 300, 400, 800))
    movement = 1 + 0.4 * wander(generator, count, 1)
    return movement * (unit(air) + generator.uniform(0.1, 0.8) * unit(
        oscillate(whine_hz, partials(generator, 10, 0.7))))


def car(generator: np.random.Generator, count: int) -> np.ndarray:
    """An engine that revs, or the road from inside; a motorcycle, a lawn mower."""
    firing_hz = between(generator, 15, 150) * 2 ** (
        generator.uniform(0, 0.8) * wander(generator, count, between(generator, 0.2, 1.5)))
    phase = np.cumsum(firing_hz) / 16000
    pulses = np.diff(np.floor(phase), prepend=0.0) * (1 + 0.3 * generator.standard_normal(count))
    engine = resonate(pulses, [between(generator, 60, 900) for _ in range(3)], (60, 100, 250))
    road = low_pass(coloured(generator, count, 1.5), between(generator, 300, 3000))
    return unit(engine) + generator.uniform(0, 2) * unit(road)


def rotor(generator: np.random.Generator, count: int) -> np.ndarray:
    """A helicopter, a train over joints, a washing machine: noise in regular beats."""
    beat_hz = between(generator, 1, 25)
    beats = ((1 + np.sin(2 * np.pi * beat_hz * time_s(count))) / 2) ** generator.uniform(2, 20)
    body = low_pass(coloured(generator, count, generator.uniform(0.5, 2)),
                    between(generator, 200, 4000))
    return (beats + generator.uniform(0, 0.4)) * body


def keyboard(generator: np.random.Generator, count: int) -> np.ndarray:
    """Typing, or clicks of a mouse."""
    centre_hz = between(generator, 800, 4000)

    def key() -> np.ndarray:
        length = samples_of(generator.uniform(0.03, 0.1))
        click = coloured(generator, length, 0) * fade(length, 0.003)
        release = np.roll(click, length // 2) * generator.uniform(0.1, 0.6)
        return between(generator, 0.3, 1) * resonate(
            click + release, (centre_hz, 0.2 * centre_hz), (600, 100))
    return events(generator, count, key, between(generator, 0.08, 0.5), 0.8)


def knocking(generator: np.random.Generator, count: int) -> np.ndarray:
    """At a door, a hammer, things that fall: a blow that rings."""
    modes_hz = [between(generator, 80, 3500) for _ in range(4)]
    widths_hz = [between(generator, 8, 150) for _ in range(4)]

    def blow() -> np.ndarray:
        length = samples_of(generator.uniform(0.15, 0.7))
        return between(generator, 0.3, 1) * resonate(
            coloured(generator, length, 0) * fade(length, 0.002), modes_hz, widths_hz)
    return events(generator, count, blow, between(generator, 0.12, 2), 0.4)


def clinking(generator: np.random.Generator, count: int) -> np.ndarray:
    """Cutlery, glasses, coins, keys."""
    def clink() -> np.ndarray:
        length = samples_of(between(generator, 0.05, 0.8))
        result = np.zeros(length)
        for _ in range(int(generator.integers(2, 7))):
            result += fade(length, between(generator, 0.01, 0.2)) * np.sin(
                2 * np.pi * between(generator, 1200, 7500) * time_s(length))
        return between(generator, 0.2, 1) * result
    return events(generator, count, clink, between(generator, 0.08, 1.0), 0.8)


def creaking(generator: np.random.Generator, count: int) -> np.ndarray:
    """A door, a chair, brakes: stick and slip."""
    def creak() -> np.ndarray:
        length = samples_of(between(generator, 0.2, 1.5))
        rate_hz = between(generator, 20, 900) * 2 ** wander(generator, length, 3)
        pulses = np.diff(np.floor(np.cumsum(rate_hz) / 16000), prepend=0.0)
        pulses = pulses * generator.uniform(0.3, 1, length)
        return swell(length, 0.05, 0.05) * resonate(
            pulses, [between(generator, 400, 5000) for _ in range(3)], (60, 100, 200))
    return events(generator, count, creak, between(generator, 0.4, 2.5), 0.5)


def rustling(generator: np.random.Generator, count: int) -> np.ndarray:
    """Clothes at the microphone, paper, a plastic bag."""
    def rub() -> np.ndarray:
        length = samples_of(between(generator, 0.03, 0.5))
        grains = coloured(generator, length, generator.uniform(-1, 1)) * (
            generator.random(length) < between(generator, 0.01, 1))
        return unit(grains) * swell(length, 0.02, 0.05) * between(generator, 0.2, 1)
    return events(generator, count, rub, between(generator, 0.1, 1.0), 0.8)


KINDS = (fan, hum, motor, servo, drill, vacuum_cleaner, car, rotor, keyboard, knocking, clinking,
         creaking, rustling)
