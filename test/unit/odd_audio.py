# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Audio files as people have them: made by code, for the tests that read them."""

import struct

import numpy as np
import soundfile

RATE_HZ = 16000


def sound(duration_s=12.0, rate_hz=RATE_HZ, channels=1):
    """Return a gliding tone that comes and goes; its second half differs from the first."""
    time_s = np.arange(int(duration_s * rate_hz)) / rate_hz
    glide = np.sin(2 * np.pi * (300 + 20 * time_s) * time_s) * (0.6 + 0.4 * np.sin(5 * time_s))
    return np.repeat(0.5 * glide[:, None], channels, axis=1)[
        :, 0 if channels == 1 else slice(None)].astype(np.float32)


def encode(path, codec, samples, rate_hz=48000, container=None, options=None, codec_options=None,
           tags=None, layout='mono'):
    """Write mono samples with FFmpeg, to every channel; ``path`` may be an object to write to."""
    import av
    with av.open(path, 'w', format=container, options=options or {}) as file:
        stream = file.add_stream(codec, rate=rate_hz, layout=layout, options=codec_options or {})
        file.metadata.update(tags or {})
        frame = av.AudioFrame.from_ndarray(samples[None], format='fltp', layout='mono')
        frame.sample_rate, frame.pts = rate_hz, 0
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size or None)
        for piece in resampler.resample(frame) + resampler.resample(None):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return path


def wav(data, code=1, sample_bytes=2, rate_hz=RATE_HZ, declared=None):
    """Return a WAV file whose header may declare another size than that of its data."""
    size = len(data) if declared is None else declared
    return (b'RIFF' + struct.pack('<I', size and size + 36) + b'WAVEfmt ' + struct.pack(
        '<IHHIIHH', 16, code, 1, rate_hz, rate_hz * sample_bytes, sample_bytes, 8 * sample_bytes)
        + b'data' + struct.pack('<I', size) + data)


def pcm16(samples):
    """Return samples as 16-bit integers in bytes."""
    return np.rint(samples * 32767).astype('<i2').tobytes()


def write(path, samples, rate_hz=RATE_HZ, **options):
    """Write samples with libsndfile and return the path as text."""
    soundfile.write(str(path), samples, rate_hz, **options)
    return str(path)
