# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a configuration to a model folder: train, calibrate, export, measure what was exported."""

import json
import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from ser_ros import __version__
from ser_ros.features import FEATURE_SETS, create_extractor
from ser_ros.inference.classifier import softmax
from ser_ros.inference.model_file import Model
from ser_ros.inference.onnxruntime_backend import OnnxRuntimeBackend
from ser_ros.training import checkpoint, data, export, metrics
from ser_ros.training.cache import load_columns
from ser_ros.training.config import Config
from ser_ros.training.memory import keep_freed_memory
from ser_ros.training.networks import Network
from ser_ros.training.progress import Progress
from ser_ros.training.quantize import to_int8
from ser_ros.training.run import Run, Start
from ser_ros.training.train import Windows, fit, load_windows, logits, seed_everything
from ser_ros.training.trainer import Trainer
from ser_ros.training.windows import BalancedWindows

LOGGER = logging.getLogger(__name__)
CALIBRATION_WINDOWS = 512


def build(config: Config, root: Path, output: Path, seed: int, threads: int,
          progress: Progress, start: Start = Start.NEW) -> dict[str, dict[str, float]]:
    """
    Train a model and write it to ``output/NAME``, with history, curve and checkpoint beside it.

    :param root: folder of the corpora.
    :param threads: CPU threads for everything.
    :param start: what to do about a training that is in ``output`` already.
    :return: UAR on validation speakers by precision and corpus, of the exported files.
    :raises SerError: if the data is not as the configuration says, or ``output`` is taken.
    """
    keep_freed_memory()
    torch.set_num_threads(threads)
    generator = seed_everything(seed)
    cache = output / 'cache'
    clips = data.load_part(config, root, 'train')
    run = Run(output, checkpoint.origin(config, seed, clips))
    trainer = Trainer(config, generator)
    run.begin(trainer, start)
    LOGGER.info('training\n%s', data.describe(clips, config.labels))
    copies = config.training.wave_variants
    columns = load_columns([clip.path for clip in clips], config.feature_set, cache, threads,
                           progress, copies)
    validation = load_windows(config, root, 'validation', cache, threads, progress)
    LOGGER.info('validation\n%s', data.describe(list(validation.clips), config.labels))
    drawn = BalancedWindows(
        clips * (1 + copies), columns, create_extractor(config.feature_set), generator)
    network = fit(trainer, drawn, validation, lambda: run.save(trainer), progress)
    return store(config, network, drawn, validation, output / config.name, seed, threads, progress)


def store(config: Config, network: Network, drawn: BalancedWindows, validation: Windows,
          folder: Path, seed: int, threads: int, progress: Progress) -> dict[str, dict[str, float]]:
    """
    Calibrate a trained network on the validation speakers and write its files to ``folder``.

    :param drawn: where the ranges of INT8 are taken from.
    :param seed: that it was trained with.
    :return: as `build`.
    """
    shape = FEATURE_SETS[config.feature_set].shape
    forms = _forms(export.to_onnx(network, shape), config.precisions, drawn)
    temperature = metrics.fit_temperature(
        logits(network, validation.images), validation.labels, validation.weights())
    metadata = _metadata(config, shape, temperature, seed)
    return _save(forms, metadata, folder, validation, threads, progress)


def _forms(model: onnx.ModelProto, precisions: Sequence[str],
           drawn: BalancedWindows) -> dict[str, onnx.ModelProto]:
    forms = {'fp32': model}
    if 'fp16' in precisions:
        forms['fp16'] = export.to_fp16(model)
    if 'int8' in precisions:
        (images, _), = drawn.batches(CALIBRATION_WINDOWS, CALIBRATION_WINDOWS)
        forms['int8'] = to_int8(model, images)
    return forms


def _metadata(config: Config, shape: tuple[int, ...], temperature: float,
              seed: int) -> dict[str, Any]:
    speakers = '; '.join(f'{name}: speakers {" ".join(corpus.train)}'
                         for name, corpus in config.corpora.items() if corpus.train)
    return {
        'name': config.name, 'version': config.version, 'labels': config.labels,
        'feature_set': config.feature_set, 'input_shape': list(shape),
        'temperature': round(temperature, 4), 'training_data': speakers,
        'licence': config.licence, 'pretrained': Path(config.pretrained).name, 'metrics': {},
        'made_with': {'ser_ros': __version__, 'torch': str(torch.__version__), 'seed': seed}}


def _save(forms: dict[str, onnx.ModelProto], metadata: dict[str, Any], folder: Path,
          validation: Windows, threads: int, progress: Progress) -> dict[str, dict[str, float]]:
    """Write the files, run each over the validation windows, and write its figures into it."""
    folder.mkdir(parents=True, exist_ok=True)
    for precision, model in forms.items():
        export.save(model, str(folder / f'{precision}.onnx'), metadata)
    figures = {}
    for precision in forms:
        figures[precision] = measure(folder, precision, validation, threads, progress)
        LOGGER.info('%s: validation UAR %s', precision, json.dumps(figures[precision]))
        stored = {**metadata, 'metrics': {'validation_uar': figures[precision]}}
        export.save(forms[precision], str(folder / f'{precision}.onnx'), stored)
    return figures


def measure(folder: Path, precision: str, windows: Windows, threads: int,
            progress: Progress) -> dict[str, float]:
    """Return UAR by corpus of a stored model in ONNX Runtime."""
    model = Model(f'{folder}/')
    with closing(OnnxRuntimeBackend().open(model, precision, threads)) as session:
        answers = np.stack([session.run(image) for image in progress.track(
            windows.images, precision, len(windows.images))])
        return {name: round(value, 4) for name, value in windows.uar(
            softmax(answers / session.info.temperature)).items()}
