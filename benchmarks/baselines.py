# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what the baseline of a voice gives after other speech of the same speaker.

Run with `python benchmarks/baselines.py --data FOLDER`; docs/voice_baseline.md has the figures.
Earlier clips of the speaker come before each clip, and the baseline grows as in the graph. The
whole model hears each window once. After that only its head runs.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np
import onnx
import onnx.utils
from talks import clips_of, run
from timing import print_table

from ser_ros.corpora.labelled_clips import Clip, read_samples
from ser_ros.emotion.voice_baseline import KnownVoice, SpeechShare, VoiceBaseline
from ser_ros.errors import SerError
from ser_ros.evaluation import fairness, metrics
from ser_ros.evaluation.figures import bootstrap_groups
from ser_ros.graph_defaults import graph_settings, open_stream
from ser_ros.inference.backend import Answer, Session
from ser_ros.inference.classifier import CALM, Classifier, open_classifier
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import BASELINE
from ser_ros.onnx_session import open_session
from ser_ros.progress import Progress

HERE = Path(__file__).resolve().parent
ANGRY = 'anger'
ENROLLED_S = 20.0
OFF, RUNNING, ENROLLED = 'off', 'running', 'enrolled'
# The mode, and number and emotion of the earlier clips (None: any).
CASES: list[tuple[str, int, Optional[str]]] = [
    (OFF, 0, None), (RUNNING, 4, CALM), (RUNNING, 8, CALM), (RUNNING, 16, CALM),
    (RUNNING, 8, None), (RUNNING, 8, ANGRY), (ENROLLED, 0, None), (ENROLLED, 8, ANGRY)]


@dataclass(frozen=True)
class HeardWindow:
    """A window of a clip.

    Attributes:
        start_s, end_s: in the clip.
        voice: what the encoder makes of it, float32 (voice_size,).
        share: how much of it is speech.
        rated: whether it counts for the answer to the clip.
        pitch_hz: median over its voiced frames, NaN without any.
    """

    start_s: float
    end_s: float
    voice: np.ndarray
    share: SpeechShare
    rated: bool
    pitch_hz: float


class Head(Session):
    """The last part of a model: its input is the voice of a window."""

    backend = 'onnxruntime'

    def __init__(self, model: Model, precision: str):
        """Cut the head off the file."""
        super().__init__(replace(model.info, input_shape=(model.info.voice_size,)), precision)
        whole = onnx.load(model.path(precision))
        head = onnx.utils.Extractor(whole).extract_model(['voice', BASELINE], ['logits'])
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / 'head.onnx')
            onnx.save(head, path)
            self._head = open_session(path)

    def _run(self, model_input: np.ndarray) -> np.ndarray:
        return self._run_with_baseline(model_input, self._stranger).logits

    def _run_with_baseline(self, model_input: np.ndarray, baseline: np.ndarray) -> Answer:
        logits, = self._head.run(None, {'voice': model_input[None], BASELINE: baseline[None]})
        return Answer(logits[0], model_input)

    def close(self) -> None:
        """Give back the weights."""


def main() -> int:
    """Listen to all clips, then answer them after different earlier speech."""
    return run(measure, arguments())


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--data', type=Path, required=True, metavar='FOLDER',
                        help='folder with one folder for each corpus')
    parser.add_argument('--model', default='voice', help='name or path of a model')
    parser.add_argument('--precision', default='fp32', help='fp32, fp16 or int8')
    parser.add_argument('--config', default=str(HERE / 'talks.yaml'), metavar='YAML',
                        help='speakers by corpus and part')
    parser.add_argument('--part', choices=('validation', 'test'), default='validation',
                        help='test: final figures, nothing is chosen')
    parser.add_argument('--seed', type=int, default=0, help='of the choice of earlier clips')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write all figures')
    return parser.parse_args()


def measure(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Do what the arguments say; return the figures, and print them."""
    model = Model(args.model)
    if not model.info.voice_size:
        raise SerError(f'the model {model.info.name} takes no baseline; choose one that does')
    labels = list(model.info.labels)
    clips = clips_of(args, labels)
    heard = listen(model, args.precision, clips)
    answer = Answers(Classifier(Head(model, args.precision)), clips, heard, args.seed)
    results = []
    for corpus in dict.fromkeys(clip.corpus for clip in clips):
        rows = [index for index, clip in enumerate(clips) if clip.corpus == corpus]
        scores = {text_of(*case): np.stack([answer(row, *case) for row in rows])
                  for case in CASES}
        results += compare([clips[row] for row in rows], scores, labels,
                           [heard[row] for row in rows])
    print_table(('corpus, earlier speech', 'UAR [%]', 'less off', '95 % interval', 'ECE [%]'), [
        (f"{row['corpus']}, {row['case']}", f"{row['uar']:.1f}", f"{row['difference']:+.1f}",
         '{:+.1f} to {:+.1f}'.format(*row['interval']), f"{row['ece']:.1f}") for row in results])
    print('\nRecall of neutral by the pitch of the speaker')
    print_table(('corpus, earlier speech', *fairness.PITCHES, 'gap'), [
        (f"{row['corpus']}, {row['case']}", *neutral_cells(row['fairness']))
        for row in results])
    return results


def neutral_cells(found: dict[str, Any]) -> list[str]:
    """Return the recall of neutral of each group of voices and how far they are apart, in %."""
    pitch = found['pitch']
    shares = {group['name']: group['recall of neutral'] for group in pitch['groups']}
    gap = pitch['gap']['recall of neutral']
    return [*(f"{100 * shares[name]['share']:.0f} ({shares[name]['of']} clips)"
              if shares.get(name, {}).get('of') else '' for name in fairness.PITCHES),
            '' if gap is None else f'{100 * gap:.0f}']


def listen(model: Model, precision: str, clips: Sequence[Clip]) -> list[list[HeardWindow]]:
    """Return what the whole model hears in each clip."""
    classifier = open_classifier(str(model.path(precision)))
    stream = open_stream(model.info.feature_set, None, model.info.input_shape)
    least = graph_settings(model.info).min_speech
    heard = []
    for clip in Progress().track(clips, 'clips', len(clips)):
        windows = [HeardWindow(
            window.start_sample / 16000, window.end_sample / 16000,
            classifier.recognize(window.input).voice,
            SpeechShare(window.speech_probability, window.recent_speech_probability),
            window.speech_probability >= least, window.pitch_hz)
            for window in stream.recording([read_samples(clip.path)])]
        heard.append(windows)
    return heard


def text_of(mode: str, count: int, emotion: Optional[str]) -> str:
    """Return a case in words."""
    return f'{mode}, {count} clips, {emotion or "all emotions"}' if count else mode


class Answers:
    """Answers clips as somebody whose earlier speech was heard."""

    def __init__(self, classifier: Classifier, clips: Sequence[Clip],
                 heard: Sequence[Sequence[HeardWindow]], seed: int):
        """Take the clips and what was heard in them.

        Args:
            classifier: of a `Head`.
            clips: of speakers that are known.
            heard: windows of each clip.
            seed: of the choice of earlier clips.
        """
        self._classifier = classifier
        self._clips = clips
        self._heard = heard
        self._seed = seed
        labels = classifier.session.info.labels
        self._emotions = [labels[clip.label] for clip in clips]

    def __call__(self, row: int, mode: str, count: int, emotion: Optional[str]) -> np.ndarray:
        """Return the score of a clip, (labels,): the mean over its windows with speech.

        Args:
            row: number of the clip.
            mode: 'off', 'running' or 'enrolled'.
            count: number of earlier clips; all where the speaker has fewer.
            emotion: of these; None for any.
        """
        generator = np.random.default_rng((self._seed, row))
        if mode == OFF:
            found = [self._classifier.probabilities(window.voice) for window in self._heard[row]]
        else:
            start = self._enrol(row, generator) if mode == ENROLLED else None
            baseline, after_s = self._stranger(start), 0.0
            for other in self._others(row, emotion, generator)[:count]:
                self._recognize(baseline, other, after_s)
                after_s += self._heard[other][-1].end_s
            found = self._recognize(baseline, row, after_s)
        rated = np.array([window.rated for window in self._heard[row]])
        return np.mean(np.array(found)[rated if rated.any() else ~rated], axis=0)

    def _stranger(self, start: Optional[KnownVoice] = None) -> VoiceBaseline:
        return VoiceBaseline(self._classifier.session.info.voice_size, start)

    def _others(self, row: int, emotion: Optional[str],
                generator: np.random.Generator) -> list[int]:
        clip = self._clips[row]
        found = [other for other, member in enumerate(self._clips)
                 if other != row and (member.corpus, member.speaker) == (clip.corpus, clip.speaker)
                 and emotion in (None, self._emotions[other])]
        return generator.permutation(found).astype(int).tolist()

    def _recognize(self, baseline: VoiceBaseline, row: int, after_s: float) -> list[np.ndarray]:
        return [baseline.recognize(self._classifier, window.voice, after_s + window.start_s,
                                   after_s + window.end_s, window.share)
                if window.rated else self._classifier.recognize(
                    window.voice, baseline.value).probabilities
                for window in self._heard[row]]

    def _enrol(self, row: int, generator: np.random.Generator) -> KnownVoice:
        """Hear other calm clips until there is enough speech, as `ser_ros enroll` does."""
        baseline, after_s = self._stranger(), 0.0
        for other in self._others(row, CALM, generator):
            for window in self._heard[other]:
                if window.rated and baseline.seconds < ENROLLED_S:
                    baseline.hear(after_s + window.start_s, after_s + window.end_s, window.voice,
                                  window.share)
            after_s += self._heard[other][-1].end_s
        return KnownVoice(baseline.mean, baseline.seconds)


def compare(clips: Sequence[Clip], scores: dict[str, np.ndarray], labels: Sequence[str],
            heard: Sequence[Sequence[HeardWindow]]) -> list[dict[str, Any]]:
    """Return UAR, calibration, the difference to `off` and fairness to voices in each case."""
    truth = np.array([clip.label for clip in clips])
    groups, _ = bootstrap_groups(clips)
    off = next(iter(scores.values())).argmax(axis=1)
    pitch_hz = [pitch_of(windows) for windows in heard]
    rows = []
    for name, found in scores.items():
        answers = found.argmax(axis=1)
        difference = metrics.paired_bootstrap(truth, answers, off, groups, len(labels))
        voices = fairness.of_answers(
            clips, [labels[answer] for answer in answers], pitch_hz, labels)
        rows.append({
            'corpus': clips[0].corpus, 'case': name,
            'uar': 100 * metrics.uar(metrics.confusion(truth, answers, len(labels))),
            'difference': 100 * difference.uar,
            'interval': [100 * limit for limit in difference.interval],
            'ece': 100 * metrics.calibration_error(found, truth),
            'fairness': fairness.as_json({clips[0].corpus: voices})[clips[0].corpus]})
    return rows


def pitch_of(windows: Sequence[HeardWindow]) -> float:
    """Return the pitch of a clip over the windows that count for it."""
    counted = [window for window in windows if window.rated] or windows
    return fairness.clip_pitch(window.pitch_hz for window in counted)


if __name__ == '__main__':
    sys.exit(main())
