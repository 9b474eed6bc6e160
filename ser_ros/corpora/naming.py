# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels and speakers from the paths of corpora as they are downloaded.

Sources of the namings:

- RAVDESS: https://zenodo.org/records/1188976, "File naming convention": modality (03 audio only),
  vocal channel (01 speech, 02 song), emotion, intensity, statement, repetition, actor.
- nEMO: https://github.com/amu-cai/nEMO, README: ``{speaker_id}_{emotion}_{sentence_id}.wav``.
- EmoDB: http://emodb.bilderbar.info/index-1280.html: two digits speaker, three characters text,
  the first letter of the German word for the emotion, a letter for the version.
- CREMA-D: https://github.com/CheyneyComputerScience/CREMA-D, README: actor, sentence, emotion,
  level (LO, MD, HI, XX unspecified; one file has X), in AudioWAV and AudioMP3.
- TESS: https://doi.org/10.5683/SP2/E8H2MF: talker (OAF older, YAF younger), word, emotion, where
  ``ps`` is pleasant surprise; a file of the older talker begins with OA.
- SAVEE: its AudioData/Info.txt: a folder for each speaker, one or two letters of the emotion, the
  number of the sentence. Copies with all files in one folder put the speaker before an underscore.
- ESD: the folders of the release that https://github.com/HLTSingapore/Emotional-Speech-Data links
  to: speaker, emotion, and in some copies the part; ``SPEAKER_NUMBER.wav``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ser_ros.corpora.labels import as_word
from ser_ros.corpora.recording import NO_NAME, Recording

LOSSLESS = ('.wav', '.flac', '.aif', '.aiff')


@dataclass(frozen=True)
class Naming:
    """The naming of one corpus.

    Attributes:
        pattern: searched for at the end of the path without its ending; the groups ``speaker`` (or
            ``folder``) and ``label`` hold what is wanted.
        words: the corpus's word for a label's code; a code that is not listed is its own word.
        other: pattern of files of the corpus that are not wanted, and why.
    """

    pattern: re.Pattern
    words: dict[str, str] = field(default_factory=dict)
    other: Optional[tuple[re.Pattern, str]] = None

    def parse(self, path: Path) -> Optional[Recording]:
        """Return what the path says, or None if it is not one of this corpus."""
        match = self.pattern.search(path.with_suffix('').as_posix())
        if match is None:
            return None
        parts = match.groupdict()
        speaker = parts['speaker'] or parts.get('folder') or ''
        return Recording(path, self.words.get(parts['label'], as_word(parts['label'])),
                         SPEAKERS.get(speaker, speaker))


# Spellings of a speaker that occur beside the usual one.
SPEAKERS = {'OA': 'OAF'}

NAMINGS = {
    'ravdess': Naming(
        re.compile(r'/03-01-(?P<label>0[1-8])-\d\d-\d\d-\d\d-(?P<speaker>\d\d)$'),
        {'01': 'neutral', '02': 'calm', '03': 'happy', '04': 'sad', '05': 'angry',
         '06': 'fearful', '07': 'disgust', '08': 'surprised'},
        (re.compile(r'/\d\d(-\d\d){6}$'), 'song or sound of a video')),
    'nemo': Naming(re.compile(
        r'/(?P<speaker>[A-Z]{2}\d)_(?P<label>anger|fear|happiness|neutral|sadness|surprised?)_'
        r'\d+$')),
    'emodb': Naming(
        re.compile(r'/(?P<speaker>\d\d)[ab]\d\d(?P<label>[WLEAFTN])[a-z]?$'),
        {'W': 'anger', 'L': 'boredom', 'E': 'disgust', 'A': 'fear', 'F': 'happiness',
         'T': 'sadness', 'N': 'neutral'}),
    'crema-d': Naming(
        re.compile(r'/(?P<speaker>\d{4})_[A-Z]{3}_(?P<label>ANG|DIS|FEA|HAP|NEU|SAD)_'
                   r'(LO|MD|HI|XX?)$'),
        {'ANG': 'anger', 'DIS': 'disgust', 'FEA': 'fear', 'HAP': 'happy', 'NEU': 'neutral',
         'SAD': 'sad'}),
    'tess': Naming(
        re.compile(r'/(?P<speaker>OAF?|YAF)_[^/_]+_'
                   r'(?P<label>angry|disgust|fear|happy|neutral|ps|sad)$'),
        {'ps': 'pleasant surprise'}),
    'savee': Naming(
        re.compile(r'/((?P<folder>DC|JE|JK|KL)/|(?P<speaker>DC|JE|JK|KL)_)'
                   r'(?P<label>sa|su|[adfhn])\d\d$'),
        {'a': 'anger', 'd': 'disgust', 'f': 'fear', 'h': 'happiness', 'n': 'neutral',
         'sa': 'sadness', 'su': 'surprise'}),
    'esd': Naming(re.compile(
        r'/(?P<speaker>\d{4})/(?P<label>Angry|Happy|Neutral|Sad|Surprise)/'
        r'((train|evaluation|test)/)?(?P=speaker)_\d{6}$')),
}


def recordings(corpus: str, paths: Iterable[Path]) -> tuple[
        list[Recording], list[tuple[Path, str]]]:
    """Return the clips of a corpus among these files, and what is left out and why.

    Downloads hold files twice (CREMA-D as WAV and MP3; copies of RAVDESS and TESS repeat
    themselves in a folder): of those with the same name and speaker one is taken, a lossless one
    if there is.
    """
    naming = NAMINGS[corpus]
    recordings_by_name: dict[tuple[str, str], Recording] = {}
    skipped = []
    for path in sorted(paths, key=lambda item: (item.suffix.lower() not in LOSSLESS, item)):
        recording = naming.parse(path)
        if recording is None:
            skipped.append((path, _reason(naming, path)))
            continue
        key = recording.speaker, path.stem
        if key in recordings_by_name:
            skipped.append((path, f'same name as {recordings_by_name[key].path}'))
        else:
            recordings_by_name[key] = recording
    return sorted(recordings_by_name.values(), key=lambda item: item.path), skipped


def _reason(naming: Naming, path: Path) -> str:
    if naming.other and naming.other[0].search(path.with_suffix('').as_posix()):
        return naming.other[1]
    return NO_NAME


def detect(paths: Iterable[Path]) -> Optional[str]:
    """Return the corpus that most of the paths are named like, if more than half are."""
    files = list(paths)
    for corpus, naming in NAMINGS.items():
        hits = sum(naming.parse(path) is not None
                   or bool(naming.other and naming.other[0].search(
                       path.with_suffix('').as_posix())) for path in files)
        if 2 * hits > len(files):
            return corpus
    return None
