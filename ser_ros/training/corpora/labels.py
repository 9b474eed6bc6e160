# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Which emotion of this package a label of a corpus counts as: the one place where that is decided.

None leaves the clips out. A training configuration may decide otherwise under ``merge`` and
``drop``; a label that neither knows is an error, never silently left out.
"""

from typing import Optional

from ser_ros.emotion.labels import EMOTIONS

GENERIC = 'generic'

# Of every corpus: our own names, and the adjectives of the same seven.
COMMON: dict[str, Optional[str]] = {
    **{name: name for name in EMOTIONS},
    'happy': 'happiness', 'angry': 'anger', 'sad': 'sadness', 'fearful': 'fear',
    'disgusted': 'disgust', 'surprised': 'surprise',
}

SPECIAL: dict[str, dict[str, Optional[str]]] = {
    # Calm was added to RAVDESS as a second baseline beside neutral (Livingstone & Russo 2018);
    # no other corpus here has it, so apart from neutral it would only tell RAVDESS.
    'ravdess': {'calm': 'neutral'},
    'nemo': {},
    # Boredom is none of the seven, and nearer to sadness and neutral than either is to the rest:
    # it is left out rather than called one of them.
    'emodb': {'boredom': None},
    'crema-d': {},
    # Surprise was acted as a pleasant one only; it still is the corpus's only surprise.
    'tess': {'pleasant surprise': 'surprise'},
    'savee': {},
    'esd': {},
    'aihub': {},
    GENERIC: {},
}

CORPORA = tuple(name for name in SPECIAL if name != GENERIC)


def emotion_map(corpus: str) -> dict[str, Optional[str]]:
    """Return the emotion that each label of a corpus counts as; None: left out."""
    return {**COMMON, **SPECIAL.get(corpus, {})}
