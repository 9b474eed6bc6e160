# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Time a ResNet34 in ONNX Runtime, in each precision, against torch eager.

Run with `python benchmarks/inference.py`; one thread each, one window at a time. The network is
not trained: that changes no time. torch eager runs the training module with its batch
normalisation, which is how the reference system runs it. The memory of each is measured in a
process of its own: what its PSS grows by from before the import until after some windows.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from timing import medians_s, print_table

SHAPE = (3, 128, 128)
LABELS = ('happiness', 'anger', 'sadness', 'neutral', 'fear', 'disgust', 'surprise')
PRECISIONS = ('fp32', 'fp16', 'int8')
REFERENCE = 'torch eager'
WARM_UP_CALLS = 5
CALIBRATION_IMAGES = 32


def network(width: float):
    """Return an untrained ResNet34 in evaluation mode."""
    import torch

    from ser_ros.training.resnet import ResNet34
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return ResNet34(len(LABELS), width).eval()


def export(width: float, folder: Path) -> None:
    """Write the network as a model folder."""
    from ser_ros.training import export as onnx_export
    from ser_ros.training.quantize import to_int8
    metadata = {
        'name': 'benchmark', 'version': '0', 'labels': LABELS, 'feature_set': 'mel_yin_rms/1',
        'input_shape': SHAPE, 'temperature': 1.0, 'training_data': 'none', 'licence': 'none',
        'metrics': {}}
    model = onnx_export.to_onnx(network(width), SHAPE)
    images = np.random.default_rng(0).random((CALIBRATION_IMAGES, *SHAPE), np.float32)
    forms = (model, onnx_export.to_fp16(model), to_int8(model, images))
    for precision, form in zip(PRECISIONS, forms):
        onnx_export.save(form, str(folder / (precision + '.onnx')), metadata)


def runner(name: str, width: float, folder: Path):
    """Return a function that computes one window, by torch eager or a stored precision."""
    image = np.random.default_rng(0).random(SHAPE, np.float32)
    if name == REFERENCE:
        import torch
        module = network(width)
        tensor = torch.from_numpy(image[np.newaxis])

        def run_module():
            with torch.inference_mode():
                return module(tensor).numpy()[0]

        return run_module
    from ser_ros.inference import choose_backend
    from ser_ros.inference.model_file import Model
    session = choose_backend('onnxruntime').open(Model('{}/'.format(folder)), name)
    return lambda: session.run(image)


def pss_mb() -> float:
    """Return this process's proportional set size [MB]."""
    lines = Path('/proc/self/smaps_rollup').read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith('Pss:')) * 1024 / 1e6


def grown_mb(name: str, width: float, folder: Path) -> float:
    """Return by how much memory grows in a fresh process that runs some windows [MB]."""
    output = subprocess.run(
        [sys.executable, __file__, '--width', str(width), '--memory-of', name,
         '--models', str(folder)], check=True, stdout=subprocess.PIPE, env=dict(os.environ))
    return json.loads(output.stdout)


def measure_memory(name: str, width: float, folder: Path) -> float:
    """Do what `grown_mb` says, in this process."""
    before = pss_mb()
    run = runner(name, width, folder)
    for _ in range(WARM_UP_CALLS):
        run()
    return pss_mb() - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--width', type=float, default=1.0, help='of ResNet34 (default: 1.0)')
    parser.add_argument('--memory-of', help=argparse.SUPPRESS)
    parser.add_argument('--models', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_of:
        print(measure_memory(args.memory_of, args.width, Path(args.models)))
        return
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        export(args.width, folder)
        report(args.width, folder)


def report(width: float, folder: Path) -> None:
    """Measure what is in ``folder`` against torch eager, and print it."""
    runs = {name: runner(name, width, folder) for name in (REFERENCE, *PRECISIONS)}
    truth = runs[REFERENCE]()
    errors = {name: np.abs(run() - truth).max() for name, run in runs.items()}
    seconds = medians_s(runs, rounds=10, calls=5)
    print('ResNet34, width {}, 1 thread, one window; ONNX Runtime against {}'.format(
        width, REFERENCE))
    print_table(
        ('', 'median ms', 'times as fast', 'memory MB', 'largest error of a logit'),
        [(name, '{:.1f}'.format(1e3 * seconds[name]),
          '{:.2f}'.format(seconds[REFERENCE] / seconds[name]),
          '{:.0f}'.format(grown_mb(name, width, folder)),
          '{:.1e}'.format(errors[name])) for name in runs])


if __name__ == '__main__':
    main()
