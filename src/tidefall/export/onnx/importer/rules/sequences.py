"""Sequences and optional values: Python lists and None while the model is traced."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, onnx_op


def _list(c: Call, index: int) -> list[Any]:
    value = c[index]
    if not isinstance(value, list):
        raise CannotImport("its sequence is only known when the model runs")
    return value


def _place(c: Call, index: int) -> int:
    return int(c.known(index, "position").reshape(()))


@onnx_op("SequenceEmpty")
def _empty(c: Call) -> Any:
    return [[]]


@onnx_op("SequenceConstruct")
def _construct(c: Call) -> Any:
    return [list(c.inputs)]


@onnx_op("SequenceInsert")
def _insert(c: Call) -> Any:
    items = list(_list(c, 0))
    items.insert(len(items) if c.get(2) is None else _place(c, 2), c[1])
    return [items]


@onnx_op("SequenceErase")
def _erase(c: Call) -> Any:
    items = list(_list(c, 0))
    del items[-1 if c.get(1) is None else _place(c, 1)]
    return [items]


@onnx_op("SequenceAt")
def _at(c: Call) -> Any:
    return [_list(c, 0)[_place(c, 1)]]


@onnx_op("SequenceLength")
def _length(c: Call) -> Any:
    return [np.array(len(_list(c, 0)), np.int64)]


@onnx_op("ConcatFromSequence")
def _concat(c: Call) -> Any:
    axis = c.attr("axis")
    return tf.stack(_list(c, 0), axis) if c.attr("new_axis", 0) else tf.concat(_list(c, 0), axis)


@onnx_op("SplitToSequence")
def _split(c: Call) -> Any:
    x, axis = tf.convert_to_tensor(c[0]), c.attr("axis", 0)
    size = dims_of(x)[axis]
    if size is None:
        raise CannotImport("the size that it splits is only known when the model runs")
    if c.get(1) is None:
        parts = tf.split(x, size, axis)
        return [[v if c.attr("keepdims", 1) else tf.squeeze(v, [axis]) for v in parts]]
    sizes = c.known(1, "sizes")
    if sizes.ndim == 0:
        each = int(sizes)
        sizes = np.array([min(each, size - i) for i in range(0, size, each)])
    return [list(tf.split(x, sizes, axis))]


@onnx_op("SequenceMap")
def _map(c: Call) -> Any:
    body, first = c.attr("body"), _list(c, 0)
    results: list[list[Any]] = [[] for _ in body.output]
    for i in range(len(first)):
        given = [v[i] if isinstance(v, list) else v for v in c.inputs]
        for items, value in zip(results, c.execution.run(body, given, c.scope), strict=True):
            items.append(value)
    return results


@onnx_op("Optional")
def _optional(c: Call) -> Any:
    return [c.get(0)]


@onnx_op("OptionalHasElement")
def _has(c: Call) -> Any:
    return [np.array(c.get(0) is not None)]


@onnx_op("OptionalGetElement")
def _element(c: Call) -> Any:
    return [c[0]]
