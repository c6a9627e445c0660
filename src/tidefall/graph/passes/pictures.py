"""Pictures are decoded, resized, flipped and changed by one node.

What input pipelines do with a picture, one op after the other, reads and writes it each time. A
resize takes what stands before and behind it with it (ops/image/fused_resize.py): a decoder of JPEG
and a cast, flips that are always done or chosen by a scalar, and sums, differences, products and
quotients with a number, or with one for each channel. What is between must have no other reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Operation
from tidefall.graph.passes.rewriting import Rewriter, Rule, known
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.ops.image.fused_resize import COLUMNS, ROWS, fused_decode_op, fused_resize_op

_METHODS: dict[Op, str] = {
    raw.ResizeBilinear: "bilinear",
    raw.ResizeBicubic: "bicubic",
    raw.ResizeArea: "area",
}
_FUSED = frozenset((fused_resize_op, fused_decode_op))
_STEPS: dict[Op, tuple[str, str]] = {
    raw.AddV2: ("add", "add"),
    raw.Add: ("add", "add"),
    raw.Sub: ("sub", "sub from"),
    raw.Mul: ("mul", "mul"),
    raw.RealDiv: ("div", "div into"),
}
"""The step that an op is where the picture comes first, and where it comes second."""
MAX_STEPS = 32
"""Of one fused node."""


def fuse_pictures(graph: FuncGraph) -> int:
    """Fuse resizes of pictures with what stands before and behind them."""
    if not any(node.op_type in _METHODS for node in graph.nodes):
        return 0
    rewriter = Rewriter(graph)
    rewriter.count_uses()
    rules: dict[Op, Rule] = dict.fromkeys(_METHODS, _started)
    rules |= {raw.Squeeze: _squeezed, raw.ReverseV2: _flipped, raw.SelectV2: _flipped_perhaps}
    rules |= dict.fromkeys(_STEPS, _changed)
    return rewriter.run(rules)


def _alone(node: Operation, rewriter: Rewriter, readers: int = 1) -> bool:
    """Whether the first output of a node has just so many readers, and nobody waits for it."""
    return rewriter.uses(node.outputs[0]) == readers and not node.control_inputs and not node.device


def _started(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """A resize to a size that is known, and the picture's decoder."""
    images, size = node.inputs[0], known(node.inputs[1])
    if size is None or size.shape != (2,) or size.min() <= 0 or node.control_inputs or node.device:
        return None
    passed: list[Operation] = []
    for takes in (_makes_batch, _makes_floats):
        if takes(images.op) and _alone(images.op, rewriter):
            passed.append(images.op)
            images = images.op.inputs[0]
    if images.dtype not in (dtypes.uint8, dtypes.float32) or images.shape.rank not in (3, 4):
        return None
    for each in passed:
        rewriter.drop(each)
    attrs: dict[str, Any] = {
        "method": _METHODS[node.op_type],
        "size": size.tolist(),
        "align_corners": node.attrs["align_corners"],
        "half_pixel_centers": node.attrs.get("half_pixel_centers", False),
        "squeeze": False,
        "n_flips": 0,
        "flip_axes": [],
        "num_args": 0,
        "fused_ops": [],
    }
    decoder = images.op
    if decoder.op_type is raw.DecodeJpeg and _alone(decoder, rewriter):
        attrs |= decoder.attrs
        rewriter.drop(decoder)
        return rewriter.add(fused_decode_op, decoder.inputs, attrs, decoder).outputs
    attrs["T"] = images.dtype
    return rewriter.instead(node, fused_resize_op, [images], attrs)


def _makes_batch(node: Operation) -> bool:
    """Whether a node makes one picture a batch."""
    if node.op_type is not raw.ExpandDims or node.inputs[0].shape.rank != 3:
        return False
    axis = known(node.inputs[1])
    return axis is not None and axis.size == 1 and axis.item() in (0, -4)


def _makes_floats(node: Operation) -> bool:
    """Whether a node makes bytes floats, as every resize does."""
    kinds = node.op_type is raw.Cast and (node.inputs[0].dtype, node.outputs[0].dtype)
    return kinds == (dtypes.uint8, dtypes.float32)


def _is_fused(tensor: Any, rewriter: Rewriter, readers: int = 1) -> bool:
    node = tensor.op
    if node.op_type not in _FUSED or not _alone(node, rewriter, readers):
        return False
    return len(node.attrs["fused_ops"]) + len(node.attrs["flip_axes"]) < MAX_STEPS


def _more(
    node: Operation,
    fused: Operation,
    rewriter: Rewriter,
    attrs: dict[str, Any],
    flip: Any = None,
    arg: Any = None,
) -> Sequence[Any]:
    """A fused node with more to do, in the place of `node`; named for what it begins with, whose
    errors it raises.
    """
    picture, *rest = fused.inputs
    flips, args = rest[: fused.attrs["n_flips"]], rest[fused.attrs["n_flips"] :]
    flips += [] if flip is None else [flip]
    args += [] if arg is None else [arg]
    attrs = {**fused.attrs, **attrs, "n_flips": len(flips), "num_args": len(args)}
    rewriter.drop(fused)
    new = rewriter.add(fused.op_type, [picture, *flips, *args], attrs, fused, name=fused.name)
    return new.outputs


def _squeezed(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """The one picture of a batch."""
    images = node.inputs[0]
    if node.control_inputs or not _is_fused(images, rewriter) or images.op.attrs["squeeze"]:
        return None
    if node.attrs["squeeze_dims"] != [0] or images.shape.rank != 4 or images.shape[0] != 1:
        return None
    return _more(node, images.op, rewriter, {"squeeze": True})


def _axis(node: Operation) -> int | None:
    """What of a picture a ReverseV2 puts the other way round, if it is one axis."""
    axes, rank = known(node.inputs[1]), node.inputs[0].shape.rank
    if axes is None or axes.shape != (1,) or rank not in (3, 4):
        return None
    return {rank - 3: ROWS, rank - 2: COLUMNS}.get(int(axes[0]) % rank)


def _flipped(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """A flip that is always done."""
    axis = _axis(node)
    if axis is None or node.control_inputs or not _is_fused(node.inputs[0], rewriter):
        return None
    always = rewriter.constant(np.array(True), dtypes.bool, node)
    return _with_flip(node, node.inputs[0].op, rewriter, axis, always)


def _flipped_perhaps(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """A choice between a picture and its mirror image."""
    flip, mirrored, picture = node.inputs
    reverse = mirrored.op
    if reverse.op_type is not raw.ReverseV2 or reverse.inputs[0] is not picture:
        return None
    axis = _axis(reverse)
    if axis is None or flip.shape.rank != 0 or not _alone(reverse, rewriter):
        return None
    if node.control_inputs or not _is_fused(picture, rewriter, readers=2):
        return None
    rewriter.drop(reverse)
    return _with_flip(node, picture.op, rewriter, axis, flip)


def _with_flip(
    node: Operation, fused: Operation, rewriter: Rewriter, axis: int, flip: Any
) -> Sequence[Any]:
    axes = [*fused.attrs["flip_axes"], axis]
    return _more(node, fused, rewriter, {"flip_axes": axes}, flip=flip)


def _changed(node: Operation, rewriter: Rewriter) -> Sequence[Any] | None:
    """An operation on each element and a number."""
    if node.control_inputs:
        return None
    for (picture, other), step in zip(
        (node.inputs, node.inputs[::-1]), _STEPS[node.op_type], strict=True
    ):
        if picture is not other and _is_fused(picture, rewriter) and _fits(picture, other):
            steps = [*picture.op.attrs["fused_ops"], step]
            return _more(node, picture.op, rewriter, {"fused_ops": steps}, arg=other)
    return None


def _fits(picture: Any, other: Any) -> bool:
    """Whether a tensor is one number, or one for each channel."""
    if other.dtype is not dtypes.float32 or picture.shape.rank is None:
        return False
    dims = other.shape.as_list() if other.shape.rank is not None else [None]
    return dims == [] or (dims == [picture.shape[-1]] and None not in dims)
