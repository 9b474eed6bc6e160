# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how much speech the speech gate misses: faint, short and noisy speech, by emotion.

Run with `python benchmarks/speech_gate.py --data FOLDER`; docs/abstention.md explains the figures.
`ser_ros false-alarms` measures the other side. No model runs.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from talks import clips_of
from timing import print_table

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.degrade.level import active_power
from ser_ros.degrade.noise import add_noise, pink
from ser_ros.emotion.labels import EMOTIONS
from ser_ros.errors import SerError
from ser_ros.graph_defaults import graph_settings
from ser_ros.progress import Progress
from ser_ros.windows.voice_activity import VoiceActivity

HERE = Path(__file__).resolve().parent
WINDOW_S, PERIOD_S = 2.6, 0.5
FAINT_DBFS = -45.0
# A lone word in a quiet room.
WORD_S = 0.5
FADE_S = 0.01
BEFORE_S, AFTER_S = 1.5, 3.0
ROOM_DBFS = -75.0

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def main() -> int:
    """Listen to all clips in all conditions, and print what is missed."""
    args = arguments()
    try:
        clips = clips_of(args, EMOTIONS)
        least = graph_settings(min_speech=args.min_speech).min_speech
        shares = {name: listen(name, change, clips) for name, change in CONDITIONS.items()}
    except SerError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    show(clips, shares, least)
    return 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--data', type=Path, required=True, metavar='FOLDER',
                        help='folder with one folder for each corpus')
    parser.add_argument('--config', default=str(HERE / 'talks.yaml'), metavar='YAML',
                        help='speakers by corpus and part')
    parser.add_argument('--part', choices=('validation', 'test'), default='validation',
                        help='test: final figures, nothing is chosen')
    parser.add_argument('--min-speech', type=float, metavar='SHARE',
                        help='least share of speech in a window (default: that of the graph)')
    return parser.parse_args()


def at_level(samples: np.ndarray, level_dbfs: float) -> np.ndarray:
    """Return speech at a level without its pauses; silence as it is."""
    power = active_power(samples)
    return samples * (10 ** (level_dbfs / 20) / np.sqrt(power)) if power else samples


def word(samples: np.ndarray) -> np.ndarray:
    """Return the loudest half second, faded at both ends."""
    size = min(len(samples), round(WORD_S * SAMPLE_RATE_HZ))
    power = np.convolve(np.square(samples, dtype=np.float64), np.ones(size), 'valid')
    start = int(power.argmax())
    fade = np.minimum(np.arange(size), np.arange(size)[::-1]) / (FADE_S * SAMPLE_RATE_HZ)
    return samples[start:start + size] * np.minimum(fade, 1.0)


def alone(samples: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return sound in a quiet room in which nothing else is heard."""
    padded = np.pad(samples, [round(s * SAMPLE_RATE_HZ) for s in (BEFORE_S, AFTER_S)])
    return padded + 10 ** (ROOM_DBFS / 20) * generator.standard_normal(len(padded))


def noisy(snr_db: float) -> Change:
    """Return what adds pink noise."""
    return lambda samples, generator: add_noise(samples, pink(generator, len(samples)), snr_db)


CONDITIONS: Mapping[str, Change] = {
    'as recorded': lambda samples, generator: samples,
    f'at {FAINT_DBFS:g} dBFS': lambda samples, generator: at_level(samples, FAINT_DBFS),
    f'{WORD_S} s alone': lambda samples, generator: alone(word(samples), generator),
    f'{WORD_S} s alone at {FAINT_DBFS:g} dBFS': lambda samples, generator: alone(
        at_level(word(samples), FAINT_DBFS), generator),
    'noise, SNR 10 dB': noisy(10.0),
    'noise, SNR 5 dB': noisy(5.0)}


def listen(name: str, change: Change, clips: Sequence[Clip]) -> list[np.ndarray]:
    """Return the share of speech in each window of each clip."""
    activity = VoiceActivity()
    shares = []
    for index, clip in enumerate(Progress().track(clips, name, len(clips))):
        changed = change(read_samples(clip.path), np.random.default_rng(index))
        rounded = np.round(np.clip(changed, -1.0, 1.0) * 32767) / 32768
        shares.append(by_window(activity, rounded.astype(np.float32)))
    return shares


def by_window(activity: VoiceActivity, samples: np.ndarray) -> np.ndarray:
    """Return the share of speech in each window of a recording, at least one."""
    size, period = round(WINDOW_S * SAMPLE_RATE_HZ), round(PERIOD_S * SAMPLE_RATE_HZ)
    samples = np.pad(samples, (0, max(0, size - len(samples))))
    activity.reset()
    shares, start = [], 0
    for end in range(size, len(samples) + 1, period):
        activity.push(samples[start:end])
        shares.append(activity.probability(size))
        start = end
    return np.array(shares)


def show(clips: Sequence[Clip], shares: Mapping[str, Sequence[np.ndarray]], least: float) -> None:
    """Print the share of clips without speech in any window, and of windows without speech."""
    groups = {clip.corpus: [row for row, other in enumerate(clips) if other.corpus == clip.corpus]
              for clip in clips}
    for label in sorted({clip.label for clip in clips}):
        groups[f'all, {EMOTIONS[label]}'] = [
            row for row, clip in enumerate(clips) if clip.label == label]
    print_table(('without speech: clips, windows [%]', *shares), [
        (f'{name} ({len(rows)} clips)', *(
            f'{missed(members, rows, least)}' for members in shares.values()))
        for name, rows in groups.items()])


def missed(shares: Sequence[np.ndarray], rows: Sequence[int], least: float) -> str:
    """Return both figures as a cell."""
    clips = np.mean([shares[row].max() < least for row in rows])
    windows = np.mean(np.concatenate([shares[row] for row in rows]) < least)
    return f'{100 * clips:.1f}, {100 * windows:.1f}'


if __name__ == '__main__':
    sys.exit(main())
