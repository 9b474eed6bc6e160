# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The audio files in a folder."""

import os
from typing import Callable, List

from ser_ros.audio.opening import FILE_ENDINGS
from ser_ros.errors import SerError


def find_audio_files(folder: str, on_unreadable: Callable[[str], None]) -> List[str]:
    """Return the audio files in a folder and in the folders below it, in the order of their names.

    Hidden files are left out.

    Args:
        folder: where to look.
        on_unreadable: takes the reason why a folder cannot be read; the others are searched.

    Raises:
        SerError: if there is none.
    """
    def complain(error: OSError) -> None:
        on_unreadable(f'cannot read the folder {error.filename}: {error.strerror}')

    paths: List[str] = []
    for parent, folders, names in os.walk(folder, onerror=complain):
        folders.sort()
        paths.extend(os.path.join(parent, name) for name in sorted(names)
                     if name.lower().endswith(FILE_ENDINGS) and not name.startswith('.'))
    if not paths:
        raise SerError(f"no audio files ({' '.join(FILE_ENDINGS)}) in {folder}")
    return paths
