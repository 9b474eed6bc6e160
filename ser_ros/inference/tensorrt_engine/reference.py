# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stored question that every engine is asked when it is loaded, and ONNX Runtime's answer.

The answer is computed when the engine is built, from the same graph, and kept in the engine file:
loading an engine then costs no second runtime.
"""

from typing import Any, Dict, Tuple

import numpy as np

from ser_ros.inference.softmax import softmax
from ser_ros.inference.tensorrt_engine.engine_file import UnusableEngine

# Of probabilities, by the precision. INT8 is compared with the INT8 graph, whose rounding at ties
# differs between runtimes and goes on through the layers.
TOLERANCES = {'fp32': 1e-3, 'fp16': 1e-2, 'int8': 5e-2}


def stored_input(shape: Tuple[int, ...]) -> np.ndarray:
    """Return the stored input: waves of several lengths from 0 to 1, float32.

    Like a window of features it is smooth, fills the range and has no row like another.
    """
    position = np.arange(int(np.prod(shape)), dtype=np.float64)
    waves = np.sin(np.outer((0.9, 0.11, 0.013, 0.0017), position)).sum(axis=0)
    return (0.5 + waves / 8).astype(np.float32).reshape(shape)


def question(shape: Tuple[int, ...], voice_size: int = 0) -> Tuple[np.ndarray, ...]:
    """Return all stored inputs of a model: `stored_input`, and the baseline where it takes one."""
    if not voice_size:
        return (stored_input(shape),)
    baseline = stored_input((voice_size + 1,)) - np.float32(0.5)
    baseline[-1] = 0.5  # a voice that is half known
    return stored_input(shape), baseline


def ask(path: str, shape: Tuple[int, ...], temperature: float,
        voice_size: int = 0) -> Dict[str, Any]:
    """Return what ONNX Runtime answers with the graph ``path``, to be kept in the engine file.

    Raises:
        SerError: if ONNX Runtime can't load it.
    """
    from ser_ros.onnx_session import open_session
    session = open_session(path)
    inputs = {tensor.name: value[np.newaxis] for tensor, value in zip(
        session.get_inputs(), question(shape, voice_size))}
    logits = session.run(None, inputs)[0][0]
    return {'probabilities': [float(value) for value in softmax(logits / temperature)]}


def check(answer: Dict[str, Any], logits: np.ndarray, temperature: float, precision: str) -> float:
    """Compare an engine's answer with the stored one.

    Args:
        logits: of the engine, to `question`. They depend on the voice as well, so they say whether
            that is right.

    Returns:
        the largest difference of a probability.

    Raises:
        UnusableEngine: if it is over TOLERANCES, or the answer is not finite.
    """
    if not np.all(np.isfinite(logits)):
        raise UnusableEngine(f'the engine answers {logits} to the stored input')
    try:
        expected = np.array(answer.get('probabilities', ()), np.float32)
    except (TypeError, ValueError) as error:
        raise UnusableEngine('the engine file has no answer by ONNX Runtime') from error
    probabilities = softmax(logits / temperature)
    if expected.shape != probabilities.shape:
        raise UnusableEngine(
            f'the engine returns {probabilities.size} probabilities, ONNX Runtime {expected.size}')
    difference = float(np.abs(probabilities - expected).max())
    if not difference <= TOLERANCES[precision]:
        raise UnusableEngine(
            f'the engine differs from ONNX Runtime by {difference:.2g} in a probability for the '
            f'stored input; allowed in {precision}: {TOLERANCES[precision]:g}')
    return difference
