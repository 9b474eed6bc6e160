# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0

import pytest

from ser_ros.errors import SerError
from ser_ros.features.registry import FEATURE_SETS, create_extractor


def test_every_set_has_the_name_it_is_found_by():
    for name in FEATURE_SETS:
        assert create_extractor(name).name == name


def test_unknown_name():
    known = 'mel_yin_rms/1, efficientat_mel/1, mel_f0_level/1'
    with pytest.raises(SerError, match="unknown feature set 'mel/9'; allowed: " + known):
        create_extractor('mel/9')
