# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory of the whole running graph in one process, beside the reference pipeline's.

Run with `python benchmarks/memory.py` in a shell that has the workspace (scripts/env.sh). The
graph is `ser_ros run` with its view, on speech-like sound; what is measured is its proportional
set size after some emotions: with an untrained ResNet34, or with `--model NAME` one that ships.
The reference is a process that computes images with librosa and torch and runs the ResNet34 in
torch eager: no audio device, no ROS.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from inference import FEATURE_SET, export, model_path, network
from speech_like import speech_like
from timing import print_table

from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model

EMOTIONS_HEARD = 10
REFERENCE = 'librosa and torch'


def pss_mb(pid) -> float:
    """Return the proportional set size of a process [MB]."""
    lines = Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith('Pss:')) * 1024 / 1e6


def graph_mb(model: str, precision: str, audio: Path) -> float:
    """Run the graph until it has published some emotions; return its memory then [MB]."""
    command = subprocess.Popen(
        ['ser_ros', 'run', str(audio), '--loop', '--model', model, '--precision', precision],
        stdout=subprocess.PIPE, universal_newlines=True)
    try:
        for _ in range(EMOTIONS_HEARD):
            command.stdout.readline()
        return pss_mb(command.pid)
    finally:
        command.send_signal(signal.SIGINT)
        command.communicate()


def reference_mb(width: float) -> float:
    """Compute some windows in this process; return its memory [MB]."""
    import torch
    from reference_features import image
    module = network(width)
    samples = speech_like(create_extractor(FEATURE_SET).window_samples).astype(np.float32)
    for _ in range(EMOTIONS_HEARD):
        with torch.inference_mode():
            module(torch.from_numpy(image(samples)[np.newaxis]))
    return pss_mb('self')


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--width', type=float, default=1.0, help='of ResNet34 (default: 1.0)')
    parser.add_argument('--model', help='a model that ships, instead of a ResNet34')
    parser.add_argument('--reference', action='store_true', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.reference:
        print(reference_mb(args.width))
        return
    import soundfile
    reference = float(subprocess.run(
        [sys.executable, __file__, '--reference', '--width', str(args.width)], check=True,
        stdout=subprocess.PIPE).stdout)
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        audio = folder / 'speech.wav'
        soundfile.write(str(audio), speech_like(30 * 16000), 16000)
        model = args.model or model_path(folder)
        if not args.model:
            export(args.width, folder)
        graph = {precision: graph_mb(model, precision, audio)
                 for precision in Model(model).precisions}
    print(
        f"PSS of the whole graph in one process with {args.model or 'this ResNet34'}; the "
        f"reference has a ResNet34 of width {args.width}")
    print_table(('', 'MB', 'share of the reference'),
                [(REFERENCE, f'{reference:.0f}', '1.00')]
                + [('graph, ' + name, f'{value:.0f}', f'{value / reference:.2f}')
                   for name, value in graph.items()])


if __name__ == '__main__':
    main()
