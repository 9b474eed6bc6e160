# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training configuration: a YAML file, checked key by key."""

import os
from dataclasses import dataclass, field, replace
from typing import Any

from ser_ros import typed_yaml
from ser_ros.corpora.parts import Corpus, check_corpus
from ser_ros.errors import SerError
from ser_ros.inference.model_file import PRECISIONS

NETWORKS = ('resnet34', 'resnet10', 'mobilenet_v3')


@dataclass(frozen=True)
class Training:
    """
    How the network is trained.

    Attributes
    ----------
    windows_per_epoch: number of windows drawn; an epoch has no other meaning, since sampling is
        balanced over corpora and classes.
    learning_rate: at the peak of one cycle that starts and ends near 0; but see ``patience``.
    label_smoothing: share of the target that is spread over all classes.
    mixup: parameter of the Beta distribution from which the share of a second window is drawn
        (arXiv:1710.09412); 0 for none.
    averaging: share of the running mean of the weights that a step keeps, which is what is
        measured and stored; 0 for the weights themselves.
    patience: training ends after this many epochs without a better mean UAR on the validation
        speakers, and ``epochs`` is the most there can be; 0 for exactly ``epochs``. As the end is
        not known then, the learning rate rises over one epoch and stays; the running mean of the
        weights stands in for its decay, so ``averaging`` is needed.
    bf16: multiply in bfloat16 (the weights stay in FP32).
    wave_variants: number of copies of each training clip that are degraded as sound (rooms, noise,
        codecs, clipping, speed; `ser_ros.degrade.chain`) and drawn as often as the clip
        itself; their features are computed once and kept in the cache.

    """

    epochs: int = 16
    windows_per_epoch: int = 9000
    batch: int = 64
    learning_rate: float = 0.002
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    dropout: float = 0.3
    mixup: float = 0.0
    averaging: float = 0.0
    patience: int = 0
    bf16: bool = False
    wave_variants: int = 0


@dataclass(frozen=True)
class Partner:
    """A further network of an ensemble: see the keys of the same names of `Config`."""

    network: str
    width: float = 1.0
    pretrained: str = ''
    training: Training = field(default_factory=Training)


@dataclass(frozen=True)
class Config:
    """
    What is trained, on which speakers, and how.

    Attributes
    ----------
    name, version, licence, feature_set, labels: go into the model file.
    network: one of NETWORKS.
    width: multiplier of the network's channels.
    pretrained: file of weights to start from, '' for random ones; see the network.
    partners: networks that look at the same window, each trained by itself; the weighted mean of
        all logits is the answer (`ser_ros.training.networks.ensemble`).
    weights: how much the logits of each network count in the mean, over 0; [] for the same. Only
        their ratios matter.
    precisions: the forms to be stored; fp32 always is.
    answer_accuracy: share of the answers of the graph that is to be right on the validation
        speakers, over 0 to 1: under the confidence that this takes, no emotion is named.
    fp16_weights: store the weights of the fp32 form in FP16; they are computed with in FP32.
    merge: labels of the corpora that count as another one, such as calm as neutral.
    drop: labels of the corpora whose clips are left out.
    corpora: speakers by corpus; the name is that of its folder. ['*'] stands for all clips of a
        corpus. In the file this may be the path of a YAML file that holds the same, so that
        several configurations share one split; it counts from the configuration's folder.

    """

    name: str
    version: str
    feature_set: str
    labels: list[str]
    licence: str
    corpora: dict[str, Corpus]
    network: str = 'resnet34'
    width: float = 1.0
    pretrained: str = ''
    partners: list[Partner] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    precisions: list[str] = field(default_factory=lambda: list(PRECISIONS))
    answer_accuracy: float = 0.75
    fp16_weights: bool = False
    merge: dict[str, str] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    training: Training = field(default_factory=Training)

    @property
    def members(self) -> list[Partner]:
        """The networks: this one and its partners."""
        return [Partner(self.network, self.width, self.pretrained, self.training), *self.partners]

    @property
    def alone(self) -> dict[str, 'Config']:
        """
        The configurations of its networks, each without the others, by names that differ.

        Such as resnet10 and, for a second one of the same kind, resnet10_2.
        """
        found: dict[str, Config] = {}
        kinds: list[str] = []
        for member in self.members:
            kinds.append(member.network)
            number = kinds.count(member.network)
            found[f'{member.network}_{number}' if number > 1 else member.network] = replace(
                self, network=member.network, width=member.width, pretrained=member.pretrained,
                training=member.training, partners=[])
        return found


def load(path: str) -> Config:
    """
    Read the configuration file.

    :raises SerError: if it cannot be read, a key is unknown, missing or of another type, or a
        speaker is in two parts.
    """
    values = typed_yaml.read(path)
    if isinstance(values, dict) and isinstance(values.get('corpora'), str):
        values['corpora'] = typed_yaml.read(os.path.join(os.path.dirname(path), values['corpora']))
    config = from_values(values, path)
    if config.weights and len(config.weights) != len(config.members):
        raise SerError(f'{path}: weights must have a number for each of the '
                       f'{len(config.members)} networks, got {config.weights}')
    return config


def from_values(values: Any, where: str) -> Config:
    """
    Make a configuration of what its file holds, or of ``dataclasses.asdict`` of another one.

    :param where: for the text of errors.
    :raises SerError: as `load`.
    """
    config = typed_yaml.build(Config, values, where)
    _check(config, where)
    return config


def _check_training(training: Training, path: str) -> None:
    for name in ('epochs', 'windows_per_epoch', 'batch', 'learning_rate'):
        if getattr(training, name) <= 0:
            raise SerError(f'{path}: training.{name} must be over 0, got '
                           f'{getattr(training, name)}')
    if training.mixup < 0:
        raise SerError(f'{path}: training.mixup must not be below 0, got {training.mixup}')
    if not 0 <= training.averaging < 1:
        raise SerError(f'{path}: training.averaging must be at least 0 and below 1, got '
                       f'{training.averaging}')
    if training.patience < 0:
        raise SerError(f'{path}: training.patience must not be below 0, got {training.patience}')
    if training.patience and not training.averaging:
        raise SerError(f'{path}: training.patience needs training.averaging over 0 (such as '
                       f'0.995), since the learning rate does not fall then; got '
                       f'{training.averaging}')
    if training.wave_variants < 0:
        raise SerError(f'{path}: training.wave_variants must not be below 0, got '
                       f'{training.wave_variants}')


def _check_member(member: Partner, where: str) -> None:
    if member.network not in NETWORKS:
        raise SerError(f'{where}: network must be one of {", ".join(NETWORKS)}, got '
                       f'{member.network!r}')
    if member.width <= 0:
        raise SerError(f'{where}: width must be over 0, got {member.width}')
    _check_training(member.training, where)


def _check(config: Config, path: str) -> None:
    for index, member in enumerate(config.members):
        _check_member(member, f'{path}: partners' if index else path)
    if config.partners and config.name in config.alone:
        raise SerError(f'{path}: name must not be that of one of several networks, whose folder '
                       f'it would share, got {config.name!r}')
    if not all(weight > 0 for weight in config.weights):
        raise SerError(f'{path}: weights must be over 0, got {config.weights}')
    if not 0 < config.answer_accuracy <= 1:
        raise SerError(f'{path}: answer_accuracy must be over 0 and at most 1, got '
                       f'{config.answer_accuracy}')
    for precision in config.precisions:
        if precision not in PRECISIONS:
            raise SerError(f'{path}: precisions: {precision!r} is none of {", ".join(PRECISIONS)}')
    for target in config.merge.values():
        if target not in config.labels:
            raise SerError(f'{path}: merge: {target!r} is none of the labels '
                           f'{", ".join(config.labels)}')
    for name, corpus in config.corpora.items():
        check_corpus(name, corpus, path)
