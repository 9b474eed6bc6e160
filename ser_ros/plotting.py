# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as PNG or SVG files, drawn by matplotlib without a screen."""

import contextlib
import os
import warnings
from typing import Any, Iterator, Tuple, Union

from ser_ros.errors import SerError

DPI = 100
# For names of corpora in Korean, Chinese and Japanese, as they come with Linux, Windows and macOS.
OTHER_FONTS = ('Noto Sans CJK KR', 'NanumGothic', 'Malgun Gothic', 'Apple SD Gothic Neo')


def load_pyplot() -> Any:
    """Return matplotlib.pyplot, set to draw into files.

    Raises:
        SerError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise SerError(f'pictures need matplotlib ({error}); install it with: pip install '
                       'matplotlib') from error
    matplotlib.use('Agg')
    from matplotlib import font_manager, pyplot
    installed = {font.name for font in font_manager.fontManager.ttflist}
    matplotlib.rcParams['font.family'] = [
        'DejaVu Sans', *(name for name in OTHER_FONTS if name in installed)]
    # Without one of them such a name is drawn as boxes, with a warning for each letter.
    warnings.filterwarnings('ignore', 'Glyph .* missing from font', UserWarning)
    return pyplot


@contextlib.contextmanager
def figure(path: Union[str, 'os.PathLike[str]'], rows: int = 1, columns: int = 1,
           **options: Any) -> Iterator[Tuple[Any, Any]]:
    """Give a figure and its axes to draw on, and write them to a file at the end.

    Args:
        path: the PNG file, or the SVG file by its ending.
        rows: number of rows of axes.
        columns: number of columns of axes.
        **options: as of ``matplotlib.pyplot.subplots``.

    Raises:
        SerError: matplotlib is not installed, or the file cannot be written.
    """
    pyplot = load_pyplot()
    drawing, axes = pyplot.subplots(rows, columns, constrained_layout=True, **options)
    try:
        yield drawing, axes
        if os.fspath(path).lower().endswith('.svg'):
            # The same bytes for the same picture: no date, and no random names.
            with pyplot.rc_context({'svg.hashsalt': 'ser_ros'}):
                drawing.savefig(path, format='svg', metadata={'Date': None})
        else:
            drawing.savefig(path, dpi=DPI, format='png')
    except OSError as error:
        raise SerError(f'cannot write {path}: {error.strerror}') from error
    finally:
        pyplot.close(drawing)
