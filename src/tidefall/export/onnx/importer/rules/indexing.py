"""Gathering and scattering."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, CannotImport, dims_of, dtype_of, onnx_op


def _positive(indices: Any, x: Any, axis: int) -> Any:
    """Indices without negative ones, which count from the end."""
    if isinstance(indices, np.ndarray):
        if not (indices < 0).any():
            return indices
        size = dims_of(x)[axis]
        if size is not None:
            return np.where(indices < 0, indices + size, indices)
    size = tf.cast(tf.shape(x, tf.int64)[axis], dtype_of(indices))
    return tf.where(indices < 0, indices + size, indices)


@onnx_op("Gather")
def _gather(c: Call) -> Any:
    axis = c.attr("axis", 0) % len(c[0].shape)
    return tf.gather(c[0], _positive(c[1], c[0], axis), axis=axis)


@onnx_op("GatherElements")
def _gather_elements(c: Call) -> Any:
    x, axis = c[0], c.attr("axis", 0) % len(c[0].shape)
    return tf.gather_nd(x, _elements(x, c[1], axis))


def _elements(x: Any, indices: Any, axis: int) -> Any:
    """Where each of the elements along an axis is, as full indices."""
    indices = tf.cast(_positive(indices, x, axis), tf.int64)
    shape = tf.shape(indices, tf.int64)
    grids = tf.meshgrid(*(tf.range(shape[a]) for a in range(len(x.shape))), indexing="ij")
    grids[axis] = indices
    return tf.stack(grids, -1)


@onnx_op("GatherND")
def _gather_nd(c: Call) -> Any:
    batch = c.attr("batch_dims", 0)
    return tf.gather_nd(c[0], _nd(c[0], c[1], batch), batch_dims=batch)


def _nd(x: Any, indices: Any, batch: int = 0) -> Any:
    depth = dims_of(indices)[-1]
    if isinstance(indices, np.ndarray) and not (indices < 0).any():
        return indices
    sizes = tf.shape(x, tf.int64)[batch : batch + (depth or 0)]
    indices = tf.cast(indices, tf.int64)
    return tf.where(indices < 0, indices + sizes, indices)


def _scatter(x: Any, places: Any, updates: Any, how: str) -> Any:
    functions = {
        "none": tf.tensor_scatter_nd_update, "add": tf.tensor_scatter_nd_add,
        "max": tf.tensor_scatter_nd_max, "min": tf.tensor_scatter_nd_min,
    }  # fmt: skip
    if how == "mul":
        # The product of what meets in one place, by segments.
        flat = tf.reshape(places, [-1, places.shape[-1]])
        sizes = tf.shape(x, tf.int64)[: places.shape[-1]]
        weights = tf.math.cumprod(sizes, exclusive=True, reverse=True)
        ids = tf.reduce_sum(flat * weights, -1)
        inner = tf.shape(x, tf.int64)[places.shape[-1] :]
        rows = tf.reshape(updates, tf.concat([[-1], inner], 0))
        product = tf.math.unsorted_segment_prod(rows, ids, tf.reduce_prod(sizes))
        return x * tf.reshape(product, tf.shape(x))
    return functions[how](x, places, updates)


@onnx_op("ScatterElements", "Scatter")
def _scatter_elements(c: Call) -> Any:
    x, axis = c[0], c.attr("axis", 0) % len(c[0].shape)
    how = c.attr("reduction", b"none").decode()
    return _scatter(x, _elements(x, c[1], axis), c[2], how)


@onnx_op("ScatterND")
def _scatter_nd(c: Call) -> Any:
    how = c.attr("reduction", b"none").decode()
    return _scatter(c[0], tf.cast(_nd(c[0], c[1]), tf.int64), c[2], how)


@onnx_op("TensorScatter")
def _tensor_scatter(c: Call) -> Any:
    raise CannotImport("it writes a cache in place")


@onnx_op("OneHot")
def _one_hot(c: Call) -> Any:
    depth = tf.cast(tf.reshape(c[1], []), tf.int32)
    indices = tf.cast(c[0], tf.int64)
    indices = tf.where(indices < 0, indices + tf.cast(depth, tf.int64), indices)
    axis = c.attr("axis", -1)
    axis += len(c[0].shape) + 1 if axis < -1 else 0
    off, on = tf.unstack(tf.convert_to_tensor(c[2]), num=2)
    return tf.one_hot(indices, depth, on, off, axis=axis)


@onnx_op("Unique")
def _unique(c: Call) -> Any:
    if c.attr("axis") is not None or isinstance(c[0], np.ndarray):
        if not isinstance(c[0], np.ndarray):
            raise CannotImport("its slices are only known when the model runs")
        axis = c.attr("axis")
        values, first, inverse, counts = np.unique(
            c[0], return_index=True, return_inverse=True, return_counts=True, axis=axis
        )
        if not c.attr("sorted", 1):
            order = np.argsort(first)
            values = np.take(values, order, axis or 0)
            first, counts = first[order], counts[order]
            inverse = np.argsort(order)[inverse]
        found = [first, inverse.reshape(-1), counts]
        return [tf.constant(values), *(tf.constant(v.astype(np.int64)) for v in found)]
    values, inverse, counts = tf.unique_with_counts(tf.reshape(c[0], [-1]), tf.int64)
    if c.attr("sorted", 1):
        order = tf.argsort(values)
        values, counts = tf.gather(values, order), tf.gather(counts, order)
        inverse = tf.gather(tf.math.invert_permutation(order), inverse)
        inverse = tf.cast(inverse, tf.int64)
    size = tf.size(inverse, tf.int64)
    first = tf.math.unsorted_segment_min(tf.range(size), inverse, tf.size(values, tf.int64))
    return [values, first, inverse, counts]


@onnx_op("NonMaxSuppression")
def _suppression(c: Call) -> Any:
    boxes, scores = c[0], c[1]
    batch, classes = dims_of(scores)[:2]
    if batch is None or classes is None:
        raise CannotImport("its batch is only known when the model runs")
    most = 0 if c.get(2) is None else tf.cast(tf.reshape(c[2], []), tf.int32)
    overlap = 0.0 if c.get(3) is None else tf.reshape(c[3], [])
    least = -np.inf if c.get(4) is None else tf.reshape(c[4], [])
    if c.attr("center_point_box", 0):
        x, y, w, h = tf.unstack(tf.convert_to_tensor(boxes), 4, -1)
        boxes = tf.stack([y - h / 2, x - w / 2, y + h / 2, x + w / 2], -1)
    found: list[Any] = []
    for b in range(batch):
        for k in range(classes):
            places = tf.image.non_max_suppression(boxes[b], scores[b, k], most, overlap, least)
            places = tf.cast(places, tf.int64)
            start = tf.broadcast_to(np.array([b, k], np.int64), [tf.size(places), 2])
            found.append(tf.concat([start, places[:, None]], 1))
    return tf.concat(found, 0) if found else tf.zeros([0, 3], tf.int64)
