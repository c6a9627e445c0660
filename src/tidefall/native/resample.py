"""Resizing pictures, and what is done with them next (native/resample.cc)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tidefall.native.fused_rnn import OPS
from tidefall.native.library import call, enabled

FEWEST_ELEMENTS = 1024
"""Elements of the result below which handing arrays over costs more than NumPy's loops."""

Sources = tuple[np.ndarray, np.ndarray, bool]
"""For each output position of an axis its positions in the input, int32 `[outputs, taps]`, and
their weights, float32; and whether these are two that blend."""


def takes(x: np.ndarray, outputs: int) -> bool:
    """Whether the kernel is there for pictures, and results of that many elements are worth it."""
    return x.dtype in (np.uint8, np.float32) and outputs >= FEWEST_ELEMENTS and enabled()


def resample(x: np.ndarray, rows: Sources, columns: Sources, rows_first: bool) -> np.ndarray:
    """Resample rows and columns.

    Args:
        x: `[batch, height, width, channels]`, uint8 or float32.
        rows, columns: the sources of each position of the result.
        rows_first: the order, which decides how results are rounded.

    Returns:
        float32 `[batch, new height, new width, channels]`.
    """
    shape = (x.shape[0], len(rows[0]), len(columns[0]), x.shape[3])
    inputs = [x, rows[0], rows[1], columns[0], columns[1]]
    settings = (int(rows_first), int(rows[2]), int(columns[2]))
    return call("resample", inputs, [(shape, np.float32)], settings)[0]


Step = tuple[str, bool, np.ndarray]
"""An operation of `STEPS`, whether the element comes second, and the other operand: float32, of one
value or one for each channel."""
STEPS = ("add", "sub", "mul", "div")
_NUMBERS = {name: OPS.index(name) for name in STEPS}


def prepare_pictures(
    x: np.ndarray,
    rows: Sources,
    columns: Sources,
    rows_first: bool,
    steps: Sequence[Step],
) -> np.ndarray:
    """Resample a part of pictures, turn them round, and apply steps to each element.

    Args:
        x: `[batch, height, width, channels]`, uint8 or float32.
        rows, columns, rows_first: as for `resample`.
        steps: what is applied to each element in turn.

    Returns:
        float32 `[batch, new height, new width, channels]`.
    """
    channels = x.shape[3]
    shape = (x.shape[0], len(rows[0]), len(columns[0]), channels)
    operands = np.empty((len(steps), channels), np.float32)
    numbers: list[int] = []
    for i, (name, swapped, operand) in enumerate(steps):
        operands[i] = operand
        numbers += (_NUMBERS[name], swapped)
    inputs = [x, rows[0], rows[1], columns[0], columns[1], operands]
    settings = (rows_first, rows[2], columns[2], *numbers)
    return call("prepare_pictures", inputs, [(shape, np.float32)], settings)[0]
