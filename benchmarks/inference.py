# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time a ResNet34, or a model that ships, in ONNX Runtime, in each precision, against torch eager.

Run with `python benchmarks/inference.py`; one thread each, one window at a time. The ResNet34 is
not trained: that changes no time. torch eager runs its training module with its batch
normalisation, which is how the reference system runs it; with `--model NAME` the graph of that
model's file. The memory of each is measured in a process of its own: what its PSS grows by from
before the import until after some windows.
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

from ser_ros.features.registry import create_extractor
from ser_ros.inference.model_file import Model
from ser_ros.inference.registry import choose_backend

FEATURE_SET = 'mel_yin_rms/1'  # of the reference system
SHAPE = create_extractor(FEATURE_SET).input_shape
LABELS = ('happiness', 'anger', 'sadness', 'neutral', 'fear', 'disgust', 'surprise')
PRECISIONS = ('fp32', 'fp16', 'int8')
REFERENCE = 'torch eager'
WARM_UP_CALLS = 5
CALIBRATION_IMAGES = 32


def network(width: float):
    """Return an untrained ResNet34 in evaluation mode."""
    import torch

    from ser_ros.training.networks.resnet import RESNET_BLOCKS, ResNet
    torch.manual_seed(0)
    torch.set_num_threads(1)
    return ResNet(RESNET_BLOCKS['resnet34'], 3, len(LABELS), width).eval()


def export(width: float, folder: Path) -> None:
    """Write the network as a model folder."""
    from ser_ros.inference.onnx_file import writing
    from ser_ros.training.export import onnx_export
    from ser_ros.training.export.quantize import to_int8
    metadata = {
        'name': 'benchmark', 'version': '0', 'labels': LABELS, 'feature_set': FEATURE_SET,
        'input_shape': SHAPE, 'temperature': 1.0, 'training_data': 'none', 'licence': 'none',
        'metrics': {}}
    model = onnx_export.to_onnx(network(width), SHAPE)
    images = np.random.default_rng(0).random((CALIBRATION_IMAGES, *SHAPE), np.float32)
    forms = (model, onnx_export.to_fp16(model), to_int8(model, images))
    for precision, form in zip(PRECISIONS, forms):
        writing.save(form, str(folder / (precision + '.onnx')), metadata)


def model_path(folder: Path) -> str:
    """Return a folder's path as `Model` knows it from a name."""
    return f'{folder}/'


def runner(name: str, width: float, model: Model, shipped: bool):
    """Return a function that computes one window, by torch eager or a stored precision."""
    image = np.random.default_rng(0).random(model.info.input_shape, np.float32)
    if name == REFERENCE and not shipped:
        import torch
        module = network(width)
        tensor = torch.from_numpy(image[np.newaxis])

        def run_module():
            with torch.inference_mode():
                return module(tensor).numpy()[0]

        return run_module
    backend, precision = ('pytorch', 'fp32') if name == REFERENCE else ('onnxruntime', name)
    session = choose_backend(backend).open(model, precision)
    return lambda: session.run(image)


def pss_mb() -> float:
    """Return this process's proportional set size [MB]."""
    lines = Path('/proc/self/smaps_rollup').read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith('Pss:')) * 1024 / 1e6


def grown_mb(name: str, args: argparse.Namespace, model: str) -> float:
    """Return by how much memory grows in a fresh process that runs some windows [MB]."""
    output = subprocess.run(
        [sys.executable, __file__, '--width', str(args.width), '--memory-of', name,
         '--folder' if args.model is None else '--model', model],
        check=True, stdout=subprocess.PIPE, env=dict(os.environ))
    return json.loads(output.stdout)


def measure_memory(args: argparse.Namespace) -> float:
    """Do what `grown_mb` says, in this process."""
    before = pss_mb()
    run = runner(args.memory_of, args.width, Model(args.model or args.folder), bool(args.model))
    for _ in range(WARM_UP_CALLS):
        run()
    return pss_mb() - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--width', type=float, default=1.0, help='of ResNet34 (default: 1.0)')
    parser.add_argument('--model', help='a model that ships, instead of a ResNet34')
    parser.add_argument('--memory-of', help=argparse.SUPPRESS)
    parser.add_argument('--folder', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory_of:
        print(measure_memory(args))
    elif args.model:
        report(args, args.model)
    else:
        with tempfile.TemporaryDirectory() as path:
            export(args.width, Path(path))
            report(args, model_path(Path(path)))


def report(args: argparse.Namespace, model: str) -> None:
    """Measure a model against torch eager, and print it."""
    stored = Model(model)
    runs = {name: runner(name, args.width, stored, bool(args.model))
            for name in (REFERENCE, *stored.precisions)}
    truth = runs[REFERENCE]()
    errors = {name: np.abs(run() - truth).max() for name, run in runs.items()}
    seconds = medians_s(runs, rounds=10, calls=5)
    print(
        f"{args.model or f'ResNet34, width {args.width}'}, 1 thread, one window; ONNX Runtime "
        f"against {REFERENCE}")
    print_table(
        ('', 'median ms', 'times as fast', 'memory MB', 'largest error of a logit'),
        [(name, f'{1e3 * seconds[name]:.1f}',
          f'{seconds[REFERENCE] / seconds[name]:.2f}',
          f'{grown_mb(name, args, model):.0f}',
          f'{errors[name]:.1e}') for name in runs])


if __name__ == '__main__':
    main()
