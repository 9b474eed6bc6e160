# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time the streaming features against the reference pipeline (librosa and torch, whole windows).

Run with `python benchmarks/features.py`; one thread each. What matters for the latency is the
decision time: what is left to compute when a window's last samples arrive. Then all feature sets
side by side.
"""

import numpy as np
import reference_features as reference
import torch
from speech_like import speech_like
from timing import medians_s, print_table

from ser_ros.features.registry import FEATURE_SETS, create_extractor

PERIOD_S = 0.5


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    against_the_reference()
    print()
    side_by_side()


def side_by_side() -> None:
    """Print what each feature set takes for a hop, at the decision and for a second of sound."""
    rows = []
    for name in sorted(FEATURE_SETS):
        extractor = create_extractor(name)
        samples = speech_like(extractor.window_samples).astype(np.float32)
        hop = samples[-extractor.hop_samples:]
        out = np.empty(extractor.input_shape, np.float32)
        extractor.push(samples)
        seconds = medians_s({
            'hop': lambda extractor=extractor, hop=hop: extractor.push(hop),
            'input': lambda extractor=extractor, out=out: extractor.input(out)})
        hops_per_s = extractor.sample_rate_hz / extractor.hop_samples
        per_second_s = hops_per_s * seconds['hop'] + seconds['input'] / PERIOD_S
        rows.append([name] + [f'{1e3 * value:.3f}' for value in (
            seconds['hop'], seconds['input'], seconds['hop'] + seconds['input'], per_second_s)])
    print_table(('median of 400, ms', 'hop', 'input', 'decision', 'second of sound'), rows)


def against_the_reference() -> None:
    """Print what mel_yin_rms/1 takes and what librosa and torch take for the same."""
    extractor = create_extractor('mel_yin_rms/1')
    samples = speech_like(extractor.window_samples).astype(np.float32)
    hop = samples[-extractor.hop_samples:]
    out = np.empty(extractor.input_shape, np.float32)
    extractor.push(samples)

    def decide():
        extractor.push(hop)
        extractor.input(out)

    error = np.abs(extractor.input() - reference.image(samples)).max()
    seconds = medians_s({
        'reference: window': lambda: reference.image(samples),
        '  of this librosa yin': lambda: reference.f0_hz(samples),
        '  of this librosa rms': lambda: reference.rms(samples),
        '  of this torch mel, dB': lambda: reference.mel_db(samples),
        'ser_ros: decision time': decide,
        '  of this the last hop': lambda: extractor.push(hop),
        '  of this the input': lambda: extractor.input(out),
        'ser_ros: a recording, offline': lambda: extractor.columns(samples),
    })
    window = seconds['reference: window']
    hops_per_s = extractor.sample_rate_hz / extractor.hop_samples
    seconds['ser_ros: per second of sound'] = (
        hops_per_s * seconds['  of this the last hop'] + seconds['  of this the input'] / PERIOD_S)
    seconds['reference: per second of sound'] = window / PERIOD_S

    print(
        f'{extractor.name}, window of {extractor.window_samples / extractor.sample_rate_hz:.3f} s '
        f'every {PERIOD_S} s, largest difference of the inputs {error:.1e}')
    print_table(('median of 400', 'ms', 'of the reference'), [
        (name, f'{1e3 * value:.3f}', f'{value / window:.3f}')
        for name, value in seconds.items()])
    print(
        f"decision time: {window / seconds['ser_ros: decision time']:.1f} times faster than the "
        "reference")
    ratio = seconds['reference: per second of sound'] / seconds['ser_ros: per second of sound']
    print(f'computing per second of sound: {ratio:.1f} times less than the reference')


if __name__ == '__main__':
    main()
