# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Memory of the whole running graph in one process, beside the reference pipeline's.

Run with `python benchmarks/memory.py` in a shell that has the workspace (scripts/env.sh). The
graph is `ser_ros run` with its view, on speech-like sound; what is measured is its proportional
set size after some emotions. The reference is a process that computes the same images with
librosa and torch and runs the same network in torch eager: no audio device, no ROS.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from inference import export, network
from speech_like import speech_like
from timing import print_table

EMOTIONS_HEARD = 10
PRECISIONS = ('fp32', 'fp16', 'int8')
REFERENCE = 'librosa and torch'
WINDOW_SAMPLES = 41664


def pss_mb(pid) -> float:
    """Return the proportional set size of a process [MB]."""
    lines = Path('/proc/{}/smaps_rollup'.format(pid)).read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith('Pss:')) * 1024 / 1e6


def graph_mb(model: Path, precision: str, audio: Path) -> float:
    """Run the graph until it has told some emotions; return its memory then [MB]."""
    command = subprocess.Popen(
        ['ser_ros', 'run', str(audio), '--loop', '--model', '{}/'.format(model),
         '--precision', precision],
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
    samples = speech_like(WINDOW_SAMPLES).astype(np.float32)
    for _ in range(EMOTIONS_HEARD):
        with torch.inference_mode():
            module(torch.from_numpy(image(samples)[np.newaxis]))
    return pss_mb('self')


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--width', type=float, default=1.0, help='of ResNet34 (default: 1.0)')
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
        export(args.width, folder)
        graph = {precision: graph_mb(folder, precision, audio) for precision in PRECISIONS}
    print('PSS of the whole graph in one process, ResNet34 of width {}'.format(args.width))
    print_table(('', 'MB', 'share of the reference'),
                [(REFERENCE, '{:.0f}'.format(reference), '1.00')]
                + [('graph, ' + name, '{:.0f}'.format(value), '{:.2f}'.format(value / reference))
                   for name, value in graph.items()])


if __name__ == '__main__':
    main()
