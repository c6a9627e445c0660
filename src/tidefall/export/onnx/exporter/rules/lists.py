"""Lists of tensors: a list is one tensor, stacked along a new first dimension.

What loops write is collected by the loop (`control.py`); here are lists outside of loops, and those
that are read.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import Builder, onnx_dtype
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Value
from tidefall.op import raw


@dataclass
class TensorList:
    """A list while it is lowered.

    Attributes:
        dtype: of its elements.
        element: their sizes, None where free; None if even their number is.
        length: how many there are, a scalar or a vector of one element.
        stacked: its elements stacked; None while it was only reserved.
        collects: whether a loop collects what is written, so that there is no tensor inside.
        written: what was written in this round of that loop: the index and the element.
    """

    dtype: np.dtype[Any]
    element: Dims | None
    length: Value
    stacked: Value | None = None
    collects: bool = False
    written: tuple[Any, Value] | None = None


def stack_of(b: Builder, item: Any) -> Value:
    """The stacked elements of a list."""
    if not isinstance(item, TensorList):
        raise CannotExport("its list is not known when exporting")
    if item.collects:
        raise CannotExport("a loop reads a list that it writes")
    if item.stacked is None:
        if item.element is None or None in item.element:
            raise CannotExport("a list is read before anything was written to it")
        shape = b.sizes(item.length, *(int(d or 0) for d in item.element))
        item.stacked = b.filled(shape, 0, item.dtype, (_known_length(item), *item.element))
    return item.stacked


def _known_length(item: TensorList) -> int | None:
    return None if item.length.data is None else int(item.length.data.reshape(()))


def _element_dims(value: Value) -> Dims | None:
    if value.data is None or value.data.ndim == 0:
        return None
    return tuple(None if d < 0 else int(d) for d in value.data)


@export(raw.TensorListFromTensor)
def _from_tensor(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    stacked = inputs[0]
    return [TensorList(stacked.dtype, stacked.shape[1:], b.size(stacked, 0), stacked)]


@export(raw.TensorListReserve)
def _reserve(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    element, length = inputs
    return [TensorList(onnx_dtype(node.attrs["element_dtype"]), _element_dims(element), length)]


@export(raw.TensorListStack)
def _stack(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    return [stack_of(b, inputs[0])]


@export(raw.TensorListLength)
def _length(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    length = b.cast(inputs[0].length, np.int32)
    return [b.squeeze(length, [0]) if length.rank else length]


@export(raw.TensorListGetItem)
def _get(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    return [b.gather(stack_of(b, inputs[0]), inputs[1])]


@export(raw.TensorListGather)
def _gather(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    return [b.gather(stack_of(b, inputs[0]), inputs[1])]


@export(raw.TensorListSetItem)
def _set(b: Builder, node: Operation, inputs: list[Any]) -> list[Any]:
    given, index, item = inputs
    if not isinstance(given, TensorList):
        raise CannotExport("its list is not known when exporting")
    if given.collects:
        if given.written is not None:
            raise CannotExport("a list is written twice in one round of a loop")
        return [dataclasses.replace(given, element=item.shape, written=(index, item))]
    if given.stacked is None and given.element is not None and None in given.element:
        given.element = item.shape
    if given.stacked is None and (given.element is None or None in given.element):
        count = _known_length(given)
        if count is None:
            raise CannotExport("a list of unknown length is written outside of a loop")
        sizes = b.sizes(count, *(b.size(item, a) for a in range(item.rank)))
        given.stacked = b.filled(sizes, 0, given.dtype, (count, *item.shape))
    stacked = stack_of(b, given)
    place = b.reshape(b.cast(index, np.int64), [1, 1])
    new = b.op("ScatterND", [stacked, place, b.unsqueeze(item, [0])], stacked.shape)
    return [TensorList(given.dtype, item.shape, given.length, new)]
