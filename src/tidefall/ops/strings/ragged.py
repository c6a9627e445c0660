"""Joins of ragged tensors of strings."""

from __future__ import annotations

from functools import partial
from typing import Any

from tidefall.base.dispatch import handles
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.ops.ragged.elementwise import all_common
from tidefall.ops.ragged.reductions import reduce_ragged
from tidefall.ops.strings import joining
from tidefall.ops.strings.byte_arrays import text_tensor


@handles("strings.join", given=RaggedTensor)
def _join(inputs: Any, separator: str = "", name: str | None = None) -> Any:
    values = [v if isinstance(v, RaggedTensor) else text_tensor(v) for v in inputs]
    values = all_common(values)
    ragged = next(v for v in values if isinstance(v, RaggedTensor))
    flat = [v.flat_values if isinstance(v, RaggedTensor) else v for v in values]
    return ragged.with_flat_values(joining.join_op(flat, separator=separator, name=name))


@handles("strings.reduce_join", given=RaggedTensor)
def _reduce_join(
    inputs: Any,
    axis: Any = None,
    keepdims: bool = False,
    separator: str = "",
    name: str | None = None,
) -> Any:
    dense = partial(joining.reduce_join, separator=separator)
    segments = partial(joining.segment_join_op, separator=separator)
    return reduce_ragged(dense, segments, inputs, axis, keepdims)
