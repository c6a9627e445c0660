"""Adding a bias vector to every position of a tensor, and its gradient."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.observers import observe
from tidefall.op.registry import find_op, op
from tidefall.op.traits import CHEAP, LINEAR, SAFE_IN_HALF, TOTAL
from tidefall.ops.array.common import plain_array
from tidefall.ops.batching import Call, joined, raised, shape_vector
from tidefall.ops.common import invalid, jnp, shape_text
from tidefall.ops.fast import fast_dtypes
from tidefall.ops.precision import is_narrow, widened_xla
from tidefall.ops.reductions.sum_lowerings import total
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


def _channel_axis(data_format: str, rank: int) -> int:
    """Axis of the channels. NCHW of rank 2 has its channels last, as TensorFlow has it."""
    return 1 if data_format == "NCHW" and rank > 2 else rank - 1


def _bias_shape(c: Inference) -> TensorShape:
    value, bias = c.shape(0), c.shape(1)
    if value.rank is not None and value.rank < 2:
        raise ValueError(f"Input tensor must be at least 2D: {shape_text(value)}")
    if bias.rank is not None and bias.rank != 1:
        raise ValueError(f"Biases must be 1D: {shape_text(bias)}")
    if value.rank is None or bias.rank is None:
        return value
    dims = value.as_list()
    axis = _channel_axis(c.attrs.get("data_format", "NHWC"), value.rank)
    if dims[axis] is not None and bias[0] is not None and dims[axis] != bias[0]:
        raise ValueError(
            "Must provide as many biases as the last dimension of the input tensor: "
            f"{shape_text(bias)} vs. {shape_text(value)}"
        )
    if dims[axis] is None:
        dims[axis] = bias[0]
    return TensorShape(dims)


def _column(bias: Any, axis: int, rank: int) -> Any:
    """The bias, shaped to broadcast along `axis` of a tensor of that rank."""
    return bias if axis == rank - 1 else bias.reshape(bias.shape + (1,) * (rank - 1 - axis))


def _bias_add_host(value: np.ndarray, bias: np.ndarray, *, data_format: str) -> np.ndarray:
    rank = value.ndim
    if rank < 2 or bias.ndim != 1:
        raise ValueError("Input tensor must be at least 2D and biases 1D")
    axis = _channel_axis(data_format, rank)
    if value.shape[axis] != bias.shape[0]:
        raise ValueError("Must provide as many biases as channels")
    return value + _column(bias, axis, rank)


def _bias_add_v1_host(value: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return _bias_add_host(value, bias, data_format="NHWC")


def _bias_add_xla(value: Any, bias: Any, *, data_format: str) -> Any:
    return value + _column(bias, _channel_axis(data_format, value.ndim), value.ndim)


def _bias_add_grad(op: Any, dy: Any) -> list[Any]:
    return [dy, bias_add_grad_op(dy, data_format=op.get_attr("data_format"))]


def _bias_add_v1_grad(op: Any, dy: Any) -> list[Any]:
    return [dy, bias_add_grad_op(dy)]


def _bias_grad_shape(c: Inference) -> TensorShape:
    shape = c.shape(0)
    if shape.rank is None:
        return TensorShape([None])
    if shape.rank < 2:
        raise ValueError(f"Input tensor must be at least 2D: {shape_text(shape)}")
    return TensorShape([shape[_channel_axis(c.attr("data_format"), shape.rank)]])


def _other_axes(rank: int, data_format: str) -> tuple[int, ...]:
    axis = _channel_axis(data_format, rank)
    return tuple(i for i in range(rank) if i != axis)


def _bias_grad_host(out_backprop: np.ndarray, *, data_format: str) -> np.ndarray:
    x = out_backprop
    if x.ndim < 2:
        raise ValueError(f"Input tensor must be at least 2D: {shape_text(x.shape)}")
    axes = _other_axes(x.ndim, data_format)
    if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
        return x.sum(axes, dtype=np.float32).astype(x.dtype)
    return x.sum(axes, dtype=x.dtype)


def _bias_grad_xla(out_backprop: Any, *, data_format: str) -> Any:
    axes = _other_axes(out_backprop.ndim, data_format)
    if out_backprop.dtype == np.float32 or is_narrow(out_backprop.dtype):
        return widened_xla(lambda dy: total(dy, axes))(out_backprop)
    return jnp.sum(out_backprop, axes, dtype=out_backprop.dtype)


def _bias_grad_grad(op: Any, dy: Any) -> Any:
    """Repeat the gradient of the bias over the positions it was summed from."""
    source = op.inputs[0]
    rank = source.shape.rank
    find = find_op
    if op.attrs["data_format"] == "NCHW" and rank != 2:
        shape = find("Shape")(source)
        ones = find("OnesLike")(shape[2:])
        column = find("ConcatV2")([shape[1:2], ones], 0)
        dy = find("Reshape")(dy, column)
    return find("BroadcastTo")(dy, find("Shape")(source))


def _bias_add_grad_batching(call: Call) -> Any:
    """The sum over all dimensions but that of the runs and that of the channels."""
    rank = call.rank(0)
    channel = 1 if call.attrs["data_format"] in ("NCHW", "NC_HW") else rank - 1
    axes = [i + 1 for i in range(rank) if i != channel]
    return raw.Sum(call.tensor(0), np.array(axes, np.int32))


bias_add_grad_op = op(
    "BiasAddGrad",
    shape=_bias_grad_shape,
    host=_bias_grad_host,
    xla=_bias_grad_xla,
    effects=PURE,
    traits=(SAFE_IN_HALF,),
    batching=_bias_add_grad_batching,
    gradient=_bias_grad_grad,
)


def _bias_add_batching(call: Call) -> Any:
    """A bias for each run is an addend like any other."""
    rank = call.rank(0)
    first = call.attrs.get("data_format", "NHWC") == "NCHW"
    bias = call.tensor(1)
    behind = [1] * (rank - 2) if first else []
    if call.is_stacked(1):
        sizes = shape_vector(bias)
        front = [] if first else [1] * (rank - 2)
        bias = raw.Reshape(bias, joined(sizes[:1], [1], front, sizes[1:], behind))
    elif behind:
        bias = raw.Reshape(bias, joined(shape_vector(bias), behind))
    return raw.AddV2(raised(call.stacked(0), 0), bias)


bias_add_op = op(
    "BiasAdd",
    shape=_bias_shape,
    host=_bias_add_host,
    xla=_bias_add_xla,
    effects=PURE,
    traits=(LINEAR, CHEAP, TOTAL, SAFE_IN_HALF),
    batching=_bias_add_batching,
    gradient=_bias_add_grad,
)
op(
    "BiasAddV1",
    shape=_bias_shape,
    host=_bias_add_v1_host,
    xla=lambda value, bias: value + bias,
    effects=PURE,
    traits=(SAFE_IN_HALF,),
    batching=_bias_add_batching,
    gradient=_bias_add_v1_grad,
)


_DTYPES = fast_dtypes(bias_add_op)
_add = Native("add", np.add)
# As for the short cuts in fast.py: TensorFlow overflows without a word.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tidefall\.ops\.nn\.bias$")


def _plain_bias_add(value: Any, bias: Any) -> EagerTensor | None:
    """The sum of ordinary eager tensors that fit together; None for anything else."""
    x, b = plain_array(value), plain_array(bias)
    needs_dispatch = state.needs_dispatch
    if x is None or b is None or (needs_dispatch and state.off_host):
        return None
    attrs = _DTYPES.get(x.dtype)
    if attrs is None or b.dtype is not x.dtype or b.ndim != 1 or x.ndim < 2:
        return None
    if x.shape[-1] != b.shape[0]:
        return None
    try:
        out = EagerTensor(_add.run(x, b))
    except RuntimeWarning:
        return None
    if needs_dispatch:
        observe(bias_add_op, [value, bias], attrs, [out])
    return out


@export("nn.bias_add")
def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """Add a vector to every position of a tensor.

    Args:
        value: numeric tensor of shape `[batch, ..., channels]`, or `[batch, channels, ...]`.
        bias: tensor of shape `[channels]` and the same dtype.
        data_format: "N...C" (None means that) or "NC...".
        name: name of the node in a graph.

    Returns:
        A tensor of the shape and dtype of `value`.

    Raises:
        ValueError: for another `data_format`.
        InvalidArgumentError: if the shapes do not fit together.

    >>> import tidefall as tf
    >>> tf.nn.bias_add([[1.0, 2.0], [3.0, 4.0]], [10.0, 20.0]).numpy()
    array([[11., 22.],
           [13., 24.]], dtype=float32)
    """
    if data_format is None or data_format == "NHWC":
        out = _plain_bias_add(value, bias)
        if out is not None:
            return out
    layout = "NHWC"
    if data_format is not None:
        if data_format.startswith("NC"):
            layout = "NCHW"
        elif not (data_format.startswith("N") and data_format.endswith("C")):
            raise ValueError(
                "`data_format` must be of the form `N...C` or `NC...`. "
                f"Received: data_format={data_format}"
            )
    with name_scope(name or "BiasAdd") as scope:
        if state.graph is not None:
            value = convert_to_tensor(value, name="input")
            bias = convert_to_tensor(bias, value.dtype, name="bias")
        if getattr(value, "dtype", None) == dtypes.string:
            raise invalid("BiasAdd takes numeric tensors, but `value` has dtype string")
        return bias_add_op(value, bias, data_format=layout, name=scope)
