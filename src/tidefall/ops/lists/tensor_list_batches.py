"""The ops on batches of tensor lists: joining them, and pushing a row to each."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid
from tidefall.ops.lists.tensor_list_value import TensorList, host_list


def _lists(handles: Any) -> list[TensorList]:
    """The lists of a batch, flat."""
    if isinstance(handles, np.ndarray):
        return [host_list(h) for h in handles.reshape(-1)]
    return [host_list(handles)]


def _batch(lists: list[TensorList], like: Any) -> Any:
    """Lists in the shape of the batch they came from."""
    if not isinstance(like, np.ndarray):
        return lists[0]
    result = np.empty(like.size, object)
    result[:] = lists
    return result.reshape(like.shape)


def _concat_lists_shape(c: Inference) -> TensorShape:
    return c.shape(0).merge_with(c.shape(1))


def _concat_lists_host(input_a: Any, input_b: Any, *, element_dtype: Any) -> Any:
    first, second = _lists(input_a), _lists(input_b)
    if np.shape(input_a) != np.shape(input_b):
        raise invalid(
            f"The batches of lists differ in shape: {np.shape(input_a)} and {np.shape(input_b)}."
        )
    joined = []
    for a, b in zip(first, second, strict=True):
        for name, given in (("input_a", a), ("input_b", b)):
            if given.dtype != element_dtype:
                raise invalid(
                    f"{name}.dtype != element_dtype: {given.dtype.name} vs. {element_dtype.name}"
                )
        shape = a.element_shape.most_specific_compatible_shape(b.element_shape)
        joined.append(TensorList([*a.items, *b.items], a.dtype, shape, a.limit))
    return _batch(joined, input_a)


op(
    "TensorListConcatLists",
    shape=_concat_lists_shape,
    host=_concat_lists_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


def _push_batch_shape(c: Inference) -> TensorShape:
    handles, rows = c.shape(0), c.shape(1)
    if None not in (handles.rank, rows.rank) and rows.rank is not None:
        if rows.rank < (handles.rank or 0):
            raise ValueError(f"Shape {rows} must have rank at least {handles.rank}")
        handles.merge_with(rows[: handles.rank])
    return handles


def _push_batch_host(input_handles: Any, tensor: Any) -> Any:
    lists = _lists(input_handles)
    batch = np.shape(input_handles)
    if tensor.shape[: len(batch)] != batch:
        raise invalid(
            f"Expected tensor.shape[:{len(batch)}] == input_handles.shape, but saw "
            f"{list(tensor.shape)} vs. {list(batch)}"
        )
    rows = tensor.reshape(len(lists), *tensor.shape[len(batch) :])
    pushed = [item.push(np.asarray(row)) for item, row in zip(lists, rows, strict=True)]
    return _batch(pushed, input_handles)


op(
    "TensorListPushBackBatch",
    shape=_push_batch_shape,
    host=_push_batch_host,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
