# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small blocks joined to large ones hold the same samples."""

import numpy as np
import pytest

from ser_ros.audio.blocks import join_blocks
from ser_ros.errors import SerError


@pytest.mark.parametrize('sizes, expected', [
    ([], []), ([320], [320]), ([320] * 3, [640, 320]), ([320] * 4, [640, 640]),
    ([1000, 5, 700], [1000, 705]), ([0, 1], [1])])
def test_blocks_are_joined(sizes, expected):
    samples = np.arange(sum(sizes), dtype=np.int16)
    blocks = np.split(samples, np.cumsum(sizes)[:-1]) if sizes else []
    joined = list(join_blocks(blocks, 640))
    assert [len(block) for block in joined] == expected
    assert all(block.dtype == np.int16 for block in joined)
    np.testing.assert_array_equal(np.concatenate([*joined, samples[:0]]), samples)


def test_an_error_comes_after_the_samples_before_it():
    def broken():
        yield np.ones(3, np.int16)
        raise SerError('the file ends early')

    joined = join_blocks(broken(), 640)
    assert len(next(joined)) == 3
    with pytest.raises(SerError, match='ends early'):
        next(joined)
