"""The TensorArrayV3 ops, which loops of TensorFlow 1 read from and write to.

`tf.TensorArray` itself is made of tensor lists (`ops/lists/tensor_list.py`). The arrays here
change in place, and a number called flow, passed from op to op, puts these in order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import MAKES, reads, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.ops.common import invalid
from tidefall.ops.lists.tensor_array_value import TensorArrayValue, empty_shape, same_shapes
from tidefall.tensor.tensor import SymbolicTensor

_FLOW = np.float32(0.0)


def _name(text: Any) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text or "")


# ---- shapes ----


def _handle(c: Inference) -> None:
    if c.shape(0).rank not in (None, 0, 1):
        raise ValueError(f"Shape must be rank 1 but is rank {c.shape(0).rank}")


def _flow_shape(c: Inference) -> TensorShape:
    _handle(c)
    return TensorShape(())


def _made_shape(c: Inference) -> list[TensorShape]:
    return [TensorShape([2]), TensorShape(())]


def _known_element(c: Inference) -> TensorShape:
    """The element shape that the array was made with, as far as the graph tells."""
    tensor = c.inputs[0]
    while isinstance(tensor, SymbolicTensor) and tensor.op.op_type in (
        raw.Enter,
        raw.Identity,
        raw.Switch,
    ):
        tensor = tensor.op.inputs[0]
    if isinstance(tensor, SymbolicTensor) and tensor.op.op_type is raw.TensorArrayV3:
        return TensorShape(tensor.op.attrs["element_shape"])
    return TensorShape(None)


def _read_shape(c: Inference) -> TensorShape:
    _handle(c)
    return _known_element(c)


def _gather_shape(c: Inference) -> TensorShape:
    _handle(c)
    shape = TensorShape(c.attr("element_shape"))
    known = _known_element(c)
    if known.is_compatible_with(shape):
        shape = shape.merge_with(known)
    count = c.shape(1)[0] if c.shape(1).rank == 1 else None
    return TensorShape([count]).concatenate(shape)


def _concat_shape(c: Inference) -> list[TensorShape]:
    _handle(c)
    shape = TensorShape([None]).concatenate(TensorShape(c.attr("element_shape_except0")))
    return [shape, TensorShape([None])]


# ---- making ----


def _make_host(
    size: Any,
    *,
    dtype: Any,
    element_shape: Any,
    dynamic_size: bool,
    clear_after_read: bool,
    identical_element_shapes: bool,
    tensor_array_name: Any,
) -> list[Any]:
    if int(size) < 0:
        raise invalid("Size should be >= 0.")
    array = TensorArrayValue(
        int(size),
        dtype,
        element_shape,
        _name(tensor_array_name),
        dynamic_size=dynamic_size,
        clear_after_read=clear_after_read,
        identical_element_shapes=identical_element_shapes,
    )
    return [array, _FLOW]


op(
    "TensorArrayV3",
    shape=_made_shape,
    host=_make_host,
    effects=MAKES,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


def _grad_host(handle: TensorArrayValue, flow_in: Any, *, source: Any) -> list[Any]:
    return [handle.gradient(_name(source)), flow_in]


def _grad_with_shape_host(
    handle: TensorArrayValue, flow_in: Any, shape_to_prepend: Any, *, source: Any
) -> list[Any]:
    return [handle.gradient(_name(source), shape_to_prepend), flow_in]


for _op_name, _kernel in (
    ("TensorArrayGradV3", _grad_host),
    ("TensorArrayGradWithShape", _grad_with_shape_host),
):
    op(
        _op_name,
        shape=_made_shape,
        host=_kernel,
        effects=MAKES | writes("handle"),
        traits=(NO_EXTERNAL_STATE,),
        gradient=NOT_DIFFERENTIABLE,
    )


def _gradient_array(op: Any, flow: Any) -> Any:
    """Handle and flow of the array of gradients that belongs to an op's array."""
    return raw.TensorArrayGradV3(op.inputs[0], flow, source="gradients")


# ---- elements ----


def _write_host(handle: TensorArrayValue, index: Any, value: Any, flow_in: Any) -> Any:
    handle.check(dtypes.as_dtype(value.dtype), "is trying to write dtype")
    handle.write(int(index), value)
    return flow_in


def _write_grad(op: Any, flow: Any) -> list[Any]:
    array, ordered = _gradient_array(op, flow)
    dtype = op.inputs[2].dtype.base_dtype
    return [
        None,
        None,
        raw.TensorArrayReadV3(array, op.inputs[1], ordered, dtype=dtype),
        flow,
    ]


op(
    "TensorArrayWriteV3",
    shape=_flow_shape,
    host=_write_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=_write_grad,
)


def _read_host(handle: TensorArrayValue, index: Any, flow_in: Any, *, dtype: Any) -> Any:
    handle.check(dtype)
    return handle.read(int(index))


def _read_grad(op: Any, dy: Any) -> list[Any]:
    array, ordered = _gradient_array(op, op.inputs[2])
    return [None, None, raw.TensorArrayWriteV3(array, op.inputs[1], dy, ordered)]


op(
    "TensorArrayReadV3",
    shape=_read_shape,
    host=_read_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=_read_grad,
)


# ---- all elements at once ----


def _gather_host(
    handle: TensorArrayValue, indices: Any, flow_in: Any, *, dtype: Any, element_shape: Any
) -> Any:
    handle.check(dtype)
    items = [handle.read(int(i)) for i in indices]
    if not items:
        shape = empty_shape(handle.element_shape, element_shape, "element shape", "packing")
        return np.zeros([0, *shape], dtype.as_numpy_dtype)
    same_shapes(items)
    return np.stack(items)


def _gather_grad(op: Any, dy: Any) -> list[Any]:
    array, ordered = _gradient_array(op, op.inputs[2])
    return [None, None, raw.TensorArrayScatterV3(array, op.inputs[1], dy, ordered)]


op(
    "TensorArrayGatherV3",
    shape=_gather_shape,
    host=_gather_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=_gather_grad,
)


def _scatter_host(handle: TensorArrayValue, indices: Any, value: Any, flow_in: Any) -> Any:
    handle.check(dtypes.as_dtype(value.dtype), "is trying to write dtype")
    if value.ndim == 0 or len(indices) != len(value):
        rows = len(value) if value.ndim else 0
        raise invalid(
            f"Expected len(indices) == values.shape[0], but saw: {len(indices)} vs. {rows}"
        )
    top = int(np.max(indices)) if len(indices) else -1
    handle.size_for(top + 1)
    if top >= len(handle):
        raise invalid(f"Max scatter index must be < array size ({top} vs. {len(handle)})")
    for i, row in zip(indices, value, strict=True):
        handle.write(int(i), np.asarray(row))
    return flow_in


def _scatter_grad(op: Any, flow: Any) -> list[Any]:
    array, ordered = _gradient_array(op, flow)
    dtype = op.inputs[2].dtype.base_dtype
    rows = raw.TensorArrayGatherV3(array, op.inputs[1], ordered, dtype=dtype)
    return [None, None, rows, flow]


op(
    "TensorArrayScatterV3",
    shape=_flow_shape,
    host=_scatter_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=_scatter_grad,
)


def _concat_host(
    handle: TensorArrayValue, flow_in: Any, *, dtype: Any, element_shape_except0: Any
) -> list[Any]:
    handle.check(dtype)
    items = [handle.read(i) for i in range(len(handle))]
    if not items:
        shape = empty_shape(
            TensorShape(None), element_shape_except0, "element_shape_except0", "concatenating"
        )
        return [np.zeros([0, *shape], dtype.as_numpy_dtype), np.zeros([0], np.int64)]
    for i, item in enumerate(items):
        if item.ndim == 0:
            raise invalid(
                f"Concat saw a scalar shape at index {i} but requires at least vectors.  Did you "
                "mean to call pack?"
            )
        if item.shape[1:] != items[0].shape[1:]:
            raise invalid(
                f"TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                f"{list(items[0].shape[1:])} but index {i} has (excepting dimension 0) shape: "
                f"{list(item.shape[1:])}"
            )
    return [np.concatenate(items), np.array([len(item) for item in items], np.int64)]


def _concat_grad(op: Any, dy: Any, _: Any) -> list[Any]:
    array, ordered = _gradient_array(op, op.inputs[1])
    return [None, raw.TensorArraySplitV3(array, dy, op.outputs[1], ordered)]


op(
    "TensorArrayConcatV3",
    shape=_concat_shape,
    host=_concat_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=_concat_grad,
)


def _split_host(handle: TensorArrayValue, value: Any, lengths: Any, flow_in: Any) -> Any:
    handle.check(dtypes.as_dtype(value.dtype), "is trying to write dtype")
    if value.ndim == 0:
        raise invalid(f"Expected value to be at least a vector, but received shape: {value.shape}")
    if int(lengths.sum()) != len(value):
        raise invalid(
            "Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{int(lengths.sum())} and value's shape is: {list(value.shape)}"
        )
    handle.size_for(len(lengths))
    if len(lengths) != len(handle):
        raise invalid(
            "TensorArray's size is not equal to the size of lengths "
            f"({len(handle)} vs. {len(lengths)}), and the TensorArray is not marked as dynamically "
            "resizeable"
        )
    parts = np.split(value, np.cumsum(lengths)[:-1]) if len(lengths) else []
    for i, part in enumerate(parts):
        handle.write(i, part)
    return flow_in


def _split_grad(op: Any, flow: Any) -> list[Any]:
    array, ordered = _gradient_array(op, flow)
    dtype = op.inputs[1].dtype.base_dtype
    rows, _ = raw.TensorArrayConcatV3(array, ordered, dtype=dtype)
    return [None, rows, None, flow]


op(
    "TensorArraySplitV3",
    shape=_flow_shape,
    host=_split_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=_split_grad,
)


# ---- the array itself ----


def _size_host(handle: TensorArrayValue, flow_in: Any) -> Any:
    handle.check(handle.dtype)
    return np.int32(len(handle))


def _close_host(handle: TensorArrayValue) -> None:
    handle.close()


op(
    "TensorArraySizeV3",
    shape=_flow_shape,
    host=_size_host,
    effects=reads("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "TensorArrayCloseV3",
    shape=lambda c: [],
    host=_close_host,
    effects=writes("handle"),
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)
