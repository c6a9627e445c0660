"""All elements of a tensor list: stacked, gathered, scattered into, concatenated."""

from __future__ import annotations

from typing import Any

from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import op
from tidefall.op.traits import KEEPS_FINITE, LINEAR
from tidefall.ops.lists import batching as lists
from tidefall.ops.lists.element_types import (
    element_shape,
    handle_shape,
    known_elements,
    shape_tensor,
)
from tidefall.ops.lists.tensor_list_value import (
    host_list,
    shape_of_input,
    traced_list,
)


def _stack_shape(c: Inference) -> TensorShape:
    count = c.attr("num_elements")
    return TensorShape([None if count < 0 else count]).concatenate(element_shape(c, 1))


def _stack_host(input_handle: Any, element_shape: Any, *, num_elements: int) -> Any:
    return host_list(input_handle).stack(shape_of_input(element_shape), num_elements)


def _stack_xla(input_handle: Any, element_shape: Any, *, num_elements: int) -> Any:
    return traced_list(input_handle).stack(shape_of_input(element_shape), num_elements)


def _stack_grad(op: Any, dy: Any) -> list[Any]:
    inner = dy.shape[1:] if dy.shape.rank is not None else TensorShape(None)
    shape = shape_tensor(inner) if inner.is_fully_defined() else raw.Shape(dy)[1:]
    return [raw.TensorListFromTensor(dy, shape), None]


op(
    "TensorListStack",
    shape=_stack_shape,
    host=_stack_host,
    xla=_stack_xla,
    effects=PURE,
    traits=(LINEAR, KEEPS_FINITE),
    batching=lists.stack,
    gradient=_stack_grad,
)


def _gather_shape(c: Inference) -> TensorShape:
    rows = c.shape(1)
    count = rows[0] if rows.rank == 1 else None
    return TensorShape([count]).concatenate(element_shape(c, 2))


def _gather_host(input_handle: Any, indices: Any, element_shape: Any) -> Any:
    return host_list(input_handle).gather(indices, shape_of_input(element_shape))


def _gather_xla(input_handle: Any, indices: Any, element_shape: Any) -> Any:
    return traced_list(input_handle).gather(indices, shape_of_input(element_shape))


def _gather_grad(op: Any, dy: Any) -> list[Any]:
    handle, indices = op.inputs[0], op.inputs[1]
    size = raw.TensorListLength(handle)
    total = raw.UnsortedSegmentSum(dy, indices, size)
    return [*_stack_grad(op, total)[:1], None, None]


op(
    "TensorListGather",
    shape=_gather_shape,
    host=_gather_host,
    xla=_gather_xla,
    effects=PURE,
    traits=(LINEAR, KEEPS_FINITE),
    batching=lists.gather,
    gradient=_gather_grad,
)


def _into_host(input_handle: Any, tensor: Any, indices: Any) -> Any:
    return host_list(input_handle).scatter(tensor, indices)


def _into_xla(input_handle: Any, tensor: Any, indices: Any) -> Any:
    return traced_list(input_handle).scatter(tensor, indices)


def _into_grad(op: Any, dlist: Any) -> list[Any]:
    _, tensor, indices = op.inputs
    inner = tensor.shape[1:] if tensor.shape.rank is not None else TensorShape(None)
    rows = raw.TensorListGather(dlist, indices, shape_tensor(inner), element_dtype=tensor.dtype)
    zeros = raw.ZerosLike(tensor)
    rest = raw.TensorListScatterIntoExistingList(dlist, zeros, indices)
    return [rest, rows, None]


op(
    "TensorListScatterIntoExistingList",
    shape=handle_shape,
    host=_into_host,
    xla=_into_xla,
    effects=PURE,
    traits=(LINEAR,),
    batching=lists.scatter,
    gradient=_into_grad,
)


def _concat_shape(c: Inference) -> list[TensorShape]:
    element = element_shape(c, 1)
    inner = (
        TensorShape(None)
        if element.rank in (None, 0)
        else TensorShape([None]).concatenate(element[1:])
    )
    return [inner, TensorShape([None])]


def _concat_host(input_handle: Any, element_shape: Any, leading_dims: Any) -> Any:
    return host_list(input_handle).concat(shape_of_input(element_shape), leading_dims)


def _concat_xla(input_handle: Any, element_shape: Any, leading_dims: Any) -> Any:
    return traced_list(input_handle).concat(shape_of_input(element_shape), leading_dims)


def _concat_grad(op: Any, dy: Any, _: Any) -> list[Any]:
    inner = dy.shape[1:] if dy.shape.rank is not None else TensorShape(None)
    shape = shape_tensor(TensorShape([None]).concatenate(inner))
    dlist = raw.TensorListSplit(dy, shape, op.outputs[1])
    return [dlist, *[None] * (len(op.inputs) - 1)]


op(
    "TensorListConcatV2",
    shape=_concat_shape,
    host=_concat_host,
    xla=_concat_xla,
    effects=PURE,
    traits=(LINEAR, KEEPS_FINITE),
    gradient=_concat_grad,
)


def _old_concat_shape(c: Inference) -> list[TensorShape]:
    element = known_elements(c.inputs[0]).shape.merge_with(
        c.attr("element_shape") or TensorShape(None)
    )
    inner = (
        TensorShape(None)
        if element.rank in (None, 0)
        else TensorShape([None]).concatenate(element[1:])
    )
    return [inner, TensorShape([None])]


def _old_concat_host(input_handle: Any, *, element_shape: Any) -> Any:
    return host_list(input_handle).concat(TensorShape(element_shape), [])


def _old_concat_xla(input_handle: Any, *, element_shape: Any) -> Any:
    return traced_list(input_handle).concat(TensorShape(element_shape), [])


op(
    "TensorListConcat",
    shape=_old_concat_shape,
    host=_old_concat_host,
    xla=_old_concat_xla,
    effects=PURE,
    gradient=_concat_grad,
)
