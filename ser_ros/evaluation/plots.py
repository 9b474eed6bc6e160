# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of training and evaluation, as PNG files."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use('Agg')
from matplotlib import font_manager, pyplot  # noqa: E402  the backend is chosen before

# For names of corpora in Korean, Chinese and Japanese, as they come with Linux, Windows and macOS.
OTHER_FONTS = ('Noto Sans CJK KR', 'NanumGothic', 'Malgun Gothic', 'Apple SD Gothic Neo')
matplotlib.rcParams['font.family'] = ['DejaVu Sans', *(
    name for name in OTHER_FONTS if name in font_manager.get_font_names())]
# Without one of them such a name is drawn as boxes, and complained about for each letter.
warnings.filterwarnings('ignore', 'Glyph .* missing from font', UserWarning)


def confusion(counts: np.ndarray, labels: Sequence[str], title: str, path: Path) -> None:
    """Draw a confusion matrix in percent of the truth's clips."""
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = pyplot.subplots(figsize=(5.5, 5), constrained_layout=True)
    axes.imshow(shares, cmap='Blues', vmin=0, vmax=100)
    axes.set(xlabel='answer', ylabel='truth', title=title,
             xticks=range(len(labels)), yticks=range(len(labels)), yticklabels=labels)
    axes.set_xticklabels(labels, rotation=45, ha='right')
    for row, column in np.ndindex(*shares.shape):
        axes.text(column, row, f'{shares[row, column]:.0f}', ha='center', va='center',
                  color='white' if shares[row, column] > 50 else 'black')
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
