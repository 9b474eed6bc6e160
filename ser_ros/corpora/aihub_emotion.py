# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""AI-Hub's emotional speech (감정 음성 데이터셋), data set 637 of https://aihub.or.kr.

- First part: a folder for each of 8 actors, F0001 to M0004, in it script.txt
  (`ser_ros.corpora.aihub_script`) and wav_48000/F0001_000001.wav. All actors read the same
  sentences, so the number behind ``_`` is the sentence.
- Second part: recordings of 501 people, such as F2001_000021.wav, without a script. Nothing that
  comes with them names the emotion. They are read only with ranges of numbers for each emotion.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Optional

from ser_ros.corpora.aihub_script import ID, WORDS, Script, Utterance, read_script
from ser_ros.corpora.labels import COMMON, as_word
from ser_ros.corpora.naming import LOSSLESS
from ser_ros.corpora.recording import Fault, Listing, Recording
from ser_ros.errors import SerError

CORPUS = 'aihub-emotion'
LAYOUT = 'scripts of the speakers'
SCRIPT = 'script.txt'
SPEAKER = re.compile(r'[FM]\d{4}')
SECOND_PART = re.compile(r'[FM][1-9]\d{3}')
# The first and the last number of each emotion, by its label.
Numbers = Mapping[str, Sequence[int]]


def is_corpus(folder: Path, audio: Sequence[Path], scripts: Iterable[Path]) -> bool:
    """Return whether speakers' folders have scripts, or most files are named like the corpus's.

    Files that somebody has sorted into folders of emotions are another layout.
    """
    if any(SPEAKER.fullmatch(path.resolve().parent.name) for path in scripts):
        return True
    words = {*COMMON, *map(as_word, WORDS)}
    hits = sum(not words & set(map(as_word, path.relative_to(folder).parts[:-1]))
               for path in audio if ID.fullmatch(path.stem))
    return 2 * hits > len(audio)


def read(folder: Path, audio: Sequence[Path], scripts: Sequence[Path],
         numbers: Numbers) -> Listing:
    """Return the clips of all speakers in a folder, and the faults of their scripts.

    Args:
        folder: the corpus, or the folder of one speaker.
        audio: all audio files in it.
        scripts: all files named SCRIPT in it.
        numbers: what the numbers of the second part stand for; it is refused without.

    Raises:
        SerError: if recordings of the second part are there and ``numbers`` is empty.
    """
    listing = Listing(CORPUS, folder, LAYOUT, [])
    scripts_of: dict[str, list[Path]] = defaultdict(list)
    for path in scripts:
        scripts_of[_speaker(folder, path)].append(path)
    files_of: dict[str, list[Path]] = defaultdict(list)
    for path in audio:
        files_of[_speaker(folder, path)].append(path)
    second = {speaker: files for speaker, files in files_of.items()
              if speaker not in scripts_of and SECOND_PART.fullmatch(speaker)}
    if second and not numbers:
        raise SerError(_refusal(folder, second))
    for speaker in sorted({*files_of, *scripts_of} - {''}):
        files = _by_id(files_of[speaker], listing)
        if speaker in second:
            _add_by_numbers(listing, speaker, files, numbers)
        else:
            _add_by_script(listing, speaker, files, scripts_of[speaker])
    listing.skipped.extend((path, 'not a recording of a speaker of this corpus')
                           for path in files_of[''])
    return listing


def _speaker(folder: Path, path: Path) -> str:
    """Return the speaker whose folder a file is in, else the one in its name, else ''."""
    for name in reversed(path.relative_to(folder.parent).parts[:-1]):
        if SPEAKER.fullmatch(name):
            return name
    match = ID.fullmatch(path.stem)
    return match['speaker'] if match else ''


def _by_id(files: Sequence[Path], listing: Listing) -> dict[str, Path]:
    """Return the files by their names; of the same recording in several formats, one."""
    chosen: dict[str, Path] = {}
    for path in sorted(files, key=lambda item: (item.suffix.lower() not in LOSSLESS, item)):
        name = unicodedata.normalize('NFC', path.stem)
        if name in chosen:
            listing.skipped.append((path, f'same name as {chosen[name]}'))
        else:
            chosen[name] = path
    return dict(sorted(chosen.items()))


def _add_by_script(listing: Listing, speaker: str, files: Mapping[str, Path],
                   scripts: Sequence[Path]) -> None:
    if not scripts:
        place = _folder_of(speaker, next(iter(files.values())))
        listing.faults.append(Fault(
            place / SCRIPT, 0, f'the script of the speaker {speaker} is missing; without it '
            f'nothing says what the {len(files)} recordings are'))
        return
    known: set[str] = set()
    for path in scripts:
        try:
            script = read_script(path, speaker)
        except SerError as error:
            listing.faults.append(Fault(path, 0, f'the script of the speaker {speaker}: {error}'))
            return
        listing.faults.extend(script.faults)
        _add_script(listing, speaker, files, script)
        known |= {*script.utterances, *script.faulty}
    listing.faults.extend(Fault(path, 0, f'{scripts[0]} has no lines for it')
                          for name, path in files.items() if name not in known)


def _add_script(listing: Listing, speaker: str, files: Mapping[str, Path],
                script: Script) -> None:
    if not files:
        listing.faults.append(Fault(script.path, 0, f'the recordings of the speaker {speaker} are '
                                    'missing; unpack them into this folder'))
        return
    for utterance in script.utterances.values():
        if utterance.id in files:
            listing.recordings.append(_recording(speaker, files[utterance.id], utterance))
        else:
            listing.faults.append(Fault(script.path, utterance.line,
                                        f'the recording {utterance.id} is missing'))


def _recording(speaker: str, path: Path, utterance: Utterance) -> Recording:
    return Recording(path, utterance.label, speaker, text=utterance.text,
                     sentence=utterance.sentence)


def _folder_of(speaker: str, path: Path) -> Path:
    """Return the folder of a speaker that a file is in; the file's own where it is in none."""
    return next((parent for parent in path.parents if parent.name == speaker), path.parent)


def _add_by_numbers(listing: Listing, speaker: str, files: Mapping[str, Path],
                    numbers: Numbers) -> None:
    for name, path in files.items():
        match = ID.fullmatch(name)
        label = match and _label(int(match['number']), numbers)
        if match and label:
            listing.recordings.append(
                Recording(path, label, speaker, sentence=match['number']))
        else:
            listing.skipped.append((path, 'its number is in no range of `numbers`'))


def _label(number: int, numbers: Numbers) -> Optional[str]:
    return next((as_word(label) for label, (first, last) in numbers.items()
                 if first <= number <= last), None)


def _refusal(folder: Path, second: Mapping[str, Sequence[Path]]) -> str:
    first = min(second)
    return (
        f'{folder} has recordings of {len(second)} people of the second part of {CORPUS}, such as '
        f'{min(second[first]).name}. They have no script, and programs that take the emotion from '
        "the file's number disagree. If you know the numbers, state them in the training "
        'configuration, below the corpus (numbers: {anxious: [21, 30], ...}). Otherwise move these '
        'recordings to another folder')
