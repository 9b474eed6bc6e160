# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pretrained speech encoders as the Hugging Face hub stores them: a folder of several files.

Only JSON and tensors are read. No code of a folder is run.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ser_ros.errors import SerError, listed
from ser_ros.files import check_regular
from ser_ros.training.networks import pretrained

RATE_HZ = 16000
CONFIG = ('config.json',)
WEIGHTS = ('model.safetensors', 'pytorch_model.bin')
PROCESSOR = ('preprocessor_config.json', 'processor_config.json')
VOCABULARY = 'vocab.json'
# The hub's answer to a question takes no longer than this [s].
PATIENCE_S = 10.0
_HUB_NAME = re.compile(r'\w[\w.-]*/\w[\w.-]*')


@dataclass(frozen=True)
class PretrainedFolder:
    """The files of a pretrained encoder.

    Attributes:
        config: its architecture and sizes.
        weights: its tensors.
        processor: how it wants its input.
    """

    config: Path
    weights: Path
    processor: Path

    def architecture(self) -> dict[str, Any]:
        """Return the content of config.json.

        Raises:
            SerError: if it cannot be read.
        """
        return _read_json(self.config)

    def normalises(self) -> bool:
        """Return whether the encoder was trained on windows of zero mean and unit variance.

        Raises:
            SerError: if the file cannot be read, or the encoder wants another sampling rate.
        """
        values = _read_json(self.processor)
        values = values.get('feature_extractor', values)  # newer files keep all parts in one
        rate = values.get('sampling_rate', RATE_HZ)
        if rate != RATE_HZ:
            raise SerError(f'{self.processor} has the sampling_rate {rate!r}; allowed: {RATE_HZ}, '
                           'the rate of the whole graph [Hz]')
        return bool(values.get('do_normalize', True))

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return the weights by name.

        Raises:
            SerError: if the file cannot be read.
        """
        if self.weights.suffix == '.safetensors':
            return pretrained.read_safetensors(self.weights)
        return dict(pretrained.read(self.weights))

    def sha256(self) -> str:
        """Return the hash of all that the network takes over.

        Raises:
            SerError: if a file cannot be read.
        """
        digest = hashlib.sha256()
        for path in self.config, self.processor, self.weights:
            digest.update(pretrained.file_sha256(path).encode())
        return digest.hexdigest()


def find(name: str) -> PretrainedFolder:
    """Find a folder, or the local copy of a model on the hub, which is fetched where it is missing.

    Args:
        name: path of a folder, or OWNER/MODEL on the hub.

    Raises:
        SerError: if a file is missing, or the hub does not give it; the text says what is needed.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return _of(path)
    if path.exists():
        raise SerError(f'pretrained: {name} is a file; allowed: {_needed()}')
    if not _HUB_NAME.fullmatch(name):
        raise SerError(f'pretrained: there is no folder {name}; allowed: {_needed()}, or a name on '
                       'the hub, OWNER/MODEL')
    return _of_hub(name)


def _needed() -> str:
    files = [' or '.join(names) for names in (CONFIG, WEIGHTS, PROCESSOR)]
    return f'a folder with {", ".join(files)}, and {VOCABULARY} if the model has a tokenizer'


def _of(folder: Path) -> PretrainedFolder:
    found = [_first(folder, names) for names in (CONFIG, WEIGHTS, PROCESSOR)]
    config, weights, processor = found
    if config is None or weights is None or processor is None:
        missing = [' or '.join(names) for names, path in zip(
            (CONFIG, WEIGHTS, PROCESSOR), found, strict=True) if path is None]
        raise SerError(f'pretrained: {folder} lacks {listed(missing)}; needed: {_needed()}')
    return PretrainedFolder(config, weights, processor)


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).exists()), None)


def _of_hub(name: str) -> PretrainedFolder:
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError
    try:
        return _of(Path(huggingface_hub.snapshot_download(name, local_files_only=True)))
    except (LocalEntryNotFoundError, SerError):
        pass  # there is no copy here, or only a part of one
    try:
        info = huggingface_hub.HfApi().model_info(name, timeout=PATIENCE_S)
        there = {file.rfilename for file in info.siblings or []}
        weights = next((file for file in WEIGHTS if file in there), WEIGHTS[0])
        folder = huggingface_hub.snapshot_download(
            name, revision=info.sha, etag_timeout=PATIENCE_S,
            allow_patterns=[*CONFIG, weights, *PROCESSOR, VOCABULARY])
    except Exception as error:  # the client and what it is built on have many classes of their own
        reason = str(error).strip().split('\n', 1)[0] or type(error).__name__
        raise SerError(
            f'pretrained: {name} is neither a folder nor on the hub as far as this machine can '
            f'see ({reason}); give {_needed()}, such as hf download {name} --local-dir FOLDER '
            'makes where there is a connection, and set pretrained: FOLDER') from error
    return _of(Path(folder))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        check_regular(str(path))
        values = json.loads(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise SerError(f'cannot read {path}: {error.strerror}') from error
    except ValueError as error:
        raise SerError(f'{path} is not JSON: {error}') from error
    if not isinstance(values, dict):
        raise SerError(f'{path} must hold a JSON object')
    return values
