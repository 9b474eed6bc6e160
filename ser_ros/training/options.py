# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Groups of keys in the training configuration."""

from dataclasses import dataclass, field

from ser_ros.errors import SerError
from ser_ros.typed_values import key

POOLINGS = ('attention', 'mean')


@dataclass(frozen=True)
class EarlyStopping:
    """When a training ends before its last epoch."""

    patience: int = key(
        'training ends after this many epochs without a better mean UAR on the validation '
        'speakers; 0 for never', 0, ge=0)
    threshold: float = key('how much higher a mean UAR must be to count as better', 0.0, ge=0, lt=1)


@dataclass(frozen=True)
class Tuning:
    """How the last layers of the encoder are trained before all of it is frozen."""

    layers: int = key(
        'number of layers that are trained, counted from the last that is looked at; 0 for none',
        0, ge=0)
    steps: int = key('number of steps', 300, ge=4)
    batch: int = key('windows in one step', 64, gt=0)
    learning_rate: float = key('the peak of one cycle that starts and ends near 0', 1.5e-4, gt=0)
    windows: int = key('windows on which a head is trained before', 8192, ge=2)
    share: float = key(
        'share of the trained weights in the mean with the pretrained ones (arXiv:2109.01903)',
        0.5, gt=0, le=1)


@dataclass(frozen=True)
class EncoderOptions:
    """What a pretrained speech encoder looks like, and what is made of its layers."""

    pooled: list[int] = key('numbers of the layers that are looked at, from 1', [2, 3], gt=0)
    channels: int = key('channels of the encoder, a multiple of 64', 512, gt=0)
    hidden: int = key("size of the hidden layer of each of the network's heads", 96, gt=0)
    heads: int = key(
        'heads that answer with their mean; each learns from its share of a batch', 1, gt=0)
    speech_ranges_db: list[float] = key(
        'how far below the loudest position a position counts half for a mean [dB]; one mean each',
        [30.0], gt=0, le=60)
    tuning: Tuning = field(default_factory=Tuning)

    def __post_init__(self) -> None:
        """Raise SerError for channels that the attention cannot part, or layers that are not."""
        if self.channels % 64:
            raise SerError(f'channels is {self.channels}; allowed: a multiple of 64')
        if self.tuning.layers > max(self.pooled):
            raise SerError(f'tuning.layers is {self.tuning.layers}; allowed: up to '
                           f'{max(self.pooled)}, the last layer of pooled')


@dataclass(frozen=True)
class RandomEncoder:
    """Size of a speech encoder of a waveform that starts from random weights.

    The other sizes follow as in the large pretrained ones: 1024 channels and 24 layers are theirs.
    """

    channels: int = key('channels of the layers, a multiple of 32', 32, gt=0)
    layers: int = key('number of layers', 2, gt=0)

    def __post_init__(self) -> None:
        """Raise SerError for channels that the positions' convolution cannot part."""
        if self.channels % 32:
            raise SerError(f'channels is {self.channels}; allowed: a multiple of 32')


@dataclass(frozen=True)
class SpeechEncoderOptions:
    """How the networks wav2vec2, hubert and wavlm are fine-tuned, and what follows the encoder."""

    trainable_layers: int = key(
        'number of layers that are trained, counted from the last; 0 for the head only', 12, ge=0)
    pooling: str = key(
        'what the head takes of all positions: their attentive mean and standard deviation '
        '(arXiv:1803.10963), or their mean', 'attention', choices=POOLINGS)
    hidden: int = key("size of the hidden layer of the network's head", 256, gt=0)
    speaker_adversary: float = key(
        'weight of a loss that makes speakers hard to distinguish (arXiv:1505.07818), reached '
        'after a tenth of the training; 0 for none', 0.0, ge=0)
    random: RandomEncoder = field(default_factory=RandomEncoder)


@dataclass(frozen=True)
class SoundOptions:
    """How training windows of a waveform are changed as sound, each time one is drawn.

    The shares are those of the windows that a change is made to, each drawn by itself.
    """

    degraded: float = key(
        'share with other speed, room, noise, colour, clipping, gain or codec '
        '(ser_ros.degrade.chain)', 0.0, ge=0, le=1)
    pitch: float = key('share with another pitch', 0.0, ge=0, le=1)
    pitch_semitones: float = key('how far the pitch is moved at most', 2.0, gt=0, le=12)
    stretch: float = key('share that is stretched in time', 0.0, ge=0, le=1)
    stretch_by: float = key(
        'how much faster or slower it is at most, as a share', 0.1, gt=0, le=0.5)
    noise_reduction: float = key(
        'share that a noise reduction treats; under 1, since the running graph reduces no noise',
        0.0, ge=0, lt=1)


UNCHANGED = SoundOptions()
