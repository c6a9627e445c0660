"""Weights that are whole multiples of a step already, as training with quantization leaves them.

Such weights keep their integers. Folding a batch normalization multiplies each channel's step, and
transposing moves it, so that the step is found in the numbers instead of carried along.
"""

from __future__ import annotations

import numpy as np

from tidefall.lite.converter.ir import Quantization

_LARGEST = 127
_TOLERANCE = 2e-3
"""Of a step: what rounding in float32 leaves."""
_SCREENED = 256
"""How many weights are looked at before all of them are."""
_STEPS = np.arange(1, _LARGEST + 1, dtype=np.float64)


def on_grid(data: np.ndarray, axis: int | None) -> tuple[np.ndarray, Quantization] | None:
    """The integers of weights that lie on a grid with zero at zero, exactly.

    Args:
        data: float weights.
        axis: the dimension whose slices may have steps of their own; None for one step.

    Returns:
        int8 weights in [-127, 127] and their scales, one for each slice along `axis`; None if they
        lie on no grid.
    """
    step = _step(data.reshape(-1))
    if axis is None:
        steps = None if step is None else np.array([step])
    elif step is not None:
        steps = np.full(data.shape[axis], step)
    else:
        rows = np.moveaxis(data, axis, 0).reshape(data.shape[axis], -1)
        found = [_step(row) for row in rows]
        steps = None if None in found else np.array(found, np.float64)
    if steps is None:
        return None
    scale = steps.astype(np.float32)
    quantization = Quantization(scale, np.zeros(scale.shape, np.int64), axis or 0)
    integers = np.clip(quantization.quantize(data, np.int8), -_LARGEST, _LARGEST)
    return integers.astype(np.int8), quantization


def _step(values: np.ndarray) -> float | None:
    """The largest step that all values are multiples of, at most 127 times; else None."""
    magnitude = np.abs(values.astype(np.float64))
    most = magnitude.max(initial=0.0)
    if most == 0.0:
        return 1.0
    parts = magnitude / most
    few = parts[:: max(1, parts.size // _SCREENED)][:, None] * _STEPS
    fits = np.abs(few - np.rint(few)).max(axis=0) < _TOLERANCE
    for count in _STEPS[fits]:
        times = parts * count
        if np.abs(times - np.rint(times)).max() < _TOLERANCE:
            # A bias is rounded to steps too: these are not to be coarser than need be.
            return float(most / count / (_LARGEST // int(count)))
    return None
