# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import importlib.machinery
import sys

import numpy as np
import pytest
from signals import SIGNALS

from ser_ros.errors import SerError
from ser_ros.windows import voice_activity
from ser_ros.windows.voice_activity import FRAME_SAMPLES, VoiceActivity, silero_path


def hear(detector, samples):
    detector.reset()
    detector.push(samples)
    return detector


class Recorder:
    """Stands between the detector and its session and keeps what is answered."""

    def __init__(self, session):
        self._session = session
        self.answers = []

    def run(self, names, inputs):
        output, state = self._session.run(names, inputs)
        self.answers.append(output.item())
        return output, state


def test_as_the_package_documents_its_use(long_speech, monkeypatch):
    torch = pytest.importorskip('torch')
    wrapper = pytest.importorskip('silero_vad.utils_vad').OnnxWrapper
    with pytest.warns(UserWarning, match='16000'):
        model = wrapper(silero_path(), force_onnx_cpu=True)
    detector = VoiceActivity()
    monkeypatch.setattr(detector._gain, 'next', lambda frame: 1.0)
    recorder = detector._session = Recorder(detector._session)
    frames = len(long_speech) // FRAME_SAMPLES
    ours, theirs = [], []
    for frame in long_speech[:frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES):
        detector.push(frame)
        ours.append(detector.probability(FRAME_SAMPLES))
        theirs.append(model(torch.from_numpy(frame.copy()), 16000).item())
    np.testing.assert_allclose(recorder.answers, theirs, atol=1e-5)
    assert np.ptp(theirs) > 0.9
    np.testing.assert_array_equal(ours, np.array(recorder.answers) >= 0.8)


def test_speech(detector, speech):
    for path, clip in speech.items():
        # RAVDESS is padded with silence.
        loud = np.flatnonzero(np.abs(clip) > 0.05 * np.abs(clip).max())
        assert hear(detector, clip[loud[0]:loud[-1]]).probability(16000) > 0.5, path


def test_faint_speech(detector, speech):
    for path, clip in speech.items():
        loud = np.flatnonzero(np.abs(clip) > 0.05 * np.abs(clip).max())
        faint = clip[loud[0]:loud[-1]] * np.float32(0.002 / np.abs(clip).max())  # peaks: -54 dBFS
        assert hear(detector, faint).probability(16000) > 0.3, path


@pytest.mark.parametrize('name', [
    'silence', 'dc', 'impulse', 'pulses', 'square', 'chirp', 'tone of 220 Hz', 'tone of 1000 Hz',
    'noise at -20 dBFS', 'noise at -90 dBFS'])
def test_what_is_no_speech(detector, name):
    assert hear(detector, SIGNALS[name]).probability(len(SIGNALS[name])) < 0.1


def test_nothing_heard_yet(counting):
    assert counting.probability(1000) == 0.0
    counting.push(np.ones(FRAME_SAMPLES - 1, np.float32))
    assert counting.probability(1000) == 0.0
    counting.push(np.ones(1, np.float32))
    assert counting.probability(1000) > 0.0


def test_reset_forgets(detector, long_speech):
    first = hear(detector, long_speech[:20000]).probability(20000)
    detector.push(long_speech[20000:52000])
    assert hear(detector, long_speech[:20000]).probability(20000) == first > 0.0


class Frames:
    """Stands for the ONNX session: the probability is the mean of the frame."""

    def get_outputs(self):
        return [type('Node', (), {'name': name}) for name in ('output', 'stateN')]

    def run(self, names, inputs):
        assert inputs['input'].shape == (1, 576)
        assert inputs['state'].shape == (2, 1, 128)
        return [inputs['input'][:, 64:].mean(axis=1, keepdims=True), inputs['state']]


@pytest.fixture
def counting(monkeypatch):
    monkeypatch.setattr(voice_activity, 'silero_path', lambda: 'silero.onnx')
    monkeypatch.setattr(voice_activity, 'open_session', lambda path: Frames())
    return VoiceActivity(history_samples=4 * FRAME_SAMPLES)


@pytest.mark.parametrize('amplitude, heard', [
    (0.0, 0.0), (1e-3, 1e-2), (0.01, 10 ** (-26 / 20)), (0.5, 0.5), (3.0, 1.0)])
def test_faint_sound_is_made_louder_within_bounds(counting, amplitude, heard):
    counting.push(np.full(FRAME_SAMPLES, amplitude, np.float32))
    np.testing.assert_allclose(counting._inputs['input'][:, 64:], heard, rtol=1e-5)


@pytest.mark.parametrize('chunk', [1, 320, 511, 1000])
def test_chunks_change_nothing(chunk):
    samples = SIGNALS['voice'] * np.linspace(0.001, 0.1, len(SIGNALS['voice']))

    def answers(chunk):
        own = VoiceActivity()
        recorder = own._session = Recorder(own._session)
        for start in range(0, len(samples), chunk):
            own.push(samples[start:start + chunk].astype(np.float32))
        return recorder.answers

    assert answers(chunk) == answers(len(samples))


def test_share_counts_parts_of_frames(counting):
    counting.push(np.repeat(np.array([1.0, 0.4, 0.79, 0.81], np.float32), FRAME_SAMPLES))
    assert counting.probability(1) == 1.0
    assert counting.probability(FRAME_SAMPLES) == 1.0
    assert counting.probability(FRAME_SAMPLES * 3 // 2) == pytest.approx(1 / 1.5)
    assert counting.probability(4 * FRAME_SAMPLES) == pytest.approx(0.5)


def test_incomplete_frame_says_nothing(counting):
    counting.push(np.full(FRAME_SAMPLES, 1.0, np.float32))
    counting.push(np.full(FRAME_SAMPLES // 2, 0.1, np.float32))
    assert counting.probability(FRAME_SAMPLES) == 1.0
    # Of the newest 256 samples no frame is complete: the latest known value stands.
    assert counting.probability(FRAME_SAMPLES // 2) == 1.0


def test_history_is_a_ring(counting):
    for value in (0.9, 0.9, 0.9, 0.1, 0.2, 1.0, 0.4):
        counting.push(np.full(FRAME_SAMPLES, value, np.float32))
    assert counting.probability(4 * FRAME_SAMPLES) == pytest.approx(0.25)


@pytest.mark.parametrize('n_samples', [0, -1, 4 * FRAME_SAMPLES + 1])
def test_stretch_out_of_range(counting, n_samples):
    with pytest.raises(SerError, match=f'1 to 2048, not {n_samples}'):
        counting.probability(n_samples)


def test_bad_samples(counting):
    with pytest.raises(SerError, match='float32'):
        counting.push(np.zeros(100))


def test_package_missing(monkeypatch):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(SerError, match='pip install --no-deps silero-vad'):
        silero_path()


def test_package_too_old(monkeypatch, tmp_path):
    spec = importlib.machinery.ModuleSpec('silero_vad', None, is_package=True)
    spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr('importlib.util.find_spec', lambda name: spec)
    with pytest.raises(SerError, match='silero_vad_16k_op15.onnx.*--upgrade'):
        silero_path()


def test_package_is_not_imported(monkeypatch, tmp_path):
    # A package that fails when it is imported, as Silero's does without torch.
    package = tmp_path / 'silero_vad'
    (package / 'data').mkdir(parents=True)
    (package / '__init__.py').write_text('raise ImportError')
    (package / 'data' / 'silero_vad_16k_op15.onnx').write_bytes(b'')
    monkeypatch.delitem(sys.modules, 'silero_vad', raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert silero_path() == str(package / 'data' / 'silero_vad_16k_op15.onnx')
