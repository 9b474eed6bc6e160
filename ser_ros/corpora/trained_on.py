# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which corpora and speakers a model was trained on, by what its file says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from ser_ros import corpora
from ser_ros.corpora.labelled_clips import Clip
from ser_ros.corpora.parts import EVERYONE


def trained_on(training_data: str, root: Path, corpus: Optional[str] = None) -> list[str]:
    """Return the corpora in a folder that a model was trained on, by folder name or kind.

    Args:
        training_data: what the model file says of it, such as 'ravdess: speakers 01 02'.
        root, corpus: see `ser_ros.corpora.labelled_clips.listings`.
    """
    names = {part.partition(':')[0].strip().removeprefix('adapted with ')
             for part in training_data.lower().split(';')}
    listings = [corpora.read(folder, corpus) for folder in corpora.find_folders(root)]
    return sorted(listing.folder.name for listing in listings
                  if names & {listing.folder.name.lower(), listing.corpus})


def speakers_trained_on(training_data: str, clips: Sequence[Clip]) -> list[str]:
    """Return the speakers of the clips that a model was trained on, each behind its corpus.

    Args:
        training_data: see `trained_on`.
    """
    said = dict(part.split(': speakers ', 1) for part in training_data.split('; ')
                if ': speakers ' in part)
    trained = {corpus: speakers.split() for corpus, speakers in said.items()}
    return sorted({f'{clip.corpus} {clip.speaker}'.strip() for clip in clips
                   if {clip.speaker, EVERYONE} & set(trained.get(clip.corpus, []))})
