# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Kinds of degraded copies: how often something happens to the sound, and how strongly."""

from dataclasses import dataclass, replace

Range = tuple[float, float]


@dataclass(frozen=True)
class Chain:
    """What may happen between the speaker and the recording. Shares are chances, 0 to 1.

    Attributes:
        room_share: that there is a room.
        rt60_s: its reverberation time, from and to.
        direct_to_reverberant_db: its direct sound re the reflections, from and to.
        noise_share: that there is noise behind the speech.
        snr_db: its signal-to-noise ratio, from and to.
        clip_share: that the microphone is overdriven.
        gain_db: of the recording otherwise, from and to.
        telephone_share: that it comes by telephone.
        codec_share: that another codec has changed it.
    """

    room_share: float = 0.5
    rt60_s: Range = (0.15, 1.0)
    direct_to_reverberant_db: Range = (-5.0, 12.0)
    noise_share: float = 0.7
    snr_db: Range = (0.0, 30.0)
    clip_share: float = 0.15
    gain_db: Range = (-25.0, 10.0)
    telephone_share: float = 0.1
    codec_share: float = 0.25


ANY, TALKERS, ROOMS = 'any', 'talkers', 'rooms'
_QUIET = Chain(clip_share=0.0, gain_db=(-25.0, 5.0), telephone_share=0.0, codec_share=0.0)
# Talkers: others talk behind the speaker. Babble made by code does not teach to ignore them.
CHAINS = {
    ANY: Chain(),
    TALKERS: replace(_QUIET, room_share=0.4, noise_share=1.0, snr_db=(0.0, 20.0)),
    ROOMS: replace(_QUIET, room_share=1.0, rt60_s=(0.25, 1.0),
                   direct_to_reverberant_db=(-5.0, 6.0), noise_share=0.3, snr_db=(5.0, 30.0)),
}
