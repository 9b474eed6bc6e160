# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model files: ONNX with everything that is needed to use them inside.

A model is a folder ``models/NAME/`` with a card (README.md) and one ONNX file for each precision
that is stored: ``fp32.onnx``, ``fp16.onnx``, ``int8.onnx``. Nothing but their metadata
(`ser_ros.inference.model_metadata`) describes the model.
"""

import os
from typing import Any, Callable, Dict, Tuple

from ser_ros import resources
from ser_ros.errors import SerError, listed
from ser_ros.extensions import Registry
from ser_ros.inference.model_metadata import ModelInfo, load_file, read_metadata

PRECISIONS = ('fp32', 'fp16', 'int8')
# How ROS packages register the folder of a model, see `resources.ament_folders`.
AMENT_RESOURCE = 'ser_ros.model'
# What all files of a model say.
_SHARED = ('name', 'version', 'labels', 'feature_set', 'input_shape', 'min_confidence',
           'voice_size')


class Model:
    """A model by its name, or by the path of a folder or ONNX file."""

    def __init__(self, name_or_path: str, resolve: Callable[[str], str] = str):
        """Find the model's files and read what they say; no runtime is loaded.

        Args:
            name_or_path: a plain name is that of a model in ``models/`` or of one that another
                package brings; with a separator or the ending ``.onnx`` it is a path.
            resolve: gets the path of each file before it is opened, and returns what to open;
                SerError where the file may not be used.

        Raises:
            SerError: if there is no such model, or its files are not models or disagree.
        """
        self._infos: Dict[str, ModelInfo] = {}
        self._resolve = resolve
        path = _find(name_or_path)
        if os.path.isdir(path):
            self._read_folder(path)
        else:
            info = read_metadata(resolve(path))
            self._infos[info.precision] = info

    def _read_folder(self, folder: str) -> None:
        for precision in PRECISIONS:
            path = os.path.join(folder, precision + '.onnx')
            if os.path.isfile(path):
                info = read_metadata(self._resolve(path))
                _check_member(info, precision, self._infos)
                self._infos[precision] = info
        if not self._infos:
            files = listed(name + '.onnx' for name in PRECISIONS)
            raise SerError(f'the model folder {folder} needs at least one of {files}')

    @property
    def info(self) -> ModelInfo:
        """Description of the file of the highest precision."""
        return self._infos[self.precisions[0]]

    @property
    def precisions(self) -> Tuple[str, ...]:
        """Precisions that are stored, the highest first."""
        return tuple(name for name in PRECISIONS if name in self._infos)

    def is_dynamic(self, precision: str) -> bool:
        """Return whether this precision is stored, with ranges that are measured in each window."""
        return precision in self._infos and self._infos[precision].is_dynamic

    def path(self, precision: str) -> str:
        """Return the path of the ONNX file of this precision.

        Raises:
            SerError: as `info_of`.
        """
        return self.info_of(precision).path

    def info_of(self, precision: str) -> ModelInfo:
        """Return what the file of this precision said when it was last read.

        Raises:
            SerError: if it is not stored; the text lists what is.
        """
        if precision not in self._infos:
            raise SerError(
                f'the model {self.info.name} has no {precision} file; available: '
                f'{listed(self.precisions)}')
        return self._infos[precision]

    def load(self, precision: str) -> Tuple[ModelInfo, bytes]:
        """Read the file of this precision and check that it still belongs to this model.

        The file may have been replaced since the model was found, such as by an update.

        Returns:
            What the file says now, and its content.

        Raises:
            SerError: if it is not stored or cannot be read, or is now another model's.
        """
        path = self._resolve(self.path(precision))
        info, content = load_file(path)
        self._resolve(path)  # a link may have taken its place meanwhile
        try:
            _check_member(info, precision, self._infos)
        except SerError as error:
            raise SerError(f'{error}. The file was replaced after the model was read: put the old '
                           'one back, or configure the node again') from error
        self._infos[precision] = info
        return info, content


def available_models() -> Tuple[str, ...]:
    """Names of the models that the package ships, then of those that other packages bring."""
    root = resources.share_path('models')
    shipped = sorted(name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name)))
    others = sorted({*resources.ament_folders(AMENT_RESOURCE), *_OF_PYTHON_PACKAGES})
    return tuple(dict.fromkeys(shipped + others))


def is_path(name_or_path: str) -> bool:
    """Return whether a text is the path of a model, not its name."""
    return os.sep in name_or_path or name_or_path.endswith('.onnx')


def _find(name_or_path: str) -> str:
    if is_path(name_or_path):
        if not os.path.exists(name_or_path):
            raise SerError(
                f'there is no model {name_or_path}; give the path of a folder or an ONNX file, or '
                f'the name of a model: {listed(available_models())}')
        return name_or_path
    known = available_models()
    if name_or_path not in known:
        raise SerError(
            f'unknown model {name_or_path!r}; give the name of a model '
            f'({listed(known)}), or the path of a folder or an ONNX file')
    return _folder(name_or_path)


def _folder(name: str) -> str:
    """Return the folder of a model that has a name."""
    shipped = os.path.join(resources.share_path('models'), name)
    if os.path.isdir(shipped):
        return shipped
    registered = resources.ament_folders(AMENT_RESOURCE)
    if name not in registered:
        return _OF_PYTHON_PACKAGES[name]
    if not os.path.isdir(registered[name]):
        raise SerError(f'the ament resource {AMENT_RESOURCE}/{name} leads to {registered[name]}, '
                       'which is not a folder; install the package that registers it again')
    return registered[name]


def _check_folder(name: str, folder: Any) -> str:
    if not isinstance(folder, (str, os.PathLike)) or not os.path.isdir(folder):
        raise SerError(f'the model {name!r} must be the path of a folder, got {folder!r}')
    return os.fspath(folder)


# The folders of models that Python packages bring.
_OF_PYTHON_PACKAGES: Registry[str] = Registry('model', 'ser_ros.models', {}, _check_folder)


def _check_member(info: ModelInfo, precision: str, others: Dict[str, ModelInfo]) -> None:
    if info.precision != precision:
        raise SerError(
            f'{info.path} is named {precision}, but its graph computes in {info.precision}')
    for other in others.values():
        for key in _SHARED:
            if getattr(info, key) != getattr(other, key):
                raise SerError(
                    f'{other.path} and {info.path} are not the same model: {key} '
                    f'{getattr(other, key)!r} and {getattr(info, key)!r}')
