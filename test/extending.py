# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package of docs/extending.md as files: a raw waveform, a network on it and more."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys

import pytest

DOCUMENT = pathlib.Path(__file__).resolve().parents[1] / 'docs' / 'extending.md'


def blocks():
    """Return the text of the page's files by name."""
    text = DOCUMENT.read_text(encoding='utf-8')
    found = re.findall(r'`([\w./]+)`:\n\n```\w+\n(.*?)```', text, re.DOTALL)
    assert len(found) == len(dict(found))
    return dict(found)


def write_package(folder, *, without=()):
    """Write the files, with the metadata that an installation has, and return the folder."""
    for name, text in blocks().items():
        path = folder / name
        if name not in without:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding='utf-8')
    subprocess.run([sys.executable, 'setup.py', '-q', 'egg_info'], cwd=str(folder), check=True)
    return folder


def commands():
    """Return the commands of the page, as lists of words."""
    text = DOCUMENT.read_text(encoding='utf-8')
    return [line.split() for block in re.findall(r'```bash\n(.*?)```', text, re.DOTALL)
            for line in block.splitlines()]


def write_model(folder, window_s):
    """Write a model of the package's network, as it is before any training."""
    import torch
    import yaml

    from ser_ros.inference.onnx_file import writing
    from ser_ros.training.config import from_values
    from ser_ros.training.export import onnx_export
    from ser_ros.training.networks.registry import make_network
    torch.manual_seed(0)
    config = from_values(dict(
        yaml.safe_load(blocks()['my_model.yaml']), input_shape=[16000 * window_s]), 'my_model.yaml')
    shape = config.make_extractor().input_shape
    folder.mkdir(parents=True)
    model = onnx_export.to_onnx(make_network(config).eval(), shape)
    writing.save(model, str(folder / 'fp32.onnx'), {
        'name': config.name, 'version': config.version, 'labels': config.labels,
        'feature_set': config.feature_set, 'input_shape': list(shape), 'temperature': 1.0,
        'training_data': 'none', 'licence': config.licence, 'metrics': {}})
    return folder


@contextlib.contextmanager
def found(folder):
    """Let this process and those that it starts find the package, and forget it afterwards."""
    from ser_ros.features.registry import FEATURE_SETS
    from ser_ros.inference.registry import BACKENDS
    from ser_ros.mitigation.actions.base import ACTIONS
    from ser_ros.training.augment.registry import AUGMENTATIONS
    from ser_ros.training.config import NETWORKS
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv('PYTHONPATH', os.pathsep.join(
            filter(None, (str(folder), os.environ.get('PYTHONPATH', '')))))
        for registry in (FEATURE_SETS, BACKENDS, NETWORKS, AUGMENTATIONS, ACTIONS):
            patch.setattr(registry, '_loaded', dict(registry._loaded))
        yield folder
    for name in [name for name in sys.modules if name.split('.')[0] == 'my_sounds']:
        del sys.modules[name]
