# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What ``ser_ros evaluate`` does, from Python and with files that are given one by one."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser_ros.corpora import given_clips, labelled_clips
from ser_ros.errors import SerError
from ser_ros.evaluation import evaluate, pictures
from ser_ros.evaluation.evaluate import Measured
from ser_ros.evaluation.figures import Figures
from ser_ros.evaluation.scoring import Scorer
from ser_ros.progress import Progress
from ser_ros.recognizer import Path as AnyPath
from ser_ros.recognizer import Recognizer

LOGGER = logging.getLogger(__name__)


class ModelEvaluator:
    """Measures a model on labelled files, by the steps of the running graph.

    Measure first, then draw and write what was measured::

        with ModelEvaluator('runs/mine/model/') as evaluator:
            figures = evaluator.evaluate_dataset(paths, labels, speakers)
            print(figures.uar, figures.intervals['uar'])
            evaluator.plot_confusion_matrix('confusion.png')
            evaluator.generate_evaluation_report('report')

    The speakers must be others than those that the model was trained on.
    """

    def __init__(self, path: AnyPath, **options: Any):
        """Load the model.

        Args:
            path: of the model's folder or file, or the name of a model that is installed.
            options: of `Recognizer`, such as ``precision`` or ``threads``.

        Raises:
            SerError: if there is no such model, or an option is not allowed.
        """
        self._recognizer = Recognizer(path, **options)
        self._measured: Measured | None = None

    def __enter__(self) -> 'ModelEvaluator':
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def labels(self) -> tuple[str, ...]:
        """Those of the model."""
        return tuple(self._recognizer.labels)

    def evaluate_dataset(self, paths: Sequence[AnyPath], labels: Sequence[str],
                         speakers: Sequence[str] = (), show_progress: bool = True) -> Figures:
        """Measure the model on files.

        A file that cannot be read is left out. The log and the report name it.

        Args:
            paths: of the files.
            labels: emotion of each, one of the model's labels.
            speakers: of each, for intervals over speakers; empty where they are unknown.
            show_progress: see `Recognizer.predict_batch`.

        Returns:
            The figures over clips, each by the mean of its windows, with all labels as possible
            answers.

        Raises:
            SerError: if a label is not one of the model's, or no file can be read.
        """
        clips = given_clips.from_paths(
            [Path(path) for path in paths], labels, self.labels, speakers,
            self._recognizer.info.merge)
        progress = Progress(hidden=not show_progress)
        clips, problems = labelled_clips.readable(clips, 1, progress)
        notes = [f'left out: {problem}' for problem in problems]
        for note in notes:
            LOGGER.warning(note)
        self._measured = evaluate.measure(
            Scorer(self._recognizer), clips, 'all', 0, progress, notes)
        return self._figures()

    def plot_confusion_matrix(self, save_path: AnyPath) -> None:
        """Draw which emotions were answered to which, as a PNG file.

        Raises:
            SerError: before `evaluate_dataset`, or if the file cannot be written.
        """
        figures = self._figures()
        pictures.confusion(figures.confusion, figures.labels, self._title, Path(save_path))

    def plot_class_metrics(self, save_path: AnyPath) -> None:
        """Draw recall, precision and F1 of each emotion, as a PNG file.

        Raises:
            SerError: before `evaluate_dataset`, or if the file cannot be written.
        """
        figures = self._figures()
        pictures.class_bars(figures.confusion, figures.labels, self._title, Path(save_path))

    def generate_evaluation_report(self, folder: AnyPath) -> str:
        """Write what ``ser_ros evaluate`` writes: report, pictures and the scores of all clips.

        Args:
            folder: is made if it is not there.

        Returns:
            The report as Markdown.

        Raises:
            SerError: before `evaluate_dataset`, or if the folder cannot be made.
        """
        measured = self._of_dataset()
        output = Path(folder)
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SerError(f'cannot make the folder {output}: {error.strerror}') from error
        return measured.save(output)

    def close(self) -> None:
        """Give back what the model holds."""
        self._recognizer.close()

    @property
    def _title(self) -> str:
        return self._recognizer.info.name

    def _of_dataset(self) -> Measured:
        if self._measured is None:
            raise SerError('nothing is measured yet; call evaluate_dataset first')
        return self._measured

    def _figures(self) -> Figures:
        (choices,) = self._of_dataset().evaluation.figures['clips'].values()
        return choices['all']
