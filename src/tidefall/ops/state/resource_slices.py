"""Assignments to a slice of a variable: what `variable[key].assign(value)` runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.op.effects import writes
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import no_outputs
from tidefall.ops.slices.slice_lowering import sliced_xla
from tidefall.ops.slices.slice_spec import Masks, updated


def _assign_host(
    ref: Any,
    begin: np.ndarray,
    end: np.ndarray,
    strides: np.ndarray,
    value: np.ndarray,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> None:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    with ref.lock:
        ref.value = updated(np.asarray(ref.read()), begin, end, strides, value, masks)


def _assign_xla(
    ref: Any,
    begin: Any,
    end: Any,
    strides: np.ndarray,
    value: Any,
    *,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> None:
    masks = Masks(begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    while value.ndim and value.shape[0] == 1:
        value = value[0]  # it broadcasts back, and may have had more dimensions than the slice
    ref.value = sliced_xla(ref.read(), begin, end, strides, masks, update=value)


op(
    "ResourceStridedSliceAssign",
    shape=no_outputs,
    host=_assign_host,
    xla=_assign_xla,
    effects=writes("ref"),
    gradient=NOT_DIFFERENTIABLE,
    static=("strides",),
)


def make_assignable(part: Any, variable: Any, bounds: list[Any], masks: dict[str, int]) -> Any:
    """Gives a slice of a variable its method `assign(value, name=None)`.

    Args:
        part: the slice.
        variable: what it is a slice of.
        bounds: begin, end and strides.
        masks: the attributes of StridedSlice.
    """

    def assign(value: Any, name: str | None = None) -> Any:
        """Set this part of the variable; returns the variable."""
        return variable._strided_slice_assign(*bounds, value, name, assign, **masks)

    part.assign = assign
    return part
