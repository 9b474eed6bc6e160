# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Speech and music codecs, by FFmpeg's own encoders through PyAV."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr

from ser_ros.audio.format import SAMPLE_RATE_HZ, float_to_int16
from ser_ros.degrade.channel import fit
from ser_ros.errors import SerError


@dataclass(frozen=True)
class Codec:
    """How speech is packed.

    Attributes:
        encoder, container: FFmpeg's names.
        rate_hz: that is coded.
        delay_samples: at 16 kHz, of what comes back and does not tell its delay.
    """

    encoder: str
    container: str
    rate_hz: int = SAMPLE_RATE_HZ
    delay_samples: int = 0


CODECS = {
    'mp3': Codec('libmp3lame', 'mp3'),
    'opus': Codec('libopus', 'ogg'),
    'aac': Codec('aac', 'adts', delay_samples=1024),
    'amr': Codec('libopencore_amrnb', 'amr', rate_hz=8000, delay_samples=79),
}
# What amr offers below its best; the others take any rate.
AMR_KBIT_S = (4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2)


def transcode(samples: np.ndarray, name: str, kbit_s: float) -> np.ndarray:
    """Encode and decode again; the delay is taken out.

    Args:
        name: one of CODECS.
        kbit_s: bit rate; for amr one of AMR_KBIT_S.

    Raises:
        SerError: if PyAV is not installed, or its FFmpeg has no such encoder.
    """
    av = _import_av()
    codec = CODECS[name]
    file = io.BytesIO()
    try:
        with av.open(file, 'w', format=codec.container) as container:
            stream = container.add_stream(codec.encoder, rate=codec.rate_hz)
            stream.bit_rate = round(1000 * kbit_s)
            stream.layout = 'mono'
            for packet in [*stream.encode(_frame(av, samples, codec.rate_hz)),
                           *stream.encode(None)]:
                container.mux(packet)
    except av.codec.codec.UnknownCodecError as error:
        raise SerError(f'{name}: FFmpeg has no encoder {codec.encoder} here; '
                       'pip install av brings one that has') from error
    file.seek(0)
    with av.open(file, format=codec.container) as container:
        resampler = av.AudioResampler('flt', 'mono', SAMPLE_RATE_HZ)
        frames = [part for frame in [*container.decode(audio=0), None]
                  for part in resampler.resample(frame)]
    decoded = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return fit(decoded[codec.delay_samples:], len(samples))


def _frame(av: Any, samples: np.ndarray, rate_hz: int) -> Any:
    coded = soxr.resample(samples, SAMPLE_RATE_HZ, rate_hz)
    frame = av.AudioFrame.from_ndarray(
        float_to_int16(coded)[np.newaxis], format='s16', layout='mono')
    frame.sample_rate = rate_hz
    return frame


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise SerError('codecs need PyAV, not installed here; pip install av') from error
    return av
