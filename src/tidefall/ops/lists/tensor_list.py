"""Tensor lists made, sized, and one element of them read or written.

They are the values behind tf.TensorArray and the gradients of loops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import KEEPS_FINITE, LINEAR, UNIFORM
from tidefall.ops.common import invalid, jnp
from tidefall.ops.lists import batching as lists
from tidefall.ops.lists.element_types import (
    element_shape,
    element_shape_of,
    handle_shape,
    shape_tensor,
)
from tidefall.ops.lists.tensor_list_value import (
    TensorList,
    TracedList,
    host_list,
    shape_of_input,
    traced_list,
)

# ---- making lists ----


def _reserve_host(element_shape: Any, num_elements: Any, *, element_dtype: Any) -> Any:
    count = int(num_elements)
    if count < 0:
        raise invalid(f"The num_elements to reserve must be a non negative number, but got {count}")
    return TensorList([None] * count, element_dtype, shape_of_input(element_shape))


def _reserve_xla(element_shape: Any, num_elements: Any, *, element_dtype: Any) -> Any:
    if not isinstance(num_elements, (np.ndarray, np.generic)):
        raise invalid(
            "The size of a tf.TensorArray in compiled code must be known while compiling, but it "
            "depends on values known only at run time."
        )
    count = int(num_elements)
    return TracedList(None, count, count, element_dtype, shape_of_input(element_shape))


op(
    "TensorListReserve",
    shape=handle_shape,
    host=_reserve_host,
    xla=_reserve_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _empty_host(element_shape: Any, max_num_elements: Any, *, element_dtype: Any) -> Any:
    return TensorList([], element_dtype, shape_of_input(element_shape), int(max_num_elements))


def _empty_xla(element_shape: Any, max_num_elements: Any, *, element_dtype: Any) -> Any:
    return TracedList(None, 0, 0, element_dtype, shape_of_input(element_shape))


op(
    "EmptyTensorList",
    shape=handle_shape,
    host=_empty_host,
    xla=_empty_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _from_tensor_host(tensor: Any, element_shape: Any, *, element_dtype: Any) -> Any:
    if tensor.ndim == 0:
        raise invalid("Tensor must be at least a vector, but saw shape: []")
    shape = shape_of_input(element_shape).merge_with(tensor.shape[1:])
    return TensorList([np.asarray(row) for row in _rows(tensor)], element_dtype, shape)


def _rows(tensor: Any) -> list[Any]:
    if tensor.ndim > 1 or tensor.dtype != object:
        return list(tensor)
    rows = []
    for item in tensor:
        row = np.empty((), object)
        row[()] = item
        rows.append(row)
    return rows


def _from_tensor_xla(tensor: Any, element_shape: Any, *, element_dtype: Any) -> Any:
    rows = tensor.shape[0]
    return TracedList(jnp.asarray(tensor), rows, rows, element_dtype, tensor.shape[1:])


def _from_tensor_grad(op: Any, dlist: Any) -> list[Any]:
    tensor = op.inputs[0]
    shape = tensor.shape
    inner = shape[1:] if shape.rank is not None else TensorShape(None)
    given = shape_tensor(inner) if inner.is_fully_defined() else raw.Shape(tensor)[1:]
    stacked = raw.TensorListStack(dlist, given, element_dtype=tensor.dtype)
    if not hasattr(stacked, "numpy") or shape.rank is not None:
        stacked.set_shape(shape)
    return [stacked, None]


op(
    "TensorListFromTensor",
    shape=handle_shape,
    host=_from_tensor_host,
    xla=_from_tensor_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=lists.from_tensor,
    gradient=_from_tensor_grad,
)


def _split_host(tensor: Any, element_shape: Any, lengths: Any, *, element_dtype: Any) -> Any:
    if tensor.ndim == 0:
        raise invalid("Tensor must be at least a vector, but saw shape: []")
    if int(np.sum(lengths)) != tensor.shape[0]:
        raise invalid(
            f"Values in lengths must sum up to the first dimension of the tensor: "
            f"{lengths.tolist()} sum up to {int(np.sum(lengths))}, not {tensor.shape[0]}"
        )
    shape = shape_of_input(element_shape)
    return TensorList(
        np.split(tensor, np.cumsum(lengths)[:-1]) if len(lengths) else [], element_dtype, shape
    )


def _split_xla(tensor: Any, element_shape: Any, lengths: Any, *, element_dtype: Any) -> Any:
    if not isinstance(lengths, np.ndarray) or len(set(lengths.tolist())) > 1:
        raise invalid("TensorListSplit in compiled code needs constant lengths that are all equal.")
    count = len(lengths)
    if not count:
        return TracedList(None, 0, 0, element_dtype, shape_of_input(element_shape))
    buffer = jnp.reshape(tensor, (count, int(lengths[0]), *tensor.shape[1:]))
    return TracedList(buffer, count, count, element_dtype, buffer.shape[1:])


def _split_grad(op: Any, dlist: Any) -> list[Any]:
    tensor, _, lengths = op.inputs
    inner = tensor.shape[1:] if tensor.shape.rank is not None else TensorShape(None)
    shape = shape_tensor(TensorShape([None]).concatenate(inner))
    joined = raw.TensorListConcatV2(dlist, shape, lengths, element_dtype=tensor.dtype)
    return [joined[0], None, None]


op(
    "TensorListSplit",
    shape=handle_shape,
    host=_split_host,
    xla=_split_xla,
    effects=PURE,
    traits=(LINEAR,),
    gradient=_split_grad,
)


def _scattered(
    tensor: Any, indices: Any, element_shape: Any, count: int, dtype: Any, traced: bool
) -> Any:
    if traced:
        if not isinstance(indices, np.ndarray) and count < 0:
            raise invalid("TensorListScatter in compiled code needs constant indices.")
        size = max(count, 0)
        return TracedList(None, size, size, dtype, tensor.shape[1:]).scatter(tensor, indices)
    base = TensorList([None] * max(count, 0), dtype, shape_of_input(element_shape))
    result = base.scatter(tensor, indices)
    if 0 <= count < result.length:
        raise invalid(
            f"TensorListScatter: Trying to scatter at index {int(indices.max())} in list with size "
            f"{count}"
        )
    return result


def _scatter_v2_host(
    tensor: Any, indices: Any, element_shape: Any, num_elements: Any, *, element_dtype: Any
) -> Any:
    return _scattered(tensor, indices, element_shape, int(num_elements), element_dtype, False)


def _scatter_v2_xla(
    tensor: Any, indices: Any, element_shape: Any, num_elements: Any, *, element_dtype: Any
) -> Any:
    return _scattered(tensor, indices, element_shape, int(num_elements), element_dtype, True)


def _scatter_host(tensor: Any, indices: Any, element_shape: Any, *, element_dtype: Any) -> Any:
    return _scattered(tensor, indices, element_shape, -1, element_dtype, False)


def _scatter_xla(tensor: Any, indices: Any, element_shape: Any, *, element_dtype: Any) -> Any:
    return _scattered(tensor, indices, element_shape, -1, element_dtype, True)


def _scatter_grad(op: Any, dlist: Any) -> list[Any]:
    tensor, indices = op.inputs[0], op.inputs[1]
    inner = tensor.shape[1:] if tensor.shape.rank is not None else TensorShape(None)
    rows = raw.TensorListGather(dlist, indices, shape_tensor(inner), element_dtype=tensor.dtype)
    return [rows, *[None] * (len(op.inputs) - 1)]


op(
    "TensorListScatterV2",
    shape=handle_shape,
    host=_scatter_v2_host,
    xla=_scatter_v2_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=lists.scatter_new,
    gradient=_scatter_grad,
    static=("num_elements",),
)
op(
    "TensorListScatter",
    shape=handle_shape,
    host=_scatter_host,
    xla=_scatter_xla,
    effects=PURE,
    batching=lists.scatter_new,
    gradient=_scatter_grad,
)


# ---- one element ----


def _get_host(input_handle: Any, index: Any, element_shape: Any) -> Any:
    return host_list(input_handle).get(index, shape_of_input(element_shape))


def _get_xla(input_handle: Any, index: Any, element_shape: Any) -> Any:
    return traced_list(input_handle).get(index, shape_of_input(element_shape))


def _get_grad(op: Any, dy: Any) -> list[Any]:
    """A list that is zero but for the element that was read."""
    handle, index, _ = op.inputs
    size = raw.TensorListLength(handle)
    shape = element_shape_of(dy)
    empty = raw.TensorListReserve(shape, size, element_dtype=dy.dtype)
    return [raw.TensorListSetItem(empty, index, dy), None, None]


op(
    "TensorListGetItem",
    shape=lambda c: element_shape(c, 2),
    host=_get_host,
    xla=_get_xla,
    effects=PURE,
    traits=(LINEAR, KEEPS_FINITE),
    batching=lists.get_item,
    gradient=_get_grad,
)


def _set_host(
    input_handle: Any, index: Any, item: Any, *, resize_if_index_out_of_bounds: bool
) -> Any:
    return host_list(input_handle).set(index, item, resize_if_index_out_of_bounds)


def _set_xla(
    input_handle: Any, index: Any, item: Any, *, resize_if_index_out_of_bounds: bool
) -> Any:
    return traced_list(input_handle).set(index, item, resize_if_index_out_of_bounds)


def _set_grad(op: Any, dlist: Any) -> list[Any]:
    handle, index, item = op.inputs
    shape = element_shape_of(item)
    ditem = raw.TensorListGetItem(dlist, index, shape, element_dtype=item.dtype)
    # Zeros like `ditem`, as a loop would have to keep every `item` for its gradient.
    rest = raw.TensorListSetItem(dlist, index, raw.ZerosLike(ditem))
    if op.get_attr("resize_if_index_out_of_bounds"):
        rest = raw.TensorListResize(rest, raw.TensorListLength(handle))
    return [rest, None, ditem]


op(
    "TensorListSetItem",
    shape=handle_shape,
    host=_set_host,
    xla=_set_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=lists.set_item,
    gradient=_set_grad,
)


def _push_host(input_handle: Any, tensor: Any) -> Any:
    return host_list(input_handle).push(tensor)


def _push_xla(input_handle: Any, tensor: Any) -> Any:
    return traced_list(input_handle).push(tensor)


def _push_grad(op: Any, dlist: Any) -> list[Any]:
    item = op.inputs[1]
    rest, ditem = raw.TensorListPopBack(dlist, element_shape_of(item), element_dtype=item.dtype)
    return [rest, ditem]


op(
    "TensorListPushBack",
    shape=handle_shape,
    host=_push_host,
    xla=_push_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=lists.push_back,
    gradient=_push_grad,
)


def _pop_shape(c: Inference) -> list[TensorShape]:
    return [TensorShape(()), element_shape(c, 1)]


def _pop_host(input_handle: Any, element_shape: Any) -> Any:
    return host_list(input_handle).pop(shape_of_input(element_shape))


def _pop_xla(input_handle: Any, element_shape: Any) -> Any:
    return traced_list(input_handle).pop(shape_of_input(element_shape))


def _pop_grad(op: Any, dlist: Any, ditem: Any) -> list[Any]:
    rest, item = op.outputs
    if dlist is None:
        dlist = raw.ZerosLike(rest)
    if ditem is None:
        ditem = raw.ZerosLike(item)
    return [raw.TensorListPushBack(dlist, ditem), None]


op(
    "TensorListPopBack",
    shape=_pop_shape,
    host=_pop_host,
    xla=_pop_xla,
    effects=PURE,
    traits=(LINEAR, KEEPS_FINITE),
    batching=lists.pop_back,
    gradient=_pop_grad,
)


# ---- sizes ----


def _length_host(input_handle: Any) -> Any:
    return np.array(host_list(input_handle).length, np.int32)


def _length_xla(input_handle: Any) -> Any:
    length = traced_list(input_handle).length
    return np.array(length, np.int32) if isinstance(length, int) else length


op(
    "TensorListLength",
    shape=handle_shape,
    host=_length_host,
    xla=_length_xla,
    effects=PURE,
    traits=(UNIFORM,),
    batching=lists.length,
    gradient=NOT_DIFFERENTIABLE,
)


def _resize_host(input_handle: Any, size: Any) -> Any:
    return host_list(input_handle).resize(size)


def _resize_xla(input_handle: Any, size: Any) -> Any:
    return traced_list(input_handle).resize(size)


def _resize_grad(op: Any, dlist: Any) -> list[Any]:
    size = raw.TensorListLength(op.inputs[0])
    return [raw.TensorListResize(dlist, size), None]


op(
    "TensorListResize",
    shape=handle_shape,
    host=_resize_host,
    xla=_resize_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=lists.resize,
    gradient=_resize_grad,
)


def _element_shape_host(input_handle: Any, *, shape_type: Any) -> Any:
    shape = host_list(input_handle).element_shape
    return shape_tensor(shape).astype(shape_type.as_numpy_dtype)


def _element_shape_xla(input_handle: Any, *, shape_type: Any) -> Any:
    shape = traced_list(input_handle).element_shape
    return shape_tensor(shape).astype(shape_type.as_numpy_dtype)


op(
    "TensorListElementShape",
    shape=lambda c: TensorShape(None),
    host=_element_shape_host,
    xla=_element_shape_xla,
    effects=PURE,
    traits=(UNIFORM,),
    batching=lists.element_shape,
    gradient=NOT_DIFFERENTIABLE,
)
