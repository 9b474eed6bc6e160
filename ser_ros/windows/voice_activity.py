# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Is somebody speaking? Silero's voice activity detector as a stream.

Why Silero and not webrtcvad, measured on 120 clips of RAVDESS and nEMO and on 11 synthetic
signals (noise, tones, hum, chords, clicks): both find clean speech (98 % of its frames, and 100 %
with webrtcvad's strictest mode), but under noise as loud as the speech webrtcvad calls every
pause speech where Silero does 1 %, and on the synthetic signals 45 % where Silero does 0.1 %. A
robot would find emotions in its own fan. The price is 2.7 ms of computing instead of 0.14 per
second of sound.

What it says of the frames is counted, not averaged: on synthesizers, melodies and bleeps it hovers
between 0.3 and 0.8 for long, and its mean would call them speech; of speech most frames exceed
0.9. Silero misses faint speech, so `SpeechGain` makes it louder first. The figures are in
docs/abstention.md.
"""

import importlib.util
import os

import numpy as np

from ser_ros.audio.format import SAMPLE_RATE_HZ
from ser_ros.errors import SerError
from ser_ros.features.framing import FrameBuffer, check_samples
from ser_ros.onnx_session import open_session
from ser_ros.windows.speech_gain import SpeechGain

FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64
STATE_SHAPE = (2, 1, 128)
MODEL_FILE = os.path.join('data', 'silero_vad_16k_op15.onnx')
# From this probability on a frame is speech.
CLEAR_SPEECH = 0.8
INSTALL = 'pip install --no-deps silero-vad'


def silero_path() -> str:
    """Return the path of the detector's ONNX file in the installed silero-vad package.

    The package is only looked up, not imported: its code needs torch, the file does not.

    Raises:
        SerError: if the package is not installed or does not hold the file.
    """
    spec = importlib.util.find_spec('silero_vad')
    if spec is None or not spec.submodule_search_locations:
        raise SerError('voice activity needs the silero-vad package; install it with: ' + INSTALL)
    path = os.path.join(list(spec.submodule_search_locations)[0], MODEL_FILE)
    if not os.path.isfile(path):
        raise SerError(
            f'the installed silero-vad has no {MODEL_FILE}; install a newer version with: '
            f'{INSTALL} --upgrade')
    return path


class VoiceActivity:
    """Share of the sound that is speech, decided every 32 ms.

    The detector sees each frame of 512 samples with the 64 before it and keeps a state, as
    silero-vad documents its use at 16 kHz.
    """

    def __init__(self, history_samples: int = 10 * SAMPLE_RATE_HZ):
        """Load the detector.

        Args:
            history_samples: the longest stretch `probability` can be asked for; see `keep`.

        Raises:
            SerError: if silero-vad or ONNX Runtime is not installed.
        """
        self._session = open_session(silero_path())
        self._output, self._next_state = [node.name for node in self._session.get_outputs()]
        # A frame comes with the end of the one before it. So frames overlap, and a stream starts
        # with silence.
        self._buffer = FrameBuffer(CONTEXT_SAMPLES + FRAME_SAMPLES, FRAME_SAMPLES, 1)
        self._gain = SpeechGain(FRAME_SAMPLES / SAMPLE_RATE_HZ)
        self._inputs = {'sr': np.array(SAMPLE_RATE_HZ, np.int64)}
        self._history = np.zeros(_frames_of(history_samples))
        self.reset()

    def keep(self, history_samples: int) -> None:
        """Remember at least this much sound from now on; what was heard so far is forgotten.

        Args:
            history_samples: the longest stretch that `probability` will be asked for.
        """
        if _frames_of(history_samples) > len(self._history):
            self._history = np.zeros(_frames_of(history_samples))
        self.reset()

    def reset(self) -> None:
        """Forget all sound."""
        self._buffer.reset()
        self._gain.reset()
        for _ in self._buffer.push(np.zeros(CONTEXT_SAMPLES, np.float32)):
            pass
        self._inputs['state'] = np.zeros(STATE_SHAPE, np.float32)
        self._samples = 0
        self._frames = 0

    def push(self, samples: np.ndarray) -> None:
        """Take in the next samples, any number of them.

        Args:
            samples: float32, shape (n,), 16 kHz, full scale is 1.0.

        Raises:
            SerError: as `FeatureExtractor.push`.
        """
        check_samples(samples)
        self._samples += len(samples)
        for frames in self._buffer.push(samples):
            gain = self._gain.next(frames[0, CONTEXT_SAMPLES:])
            self._inputs['input'] = np.clip(np.float32(gain) * frames, -1.0, 1.0)
            output, self._inputs['state'] = self._session.run(
                [self._output, self._next_state], self._inputs)
            self._history[self._frames % len(self._history)] = output[0, 0] >= CLEAR_SPEECH
            self._frames += 1

    def probability(self, n_samples: int) -> float:
        """Return which share of the latest samples clearly is speech, [0, 1].

        A frame that only partly lies in the stretch counts for its part. The newest samples, 511
        at most, whose frame is not complete, say nothing yet; in a stretch of nothing else the
        latest value stands.

        Args:
            n_samples: length of the stretch, 1 to history_samples.

        Returns:
            0 while no frame at all is complete.

        Raises:
            SerError: if n_samples is out of range.
        """
        longest = (len(self._history) - 1) * FRAME_SAMPLES
        if not 1 <= n_samples <= longest:
            raise SerError(f'n_samples must be 1 to {longest}, not {n_samples}')
        if not self._frames:
            return 0.0
        start = max(0, self._samples - n_samples) / FRAME_SAMPLES
        first = min(int(start), self._frames - 1)
        index = np.arange(first, self._frames)
        weights = np.ones(len(index))
        weights[0] -= min(start, self._frames - 1) - first
        return float(np.average(self._history[index % len(self._history)], weights=weights))


def _frames_of(history_samples: int) -> int:
    """Return the frames that a stretch touches, and one more."""
    return -(-history_samples // FRAME_SAMPLES) + 1
