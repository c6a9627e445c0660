"""What static shapes tell: shapes become constants, and nodes that change no shape go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, is_pure, known
from tidefall.graph.static_values import static_value
from tidefall.op import raw
from tidefall.tensor.tensor import NOT_ASKED

Result = Sequence[Any] | None


def simplify_shapes(graph: FuncGraph) -> int:
    """Replace Shape, Size and Rank of known shapes by constants, and drop Reshape, Squeeze,
    ExpandDims, Transpose, BroadcastTo, Tile, Pad, Slice and the like where they change nothing.
    """
    return Rewriter(graph).run(_RULES)


def same_shape(a: TensorShape, b: TensorShape) -> bool:
    """True if both are fully known and equal."""
    return a.is_fully_defined() and b.is_fully_defined() and a.as_list() == b.as_list()


def _same_elements(a: TensorShape, b: TensorShape) -> bool:
    """True if tensors with as many elements must have one shape: one unknown size may differ."""
    if a.rank is None or b.rank is None:
        return False
    dims = a.as_list()
    return dims == b.as_list() and (
        dims.count(None) == 0 or (dims.count(None) == 1 and 0 not in dims)
    )


# ---- shapes as values ----


def _shape(node: Operation, rewriter: Rewriter) -> Result:
    if node.control_inputs:
        return None
    values = [value for t in node.outputs if (value := static_value(t)) is not None]
    if len(values) < len(node.outputs):
        return None
    rewriter.release(node)
    return [
        rewriter.constant(value, t.dtype, node)
        for value, t in zip(values, node.outputs, strict=True)
    ]


def _slice_of_shape(node: Operation, rewriter: Rewriter) -> Result:
    """A dimension of a shape may be known when the others are not."""
    source = node.inputs[0]
    if source.op.op_type is not raw.Shape or not is_pure(node):
        return _whole_strided_slice(node, rewriter)
    node.outputs[0].static_value = NOT_ASKED
    return _shape(node, rewriter)


def _like(node: Operation, rewriter: Rewriter) -> Result:
    """Small ZerosLike and OnesLike of known shape are constants."""
    out = node.outputs[0]
    size = out.shape.num_elements()
    if not is_pure(node) or size is None or size > 1024 or not _is_number(out.dtype):
        return None
    dtype = out.dtype.as_numpy_dtype
    rewriter.release(node)
    make = np.zeros if node.op_type is raw.ZerosLike else np.ones
    sizes = [d for d in out.shape.as_list() if d is not None]
    return [rewriter.constant(make(sizes, dtype), out.dtype, node)]


def _is_number(dtype: Any) -> bool:
    return (dtype.is_floating or dtype.is_integer or dtype.is_bool) and not dtype.is_quantized


# ---- nodes that change nothing ----


def _reshaping(node: Operation, rewriter: Rewriter) -> Result:
    """Reshape, Squeeze, ExpandDims: the same elements in the same order."""
    if node.control_inputs:
        return None
    source, out = node.inputs[0], node.outputs[0]
    if _same_elements(source.shape, out.shape):
        return [source]
    inner = source.op
    if inner.op_type not in _RESHAPING or not _cannot_fail(inner):
        return None
    first = inner.inputs[0]
    if _same_elements(first.shape, out.shape):
        return [first]
    if node.op_type is raw.Reshape:
        return rewriter.instead(node, raw.Reshape, [first, node.inputs[1]], node.attrs)
    if out.shape.is_fully_defined():
        shape = np.array(out.shape.as_list(), np.int32)
        target = rewriter.constant(shape, dtypes.int32, node)
        attrs = {"T": out.dtype, "Tshape": dtypes.int32}
        return rewriter.instead(node, raw.Reshape, [first, target], attrs)
    return None


_RESHAPING = frozenset({raw.Reshape, raw.Squeeze, raw.ExpandDims})


def _cannot_fail(node: Operation) -> bool:
    """Whether a reshaping node succeeds whatever the unknown sizes are, so that it may go."""
    if not is_pure(node):
        return False
    given, made = node.inputs[0].shape, node.outputs[0].shape
    if given.is_fully_defined() and made.is_fully_defined():
        return True
    kind = node.op_type
    if given.rank is None:
        return False
    if kind is raw.ExpandDims:
        return known(node.inputs[1]) is not None
    if kind is raw.Squeeze:
        axes: list[int] = node.attrs["squeeze_dims"]
        return bool(axes) and all(given.as_list()[a] == 1 for a in axes)
    target = known(node.inputs[1])
    if target is None or (target == -1).sum() != 1 or (target == 0).any():
        return False
    fixed = int(np.prod(target[target >= 0], dtype=np.int64))
    size = int(np.prod([d for d in given.as_list() if d is not None], dtype=np.int64))
    return size % fixed == 0


def _transpose(node: Operation, rewriter: Rewriter) -> Result:
    order = known(node.inputs[1])
    if node.control_inputs or order is None or list(order) != list(range(order.size)):
        return None
    return node.inputs[:1]


def _to_shape(node: Operation, rewriter: Rewriter) -> Result:
    """BroadcastTo and EnsureShape to the shape that is there."""
    if node.control_inputs or not same_shape(node.inputs[0].shape, node.outputs[0].shape):
        return None
    return node.inputs[:1]


def _all_equal(position: int, number: int) -> Any:
    """A rule for nodes that change nothing when an input holds one number throughout."""

    def rule(node: Operation, rewriter: Rewriter) -> Result:
        value = known(node.inputs[position])
        if node.control_inputs or value is None or not bool((value == number).all()):
            return None
        return node.inputs[:1]

    return rule


def _slice(node: Operation, rewriter: Rewriter) -> Result:
    begin = known(node.inputs[1])
    if begin is None or begin.any() or node.control_inputs:
        return None
    size = known(node.inputs[2])
    whole = size is not None and bool((size == -1).all())
    if whole or same_shape(node.inputs[0].shape, node.outputs[0].shape):
        return node.inputs[:1]
    return None


def _whole_strided_slice(node: Operation, rewriter: Rewriter) -> Result:
    strides = known(node.inputs[3])
    if node.control_inputs or strides is None or not bool((strides == 1).all()):
        return None
    a = node.attrs
    if a["new_axis_mask"] or a["shrink_axis_mask"]:
        return None
    return node.inputs[:1] if same_shape(node.inputs[0].shape, node.outputs[0].shape) else None


def _single(node: Operation, rewriter: Rewriter) -> Result:
    """ConcatV2 and AddN of one tensor."""
    if node.attrs["N"] != 1 or node.control_inputs:
        return None
    if node.op_type is raw.ConcatV2 and known(node.inputs[1]) is None:
        return None
    return node.inputs[:1]


def _no_axes(node: Operation, rewriter: Rewriter) -> Result:
    """A reduction over no axis, a reversal of none."""
    axes = known(node.inputs[1])
    if node.control_inputs or axes is None or axes.size:
        return None
    return node.inputs[:1]


def _cast(node: Operation, rewriter: Rewriter) -> Result:
    if node.control_inputs or node.attrs["SrcT"] != node.attrs["DstT"]:
        return None
    return node.inputs[:1]


_REDUCTIONS = (raw.Sum, raw.Mean, raw.Prod, raw.Max, raw.Min, raw.All, raw.Any)
_RULES: dict[Any, Any] = {
    raw.Shape: _shape,
    raw.ShapeN: _shape,
    raw.Size: _shape,
    raw.Rank: _shape,
    raw.StridedSlice: _slice_of_shape,
    raw.ZerosLike: _like,
    raw.OnesLike: _like,
    raw.Transpose: _transpose,
    raw.BroadcastTo: _to_shape,
    raw.EnsureShape: _to_shape,
    raw.Tile: _all_equal(1, 1),
    raw.Pad: _all_equal(1, 0),
    raw.PadV2: _all_equal(1, 0),
    raw.MirrorPad: _all_equal(1, 0),
    raw.Roll: _all_equal(1, 0),
    raw.Slice: _slice,
    raw.ConcatV2: _single,
    raw.AddN: _single,
    raw.ReverseV2: _no_axes,
    raw.Cast: _cast,
    **dict.fromkeys(_RESHAPING, _reshaping),
    **dict.fromkeys(_REDUCTIONS, _no_axes),
}
