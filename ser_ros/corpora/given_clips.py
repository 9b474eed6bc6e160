# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Clips that are given one by one, from Python."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

from ser_ros.corpora import labelled_clips
from ser_ros.corpora.labels import GENERIC, as_word
from ser_ros.corpora.recording import Listing, Recording
from ser_ros.errors import SerError, listed


def from_paths(paths: Sequence[Path], words: Sequence[str], labels: Sequence[str],
               speakers: Sequence[str] = (),
               merge: Optional[Mapping[str, str]] = None) -> list[labelled_clips.Clip]:
    """Return the clips of files that no corpus describes.

    Args:
        paths: of the files.
        words: emotion of each, a label or a word that `ser_ros.corpora.labels` knows.
        labels: those that the clips may have.
        speakers: of each file; empty where they are unknown.
        merge: see `labelled_clips.strangers`.

    Raises:
        SerError: if there is no file, the lists are of several lengths, or a word is unknown.
    """
    if not paths or len(words) != len(paths) or len(speakers) not in (0, len(paths)):
        raise SerError(f'got {len(paths)} paths, {len(words)} labels and {len(speakers)} speakers; '
                       'give one label and, if known, one speaker for each path')
    listing = Listing(GENERIC, Path('clips'), 'given one by one', [
        Recording(Path(path), as_word(word), speaker)
        for path, word, speaker in zip(paths, words, speakers or [''] * len(paths), strict=True)])
    known = labelled_clips.known_labels(listing, labels, merge)
    strange = sorted({item.label for item in listing.recordings} - set(known))
    if strange:
        raise SerError(f'unknown labels {listed(strange)}; allowed: {listed(labels)}')
    return labelled_clips.to_clips(listing.folder.name, listing, labels, known, ())
