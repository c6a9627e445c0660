"""XLA ops that TensorFlow exposes to Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.core.op import find_op, op
from tidefall.ops.common import lax, unchanged


def _update_host(operand: Any, update: Any, indices: Any) -> Any:
    limits = np.array(operand.shape) - np.array(update.shape)
    start = np.minimum(np.maximum(np.asarray(indices), 0), limits)
    result = np.array(operand)
    result[tuple(slice(int(s), int(s) + n) for s, n in zip(start, update.shape, strict=True))] = (
        update
    )
    return result


def _update_xla(operand: Any, update: Any, indices: Any) -> Any:
    return lax.dynamic_update_slice(operand, update, [indices[i] for i in range(operand.ndim)])


def _update_grad(op: Any, dy: Any) -> list[Any]:
    _operand, update, indices = op.inputs
    zeros = find_op("ZerosLike")(update)
    size = find_op("Shape")(update, out_type=indices.dtype)
    return [
        find_op("XlaDynamicUpdateSlice")(dy, zeros, indices),
        find_op("Slice")(dy, indices, size),
        None,
    ]


op(
    "XlaDynamicUpdateSlice",
    shape=unchanged,
    host=_update_host,
    xla=_update_xla,
    gradient=_update_grad,
)


def dynamic_update_slice(x: Any, updates: Any, start_indices: Any) -> Any:
    """`x` with the block at `start_indices` replaced by `updates`.

    Args:
        x: tensor of rank n.
        updates: tensor of rank n, no larger than `x` in any dimension.
        start_indices: integer vector of length n; clamped so that the block fits.
    """
    return find_op("XlaDynamicUpdateSlice")(x, updates, start_indices)
