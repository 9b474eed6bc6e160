# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The script of one speaker of AI-Hub's emotional speech: what each recording says, and how.

An utterance has four lines: the header, the sentence with its phrase marks, the pronunciation and
an empty line::

    F0001_100001 KIND #차분하게
    할머니~|||HL 왜요?|||LH 잠이 안 오세요?||||LH
    할머니 왜요 자미 아 노세요

"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ser_ros.corpora.labels import as_word
from ser_ros.corpora.lists import read_text
from ser_ros.corpora.recording import Fault
from ser_ros.errors import listed

WORDS = ('NEUTRAL', 'SAD', 'ANGRY', 'JOY', 'SURPRISE', 'FEAR', 'UNPLEASURE', 'KIND', 'TEASE', 'DRY',
         'SERIOUS', 'DOUBT', 'ANXIOUS', 'SHY', 'HURRY', 'HESITATE')
ID = re.compile(r'(?P<speaker>[FM]\d{4})_(?P<number>\d{6})')
HEADER = re.compile(rf'(?P<id>{ID.pattern})\s+(?P<word>[^\s#]+)\s*(#.*)?')
# What a header begins with, also one that is broken further on.
BEGINNING = re.compile(r'[FM]\d+_\d+\b')
PHRASE_MARK = re.compile(r'\|+[A-Z]*')
LINES = 3  # that hold something
SHOWN = 60  # characters of a line in a message


@dataclass(frozen=True)
class Utterance:
    """What the script says of one recording.

    Attributes:
        id: name of its file without the ending.
        line: number of the header's line.
        label: its emotion in the corpus's own word, in lower case.
        sentence: id of what is said, the same for every actor.
        text: what is said, without phrase marks.
    """

    id: str
    line: int
    label: str
    sentence: str
    text: str


@dataclass
class Script:
    """A script that was read.

    Attributes:
        path: the file.
        utterances: those without a fault, by id.
        faults: what is wrong in the file.
        faulty: ids of the utterances that the faults concern, as far as they can be read.
    """

    path: Path
    utterances: dict[str, Utterance] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)


def read_script(path: Path, speaker: str) -> Script:
    """Read a script; what is wrong in it becomes one of its faults.

    Args:
        path: the file, in UTF-8 or CP949.
        speaker: whose script it is.

    Raises:
        SerError: if the file cannot be read.
    """
    text = unicodedata.normalize('NFC', read_text(path)).replace('\r\n', '\n').replace('\r', '\n')
    lines = [line.strip('\ufeff \t') for line in text.split('\n')]
    script = Script(path)
    number = 0
    while number < len(lines):
        block = _block(lines, number)
        if lines[number]:
            _add(script, speaker, number + 1, block)
        number += len(block) if lines[number] else 1
    return script


def _block(lines: Sequence[str], start: int) -> list[str]:
    """Return the lines of the utterance that begins at an index, up to the next header."""
    block = [lines[start]]
    for line in lines[start + 1:start + LINES]:
        if BEGINNING.match(line):
            break
        block.append(line)
    return block


def _add(script: Script, speaker: str, line: int, block: Sequence[str]) -> None:
    header = HEADER.fullmatch(block[0])
    if header is None:
        script.faulty.update(match.group() for match in ID.finditer(block[0]))
        script.faults.append(Fault(
            script.path, line, f'broken header {_shown(block[0])}; needed: an id such as '
            'F0001_100001, a word such as KIND and, where there is one, a direction behind #'))
        return
    name = header['id']
    faults = [*_faults_of_header(script, speaker, line, header),
              *_faults_of_sentence(script, name, line, block)]
    if faults:
        script.faults += faults
        script.faulty.add(name)
    else:
        script.utterances[name] = Utterance(
            name, line, as_word(header['word']), header['number'], _plain(block[1]))


def _faults_of_header(script: Script, speaker: str, line: int,
                      header: re.Match[str]) -> Iterator[Fault]:
    name, word = header['id'], header['word']
    if header['speaker'] != speaker:
        yield Fault(script.path, line, f'{name} is not an id of the speaker {speaker}')
    if name in script.utterances:
        yield Fault(script.path, line, f'{name} is there twice; first in line '
                    f'{script.utterances[name].line}')
    if word.upper() not in WORDS:
        yield Fault(script.path, line, f'{name}: unknown word {_shown(word)}; allowed: '
                    f'{listed(WORDS)}')


def _faults_of_sentence(script: Script, name: str, line: int,
                        block: Sequence[str]) -> Iterator[Fault]:
    present = sum(map(bool, block))
    if len(block) > 1 and not _plain(block[1]):
        yield Fault(script.path, line + 1, f'{name}: the sentence is empty')
    elif present < LINES:
        yield Fault(script.path, line, f'{name} has {present} of {LINES} lines; needed: the '
                    'header, the sentence, its pronunciation and an empty line')


def _plain(sentence: str) -> str:
    """Return a sentence without its phrase marks."""
    return ' '.join(PHRASE_MARK.sub('', sentence).split())


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + '...')
