# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training configuration: a YAML file, checked key by key."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional

from ser_ros import typed_yaml
from ser_ros.corpora import any_folder
from ser_ros.corpora.parts import Corpus, check_corpus
from ser_ros.degrade.kinds import ANY, CHAINS
from ser_ros.errors import SerError, listed
from ser_ros.extensions import Registry
from ser_ros.features.base import FeatureExtractor
from ser_ros.features.registry import create_extractor, shape_of_window
from ser_ros.inference.model_file import PRECISIONS
from ser_ros.training import older_keys
from ser_ros.training.options import (
    UNCHANGED,
    EarlyStopping,
    EncoderOptions,
    SoundOptions,
    SpeechEncoderOptions,
)
from ser_ros.typed_values import build, key

# Each a subclass of `ser_ros.training.networks.base.Network`; nothing here imports torch.
NETWORKS: Registry[Any] = Registry('network', 'ser_ros.networks', {
    'resnet34': 'ser_ros.training.networks.resnet:ResNet',
    'resnet10': 'ser_ros.training.networks.resnet:ResNet',
    'mobilenet_v3': 'ser_ros.training.networks.mobilenet:MobileNetV3',
    'whisper_encoder': 'ser_ros.training.networks.whisper_encoder:WhisperEncoder',
    'wav2vec2': 'ser_ros.training.networks.speech_encoder:SpeechEncoder',
    'hubert': 'ser_ros.training.networks.speech_encoder:SpeechEncoder',
    'wavlm': 'ser_ros.training.networks.speech_encoder:SpeechEncoder',
})
ARITHMETIC = ('fp32', 'bf16', 'fp16')
PRETRAINED = ('weights to start from: a file, empty for random ones; of wav2vec2, hubert and wavlm '
              'a folder, a name on the Hugging Face hub, or random')


@dataclass(frozen=True)
class Training:
    """How the network is trained.

    With a patience the end is not known, so the learning rate rises over one epoch and stays. The
    running mean of the weights then stands in for its decay, so ``averaging`` is needed. With
    early stopping the learning rate goes its way over all epochs, whether they come or not.
    """

    epochs: int = key('number of epochs, or with a patience the most there can be', 16, gt=0)
    windows_per_epoch: int = key(
        'windows drawn for an epoch, balanced over corpora and classes', 9000, gt=0)
    batch: int = key('windows in one step', 64, gt=0)
    learning_rate: float = key('the peak of one cycle that starts and ends near 0', 0.002, gt=0)
    weight_decay: float = key('share of the weights that is taken off, of AdamW', 0.05, ge=0)
    label_smoothing: float = key(
        'share of the target that is spread over all classes', 0.1, ge=0, lt=1)
    dropout: float = key(
        'share of the values before the last layer that are dropped', 0.3, ge=0, lt=1)
    mixup: float = key(
        'parameter of the Beta distribution of the share of a second window '
        '(arXiv:1710.09412); 0 for none', 0.0, ge=0)
    averaging: float = key(
        'share of the running mean of the weights that a step keeps; the mean is what is measured '
        'and stored; 0 for the weights themselves', 0.0, ge=0, lt=1)
    patience: int = key(
        'training ends after this many epochs without a better mean UAR on the validation '
        'speakers; 0 for exactly `epochs`', 0, ge=0)
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)
    precision: str = key(
        'numbers that are multiplied; the weights stay in FP32; fp16 needs a GPU', 'fp32',
        choices=ARITHMETIC)
    head_learning_rate: float = key(
        "peak of the learning rate of the network's head; 0 for that of all", 0.0, ge=0)
    warm_up_steps: int = key(
        'steps until the learning rate is at its peak; 0 for a fifth of all, or with a patience '
        'for one epoch', 0, ge=0)
    accumulation: int = key(
        'parts of a batch that are computed one after the other, which takes less memory', 1, gt=0)
    gradient_checkpointing: bool = key(
        'compute activations twice instead of keeping them, which takes less memory', False)
    checkpoint_minutes: float = key(
        'time between two checkpoints within an epoch [min]', 15.0, gt=0)
    windows_per_clip: int = key(
        'windows of each clip and copy that a frozen encoder embeds, to draw from', 2, gt=0)
    wave_variants: int = key(
        'copies of each training clip that are degraded as sound (ser_ros.degrade.chain) and '
        'drawn as often as the clip itself', 0, ge=0)
    variant_kinds: list[str] = key(
        'kinds of the first copy, the second one and so on; after the last one it starts again',
        [ANY], choices=tuple(CHAINS))

    def __post_init__(self) -> None:
        """Raise SerError for keys that do not fit each other."""
        if self.patience and self.early_stopping.patience:
            raise SerError(
                f'patience is {self.patience} and early_stopping.patience is '
                f'{self.early_stopping.patience}; allowed: one of the two')
        steps = self.steps_per_epoch * self.epochs
        if self.warm_up_steps >= steps:
            raise SerError(f'warm_up_steps is {self.warm_up_steps}; allowed: below {steps}, the '
                           'number of all steps')
        if self.patience and not self.averaging:
            raise SerError(
                f'patience is {self.patience}, which needs averaging over 0 (such as 0.995), '
                f'since the learning rate does not fall then; averaging is {self.averaging}')

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches that an epoch's windows make."""
        return -(-self.windows_per_epoch // self.batch)


@dataclass(frozen=True)
class Partner:
    """A further network of an ensemble."""

    network: str = key('the kind of network', choices=NETWORKS)
    width: float = key("multiplier of the network's channels", 1.0, gt=0)
    pretrained: str = key(PRETRAINED, '')
    training: Training = field(default_factory=Training)


@dataclass(frozen=True)
class Config:
    """What is trained, on which speakers, and how.

    The weighted mean of the logits of the network and of all its partners is the answer
    (`ser_ros.training.networks.ensemble`).

    In the file ``corpora`` and ``training`` may each be the path of a YAML file that holds the
    same, counted from the configuration's folder, so that several configurations share it.
    """

    name: str = key('name of the model and its folder')
    version: str = key('version of the model')
    feature_set: str = key('feature set of the model')
    labels: list[str] = key('emotions, in the order of the outputs', unique=True)
    licence: str = key('licence of the weights')
    corpora: dict[str, Corpus] = key(
        "speakers by corpus, the name of its folder; ['*'] for all its clips")
    network: str = key('the kind of network', 'resnet34', choices=NETWORKS)
    width: float = key("multiplier of the network's channels", 1.0, gt=0)
    pretrained: str = key(PRETRAINED, '')
    partners: list[Partner] = key(
        'networks that look at the same window, each trained by itself', [])
    weights: list[float] = key(
        'weight of the logits of each network in their mean; [] for equal weights', [], gt=0)
    precisions: list[str] = key(
        'precisions to store; fp32 always is', list(PRECISIONS), choices=PRECISIONS,
        may_be_empty=True)
    answer_accuracy: float = key(
        'share of right answers on the validation speakers that the threshold of the confidence '
        'is chosen for', 0.75, gt=0, le=1)
    fp16_weights: bool = key(
        'store the weights of the fp32 file in FP16; they are computed with in FP32', False)
    merge: dict[str, str] = key('labels of the corpora that count as another one', {})
    drop: list[str] = key('labels of the corpora whose clips are left out', [])
    window_s: float = key(
        'length of a window [s], where the feature set suits several; 0 for its own', 0.0, ge=0)
    input_shape: list[int] = key(
        'shape of the input, where the feature set suits several; [] for its own', [], gt=0)
    encoder: EncoderOptions = field(default_factory=EncoderOptions)
    speech_encoder: SpeechEncoderOptions = field(default_factory=SpeechEncoderOptions)
    augmentation: SoundOptions = field(default_factory=SoundOptions)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        """Raise SerError where one key does not fit another."""
        if self.partners and self.name in self.alone:
            raise SerError(
                f'name is {self.name!r}; allowed: another one than those of the networks '
                f'{listed(self.alone)}, whose folder it would share')
        encoders = [member.network for member in self.members].count('whisper_encoder')
        if encoders > 1:
            raise SerError('partners has another whisper_encoder; allowed: one of them, since a '
                           'model takes one baseline of the voice')
        if self.encoder.tuning.layers and not encoders:
            raise SerError(f'encoder.tuning.layers is {self.encoder.tuning.layers}; allowed: 0, '
                           'since no network is a whisper_encoder')
        for member in self.members:
            if member.training.variant_kinds != self.training.variant_kinds:
                raise SerError(
                    f'variant_kinds of {member.network} is {member.training.variant_kinds}; '
                    f'allowed: {self.training.variant_kinds}, since all networks share the copies')
        for label, target in self.merge.items():
            if target not in self.labels:
                raise SerError(f'merge.{label} is {target!r}; allowed: one of the labels '
                               f'{listed(self.labels)}')
        for name, corpus in self.corpora.items():
            check_corpus(name, corpus)
        if self.window_s and self.input_shape:
            raise SerError(
                f'window_s is {self.window_s:g} and input_shape is {self.input_shape}; allowed: '
                'one of the two, since the length determines the shape')
        shape_of_window(self.feature_set, self.window_s)
        if self.augmentation != UNCHANGED and not self.make_extractor().columns_are_samples:
            raise SerError(
                f'augmentation changes sound, but feature_set is {self.feature_set!r}; allowed: '
                'only for one of samples, such as waveform/1')

    def make_extractor(self) -> FeatureExtractor:
        """Make an extractor of the feature set.

        Raises:
            SerError: if there is no such feature set, or it does not make this shape.
        """
        shape = tuple(self.input_shape) or shape_of_window(self.feature_set, self.window_s)
        return create_extractor(self.feature_set, shape)

    @property
    def members(self) -> list[Partner]:
        """The networks: this one and its partners."""
        return [Partner(self.network, self.width, self.pretrained, self.training), *self.partners]

    @property
    def alone(self) -> dict[str, 'Config']:
        """The configurations of its networks, each without the others, by names that differ.

        Such as resnet10 and, for a second one of the same kind, resnet10_2.
        """
        configs: dict[str, Config] = {}
        names: list[str] = []
        for member in self.members:
            names.append(member.network)
            number = names.count(member.network)
            configs[f'{member.network}_{number}' if number > 1 else member.network] = replace(
                self, network=member.network, width=member.width, pretrained=member.pretrained,
                training=member.training, partners=[])
        return configs


def load(path: str, data: Optional[Path] = None, changes: Sequence[str] = ()) -> Config:
    """Read the configuration file.

    Args:
        path: of the file.
        data: folder of the corpora, for what the file leaves to them, see
            `ser_ros.corpora.any_folder`.
        changes: values that replace those of the file, such as 'training.learning_rate=5e-5'.

    Raises:
        SerError: the file cannot be read, or a key is wrong, or a speaker is in two parts.
    """
    values = typed_yaml.read(path)
    _read_named(values, path)
    for change in changes:
        typed_yaml.change(values, change)
        _read_named(values, path)
    config = from_values(values if data is None else any_folder.fill_in(values, data), path)
    if config.weights and len(config.weights) != len(config.members):
        raise SerError(f'{path}: weights is {config.weights}; allowed: a number for each of the '
                       f'{len(config.members)} networks')
    return config


def _read_named(values: Any, path: str) -> None:
    """Put the content of files in place of their paths, counted from the configuration's folder."""
    for name in ('corpora', 'training'):
        if isinstance(values, dict) and isinstance(values.get(name), str):
            values[name] = typed_yaml.read(os.path.join(os.path.dirname(path), values[name]))


def from_values(values: Any, where: str) -> Config:
    """Make a configuration of what its file holds, or of ``dataclasses.asdict`` of another one.

    Args:
        values: the keys of the file.
        where: the file, for the text of errors.

    Raises:
        SerError: as `load`.
    """
    return build(Config, older_keys.replaced(values, where), where)
