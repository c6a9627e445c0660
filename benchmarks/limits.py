"""The machine's own limits, measured in the run: products of matrices and copies of memory.

    python -m benchmarks.limits

A model cannot be faster than its floating-point operations at the rate of a large product of
matrices, whatever runs it. That is the limit that results are compared with; memory traffic, which
keeps models from reaching it, is not counted.
"""

from __future__ import annotations

import json
import time

import numpy as np

MATRIX = 2048
COPIED = 256 << 20
TRIES = 5


def measure(quick: bool = False) -> dict[str, float]:
    """Floating-point operations per second of a float32 product, and bytes copied per second.

    The best of a few tries counts: a limit is what the machine can do when nothing disturbs it.
    """
    size, bytes_copied = (256, 1 << 20) if quick else (MATRIX, COPIED)
    a = np.random.default_rng(0).standard_normal((size, size), dtype="float32")
    out = np.empty_like(a)
    source = np.ones(bytes_copied // 8)
    target = np.empty_like(source)
    return {
        "flops": 2 * size**3 / _best(lambda: np.matmul(a, a, out=out)),
        # Each byte is read and written.
        "copied": 2 * source.nbytes / _best(lambda: np.copyto(target, source)),
    }


def _best(action) -> float:
    action()
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def operations(case: str) -> float | None:
    """Floating-point operations of a row about a Keras model; None for other rows.

    Only products and convolutions count, two operations for a multiplication and its addition. A
    training step takes three times the forward pass, less the gradient of the model's input.
    """
    _, _, rest = case.partition("keras_")
    name, _, part = rest.partition("_")
    if name not in _FORWARD or part not in ("step", "predict", "predict_one"):
        return None
    batch, forward, first = _FORWARD[name]
    if part == "step":
        return 3 * forward - first
    return forward if part == "predict" else forward / batch


def _convolution(pixels: int, window: int, channels: int, filters: int) -> float:
    return 2.0 * pixels * window * channels * filters


_CNN = (
    _convolution(64 * 32 * 32, 9, 3, 32),
    _convolution(64 * 32 * 32, 9, 32, 64),
    _convolution(64 * 16 * 16, 9, 64, 128),
    2.0 * 64 * 8192 * 10,
)
_TOKENS = 32 * 64
_BLOCK = (
    4 * 2.0 * _TOKENS * 128 * 128,  # queries, keys, values, output
    2 * 2.0 * _TOKENS * 64 * 128,  # scores, and the values they weigh
    2 * 2.0 * _TOKENS * 128 * 512,
)
_LSTM_INPUT = 64 * 2.0 * 32 * 32 * 512

# Batch, operations of the forward pass, and those of the input's gradient.
_FORWARD = {
    "mlp": (128, 2.0 * 128 * (784 * 512 + 512 * 512 + 512 * 10), 2.0 * 128 * 784 * 512),
    "cnn": (64, sum(_CNN), _CNN[0]),
    "transformer": (32, 2 * sum(_BLOCK) + 2.0 * 32 * 128 * 10, 0.0),
    "lstm": (32, _LSTM_INPUT + 64 * 2.0 * 32 * 128 * 512 + 2.0 * 32 * 128 * 10, _LSTM_INPUT),
    # 0.39e9 multiplications for a picture of 224x224: table 2 of Tan and Le, arXiv 1905.11946.
    "efficientnet": (8, 8 * 2 * 0.39e9, 2.0 * 8 * 112 * 112 * 27 * 32),
}


if __name__ == "__main__":
    print(json.dumps(measure()))
