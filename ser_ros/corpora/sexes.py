# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sex of a speaker, as the makers of the corpora publish it.

Sources:

- RAVDESS: https://zenodo.org/records/1188976: "Odd numbered actors are male, even numbered actors
  are female".
- EmoDB: http://emodb.bilderbar.info/index-1280.html, "Information about the speakers".
- nEMO: https://github.com/amu-cai/nEMO, data.tsv, column ``gender``.
- TESS: https://doi.org/10.5683/SP2/E8H2MF: two actresses.
- SAVEE: http://kahlan.eps.surrey.ac.uk/savee/: four male actors.
- AI-Hub: the first letter of a speaker such as ``F0001`` or ``M0004``.
"""

import re

from ser_ros.corpora.labels import as_word

FEMALE = 'female'
MALE = 'male'
WORDS = {'f': FEMALE, 'woman': FEMALE, 'w': FEMALE, '여': FEMALE, '여성': FEMALE,
         'm': MALE, 'man': MALE, '남': MALE, '남성': MALE}

FEMALE_SPEAKERS = {
    'ravdess': {f'{number:02d}' for number in range(2, 25, 2)},
    'emodb': {'08', '09', '13', '14', '16'},
    'nemo': {'EB0', 'IC0', 'KD0', 'MK0'},
    'tess': {'OAF', 'YAF'},
}
MALE_SPEAKERS = {
    'ravdess': {f'{number:02d}' for number in range(1, 25, 2)},
    'emodb': {'03', '10', '11', '12', '15'},
    'nemo': {'KS0', 'MP0', 'SM0', 'TP0', 'WR0'},
    'savee': {'DC', 'JE', 'JK', 'KL'},
}
AIHUB_SPEAKER = re.compile(r'(?P<letter>[FM])\d{4}')


def sex_of(corpus: str, speaker: str) -> str:
    """Return the sex of a speaker of a known corpus: FEMALE, MALE, or '' where nothing says it."""
    if speaker in FEMALE_SPEAKERS.get(corpus, set()):
        return FEMALE
    if speaker in MALE_SPEAKERS.get(corpus, set()):
        return MALE
    match = AIHUB_SPEAKER.fullmatch(speaker) if corpus.startswith('aihub') else None
    return as_sex(match.group('letter')) if match else ''


def as_sex(word: str) -> str:
    """Return FEMALE or MALE for the words of a list; any other word stays as it is."""
    return WORDS.get(as_word(word), as_word(word))
