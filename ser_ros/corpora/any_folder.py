# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training configuration may leave to the data: names of corpora, speakers and labels.

Such a configuration suits any folder of labelled clips. The same folder gives the same parts.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ser_ros import corpora
from ser_ros.corpora.labels import as_word
from ser_ros.corpora.parts import EVERYONE
from ser_ros.corpora.recording import Listing
from ser_ros.corpora.speakers import find_speakers
from ser_ros.corpora.splits import split
from ser_ros.errors import SerError

SEED = 0


def fill_in(values: Any, root: Path) -> Any:
    """Return the values of a configuration with what the data say in place of ``'*'``.

    ``corpora: {'*': 60/20/20}`` stands for all corpora in the folder, with these percentages of
    their speakers in the parts train, validation and test. ``labels: ['*']`` stands for all
    emotions of their clips.

    Args:
        values: content of the file.
        root: a folder with corpora, or a corpus.

    Raises:
        SerError: if the folder holds no corpus, or its speakers are unknown or too few.
    """
    if not isinstance(values, Mapping):
        return values
    parts, labels = values.get('corpora'), values.get('labels')
    any_corpus = isinstance(parts, Mapping) and list(parts) == [EVERYONE]
    if not any_corpus and labels != [EVERYONE]:
        return values
    listings = [find_speakers(corpora.read(folder)) for folder in corpora.find_folders(root)]
    filled = dict(values)
    if any_corpus:
        shares = values['corpora'][EVERYONE]
        if not isinstance(shares, str):
            raise SerError(f"corpora.'*' is {shares!r}; allowed: percentages of the speakers in "
                           'train, validation and test, such as 60/20/20')
        filled['corpora'] = {
            name_of(listing.folder): split(listing, shares, None, SEED).values()
            for listing in listings}
    if labels == [EVERYONE]:
        filled['labels'] = _labels(listings, values.get('merge') or {}, values.get('drop') or [])
    return filled


def name_of(folder: Path) -> str:
    """Return the name of a corpus: that of its folder, which may be given as ``.``."""
    return folder.resolve().name


def _labels(listings: list[Listing], merge: Mapping[str, str], drop: list[str]) -> list[str]:
    found = set()
    for listing in listings:
        emotions = {**corpora.emotion_map(listing.corpus),
                    **{as_word(word): emotion for word, emotion in merge.items()},
                    **{as_word(word): None for word in drop}}
        found |= {emotions.get(entry.label, entry.label) for entry in listing.recordings}
    return sorted(label for label in found if label is not None)
