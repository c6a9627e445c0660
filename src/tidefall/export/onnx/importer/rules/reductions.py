"""Reductions over axes, and searches along one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, dtype_of, onnx_op


def _l1(x: Any, axis: Any, keepdims: bool) -> Any:
    return tf.reduce_sum(tf.abs(x), axis, keepdims)


def _l2(x: Any, axis: Any, keepdims: bool) -> Any:
    return tf.sqrt(tf.reduce_sum(x * x, axis, keepdims))


def _log_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return tf.math.log(tf.reduce_sum(x, axis, keepdims))


def _sum_square(x: Any, axis: Any, keepdims: bool) -> Any:
    return tf.reduce_sum(x * x, axis, keepdims)


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "ReduceL1": _l1, "ReduceL2": _l2, "ReduceLogSum": _log_sum, "ReduceMax": tf.reduce_max,
    "ReduceLogSumExp": tf.reduce_logsumexp, "ReduceMean": tf.reduce_mean,
    "ReduceMin": tf.reduce_min, "ReduceProd": tf.reduce_prod, "ReduceSum": tf.reduce_sum,
    "ReduceSumSquare": _sum_square,
}  # fmt: skip


def _reduce(function: Callable[..., Any], c: Call) -> Any:
    x = c[0]
    rank = len(x.shape)
    axes = c.axes(1, rank)
    if not axes:
        if c.attr("noop_with_empty_axes", 0):
            axes = []
            if function in (
                tf.reduce_max,
                tf.reduce_min,
                tf.reduce_sum,
                tf.reduce_prod,
                tf.reduce_mean,
            ):
                return tf.identity(x)
        else:
            axes = list(range(rank))
    keep = bool(c.attr("keepdims", 1))
    if dtype_of(x) == np.bool_:
        function = tf.reduce_any if function is tf.reduce_max else tf.reduce_all
    last = c.execution.layouts.known_last(x)
    if last is not None and keep and last.shape.rank == rank:
        moved = [a if a == 0 else rank - 1 if a == 1 else a - 1 for a in axes]
        return c.execution.layouts.first(function(last, moved, keep), rank)
    return function(x, axes, keep)


for _name, _function in REDUCTIONS.items():
    onnx_op(_name)(partial(_reduce, _function))


@onnx_op("ArgMax", "ArgMin")
def _arg(c: Call) -> Any:
    x, axis = c[0], c.attr("axis", 0)
    function = tf.argmax if c.op == "ArgMax" else tf.argmin
    if c.attr("select_last_index", 0):
        size = tf.cast(tf.shape(x)[axis], tf.int64)
        place = size - 1 - function(tf.reverse(x, [axis % len(x.shape)]), axis)
    else:
        place = function(x, axis)
    return tf.expand_dims(place, axis) if c.attr("keepdims", 1) else place


@onnx_op("CumSum", "CumProd")
def _cumulate(c: Call) -> Any:
    function = tf.cumsum if c.op == "CumSum" else tf.math.cumprod
    axis = int(c.known(1, "axis").reshape(()))
    return function(c[0], axis, bool(c.attr("exclusive", 0)), bool(c.attr("reverse", 0)))


@onnx_op("TopK")
def _top_k(c: Call) -> Any:
    x, axis = c[0], c.attr("axis", -1) % len(c[0].shape)
    count = c.attr("k") if c.opset < 10 else tf.cast(tf.reshape(c[1], []), tf.int32)
    rank = len(x.shape)
    order = [a for a in range(rank) if a != axis] + [axis]
    back = [order.index(a) for a in range(rank)]
    moved = tf.transpose(x, order)
    smallest = not c.attr("largest", 1)
    if smallest:
        # Negating would overflow at the least integer and move unsigned numbers around.
        places = tf.argsort(moved, -1, stable=True)[..., :count]
        values = tf.gather(moved, places, batch_dims=rank - 1)
    else:
        values, places = tf.math.top_k(moved, count, sorted=True)
    return [tf.transpose(values, back), tf.cast(tf.transpose(places, back), tf.int64)]


@onnx_op("Det")
def _det(c: Call) -> Any:
    return tf.linalg.det(c[0])


@onnx_op("NonZero")
def _non_zero(c: Call) -> Any:
    return tf.transpose(tf.where(tf.cast(c[0], tf.bool)))


@onnx_op("Compress")
def _compress(c: Call) -> Any:
    x, axis = c[0], c.attr("axis")
    if axis is None:
        x, axis = tf.reshape(x, [-1]), 0
    keep = tf.reshape(tf.where(c[1]), [-1])
    return tf.gather(x, keep, axis=axis)
