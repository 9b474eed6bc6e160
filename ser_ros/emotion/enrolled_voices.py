# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Enrolled voices: what is normal for a person, kept as numbers in the user's state folder.

One JSON file for each person, which only its owner can read: the mean voice, from how much speech
it was made, and of which model. No sound is kept, and none can be made from the numbers.
"""

import contextlib
import json
import os
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Optional, Tuple

import numpy as np

from ser_ros.emotion.voice_baseline import KnownVoice, VoiceBaseline
from ser_ros.errors import SerError, listed
from ser_ros.files import check_regular
from ser_ros.inference.classifier import CALM
from ser_ros.inference.model_metadata import ModelInfo
from ser_ros.typed_values import build, key

OFF, RUNNING, ENROLLED = MODES = ('off', 'running', 'enrolled')
_ENDING = '.json'
_FORMAT = 1
# Letters, digits and Korean letters; a name is no path and no option of a command.
_NAME = re.compile('[0-9A-Za-z_ㄱ-ㆎ가-힣][0-9A-Za-z_ㄱ-ㆎ가-힣-]{0,63}')


@dataclass(frozen=True)
class EnrolledVoice:
    """What the file of an enrolled voice holds."""

    format: int = key('version of this file format', ge=_FORMAT, le=_FORMAT)
    model: str = key('name of the model that heard the voice')
    version: str = key('version of that model')
    seconds: float = key('how much speech was heard', gt=0)
    mean: Tuple[float, ...] = key('mean of the voice as the model hears it')


def open_baseline(mode: str, voice: str, info: ModelInfo) -> Optional[VoiceBaseline]:
    """Return the baseline that is asked for, None for off.

    Args:
        mode: one of MODES.
        voice: name or path of the enrolled voice; only for ENROLLED.
        info: of the model.

    Raises:
        SerError: if the model takes no baseline, or there is no such voice for it.
    """
    if mode == OFF:
        return None
    if not info.voice_size:
        raise SerError(f'the model {info.name} takes no baseline of the voice (voice_size 0); '
                       'choose a model that takes one, or set baseline to off')
    if CALM not in info.labels:
        raise SerError(f'the model {info.name} has no label {CALM}, so it cannot hear when a '
                       'voice is calm; set baseline to off')
    if mode == RUNNING:
        return VoiceBaseline(info.voice_size)
    if not voice:
        raise SerError('baseline enrolled needs the name of an enrolled voice; set voice to one '
                       f'of: {listed(names())}')
    return VoiceBaseline(info.voice_size, load(voice, info))


def folder() -> str:
    """Return the folder of the voices, below XDG_STATE_HOME or ~/.local/state."""
    state = os.environ.get('XDG_STATE_HOME') or os.path.join(
        os.path.expanduser('~'), '.local', 'state')
    return os.path.join(state, 'ser_ros', 'voices')


def names() -> Tuple[str, ...]:
    """Return the names of the enrolled voices, in alphabetical order."""
    try:
        entries = os.listdir(folder())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SerError(f'cannot read {folder()}: {error.strerror}') from error
    stems = (os.fsencode(entry[:-len(_ENDING)]).decode('utf-8', 'replace')
             for entry in entries if entry.endswith(_ENDING))
    return tuple(sorted(stem for stem in stems if _NAME.fullmatch(stem)))


def check_name(name: str) -> str:
    """Return a name in the form in which it is stored.

    Raises:
        SerError: if no voice can have it.
    """
    name = unicodedata.normalize('NFC', name)  # keyboards differ in how they compose Korean
    if not _NAME.fullmatch(name) or name in MODES:
        raise SerError(
            f'the name of a voice is {name!r}; allowed: up to 64 letters (A to Z, Korean), digits, '
            f'- and _, but no - at the start and none of {listed(MODES)}')
    return name


def path_of(name: str) -> str:
    """Return the path of the file of the voice with this name, which need not exist."""
    # Encoded by hand: the system's encoding may not have Korean letters.
    return os.path.join(folder(), os.fsdecode((check_name(name) + _ENDING).encode('utf-8')))


def save(name: str, known: KnownVoice, info: ModelInfo) -> str:
    """Write an enrolled voice, in place of an earlier one, and return its path.

    Raises:
        SerError: if the name is not allowed or the file cannot be written.
    """
    path = path_of(name)
    content = EnrolledVoice(_FORMAT, info.name, info.version, round(known.seconds, 1),
                            tuple(float(value) for value in known.mean))
    temporary = f'{path}.{os.getpid()}.tmp'
    try:
        os.makedirs(folder(), exist_ok=True)
        os.chmod(folder(), 0o700)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        # Never readable by others, not even for a moment.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, 'w', encoding='ascii') as file:
            json.dump(asdict(content), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise SerError(f'cannot write {path}: {error.strerror}') from error
    return path


def load(name_or_path: str, info: ModelInfo) -> KnownVoice:
    """Return an enrolled voice.

    Args:
        name_or_path: its name, or with a separator or the ending .json the path of its file.
        info: of the model that is to use it.

    Raises:
        SerError: if there is none, its file is broken, or another model heard it.
    """
    voice = read(name_or_path)
    heard = (voice.model, voice.version, len(voice.mean))
    if heard != (info.name, info.version, info.voice_size):
        raise SerError(
            'the voice {} was enrolled with the model {} {} (voice_size {}), but the model is {} '
            '{} (voice_size {}); enroll it with this model: ser_ros enroll'.format(
                name_or_path, *heard, info.name, info.version, info.voice_size))
    return KnownVoice(np.array(voice.mean, np.float32), voice.seconds)


def is_path(name_or_path: str) -> bool:
    """Return whether a text is the path of the file of a voice, not its name."""
    return os.sep in name_or_path or name_or_path.endswith(_ENDING)


def read(name_or_path: str) -> EnrolledVoice:
    """Return what the file of an enrolled voice holds, see `load`."""
    path = os.path.expanduser(name_or_path) if is_path(name_or_path) else path_of(name_or_path)
    try:
        check_regular(path)
        with open(path, encoding='ascii') as file:
            values = json.load(file)
    except FileNotFoundError:
        raise SerError(f'there is no enrolled voice {name_or_path}; enrolled: {listed(names())}. '
                       'ser_ros enroll makes one') from None
    except OSError as error:
        raise SerError(f'cannot read the voice {path}: {error.strerror}') from error
    except (ValueError, RecursionError) as error:
        raise SerError(f'{path} is not the file of an enrolled voice: {error}') from error
    return build(EnrolledVoice, values, path)


def delete(name: str) -> None:
    """Delete an enrolled voice.

    Raises:
        SerError: if there is none, or it cannot be deleted.
    """
    try:
        os.unlink(path_of(name))
    except FileNotFoundError:
        raise SerError(
            f'there is no enrolled voice {name}; enrolled: {listed(names())}') from None
    except OSError as error:
        raise SerError(f'cannot delete {path_of(name)}: {error.strerror}') from error
