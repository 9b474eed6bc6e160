# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Adapt a stored model to a user's own labelled clips, and judge it on clips held out."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ser_ros import __version__
from ser_ros.adaptation.clips import check_counts, hear, split
from ser_ros.adaptation.fit import Examples, fit_head
from ser_ros.adaptation.head import Body, Head, HeadGraph
from ser_ros.adaptation.threshold import Chosen, HeldOut, choose_threshold
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.evaluation import metrics
from ser_ros.evaluation.figures import bootstrap_groups
from ser_ros.evaluation.threshold import as_metadata
from ser_ros.inference.model_file import PRECISIONS as ALL_PRECISIONS
from ser_ros.inference.model_file import Model
from ser_ros.inference.model_metadata import METADATA_KEY
from ser_ros.inference.onnx_file import writing
from ser_ros.inference.softmax import softmax
from ser_ros.progress import Progress
from ser_ros.windows.window_stream import WindowStream

# INT8 is left out: its scales were chosen for the old weights.
PRECISIONS = ('fp32', 'fp16')


@dataclass(frozen=True)
class Settings:
    """How a model is adapted.

    Attributes:
        name: of the new model.
        licence: of the clips, for the model file.
        hold_out: see `adapt_clips.split`.
        keep: how much the old answers count; see `adapt_fit.fit_head`.
        seed: of the folds.
        threads: CPU threads for a window.
    """

    name: str
    licence: str
    hold_out: str
    keep: float
    seed: int
    threads: int


@dataclass(frozen=True)
class Adaptation:
    """A new last layer, and what it is worth.

    Attributes:
        model: that it started from.
        head: the last layer, trained on all clips.
        temperature: fitted on the held-out windows.
        threshold: for the rate of right answers that the model states; None where it states none.
        clips: those with speech.
        silent: those without.
        unreadable: number of unreadable files, which are in neither.
        held_out: what the folds keep together, 'speakers' or 'clips'.
        truth: label of each clip.
        before, after: answer to each clip of the old model, and of one that did not see its fold.
        groups, resampled: what the bootstrap draws, of each clip and in words.
    """

    model: Model
    head: Head
    temperature: float
    threshold: Optional[Chosen]
    clips: Sequence[Clip]
    silent: Sequence[Clip]
    unreadable: int
    held_out: str
    truth: np.ndarray
    before: np.ndarray
    after: np.ndarray
    groups: Sequence[str]
    resampled: str

    @property
    def difference(self) -> metrics.Difference:
        """UAR on held-out clips after less before."""
        return metrics.paired_bootstrap(
            self.truth, self.after, self.before, self.groups, len(self.model.info.labels))

    def confusion(self, answers: np.ndarray) -> np.ndarray:
        """Return the counts of `before` or `after`."""
        return metrics.confusion(self.truth, answers, len(self.model.info.labels))


def adapt(model: Model, clips: Sequence[Clip], stream: WindowStream, settings: Settings,
          progress: Progress, unreadable: int = 0) -> Adaptation:
    """Learn from all clips, and cross-validate what that is worth.

    Args:
        stream: of the model's feature set.
        unreadable: number of files left out of the clips, for the report.

    Raises:
        SerError: if the model cannot be adapted, or the clips are too few or of too few emotions.
    """
    graph = HeadGraph(model.path('fp32'))
    old = graph.head
    examples, heard = hear(progress.track(clips, 'clips', len(clips)),
                           Body(graph, settings.threads), stream, model.info.labels)
    check_counts(examples.labels, model.info.labels)
    members = [clips[index] for index in heard.clips]
    folds, held_out = split(members, settings.hold_out, settings.seed)
    old_temperature = model.info.temperature
    logits = held_out_logits(old, examples, folds, old_temperature, settings.keep, progress)
    temperature = metrics.fit_temperature(
        logits, examples.labels[examples.clips], examples.weights())
    groups, resampled = bootstrap_groups(members)
    accuracy = model.info.answer_accuracy
    return Adaptation(
        model=model, clips=members, held_out=held_out, temperature=temperature,
        head=fit_head(old, examples, old_temperature, settings.keep),
        threshold=None if accuracy is None else choose_threshold(
            HeldOut(members, examples, heard, logits, folds), model.info, accuracy, temperature),
        silent=[clip for index, clip in enumerate(clips) if index not in set(heard.clips)],
        unreadable=unreadable,
        truth=examples.labels,
        before=_answers(examples, softmax(
            old.logits(examples.features) / old_temperature, np.float64)),
        after=_answers(examples, softmax(logits / old_temperature, np.float64)),
        groups=groups, resampled=resampled)


def held_out_logits(old: Head, examples: Examples, folds: Sequence[np.ndarray],
                    temperature: float, keep: float, progress: Progress) -> np.ndarray:
    """Return the logits of each window by a layer that was trained on the other folds."""
    logits = np.empty((len(examples.features), len(old.bias)))
    everyone = np.arange(len(examples.labels))
    for fold in progress.track(folds, 'folds', len(folds)):
        head = fit_head(old, examples.of(np.setdiff1d(everyone, fold)), temperature, keep)
        rows = np.isin(examples.clips, fold)
        logits[rows] = head.logits(examples.features[rows])
    return logits


def _answers(examples: Examples, probabilities: np.ndarray) -> np.ndarray:
    return examples.clip_scores(probabilities).argmax(axis=1)


def save(adaptation: Adaptation, settings: Settings, folder: Path) -> None:
    """Write the adapted model's files, in those of PRECISIONS that the source has.

    Files of another model in the folder are replaced or removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ALL_PRECISIONS:
        (folder / f'{name}.onnx').unlink(missing_ok=True)
    for precision in written_precisions(adaptation.model):
        graph = HeadGraph(adaptation.model.path(precision))
        stored = {prop.key: prop.value for prop in graph.model.metadata_props}
        graph.replace(adaptation.head)
        metadata = {**json.loads(stored[METADATA_KEY]), **_metadata(adaptation, settings)}
        if adaptation.threshold is not None and not adaptation.threshold.all.reached:
            del metadata['answer_accuracy']  # nothing is stated that was not seen
        writing.save(graph.model, str(folder / f'{precision}.onnx'), metadata)


def written_precisions(model: Model) -> list[str]:
    """Return the precisions in which an adapted model is written."""
    return [name for name in PRECISIONS if name in model.precisions]


def _metadata(adaptation: Adaptation, settings: Settings) -> dict[str, Any]:
    """Return what has changed of what the source's file says of itself."""
    source = adaptation.model.info
    head = adaptation.head
    digest = hashlib.sha256(head.weight.tobytes() + head.bias.tobytes()).hexdigest()
    threshold = {} if adaptation.threshold is None else {
        'min_confidence': adaptation.threshold.all.min_confidence}
    answers = {} if adaptation.threshold is None else {
        'answers': as_metadata(adaptation.threshold.cross_validated)}
    return {
        **threshold, 'name': settings.name, 'version': f'{source.version}+{digest[:8]}',
        'temperature': round(adaptation.temperature, 4),
        'training_data': f'{source.training_data}; adapted with {describe(adaptation)}',
        'licence': f'{source.licence}; of the clips it was adapted with: {settings.licence}',
        'adapted_from': {'name': source.name, 'version': source.version, 'sha256': source.sha256},
        'metrics': {'adaptation': {
            'clips': len(adaptation.clips), 'held_out': adaptation.held_out,
            'uar_before': round(metrics.uar(adaptation.confusion(adaptation.before)), 4),
            'uar_after': round(metrics.uar(adaptation.confusion(adaptation.after)), 4), **answers}},
        'made_with': {'ser_ros': __version__, 'seed': settings.seed, 'keep': settings.keep}}


def describe(adaptation: Adaptation) -> str:
    """Return the clips in words: how many of whom, by corpus; no names of speakers."""
    parts = []
    for corpus, count in Counter(clip.corpus for clip in adaptation.clips).items():
        speakers = {clip.speaker for clip in adaptation.clips if clip.corpus == corpus}
        whom = ('unknown speakers' if '' in speakers else
                '1 speaker' if len(speakers) == 1 else f'{len(speakers)} speakers')
        parts.append(f'{corpus}: {count} clips of {whom}')
    return '; '.join(parts)
