# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The file from which a training that was stopped goes on, and what it has to have in common."""

import hashlib
import json
import os
import pickle
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from ser_ros.corpora.labelled_clips import Clip
from ser_ros.errors import SerError
from ser_ros.files import check_regular
from ser_ros.training import config as configuration
from ser_ros.training import older_keys
from ser_ros.training.config import Config, Training
from ser_ros.training.networks.registry import network_class
from ser_ros.training.options import EncoderOptions, SoundOptions, SpeechEncoderOptions

FORMAT = 'ser_ros checkpoint 2'
# With the generators of one process, and with the best weights inside.
FIRST_FORMAT = 'ser_ros checkpoint 1'
# What only the files depend on that are written in the end.
KEYS_OF_FILES = {
    'name', 'version', 'licence', 'weights', 'precisions', 'fp16_weights', 'answer_accuracy'}
# What suits the training to a machine; it changes figures by rounding alone, or not at all.
KEYS_OF_MACHINE = {'accumulation', 'gradient_checkpointing', 'checkpoint_minutes'}
# Keys of a training that the first release did not have.
LATER_KEYS = {'windows_per_clip', 'early_stopping', 'head_learning_rate', 'warm_up_steps',
              'variant_kinds'}
LATER_ENCODER_KEYS = {'speech_ranges_db', 'tuning'}


@dataclass(frozen=True)
class Origin:
    """What decides how a training goes: a checkpoint of another one is of no use.

    Attributes:
        clips_sha256: of corpus, file name, speaker and label of the clips that are trained on.
        pretrained_sha256: of the files of pretrained weights, with commas between; '' without any.
    """

    config: Config
    seed: int
    clips_sha256: str
    pretrained_sha256: str

    @property
    def config_sha256(self) -> str:
        """Hash of the configuration's values as JSON with sorted keys."""
        values = _without_unused(asdict(self.config))
        return _sha256(json.dumps(values, sort_keys=True).encode())


def _without_unused(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out keys that came later and have their defaults, so that older hashes hold."""
    encoder = asdict(EncoderOptions())
    later = {'input_shape': [], 'window_s': 0.0, 'encoder': encoder,
             'speech_encoder': asdict(SpeechEncoderOptions()),
             'augmentation': asdict(SoundOptions())}
    kept = {name: value for name, value in values.items()
            if name not in later or value != later[name]}
    if 'encoder' in kept:
        kept['encoder'] = {name: value for name, value in kept['encoder'].items()
                           if name not in LATER_ENCODER_KEYS or value != encoder[name]}
    kept['corpora'] = {name: {key: value for key, value in corpus.items()
                              if value or key not in ('sentences', 'numbers')}
                       for name, corpus in kept['corpora'].items()}
    kept['training'] = _training_of_first_release(values['training'])
    kept['partners'] = [{**partner, 'training': _training_of_first_release(partner['training'])}
                        for partner in values['partners']]
    return kept


def _training_of_first_release(values: dict[str, Any]) -> dict[str, Any]:
    defaults = asdict(Training())
    return older_keys.as_hashed({
        name: value for name, value in values.items()
        if name not in KEYS_OF_MACHINE
        and not (name in LATER_KEYS and value == defaults[name])})


def origins(config: Config, seed: int, clips: Sequence[Clip]) -> list[Origin]:
    """Describe the trainings of the configuration's networks before they start.

    Each is that of the network alone, so it does not depend on the others; the seeds count up from
    ``seed``, so that networks of the same kind do not learn the same.

    Raises:
        SerError: if the pretrained weights cannot be read.
    """
    return [_origin(alone, seed + index, clips)
            for index, alone in enumerate(config.alone.values())]


def joined(parts: Sequence[Origin]) -> Origin:
    """Return of what an ensemble is made: the reverse of `origins`."""
    first = parts[0]
    partners = [part.config.members[0] for part in parts[1:]]
    return replace(
        first, config=replace(first.config, partners=partners),
        pretrained_sha256=','.join(
            part.pretrained_sha256 for part in parts if part.pretrained_sha256))


def _origin(config: Config, seed: int, clips: Sequence[Clip]) -> Origin:
    lines = '\n'.join(
        f'{clip.corpus}\t{clip.path.name}\t{clip.speaker}\t{clip.label}' for clip in clips)
    pretrained = config.pretrained and network_class(config).pretrained_sha256(config.pretrained)
    return Origin(config, seed, _sha256(lines.encode()), pretrained)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write(path: Path, started: Origin, state: dict[str, Any]) -> None:
    """Replace the checkpoint in one step: whenever this ends, an old or a new one is whole."""
    save(path, {'format': FORMAT, 'origin': asdict(started), 'state': state})


def save(path: Path, values: dict[str, Any]) -> None:
    """Replace a file of tensors and plain values in one step."""
    partial = path.with_name('.' + path.name)
    with open(partial, 'wb') as file:
        torch.save(values, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read(path: Path) -> tuple[Origin, dict[str, Any]]:
    """Return of which training the checkpoint is, and its state.

    Raises:
        SerError: if the file is not a checkpoint.
    """
    stored = _load(path)
    values, state = stored['origin'], stored['state']
    values['config'] = configuration.from_values(values['config'], str(path))
    if stored['format'] == FIRST_FORMAT:
        state['generators'] = [_first_generators(state)]
    return Origin(**values), state


def _first_generators(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Return the generators of the one process that the first format knew."""
    cuda = state.get('cuda')
    return {'torch': state['torch'], **({'cuda': cuda[0]} if cuda else {})}


def read_of(path: Path, started: Origin) -> dict[str, Any]:
    """Return the state that was written for the same training.

    Raises:
        SerError: if the file is not a checkpoint, or one of another training; the text says what
            differs.
    """
    before, state = read(path)
    differences = _differences(before, started)
    if differences:
        raise SerError(f'{path} is the checkpoint of another training: ' + '; '.join(differences)
                       + '; remove it, give another --output, or use --restart')
    return state


def load(path: Path) -> dict[str, Any]:
    """Return what `save` has written.

    Raises:
        SerError: if it cannot be read.
    """
    try:
        check_regular(str(path))
        return torch.load(path, map_location='cpu', weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).split('\n', 1)[0]
        raise SerError(f'cannot read the checkpoint {path}: {reason}; remove it or use '
                       '--restart') from error


def _load(path: Path) -> dict[str, Any]:
    stored = load(path)
    if not isinstance(stored, dict) or stored.get('format') not in (FIRST_FORMAT, FORMAT):
        raise SerError(f'{path} is not a checkpoint of this version of ser_ros; remove it or use '
                       '--restart')
    return stored


def _differences(before: Origin, now: Origin) -> list[str]:
    """List what differs and changes an epoch; how many there can be at most does not."""
    if now.config.training.patience:
        training = replace(before.config.training, epochs=now.config.training.epochs)
        before = replace(before, config=replace(before.config, training=training))
    return [*_changed(before.config, now.config, '', {'training', *KEYS_OF_FILES}),
            *_changed(before.config.training, now.config.training, 'training.', KEYS_OF_MACHINE),
            *_changed(before, now, '', {'config'})]


def _changed(before: Any, now: Any, prefix: str, apart: Collection[str] = ()) -> list[str]:
    names = [field.name for field in fields(before) if field.name not in apart]
    return [f'{prefix}{name} was {getattr(before, name)!r} and is {getattr(now, name)!r}'
            for name in names if getattr(before, name) != getattr(now, name)]
