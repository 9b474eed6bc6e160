# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The audio files in a folder."""

import os
from typing import Callable, List

from ser_ros.audio.opening import FILE_ENDINGS
from ser_ros.errors import SerError
from ser_ros.files import Walk

MAC_NOTES = '._'  # before the name of a file: what a Mac notes about it


def find_audio_files(folder: str, on_unreadable: Callable[[str], None]) -> List[str]:
    """Return the audio files in a folder and in the folders below it, in the order of their names.

    Links to folders are followed. Hidden files are left out.

    Args:
        folder: where to look.
        on_unreadable: takes the reason why a folder cannot be read, or a file is left out; the
            others are searched.

    Raises:
        SerError: if there is none.
    """
    paths: List[str] = []
    for parent, names in Walk(folder, lambda path, reason: on_unreadable(reason)):
        for name in names:
            if not name.lower().endswith(FILE_ENDINGS):
                continue
            path = os.path.join(parent, name)
            if not name.startswith('.'):
                paths.append(path)
            elif not name.startswith(MAC_NOTES):
                on_unreadable(f'{path} is hidden and left out; give its own path to read it')
    if not paths:
        raise SerError(f"no audio files ({' '.join(FILE_ENDINGS)}) in {folder}")
    return paths
