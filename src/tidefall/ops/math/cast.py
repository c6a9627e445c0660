"""Changing dtypes: `tf.cast`, `tf.saturate_cast`, `tf.bitcast`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY, dispatchable, is_dispatched, redirect
from tidefall.base.dtypes import DType, as_dtype
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.observers import observe
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.op.traits import (
    CHEAP,
    ELEMENTWISE,
    LACKS_GRADIENT,
    LINEAR,
    MOVES,
    SPECULATABLE,
    STATIC_VALUE,
    TOTAL,
)
from tidefall.ops.common import jnp, lax, shape_text, unchanged
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, Tensor, ndarray

# ---- cast ----


def _cast_grad(op: Any, dy: Any) -> Any:
    source, target = op.attrs["SrcT"].base_dtype, op.attrs["DstT"].base_dtype
    continuous = (source.is_floating or source.is_complex) and (
        target.is_floating or target.is_complex
    )
    return cast(dy, source) if continuous else None


def _check_cast(source: DType, target: DType) -> None:
    for dtype in (source, target):
        if dtype in (dtypes.string, dtypes.resource, dtypes.variant):
            raise UnimplementedError(
                None,
                None,
                f"Cast {source.name} to {target.name} is not supported. Use tf.strings.as_string "
                "or tf.strings.to_number to convert between numbers and strings.",
            )


def _cast_host(x: Any, *, SrcT: DType, DstT: DType, Truncate: bool) -> Any:
    if SrcT is DstT:
        return x
    _check_cast(SrcT, DstT)
    if SrcT.is_complex:
        x = x if DstT.is_complex else x.real
    elif SrcT.is_quantized:
        x = x.view(x.dtype[0]) if x.dtype.fields else x
    if Truncate and SrcT.is_floating and DstT.is_floating and DstT.size < SrcT.size:
        x = _cut_mantissa(x, DstT)
    if DstT.is_quantized:
        quantized = np.dtype(DstT.as_numpy_dtype)
        return x.astype(quantized[0])
    return x.astype(DstT.as_numpy_dtype)


def _cut_mantissa(x: Any, target: DType) -> Any:
    """Clear the bits that the narrower float cannot hold, so that nothing is left to round."""
    bits = (
        np.finfo(np.float32).nmant
        if target is dtypes.float32
        else 7
        if target is dtypes.bfloat16
        else 10
    )
    if x.dtype.itemsize == 2:
        return x
    word = np.dtype(f"u{x.dtype.itemsize}")
    drop = np.finfo(x.dtype).nmant - bits
    mask = word.type(~((1 << drop) - 1) & ((1 << word.itemsize * 8) - 1))
    return (x.view(word) & mask).view(x.dtype)


def _cast_xla(x: Any, *, SrcT: DType, DstT: DType) -> Any:
    _check_cast(SrcT, DstT)
    x = jnp.asarray(x)
    if SrcT.is_complex:
        x = x if DstT.is_complex else jnp.real(x)
    if DstT.is_bool:
        return jnp.not_equal(x, jnp.zeros((), x.dtype))
    if SrcT.is_floating and DstT.is_integer and DstT.is_unsigned and DstT.size < 8:
        # XLA saturates; TensorFlow's CPU kernels go through a wider signed integer and wrap.
        return x.astype(np.int64).astype(DstT.as_numpy_dtype)
    return x.astype(DstT.as_numpy_dtype)


cast_op = op(
    "Cast",
    shape=unchanged,
    host=_cast_host,
    xla=_cast_xla,
    effects=PURE,
    traits=(ELEMENTWISE, LINEAR, CHEAP, TOTAL, SPECULATABLE, STATIC_VALUE),
    gradient=_cast_grad,
)


@export("cast", "dtypes.cast", dispatch=UNARY)
@dispatchable
def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert a tensor to another dtype.

    Floats become integers by dropping the fraction, complex numbers become real by dropping the
    imaginary part, and anything that is not 0 becomes True.

    Args:
        x: numeric or bool tensor of any shape, `tf.SparseTensor` or `tf.IndexedSlices`.
        dtype: the dtype wanted.
        name: name of the node in a graph.

    Returns:
        A tensor of the shape of `x` and the dtype wanted; `x` itself if it has it already.

    Raises:
        UnimplementedError: for strings.
        TypeError: if `dtype` is no dtype.

    >>> import tidefall as tf
    >>> tf.cast([1.8, -2.2], tf.int32).numpy()
    array([ 1, -2], dtype=int32)
    """
    target = dtype if type(dtype) is DType else as_dtype(dtype)
    if type(x) is EagerTensor and not (state.needs_dispatch and state.off_host):
        value = x.storage
        if type(value) is ndarray and value.dtype.kind in "fiub" and target in _PLAIN:
            source = x.dtype
            if source is target:
                return x
            out = EagerTensor(_astype(value, target.as_numpy_dtype))
            if state.needs_dispatch:
                observe(cast_op, [x], {"SrcT": source, "DstT": target, "Truncate": False}, [out])
            return out
    if is_dispatched(x):
        made = redirect("cast", x, dtype, name=name)
        if made is not NotImplemented:
            return made
    target = target.base_dtype
    if isinstance(x, Tensor) and x.dtype.base_dtype is target:
        return x
    if not isinstance(x, Tensor) and hasattr(x, "values") and hasattr(x, "indices"):
        return _cast_values(x, target, name)
    x = convert_to_tensor(x, name="x")
    if x.dtype.base_dtype is target:
        return x
    return cast_op(x, DstT=target, name=name or "Cast")


_astype = quietly(np.ndarray.astype)
_PLAIN = frozenset(
    {
        dtypes.float32,
        dtypes.float64,
        dtypes.int8,
        dtypes.int16,
        dtypes.int32,
        dtypes.int64,
        dtypes.uint8,
        dtypes.uint16,
        dtypes.uint32,
        dtypes.uint64,
        dtypes.bool,
    }
)


def _cast_values(x: Any, target: DType, name: str | None) -> Any:
    values = cast(x.values, target, name)
    if values is x.values:
        return x
    if type(x).__name__ == "SparseTensor":
        return type(x)(x.indices, values, x.dense_shape)
    return type(x)(values, x.indices, x.dense_shape)


# ---- saturating cast ----


def _bounds(dtype: DType) -> tuple[Any, Any]:
    """Smallest and largest finite value as Python numbers, which compare exactly."""
    if dtype.is_floating:
        return float(dtype.min), float(dtype.max)
    return int(dtype.min), int(dtype.max)


def _limits(source: DType, target: DType) -> tuple[Any, Any]:
    """The smallest and largest values of `source` that `target` can hold."""
    (low, high), (least, most) = _bounds(source), _bounds(target)
    low, high = max(low, least), min(high, most)
    if source.is_floating:
        kind = source.as_numpy_dtype
        # The limits may round outwards, out of range, when they become floats of `source`.
        if float(kind(float(high))) > most:
            high = float(np.nextafter(kind(float(high)), kind(0)))
        if float(kind(float(low))) < least:
            low = float(np.nextafter(kind(float(low)), kind(0)))
    return low, high


@export("saturate_cast", "dtypes.saturate_cast", dispatch=UNARY)
def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """Convert to another dtype; values it cannot hold become the nearest one it can.

    Args:
        value: numeric tensor of any shape.
        dtype: the dtype wanted.
        name: name of the node in a graph.

    Returns:
        A tensor of the shape of `value` and the dtype wanted.

    >>> import tidefall as tf
    >>> tf.saturate_cast([300.0, -5.0], tf.uint8).numpy()
    array([255,   0], dtype=uint8)
    """
    with name_scope(name or "saturate_cast") as scope:
        value = convert_to_tensor(value, name="value")
        target = as_dtype(dtype).base_dtype
        for kind in (value.dtype, target):
            if not (kind.is_floating or kind.is_integer or kind.is_complex):
                raise TypeError(f"{kind} has no smallest and largest value to keep to.")
        if value.dtype.is_complex:
            if target.is_complex:
                return _saturate_complex(value, target, scope)
            value = raw.Real(value, Tout=value.dtype.real_dtype)
        if target.is_complex:
            return cast(saturate_cast(value, target.real_dtype), target, scope)
        source = value.dtype
        if _may_not_fit(source, target):
            low, high = _limits(source, target)
            kind = source.as_numpy_dtype
            limits = (convert_to_tensor(np.array(limit).astype(kind)) for limit in (low, high))
            value = raw.ClipByValue(value, *limits, name="clamp")
        return cast(value, target, scope)


def _may_not_fit(source: DType, target: DType) -> bool:
    if source.is_bool or target.is_bool:
        return False
    if source.is_floating:
        return True  # infinities never do
    (low, high), (least, most) = _bounds(source), _bounds(target)
    return low < least or high > most


def _saturate_complex(value: Any, target: DType, name: str | None) -> Any:
    if target.size >= value.dtype.size:
        return cast(value, target, name)
    part, own = target.real_dtype, value.dtype.real_dtype
    parts = (find_op(name)(value, Tout=own) for name in ("Real", "Imag"))
    return raw.Complex(*(saturate_cast(p, part) for p in parts), Tout=target, name=name)


# ---- bitcast ----


def _bitcast_shape(c: Inference) -> TensorShape:
    source, target, shape = c.attr("T").size, c.attr("type").size, c.shape(0)
    if shape.rank is None or source == target:
        return shape
    dims = shape.as_list()
    if source > target:
        return TensorShape([*dims, source // target])
    if not dims or dims[-1] not in (None, target // source):
        raise ValueError(
            f"Cannot bitcast from {c.attr('T').name} to {c.attr('type').name}: the last dimension "
            f"of the input must be {target // source}, but the shape is {shape_text(shape)}"
        )
    return TensorShape(dims[:-1])


def _bitcast_host(x: Any, *, T: DType, type: DType) -> Any:
    target = np.dtype(type.as_numpy_dtype)
    target = target[0] if target.fields else target
    x = np.ascontiguousarray(x).reshape(x.shape)
    source = x.dtype.itemsize
    if source == target.itemsize:
        return x.view(target)
    if source > target.itemsize:
        return x.reshape(*x.shape, 1).view(target)
    if not x.shape or x.shape[-1] * source != target.itemsize:
        raise ValueError(f"Cannot bitcast an array of shape {shape_text(x.shape)} to {type.name}")
    return x.view(target).reshape(x.shape[:-1])


bitcast_op = op(
    "Bitcast",
    shape=_bitcast_shape,
    host=_bitcast_host,
    xla=lambda x, *, type: lax.bitcast_convert_type(x, type.as_numpy_dtype),
    effects=PURE,
    traits=(MOVES, LACKS_GRADIENT),
    gradient=NOT_DIFFERENTIABLE,
)


@export("bitcast", dispatch=UNARY)
def bitcast(input: Any, type: Any, name: str | None = None) -> Any:
    """Read the bytes of a tensor as another dtype.

    Args:
        input: numeric tensor of shape `[...]`; to read elements of a wider dtype the last
            dimension must be the ratio of the sizes, and it goes away.
        type: the dtype wanted; a narrower one adds a last dimension.
        name: name of the node in a graph.

    Returns:
        A tensor of the dtype wanted over the same bytes.

    Raises:
        InvalidArgumentError: if the last dimension does not fit.

    >>> import tidefall as tf
    >>> hex(int(tf.bitcast(1.0, tf.int32)))
    '0x3f800000'
    """
    return bitcast_op(input, type=as_dtype(type), name=name)
