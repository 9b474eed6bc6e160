# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a configuration to a model folder: train, calibrate, export, measure what was exported."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from ser_ros.corpora import labelled_clips
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError
from ser_ros.evaluation import metrics, threshold
from ser_ros.inference.model_file import PRECISIONS, Model
from ser_ros.inference.onnx_file import writing
from ser_ros.inference.onnxruntime_backend import OnnxRuntimeBackend
from ser_ros.inference.softmax import softmax
from ser_ros.progress import Progress
from ser_ros.training.augment.sound import warm_up
from ser_ros.training.config import Config
from ser_ros.training.export import onnx_export
from ser_ros.training.export.quantize import to_dynamic_int8, to_int8
from ser_ros.training.fit import checkpoint, processes, provenance
from ser_ros.training.fit.cache import load_columns
from ser_ros.training.fit.copies import Copies
from ser_ros.training.fit.history import best
from ser_ros.training.fit.material import Material
from ser_ros.training.fit.memory import keep_freed_memory
from ser_ros.training.fit.part import Part
from ser_ros.training.fit.run import Result, Run, Start, begin, stored_precisions
from ser_ros.training.fit.train import Windows, fit, load_windows, logits, seed_everything
from ser_ros.training.fit.trainer import Trainer
from ser_ros.training.fit.windows import BalancedWindows
from ser_ros.training.networks.base import Network
from ser_ros.training.networks.ensemble import join

LOGGER = logging.getLogger(__name__)
CALIBRATION_WINDOWS = 512


def build(config: Config, root: Path, output: Path, seeds: Sequence[int], threads: int,
          progress: Progress, start: Start = Start.NEW, tensorboard: bool = False) -> list[Result]:
    """Train a model with each seed and write it, with history, curve and checkpoint beside it.

    One seed's are in ``output``, those of several in ``output/seedN``; the model is in ``NAME/``
    there.

    Args:
        root: folder of the corpora.
        threads: CPU threads for everything.
        start: what to do about trainings that are in ``output`` already.
        tensorboard: write the histories for TensorBoard, too.

    Returns:
        what the seeds gave, in their order. In another process than the main one nothing.

    Raises:
        SerError: if the data is not as the configuration says, or ``output`` is taken.
    """
    keep_freed_memory()
    torch.set_num_threads(max(1, threads // processes.expected()))
    LOGGER.info('%s', processes.describe())
    clips = labelled_clips.load_part(config, root, 'train')
    runs = [Run(output / f'seed{seed}' if len(seeds) > 1 else output,
                checkpoint.origins(config, seed, clips), tensorboard) for seed in seeds]
    todo = processes.broadcast(
        [runs.index(run) for run in begin(runs, start)] if processes.is_main() else [])
    if todo:
        with processes.main_first():
            warm_up(config.augmentation)
            material = _load(config, root, clips, output / 'cache', threads, progress)
        for index in todo:
            _train(runs[index], material, start, threads, progress)
    return [run.result() for run in runs] if processes.is_main() else []


def _load(config: Config, root: Path, clips: list[Clip], cache: Path, threads: int,
          progress: Progress) -> Material:
    LOGGER.info('training\n%s', labelled_clips.describe(clips, config.labels))
    copies = Copies(max(member.training.wave_variants for member in config.members),
                    config.training.variant_kinds, clips)
    columns = load_columns([clip.path for clip in clips], config.make_extractor(), cache, threads,
                           progress, copies)
    validation = load_windows(config, root, 'validation', cache, threads, progress)
    LOGGER.info('validation\n%s', labelled_clips.describe(list(validation.clips), config.labels))
    for line in labelled_clips.unused(config, root):
        LOGGER.info('%s', line)
    return Material(clips * (1 + copies.count), columns, copies.count, validation)


def _train(run: Run, material: Material, start: Start, threads: int, progress: Progress) -> None:
    LOGGER.info('seed %d in %s', run.origin.seed, run.folder)
    if start is not Start.RESUME and processes.is_main():
        run.clear()
    networks, epochs = [], []
    for part in run.parts:
        network, epoch = _train_part(part, material, progress)
        networks.append(network)
        epochs.append(epoch)
    if processes.is_main():
        _export(run, networks, epochs, material, threads, progress)


def _export(run: Run, networks: Sequence[Network], epochs: Sequence[int], material: Material,
            threads: int, progress: Progress) -> None:
    """Join trained networks and write the files of the model."""
    config, seed = run.origin.config, run.origin.seed
    # Not the generator of a training, so that how one went on does not change the ranges.
    drawn = material.windows(config, seed, np.random.default_rng(seed))
    made_with = provenance.describe(run.origin, epochs)
    whole = join(networks, config.weights or [1.0] * len(networks))
    store(config, whole, drawn, material.validation, run.model_folder, made_with, threads,
          progress)


def _train_part(part: Part, material: Material, progress: Progress) -> tuple[Network, int]:
    """Train from where the part's folder has it to the end; return the best epoch, too."""
    config = part.origin.config
    LOGGER.info('network %s, width %g', config.network, config.width)
    generator = seed_everything(part.origin.seed)
    trainer = Trainer(config, generator)
    processes.vary_generators(part.origin.seed)
    part.restore(trainer)
    if trainer.is_finished and trainer.standard:  # there is nothing left to embed windows for
        return trainer.best_network(), best(trainer.history).epoch
    windows, validation = material.for_training(
        trainer, config, part.origin.seed, generator, progress)
    network = fit(trainer, windows, validation, part, progress)
    return network, best(trainer.history).epoch


def store(config: Config, network: Network, drawn: BalancedWindows, validation: Windows,
          folder: Path, made_with: Mapping[str, Any], threads: int,
          progress: Progress) -> dict[str, dict[str, float]]:
    """Calibrate a trained network on the validation speakers and write its files to ``folder``.

    Args:
        drawn: where the ranges of INT8 are taken from.
        made_with: what is needed to make the files again, see `provenance`.

    Returns:
        UAR on validation speakers by precision and corpus, of the exported files.
    """
    shape = config.make_extractor().input_shape
    forms = _forms(network, config, shape, drawn)
    temperature = metrics.fit_temperature(
        logits(network, validation.inputs), validation.labels, validation.weights())
    metadata = _metadata(config, shape, temperature, made_with)
    metadata['voice_size'] = onnx_export.voice_size(forms['fp32'])
    _save(forms, metadata, folder)
    try:
        chosen = threshold.add_to_model(
            folder, validation.clips, config.answer_accuracy, progress)
        LOGGER.info('%s', threshold.describe(chosen))
    except SerError as error:  # the model is of use with any threshold
        LOGGER.warning(
            '%s; the model gets the default min_confidence, see ser_ros calibrate', error)
    return _add_figures(list(forms), folder, validation, threads, progress)


def _forms(network: Network, config: Config, shape: tuple[int, ...],
           drawn: BalancedWindows) -> dict[str, onnx.ModelProto]:
    model = onnx_export.to_onnx(network, shape)

    def int8() -> onnx.ModelProto:
        if network.dynamic_int8:
            return to_dynamic_int8(model)
        batch, = drawn.batches(CALIBRATION_WINDOWS, CALIBRATION_WINDOWS)
        return to_int8(model, batch.inputs(slice(None)), network.int8_prefixes(),
                       network.int8_operators)
    make = {'fp32': lambda: onnx_export.with_fp16_weights(model) if config.fp16_weights else model,
            'fp16': lambda: onnx_export.to_fp16(model), 'int8': int8}
    return {name: make[name]() for name in stored_precisions(config)}


def _metadata(config: Config, shape: tuple[int, ...], temperature: float,
              made_with: Mapping[str, Any]) -> dict[str, Any]:
    speakers = '; '.join(f'{name}: speakers {" ".join(corpus.train)}'
                         for name, corpus in config.corpora.items() if corpus.train)
    pretrained = ', '.join(
        _start(member.pretrained) for member in config.members if member.pretrained)
    return {
        'name': config.name, 'version': config.version, 'labels': config.labels,
        'feature_set': config.feature_set, 'input_shape': list(shape),
        'temperature': round(temperature, 4), 'training_data': speakers,
        'licence': config.licence, 'pretrained': pretrained, 'merge': config.merge, 'metrics': {},
        'made_with': made_with}


def _start(pretrained: str) -> str:
    """Return the name of a file or folder without the others that it is in; or one of the hub."""
    return Path(pretrained).name if Path(pretrained).exists() else pretrained


def _save(forms: dict[str, onnx.ModelProto], metadata: dict[str, Any], folder: Path) -> None:
    """Write the files, in place of those of any precision that another training left."""
    folder.mkdir(parents=True, exist_ok=True)
    for precision in PRECISIONS:
        (folder / f'{precision}.onnx').unlink(missing_ok=True)
    for precision, model in forms.items():
        writing.save(model, str(folder / f'{precision}.onnx'), metadata)


def _add_figures(precisions: Sequence[str], folder: Path, validation: Windows, threads: int,
                 progress: Progress) -> dict[str, dict[str, float]]:
    """Run each file over the validation windows, and write its figures into it.

    The last step: a model that has them is complete, see `Run.is_done`.
    """
    figures, scores = {}, {}
    for precision in precisions:
        scores[precision] = probabilities(folder, precision, validation, threads, progress)
        figures[precision] = {
            name: round(value, 4) for name, value in validation.uar(scores[precision]).items()}
        LOGGER.info('%s: validation UAR %s', precision, json.dumps(figures[precision]))
    against = {
        precision: _against_fp32(figures, scores, precision)
        for precision in precisions if precision != 'fp32'}
    for precision, values in against.items():
        LOGGER.info('%s against fp32: %s', precision, json.dumps(values))
    writing.change_metadata(
        [folder / f'{precision}.onnx' for precision in precisions],
        lambda path, metadata: metadata['metrics'].update(
            validation_uar=figures[path.stem],
            **({'against_fp32': against[path.stem]} if path.stem in against else {})))
    return figures


def _against_fp32(figures: Mapping[str, Mapping[str, float]], scores: Mapping[str, np.ndarray],
                  precision: str) -> dict[str, float]:
    """Return what a precision costs: points of the mean UAR, and most of any probability."""
    return {
        'uar': round(figures[precision]['mean'] - figures['fp32']['mean'], 4),
        'largest_probability': round(float(
            np.abs(scores[precision] - scores['fp32']).max()), 4)}


def probabilities(folder: Path, precision: str, windows: Windows, threads: int,
                  progress: Progress) -> np.ndarray:
    """Return what a stored model says of each window in ONNX Runtime, (windows, classes)."""
    model = Model(f'{folder}/')
    with closing(OnnxRuntimeBackend().open(model, precision, threads)) as session:
        answers = np.stack([session.run(model_input) for model_input in progress.track(
            windows.inputs, precision, len(windows.inputs))])
        return softmax(answers / session.info.temperature)
