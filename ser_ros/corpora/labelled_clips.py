# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The clips of the corpora, their labels and speakers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ser_ros import corpora
from ser_ros.audio.file_source import FileSource
from ser_ros.audio.format import int16_to_float
from ser_ros.audio.offset import remove_offset
from ser_ros.corpora import Listing
from ser_ros.corpora.any_folder import name_of
from ser_ros.corpora.clip_check import leave_out_unreadable
from ser_ros.corpora.labels import COMMON, as_word
from ser_ros.corpora.lists import locate
from ser_ros.corpora.parts import EVERYONE, PARTS, Corpus, Selection, sentences_of
from ser_ros.corpora.sexes import sex_of
from ser_ros.corpora.speakers import AUTO, find_speakers
from ser_ros.errors import Faults, SerError, listed
from ser_ros.progress import Progress


@dataclass(frozen=True)
class Clip:
    """One recording.

    Attributes:
        corpus: its name.
        path: of the audio file.
        speaker: '' if the corpus does not name it.
        label: index of the emotion in the labels.
        sex: of the speaker, see `ser_ros.corpora.Recording`.
        text: what is said; '' if the corpus does not say it.
        sentence: id of what is said; '' if the corpus has none.
    """

    corpus: str
    path: Path
    speaker: str
    label: int
    sex: str = ''
    text: str = ''
    sentence: str = ''


def load_part(config: Selection, root: Path, part: str) -> list[Clip]:
    """Return the clips of ``part`` ('train', 'validation' or 'test') of every corpus.

    Args:
        root: folder that holds one folder for each corpus, in any layout that `ser_ros.corpora`
            reads.

    Raises:
        Faults: if something in a corpus has to be repaired.
        SerError: if a corpus, a speaker or a sentence is missing, or an emotion is not in the
            configuration.
    """
    assert part in PARTS
    clips: list[Clip] = []
    faults: list[str] = []
    for name, corpus in config.corpora.items():
        if not getattr(corpus, part):
            continue
        listing = corpora.read(_folder(root, name), numbers=corpus.numbers)
        faults += map(str, listing.faults)
        if not faults:
            if getattr(corpus, part) != [EVERYONE]:
                listing = find_speakers(listing)
            members = to_clips(name, listing, config.labels, config.merge, config.drop)
            clips += _of_part(corpus, part, listing, members)
    if faults:
        raise Faults(f'the corpora in {root} have {len(faults)} faults, which are listed above; '
                     'repair them, or move away what they concern', faults)
    if not clips:
        raise SerError(f'the configuration lists no speakers for {part}; add some')
    return clips


def _folder(root: Path, name: str) -> Path:
    """Return the folder of a corpus; ``root`` may be it as well as hold it."""
    folder = locate(root, name)
    return root if not folder.exists() and name_of(root) == name else folder


def _of_part(corpus: Corpus, part: str, listing: Listing, clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips that are of the part's speakers and of its sentences."""
    speakers = getattr(corpus, part)
    members = list(clips)
    if speakers != [EVERYONE]:
        members = [clip for clip in clips if clip.speaker in speakers]
        missing = set(speakers) - {clip.speaker for clip in members}
        if missing:
            raise SerError(f'{listing.folder}: no clips of the speakers {listed(sorted(missing))}')
    sentences = sentences_of(corpus, part, listing)
    return [clip for clip in members if sentences is None or clip.sentence in sentences]


def unused(config: Selection, root: Path) -> list[str]:
    """Return how many clips of corpora with `sentences` or `numbers` are in no part, in lines."""
    lines = []
    for name, corpus in config.corpora.items():
        if corpus.sentences is None and not corpus.numbers:
            continue
        listing = corpora.read(_folder(root, name), numbers=corpus.numbers)
        if listing.skipped:
            path, reason = listing.skipped[0]
            lines.append(f'{name}: {len(listing.skipped)} files are left out, such as {path.name}: '
                         f'{reason}')
        clips = to_clips(name, listing, config.labels, config.merge, config.drop)
        used = 0
        for part in PARTS:
            # Test speakers need not be there in training; whoever reads them says what is missing.
            with suppress(SerError):
                used += len(_of_part(corpus, part, listing, clips))
        lines.append(f'{name}: {len(clips) - used} of {len(clips)} clips are in no part, since '
                     'their speaker and their sentence are not in the same one')
    return lines


def to_clips(name: str, listing: Listing, labels: Sequence[str], merge: Mapping[str, str],
             drop: Sequence[str]) -> list[Clip]:
    """Return the clips whose emotion is among ``labels``.

    A label that is one of ``labels`` counts as itself, whatever it counts as elsewhere.

    Args:
        name: of the corpus, for the clips.

    Raises:
        SerError: if a label is neither one of ``labels`` nor merged nor dropped.
    """
    indices = {as_word(label): index for index, label in enumerate(labels)}
    emotions = {**corpora.emotion_map(listing.corpus),
                **{word: word for word in indices},
                **{as_word(word): emotion for word, emotion in merge.items()},
                **{as_word(word): None for word in drop}}
    clips = []
    for recording in listing.recordings:
        emotion = emotions.get(recording.label, recording.label)
        if emotion is None:
            continue
        if as_word(emotion) not in indices:
            raise SerError(
                f'{listing.folder}: unknown emotion {emotion!r}; add it to labels, merge or drop '
                f'in the configuration (labels: {listed(labels)})')
        clips.append(Clip(name, recording.path, recording.speaker, indices[as_word(emotion)],
                          recording.sex or sex_of(listing.corpus, recording.speaker),
                          recording.text, recording.sentence))
    return clips


def listings(root: Path, corpus: Optional[str] = None, speaker_from: str = AUTO) -> list[Listing]:
    """Return what is in a folder, for corpora that no configuration names.

    Args:
        root: a corpus, or a folder with several.
        corpus: whose file names and labels these are; found out where None.
        speaker_from: see `ser_ros.corpora.speakers.find_speakers`.

    Raises:
        SerError: if a corpus is not recognised, or ``speaker_from`` does not fit.
    """
    return [find_speakers(corpora.read(folder, corpus), speaker_from)
            for folder in corpora.find_folders(root)]


def strangers(root: Path, labels: Sequence[str], corpus: Optional[str] = None,
              speaker_from: str = AUTO,
              merge: Optional[Mapping[str, str]] = None) -> tuple[list[Clip], dict[str, int]]:
    """Return the clips of all speakers in a folder, for corpora that no configuration names.

    Args:
        root, corpus, speaker_from: see `listings`.
        labels: those of the model. Clips of others are left out, except for those that count as
            one of them, see `merged`.
        merge: labels that the training of the model counted as one of ``labels``.

    Returns:
        The clips, and how many of which label are left out.

    Raises:
        SerError: as `listings`, or if no clip is left.
    """
    clips: list[Clip] = []
    left_out: Counter = Counter()
    for listing in listings(root, corpus, speaker_from):
        known = known_labels(listing, labels, merge)
        strange = {item.label for item in listing.recordings} - set(known)
        left_out.update(item.label for item in listing.recordings if item.label in strange)
        clips += to_clips(listing.folder.name, listing, labels, known, list(strange))
    if not clips:
        raise SerError(f'{root}: no clips of the emotions {listed(labels)}')
    return clips, dict(left_out)


def merged(listing: Listing, labels: Sequence[str],
           merge: Optional[Mapping[str, str]] = None) -> dict[str, str]:
    """Return the labels of a corpus that count as another emotion of the model, such as calm."""
    present = {item.label for item in listing.recordings}
    known = known_labels(listing, labels, merge)
    return {label: emotion for label, emotion in sorted(known.items())
            if label in present and emotion not in (label, COMMON.get(label))}


def known_labels(listing: Listing, labels: Sequence[str],
                 merge: Optional[Mapping[str, str]]) -> dict[str, str]:
    """Return the labels that count as one of the model's, and as which."""
    own = {as_word(label): as_word(label) for label in labels}
    emotions = {**corpora.emotion_map(listing.corpus), **own,
                **{as_word(word): as_word(emotion) for word, emotion in (merge or {}).items()}}
    return {word: emotion for word, emotion in emotions.items() if emotion and emotion in own}


def notes(listing: Listing, labels: Sequence[str],
          merge: Optional[Mapping[str, str]] = None) -> list[str]:
    """Return where the speakers of a corpus come from and what its labels count as, in words."""
    name = listing.folder.name
    return [f'Speakers of {name}: {listing.speakers}.', *(
        f'{name}: {label} counts as {emotion}.'
        for label, emotion in merged(listing, labels, merge).items())]


def skipped(root: Path, corpus: Optional[str] = None) -> list[tuple[Path, str]]:
    """Return the files in a folder that `strangers` does not take for clips, and why not."""
    listings = [corpora.read(folder, corpus) for folder in corpora.find_folders(root)]
    return [file for listing in listings for file in (
        *((fault.path, fault.problem) for fault in listing.faults), *listing.skipped)]


def readable(clips: Sequence[Clip], threads: int,
             progress: Progress) -> tuple[list[Clip], list[str]]:
    """Return the clips of which something can be decoded, and what is wrong with the others.

    Raises:
        SerError: if there is none.
    """
    paths, problems = leave_out_unreadable([clip.path for clip in clips], threads, progress)
    left = set(paths)
    return [clip for clip in clips if clip.path in left], problems


def read_samples(path: Path, min_samples: int = 0) -> np.ndarray:
    """Read a clip exactly as the running graph hears it.

    That is 16 kHz mono, rounded to 16 bits, in whole chunks, without an offset.

    Args:
        min_samples: silence follows a shorter clip up to this length.

    Returns:
        float32 (n,) in [-1, 1].

    Raises:
        SerError: if the file cannot be read.
    """
    with closing(FileSource(str(path), min_samples=min_samples)) as source:
        return remove_offset(int16_to_float(np.concatenate(list(source))))


def describe(clips: list[Clip], labels: list[str]) -> str:
    """Return one line a corpus: clips, speakers, and clips of each label."""
    lines = []
    for name in dict.fromkeys(clip.corpus for clip in clips):
        chosen = [clip for clip in clips if clip.corpus == name]
        counts = Counter(labels[clip.label] for clip in chosen)
        speakers = {clip.speaker for clip in chosen}
        number = 'unknown' if '' in speakers else len(speakers)
        by_label = listed(f'{counts[label]} {label}' for label in labels)
        lines.append(f'{name}: {len(chosen)} clips of {number} speakers ({by_label})')
    return '\n'.join(lines)
