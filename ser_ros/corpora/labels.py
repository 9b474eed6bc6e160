# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which emotion of this package a label of a corpus counts as: the one place where that is decided.

None leaves the clips out. A training configuration may decide otherwise under ``merge`` and
``drop``; a label that neither knows is an error, never silently left out.
"""

import unicodedata
from typing import Optional

from ser_ros.emotion.labels import EMOTIONS

GENERIC = 'generic'

# Of every corpus: our own names, and words, the first three letters and Korean of the same seven.
SAME: dict[str, tuple[str, ...]] = {
    'happiness': ('happy', 'hap', 'joy', 'joyful', '기쁨', '행복'),
    'anger': ('angry', 'ang', '분노', '화남'),
    'sadness': ('sad', '슬픔'),
    'neutral': ('neu', '중립'),
    'fear': ('fearful', 'fea', '공포', '두려움'),
    'disgust': ('disgusted', 'dis', '혐오'),
    'surprise': ('surprised', 'sur', '놀람', '놀라움'),
}
COMMON: dict[str, Optional[str]] = {
    **{name: name for name in EMOTIONS},
    **{word: emotion for emotion, words in SAME.items() for word in words},
}

SPECIAL: dict[str, dict[str, Optional[str]]] = {
    # Calm was added to RAVDESS as a second baseline beside neutral (Livingstone & Russo 2018);
    # no other corpus here has it, so apart from neutral it would only identify RAVDESS.
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
    # Of its 16 words these are left out, unless a configuration takes them.
    'aihub-emotion': {'unpleasure': 'disgust', **dict.fromkeys((
        'kind', 'tease', 'dry', 'serious', 'doubt', 'anxious', 'shy', 'hurry', 'hesitate'))},
    # A folder or list of somebody's own is read as the training reads RAVDESS.
    GENERIC: {'calm': 'neutral'},
}

CORPORA = tuple(name for name in SPECIAL if name != GENERIC)


def emotion_map(corpus: str) -> dict[str, Optional[str]]:
    """Return the emotion that each label of a corpus counts as; None: left out."""
    return {**COMMON, **SPECIAL.get(corpus, {})}


def as_word(label: str) -> str:
    """Return a label as the maps have it: without capitals, its letters composed (NFC)."""
    return unicodedata.normalize('NFC', label).strip().lower()
