"""Ops that TensorFlow.js lacks, in those it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.tfjs.retracing import CannotSay
from tidefall.op import raw
from tidefall.op.op import Op
from tidefall.tensor.tensor import EagerTensor


def _number(value: Any, like: Any) -> Any:
    return tf.constant(value, like.dtype)


def _erfc(node: Any, x: Any) -> Any:
    return _number(1, x) - tf.math.erf(x)


def _softsign(node: Any, x: Any) -> Any:
    return x / (_number(1, x) + tf.abs(x))


def _zero_where_zero(product: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def rule(node: Any, x: Any, y: Any) -> Any:
        is_zero = tf.equal(x, _number(0, x))
        return tf.where(
            is_zero, tf.zeros_like(x), product(x, tf.where(is_zero, tf.ones_like(y), y))
        )

    return rule


def _roll(node: Any, x: Any, shift: Any, axis: Any) -> Any:
    if not (isinstance(shift, EagerTensor) and isinstance(axis, EagerTensor)):
        raise CannotSay("how far it rolls depends on the inputs")
    for by, along in zip(np.ravel(shift.numpy()), np.ravel(axis.numpy()), strict=True):
        size = x.shape[int(along)]
        if size is None:
            raise CannotSay("it rolls along a dimension whose size is free")
        at = int(-by) % size
        if at:
            first, second = tf.split(x, [at, size - at], int(along))
            x = tf.concat([second, first], int(along))
    return x


def _space_to_depth(node: Any, x: Any) -> Any:
    if node.attrs["data_format"] != "NHWC" or None in x.shape.as_list()[1:]:
        raise CannotSay("it takes NHWC of a known size")
    block = node.attrs["block_size"]
    _, height, width, depth = x.shape
    x = tf.reshape(x, [-1, height // block, block, width // block, block, depth])
    x = tf.transpose(x, [0, 1, 3, 2, 4, 5])
    return tf.reshape(x, [-1, height // block, width // block, block * block * depth])


def _einsum(node: Any, *values: Any) -> Any:
    """Sums of products of two as products of matrices: WebAssembly has no sums of its own."""
    equation = node.attrs["equation"].replace(" ", "")
    given, _, wanted = equation.partition("->")
    labels = given.split(",")
    plain = "." not in equation and all(len(set(one)) == len(one) for one in (*labels, wanted))
    if len(values) != 2 or not plain or "->" not in equation:
        return tf.raw_ops.Einsum(inputs=[tf.convert_to_tensor(v) for v in values],
                                 equation=equation)  # fmt: skip
    first, second = labels
    a, first = _summed(values[0], first, second + wanted)
    b, second = _summed(values[1], second, first + wanted)
    batch = [c for c in first if c in second and c in wanted]
    inner = [c for c in first if c in second and c not in wanted]
    rows = [c for c in first if c not in second]
    columns = [c for c in second if c not in first]
    sizes = {c: _size(a, i) for i, c in enumerate(first)}
    sizes |= {c: _size(b, i) for i, c in enumerate(second) if not isinstance(sizes.get(c), int)}

    def laid(x: Any, names: str, order: list[str], parts: list[list[str]]) -> Any:
        x = tf.transpose(x, [names.index(c) for c in order])
        return tf.reshape(x, _shape([_product(sizes, part) for part in parts]))

    single = [[c] for c in batch]
    left = laid(a, first, [*batch, *rows, *inner], [*single, rows, inner])
    right = laid(b, second, [*batch, *inner, *columns], [*single, inner, columns])
    found = tf.matmul(left, right)
    order = [*batch, *rows, *columns]
    found = tf.reshape(found, _shape([sizes[c] for c in order]))
    return tf.transpose(found, [order.index(c) for c in wanted])


def _summed(x: Any, names: str, kept: str) -> tuple[Any, str]:
    """A tensor without the dimensions that nothing else has."""
    axes = [i for i, c in enumerate(names) if c not in kept]
    return (tf.reduce_sum(x, axes) if axes else x), "".join(c for c in names if c in kept)


def _size(x: Any, axis: int) -> Any:
    known = x.shape[axis]
    return tf.shape(x)[axis] if known is None else known


def _product(sizes: dict[str, Any], names: list[str]) -> Any:
    whole: Any = 1
    for name in names:
        whole = whole * sizes[name]
    return whole


def _shape(sizes: list[Any]) -> Any:
    """Sizes for a reshape, the only one that is not known left to it."""
    free = [i for i, size in enumerate(sizes) if not isinstance(size, int)]
    if len(free) == 1:
        return [-1 if i in free else size for i, size in enumerate(sizes)]
    return tf.stack(sizes) if free else sizes


def _batch_matmul(node: Any, x: Any, y: Any) -> Any:
    return tf.raw_ops.BatchMatMulV2(x=x, y=y, adj_x=node.attrs["adj_x"], adj_y=node.attrs["adj_y"])


def _resource_gather(node: Any, variable: Any, indices: Any) -> Any:
    table = tf.constant(variable.storage.read())
    return tf.gather(table, indices, batch_dims=node.attrs["batch_dims"])


def _bucketize(node: Any, x: Any) -> Any:
    edges = tf.constant(node.attrs["boundaries"], tf.float32)
    above = tf.cast(x, tf.float32)[..., None] >= edges
    return tf.reduce_sum(tf.cast(above, tf.int32), -1)


def _square_sum(node: Any, x: Any) -> Any:
    return tf.reduce_sum(tf.square(x)) / _number(2, x)


def _rint(node: Any, x: Any) -> Any:
    return tf.round(x)


def _inverse(node: Any, x: Any) -> Any:
    return tf.math.reciprocal(x)


def _identity(node: Any, x: Any) -> Any:
    return x


def _cast(node: Any, x: Any) -> Any:
    wanted = node.attrs["DstT"]
    if wanted == tf.string:
        raise CannotSay("TensorFlow.js makes no text of numbers")
    return tf.raw_ops.Cast(x=x, DstT=wanted)


def _segment_sum(node: Any, data: Any, segments: Any, count: Any) -> Any:
    if not isinstance(count, EagerTensor) or segments.shape.rank != 1:
        raise CannotSay("it takes a known number of segments, and one for each row")
    rows = tf.one_hot(segments, int(count.numpy()), dtype=data.dtype, axis=0)
    flat = tf.reshape(data, [-1, int(np.prod(data.shape[1:]))])
    return tf.reshape(rows @ flat, [int(count.numpy()), *data.shape[1:]])


def _hash_lookup(node: Any, table: Any, keys: Any, default: Any) -> Any:
    raise CannotSay(
        "lookups are done before the model is asked: they are of text or 64-bit integers"
    )


RULES: dict[Op, Callable[..., Any]] = {
    raw.Erfc: _erfc,
    raw.Softsign: _softsign,
    raw.Xdivy: _zero_where_zero(lambda x, y: x / y),
    raw.Xlogy: _zero_where_zero(lambda x, y: x * tf.math.log(y)),
    raw.Xlog1py: _zero_where_zero(lambda x, y: x * tf.math.log1p(y)),
    raw.Roll: _roll,
    raw.SpaceToDepth: _space_to_depth,
    raw.BatchMatMulV3: _batch_matmul,
    raw.Einsum: _einsum,
    raw.ResourceGather: _resource_gather,
    raw.Bucketize: _bucketize,
    raw.L2Loss: _square_sum,
    raw.Rint: _rint,
    raw.Inv: _inverse,
    raw.PreventGradient: _identity,
    raw.Bitcast: lambda node, x: _refuse("bits of one dtype as those of another"),
    raw.Cast: _cast,
    raw.UnsortedSegmentSum: _segment_sum,
    raw.LookupTableFindV2: _hash_lookup,
}


def _refuse(what: str) -> Any:
    raise CannotSay(f"TensorFlow.js does not see {what}")
