# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chunks of 20 ms out of pieces of any size."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ser_ros.audio.chunker import Chunker


def popped(chunker):
    chunks = [chunker.pop()]
    while chunks[-1] is not None:
        chunks.append(chunker.pop())
    return chunks[:-1]


@given(st.lists(st.integers(0, 1000), max_size=12))
def test_nothing_is_lost_or_reordered(sizes):
    signal = np.arange(sum(sizes)).astype(np.int16)
    chunker, chunks, start = Chunker(), [], 0
    for size in sizes:
        chunker.push(signal[start:start + size])
        chunks += popped(chunker)
        start += size
    chunker.pad()
    chunks += popped(chunker)
    assert all(chunk.shape == (320,) and chunk.dtype == np.int16 for chunk in chunks)
    padded = np.concatenate([signal, np.zeros(-signal.size % 320, np.int16)])
    assert np.array_equal(np.concatenate([padded[:0]] + chunks), padded)


def test_a_chunk_stays_as_it_was_when_more_comes():
    chunker = Chunker()
    chunker.push(np.full(400, 1, np.int16))
    first = chunker.pop()
    chunker.push(np.full(400, 2, np.int16))
    chunker.pop()
    assert (first == 1).all()
