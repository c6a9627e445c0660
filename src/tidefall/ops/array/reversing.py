"""The same elements in another order along an axis: reverse, roll, reverse_sequence."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import LINEAR, MOVES, SAFE_IN_HALF
from tidefall.ops.array.common import check_axis, merge_dims, require_rank
from tidefall.ops.batching import Call, Fallback, along_axes, fold, shifted_input
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.tensor.conversion import convert_to_tensor

# ---- ReverseV2 ----


def _reverse_v2_shape(c: Inference) -> TensorShape:
    source = c.shape(0)
    require_rank(c.shape(1), 1)
    axes = c.constant(1)
    if source.rank is not None and axes is not None:
        seen = set()
        for axis in axes.tolist():
            at = check_axis(axis, source.rank, "Invalid dimension")
            if at in seen:
                raise ValueError(f"axis {at} specified more than once.")
            seen.add(at)
    return source


def _reverse_host(tensor: np.ndarray, axis: np.ndarray) -> np.ndarray:
    if axis.ndim != 1:
        raise invalid(f"'dims' must be 1-dimension, not {axis.ndim}")
    if not tensor.ndim:
        return tensor  # whatever the axes
    index: list[Any] = [slice(None)] * tensor.ndim
    for at in axis.tolist():
        if not -tensor.ndim <= at < tensor.ndim:
            raise invalid(
                f"'axis'[0] = {at} is out of valid range [0, {tensor.ndim - 1}]"
                if at >= 0
                else f"'axis'[0] = {at} is out of valid range [{-tensor.ndim}, -1]"
            )
        if index[at] != slice(None):
            raise invalid(f"axis {at % tensor.ndim} specified more than once.")
        index[at] = slice(None, None, -1)
    return tensor[tuple(index)]


reverse_v2_op = op(
    "ReverseV2",
    shape=_reverse_v2_shape,
    host=_reverse_host,
    xla=lambda tensor, axis: (
        jnp.flip(tensor, tuple(axis.tolist())) if axis.size and jnp.ndim(tensor) else tensor
    ),
    effects=PURE,
    traits=(MOVES, LINEAR, SAFE_IN_HALF),
    batching=along_axes,
    gradient=lambda op, dy: [reverse_v2_op(dy, op.inputs[1]), None],
    static=("axis",),
)


def _reverse_shape(c: Inference) -> TensorShape:
    require_rank(c.shape(1), 1)
    if c.shape(0).rank is not None and c.shape(1).num_elements() not in (None, c.shape(0).rank):
        raise ValueError(f"Dimension must be {c.shape(0).rank} but is {c.shape(1).num_elements()}")
    return c.shape(0)


reverse_op = op(
    "Reverse",
    shape=_reverse_shape,
    host=lambda tensor, dims: tensor[
        tuple(slice(None, None, -1 if d else 1) for d in dims.tolist())
    ],
    xla=lambda tensor, dims: jnp.flip(tensor, tuple(np.flatnonzero(dims).tolist())),
    effects=PURE,
    traits=(LINEAR,),
    gradient=lambda op, dy: [reverse_op(dy, op.inputs[1]), None],
    static=("dims",),
)


@export("reverse", dispatch=OTHER)
def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Turn a tensor around along some axes.

    Args:
        tensor: a tensor of any shape.
        axis: a vector of different axes.
        name: name of the node in a graph.

    Returns:
        A tensor of the same shape.

    Raises:
        InvalidArgumentError: for an axis out of range or given twice.

    >>> import tidefall as tf
    >>> tf.reverse([[1, 2, 3]], axis=[1]).numpy()
    array([[3, 2, 1]], dtype=int32)
    """
    return reverse_v2_op(tensor, axis, name=name)


# ---- ReverseSequence ----


def _reverse_sequence_shape(c: Inference) -> TensorShape:
    source, lengths = c.shape(0), c.shape(1)
    require_rank(lengths, 1)
    seq, batch = c.attr("seq_dim"), c.attr("batch_dim")
    if source.rank is None:
        return source
    if not -source.rank <= batch < source.rank:
        raise ValueError(f"batch_dim must be < input rank: {batch} vs. {source.rank}")
    if not -source.rank <= seq < source.rank:
        raise ValueError(f"seq_dim must be < input rank: {seq} vs. {source.rank}")
    dims = source.as_list()
    if lengths.rank is not None:
        dims[batch] = merge_dims(dims[batch], lengths[0])
    return TensorShape(dims)


def _reverse_positions(size: int, lengths: Any, xp: Any) -> Any:
    """`[batch, size]`: which position each one takes its element from."""
    steps = xp.arange(size)[None, :]
    ends = lengths[:, None]
    return xp.where(steps < ends, ends - 1 - steps, steps)


def _take_along(input: Any, lengths: Any, seq: int, batch: int, xp: Any) -> Any:
    rank = input.ndim
    seq, batch = seq % rank, batch % rank
    positions = _reverse_positions(input.shape[seq], lengths, xp)
    if batch > seq:
        positions = positions.T
    dims = [1] * rank
    dims[seq], dims[batch] = input.shape[seq], input.shape[batch]
    return xp.take_along_axis(input, positions.reshape(dims), axis=seq)


def _reverse_sequence_host(
    input: np.ndarray, seq_lengths: np.ndarray, *, seq_dim: int, batch_dim: int
) -> np.ndarray:
    if seq_lengths.ndim != 1:
        raise invalid(f"seq_lengths must be 1-dim, not {seq_lengths.ndim}")
    for name, axis in (("seq_dim", seq_dim), ("batch_dim", batch_dim)):
        if not 0 <= axis < input.ndim:
            raise invalid(f"Invalid {name} {axis} for an input of {input.ndim} dimensions")
    if seq_dim == batch_dim:
        raise invalid(f"batch_dim == seq_dim == {seq_dim}")
    if len(seq_lengths) != input.shape[batch_dim]:
        raise invalid(
            f"Length of seq_lengths != input.dims({batch_dim}), ({len(seq_lengths)} vs. "
            f"{input.shape[batch_dim]})"
        )
    if seq_lengths.size and seq_lengths.min() < 0:
        raise invalid(f"seq_lens({int(seq_lengths.argmin())}) < 0")
    if seq_lengths.size and seq_lengths.max() > input.shape[seq_dim]:
        raise invalid(f"seq_lens({int(seq_lengths.argmax())}) > input.dims({seq_dim})")
    return _take_along(input, seq_lengths, seq_dim, batch_dim, np)


def _reverse_sequence_xla(input: Any, seq_lengths: Any, *, seq_dim: int, batch_dim: int) -> Any:
    return _take_along(jnp.asarray(input), jnp.asarray(seq_lengths), seq_dim, batch_dim, jnp)


def _reverse_sequence_batching(call: Call) -> Any:
    """Runs and batch are one dimension for the op."""
    sequence, batch = call.attrs["seq_dim"], call.attrs["batch_dim"]
    if batch != 0:
        raise Fallback
    lengths = raw.Reshape(call.stacked(1), np.array([-1], np.int32))
    folded, unfold = fold(call.stacked(0))
    return unfold(call.run([folded, lengths], seq_dim=sequence, batch_dim=0))


reverse_sequence_op = op(
    "ReverseSequence",
    shape=_reverse_sequence_shape,
    host=_reverse_sequence_host,
    xla=_reverse_sequence_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=_reverse_sequence_batching,
    gradient=lambda op, dy: [
        reverse_sequence_op(
            dy,
            op.inputs[1],
            seq_dim=op.get_attr("seq_dim"),
            batch_dim=op.get_attr("batch_dim"),
        ),
        None,
    ],
)


@export("reverse_sequence")
def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: int | None = None,
    batch_axis: int | None = None,
    name: str | None = None,
) -> Any:
    """Turn around the first `seq_lengths[b]` steps of each sequence b of a batch.

    Args:
        input: a tensor of any shape.
        seq_lengths: an int32 or int64 vector `[batch]`.
        seq_axis: the axis of the steps.
        batch_axis: the axis of the batch, 0 when None.
        name: name of the node in a graph.

    Returns:
        A tensor of the same shape.

    Raises:
        InvalidArgumentError: if a length is out of range.

    >>> import tidefall as tf
    >>> tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], seq_axis=1).numpy()
    array([[2, 1, 3],
           [6, 5, 4]], dtype=int32)
    """
    if seq_axis is None:
        raise TypeError("Expected int for argument 'seq_dim' not None.")
    return reverse_sequence_op(
        input, seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis or 0, name=name
    )


# ---- Roll ----


def _roll_shape(c: Inference) -> TensorShape:
    source, shift, axis = c.shapes()
    if source.rank == 0:
        raise ValueError("input must be 1-D or higher")
    for s, what in ((shift, "shift"), (axis, "axis")):
        if s.rank is not None and s.rank > 1:
            raise ValueError(f"{what} must be a scalar or a 1-D vector. Found: {shape_text(s)}")
    return source


def _roll_arguments(input: Any, shift: np.ndarray, axis: np.ndarray) -> tuple[Any, Any]:
    if input.ndim < 1:
        raise invalid("input must be 1-D or higher")
    for value, what in ((shift, "shift"), (axis, "axis")):
        if value.ndim > 1:
            raise invalid(
                f"{what} must be a scalar or a 1-D vector. Found: {shape_text(value.shape)}"
            )
    if shift.shape != axis.shape:
        raise invalid("shift and axis must have the same size")
    axes = axis.reshape(-1).tolist()
    for at in axes:
        if not -input.ndim <= at < input.ndim:
            raise invalid(f"axis {at} is out of range")
    return shift.reshape(-1), axes


def _roll_host(input: np.ndarray, shift: np.ndarray, axis: np.ndarray) -> np.ndarray:
    shifts, axes = _roll_arguments(input, shift, axis)
    return np.roll(input, shifts.tolist(), axes)


def _roll_xla(input: Any, shift: Any, axis: np.ndarray) -> Any:
    shifts, axes = _roll_arguments(input, shift, axis)
    for i, at in enumerate(axes):
        input = jnp.roll(input, shifts[i], at)
    return input


def _roll_batching(call: Call) -> Any:
    """The axes move by one."""
    return call.run([call.tensor(0), call.fixed(1), shifted_input(call, 2)])


roll_op = op(
    "Roll",
    shape=_roll_shape,
    host=_roll_host,
    xla=_roll_xla,
    effects=PURE,
    traits=(MOVES, LINEAR),
    batching=_roll_batching,
    gradient=lambda op, dy: [roll_op(dy, raw.Neg(op.inputs[1]), op.inputs[2]), None, None],
    static=("axis",),
)


@export("roll")
def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """Shift the elements along some axes; what falls off one end comes back at the other.

    Args:
        input: a tensor of at least one dimension.
        shift: by how much, an int or a vector.
        axis: along which axes, an int or a vector as long as `shift`.
        name: name of the node in a graph.

    Returns:
        A tensor of the same shape.

    Raises:
        InvalidArgumentError: if an axis is out of range or the numbers of shifts and axes differ.

    >>> import tidefall as tf
    >>> tf.roll([0, 1, 2, 3], shift=1, axis=0).numpy()
    array([3, 0, 1, 2], dtype=int32)
    """
    return roll_op(convert_to_tensor(input), shift, axis, name=name)
