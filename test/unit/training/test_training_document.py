# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""docs/training.md names every key of the configuration, with its default."""

import pathlib
import re
from dataclasses import MISSING, asdict, fields, is_dataclass

import pytest
import yaml

from ser_ros.training import config

DOCUMENT = (pathlib.Path(__file__).resolve().parents[3] / 'docs' / 'training.md').read_text(
    encoding='utf-8')
SECTION = 'Under `training`:'
REQUIRED = object()


def rows(text):
    """Return the default by key of the tables whose columns are key, default and meaning."""
    table = text.split('| key | default | |\n')[1].split('\n\n')[0]
    found = {}
    for line in table.splitlines()[1:]:
        keys, default, meaning = (cell.strip() for cell in line.strip('|').split('|'))
        assert meaning
        for key in re.findall('`([^`]+)`', keys):
            found[key] = yaml.safe_load(default.strip('`')) if default else REQUIRED
    return found


def defaults(kind):
    def default(entry):
        if entry.default_factory is not MISSING:
            value = entry.default_factory()
            return asdict(value) if is_dataclass(value) else value
        return REQUIRED if entry.default is MISSING else entry.default
    return {entry.name: default(entry) for entry in fields(kind) if entry.name != 'training'}


@pytest.mark.parametrize('kind, text', [
    (config.Config, DOCUMENT.split(SECTION)[0]), (config.Training, DOCUMENT.split(SECTION)[1])],
    ids=['configuration', 'training'])
def test_keys_and_defaults(kind, text):
    assert rows(text) == defaults(kind)
