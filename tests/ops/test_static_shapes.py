"""Static shapes of array ops on tensors of partly known shape, as TensorFlow infers them.

The expected shapes were inferred by TensorFlow 2.21; records in tests/oracle cover inputs of fully
known and of fully unknown sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import tidefall as tf
from tidefall.op import raw

INPUTS: dict[str, tuple[Any, Any]] = {
    "x": (tf.float32, [2, 3]),
    "u": (tf.float32, [None, 3]),
    "w": (tf.float32, [None, None, 4]),
    "n": (tf.float32, None),
    "im": (tf.float32, [None, 8, 8, None]),
    "i": (tf.int32, []),
    "s": (tf.int32, [2]),
    "iv": (tf.int32, [None]),
    "b": (tf.bool, [2]),
    "m": (tf.bool, [None]),
}

ONE: list[tuple[Callable[[Any], Any], list[int | None] | None]] = [
    (lambda v: tf.zeros(v.s), [None, None]),
    (lambda v: tf.zeros([v.i, 3]), [None, 3]),
    (lambda v: tf.zeros([tf.shape(v.u)[0], 3]), [None, 3]),
    (lambda v: tf.ones(v.s), [None, None]),
    (lambda v: tf.fill(v.s, 1), [None, None]),
    (lambda v: tf.fill([v.i, 4], 1.0), [None, 4]),
    (lambda v: tf.zeros_like(v.u), [None, 3]),
    (lambda v: tf.zeros_like(v.u, tf.int32), [None, 3]),
    (lambda v: tf.ones_like(v.u), [None, 3]),
    (lambda v: tf.eye(v.i), [None, None]),
    (lambda v: tf.range(v.i), [None]),
    (lambda v: tf.range(1, v.i), [None]),
    (lambda v: tf.one_hot(v.s, 3), [2, 3]),
    (lambda v: tf.one_hot(v.iv, v.i), [None, None]),
    (lambda v: tf.one_hot(v.iv, 5, axis=0), [5, None]),
    (lambda v: tf.shape(v.u), [2]),
    (lambda v: tf.shape(v.u)[0], []),
    (lambda v: tf.shape(v.u)[1], []),
    (lambda v: tf.shape(v.u)[1:], [1]),
    (lambda v: tf.size(v.u), []),
    (lambda v: tf.rank(v.n), []),
    (lambda v: tf.transpose(v.n), None),
    (lambda v: tf.transpose(v.u), [3, None]),
    (lambda v: tf.transpose(v.w, [2, 0, 1]), [4, None, None]),
    (lambda v: tf.transpose(v.n, [1, 0]), [None, None]),
    (lambda v: tf.transpose(v.u, v.s), [None, None]),
    (lambda v: tf.stack([v.u, v.x]), [2, 2, 3]),
    (lambda v: tf.stack([v.n, v.x], 1), [2, 2, 3]),
    (lambda v: tf.concat([v.x, v.u], 0), [None, 3]),
    (lambda v: tf.concat([v.x, v.u], 1), [2, 6]),
    (lambda v: tf.concat([v.x, v.n], 0), [None, 3]),
    (lambda v: tf.concat([v.n, v.n], 0), None),
    (lambda v: tf.concat([v.u, v.u], v.i), [None, None]),
    (lambda v: tf.concat([v.w, v.w], -1), [None, None, 8]),
    (lambda v: tf.reshape(v.u, [-1]), [None]),
    (lambda v: tf.reshape(v.u, [-1, 1, 3]), [None, 1, 3]),
    (lambda v: tf.reshape(v.u, [3, -1]), [3, None]),
    (lambda v: tf.reshape(v.u, [2, -1, 3]), [2, None, 3]),
    (lambda v: tf.reshape(v.x, v.s), [None, None]),
    (lambda v: tf.reshape(v.n, [2, -1]), [2, None]),
    (lambda v: tf.reshape(v.w, [-1, 4]), [None, 4]),
    (lambda v: tf.reshape(v.w, [-1, tf.shape(v.w)[1], 2, 2]), [None, None, 2, 2]),
    (lambda v: tf.reshape(v.w, tf.concat([tf.shape(v.w)[:-1], [2, 2]], 0)), [None, None, 2, 2]),
    (lambda v: tf.reshape(v.w, tf.stack([tf.shape(v.w)[0], -1])), [None, None]),
    (lambda v: tf.reshape(v.x, [v.i, -1]), [None, None]),
    (lambda v: tf.reshape(v.x, [v.i, 2]), [3, 2]),
    (lambda v: tf.reshape(v.x, tf.shape(v.u)), [2, 3]),
    (lambda v: tf.reshape(v.w, [tf.shape(v.w)[0] * tf.shape(v.w)[1], 4]), [None, 4]),
    (lambda v: tf.reshape(v.x, v.iv), None),
    (lambda v: tf.expand_dims(v.u, -1), [None, 3, 1]),
    (lambda v: tf.expand_dims(v.n, 0), None),
    (lambda v: tf.squeeze(v.u), None),
    (lambda v: tf.squeeze(v.w, 0), [None, 4]),
    (lambda v: tf.squeeze(v.n), None),
    (lambda v: tf.squeeze(v.n, [0]), None),
    (lambda v: tf.broadcast_to(v.u, [4, 2, 3]), [4, 2, 3]),
    (lambda v: tf.broadcast_to(v.u, [tf.shape(v.u)[0], 3]), [None, 3]),
    (lambda v: tf.broadcast_to(v.x, v.iv), None),
    (lambda v: tf.broadcast_to(v.x, [v.i, 2, 3]), [None, 2, 3]),
    (lambda v: tf.tile(v.u, [2, 2]), [None, 6]),
    (lambda v: tf.tile(v.x, v.s), [None, None]),
    (lambda v: tf.tile(v.u, [v.i, 1]), [None, 3]),
    (lambda v: tf.tile(v.n, [2, 2]), [None, None]),
    (lambda v: tf.pad(v.u, [[1, 1], [1, 1]]), [None, 5]),
    (lambda v: tf.pad(v.x, [[v.i, 1], [1, 1]]), [None, 5]),
    (lambda v: tf.pad(v.n, [[1, 1], [1, 1]]), [None, None]),
    (lambda v: tf.pad(v.x, tf.stack([v.s, v.s])), [None, None]),
    (lambda v: tf.reverse(v.n, [0]), None),
    (lambda v: tf.reverse_sequence(v.u, v.iv, 1), [None, 3]),
    (lambda v: tf.roll(v.u, [1, 2], [0, 1]), [None, 3]),
    (lambda v: v.u[0], [3]),
    (lambda v: v.u[1:], [None, 3]),
    (lambda v: v.u[:1], [None, 3]),
    (lambda v: v.u[:-1], [None, 3]),
    (lambda v: v.u[::2], [None, 3]),
    (lambda v: v.u[::-1], [None, 3]),
    (lambda v: v.u[-1:], [None, 3]),
    (lambda v: v.u[:, 0], [None]),
    (lambda v: v.u[..., 0], [None]),
    (lambda v: v.u[..., None], [None, 3, 1]),
    (lambda v: v.n[0], None),
    (lambda v: v.n[..., 0], None),
    (lambda v: v.n[None], None),
    (lambda v: v.w[:, 0], [None, 4]),
    (lambda v: v.w[:, :, 1:3], [None, None, 2]),
    (lambda v: v.w[0, 1:], [None, 4]),
    (lambda v: v.x[v.i], [3]),
    (lambda v: v.x[v.i :], [None, 3]),
    (lambda v: v.x[v.i, 0], []),
    (lambda v: v.x[::2, v.i], [1]),
    (lambda v: v.x[v.i :, ..., None, 1:2], [None, 1, None]),
    (lambda v: v.u[v.m], [None, 3]),
    (lambda v: v.w[:, v.i], [None, 4]),
    (lambda v: v.w[:, 1 : v.i], [None, None, 4]),
    (lambda v: tf.slice(v.u, [0, 1], [-1, 2]), [None, 2]),
    (lambda v: tf.slice(v.u, [0, 1], [2, 2]), [2, 2]),
    (lambda v: tf.slice(v.x, v.s, [1, 1]), [1, 1]),
    (lambda v: tf.slice(v.x, v.s, v.s), [None, None]),
    (lambda v: tf.slice(v.x, [0, 0], [v.i, 2]), [None, 2]),
    (lambda v: tf.slice(v.n, [0, 0], [1, 2]), [1, 2]),
    (lambda v: tf.slice(v.n, [0, 0], [-1, 2]), [None, 2]),
    (lambda v: tf.slice(v.u, v.iv, [1, 2]), [1, 2]),
    (lambda v: tf.strided_slice(v.u, [0, 0], [1, 2]), [None, 2]),
    (lambda v: tf.strided_slice(v.x, v.s, v.s + 1), [None, None]),
    (lambda v: tf.gather(v.x, v.s), [2, 3]),
    (lambda v: tf.gather(v.u, v.iv), [None, 3]),
    (lambda v: tf.gather(v.x, v.s, axis=1), [2, 2]),
    (lambda v: tf.gather(v.x, v.s, axis=v.i), [None, None]),
    (lambda v: tf.gather(v.n, v.s), None),
    (lambda v: tf.gather(v.w, v.s, axis=1), [None, 2, 4]),
    (lambda v: tf.gather(v.u, v.i), [3]),
    (lambda v: tf.gather_nd(v.u, [[0]]), [1, 3]),
    (lambda v: tf.gather_nd(v.n, [[0]]), None),
    (lambda v: tf.gather_nd(v.w, [[0, 1]]), [1, 4]),
    (lambda v: tf.boolean_mask(v.u, v.m), [None, 3]),
    (lambda v: tf.boolean_mask(v.w, v.m, axis=1), [None, None, 4]),
    (lambda v: tf.where(v.m), [None, 1]),
    (lambda v: tf.where(v.m[:, None], v.u, 0.0), [None, 3]),
    (lambda v: tf.where(v.b[:, None], v.x, v.u), [2, 3]),
    (lambda v: tf.sequence_mask(v.s), [2, None]),
    (lambda v: tf.sequence_mask(v.s, 5), [2, 5]),
    (lambda v: tf.sequence_mask(v.iv, v.i), [None, None]),
    (lambda v: tf.searchsorted(v.iv, v.iv), [None]),
    (lambda v: tf.sort(v.u, axis=0), [None, 3]),
    (lambda v: tf.argsort(v.u), [None, 3]),
    (lambda v: tf.linalg.diag(v.u), [None, 3, 3]),
    (lambda v: tf.linalg.diag_part(v.w), [None, None]),
    (lambda v: tf.linalg.band_part(v.u, 1, 1), [None, 3]),
    (lambda v: tf.linalg.tensor_diag(v.u), [None, 3, None, 3]),
    (lambda v: tf.identity(v.u), [None, 3]),
    (lambda v: tf.identity(v.n), None),
    (lambda v: tf.stop_gradient(v.u), [None, 3]),
    (lambda v: tf.ensure_shape(v.u, [2, 3]), [2, 3]),
    (lambda v: tf.ensure_shape(v.n, [None, 3]), [None, 3]),
    (lambda v: tf.dynamic_stitch([v.s, [2, 3]], [v.x, v.x]), [None, 3]),
    (lambda v: tf.scatter_nd([[0]], [1.0], [v.i]), [None]),
    (lambda v: tf.scatter_nd([[0], [1]], v.x, v.s), [None, None]),
    (lambda v: tf.tensor_scatter_nd_update(v.u, [[0]], [[1.0, 2.0, 3.0]]), [None, 3]),
    (lambda v: tf.broadcast_dynamic_shape(v.s, v.s), [2]),
    (lambda v: tf.broadcast_dynamic_shape(tf.shape(v.u), tf.shape(v.x)), [2]),
    (lambda v: tf.nn.space_to_depth(v.n, 2), [None, None, None, None]),
    (lambda v: tf.nn.space_to_depth(v.im, 2), [None, 4, 4, None]),
    (lambda v: tf.nn.depth_to_space(v.im, 2), [None, 16, 16, None]),
    (lambda v: tf.space_to_batch(v.im, [2, 2], [[0, 0], [0, 0]]), [None, 4, 4, None]),
    (lambda v: tf.space_to_batch(v.n, [2, 2], [[0, 0], [0, 0]]), None),
    (lambda v: tf.batch_to_space(v.im, [2, 2], [[0, 1], [1, 0]]), [None, 15, 15, None]),
    (lambda v: tf.space_to_batch(v.im, [2, 2], tf.stack([v.s, v.s])), [None, None, None, None]),
    (lambda v: tf.repeat(v.u, 2, 0), [None, 3]),
    (lambda v: tf.repeat(v.x, v.s, 0), [None, 3]),
    (lambda v: tf.repeat(v.u, 3), [None]),
    (lambda v: tf.linspace(0.0, 1.0, v.i), [None]),
    (lambda v: tf.math.in_top_k(v.iv, v.u, 2), [None]),
    (lambda v: tf.linalg.matrix_transpose(v.w), [None, 4, None]),
    (lambda v: tf.linalg.matrix_transpose(v.n), None),
    (lambda v: tf.debugging.check_numerics(v.u, "a"), [None, 3]),
    (lambda v: tf.unravel_index(v.iv, [2, 3]), [2, None]),
]

SEVERAL: list[tuple[Callable[[Any], Any], list[list[int | None] | None]]] = [
    (lambda v: tf.unstack(v.u, axis=1), [[None], [None], [None]]),
    (lambda v: tf.unstack(v.n, 3), [None, None, None]),
    (lambda v: tf.split(v.u, 2, 0), [[None, 3], [None, 3]]),
    (lambda v: tf.split(v.n, 2, 0), [None, None]),
    (lambda v: tf.split(v.x, v.s, 1), [[2, None], [2, None]]),
    (lambda v: tf.split(v.u, [1, -1], 0), [[1, 3], [None, 3]]),
    (lambda v: tf.split(v.x, 3, v.i), [[None, None], [None, None], [None, None]]),
    (lambda v: tf.math.top_k(v.u, 2), [[None, 2], [None, 2]]),
    (lambda v: tf.math.top_k(v.n, 2), [None, None]),
    (lambda v: tf.math.top_k(v.x, v.i), [[2, None], [2, None]]),
    (lambda v: tf.meshgrid(v.s, v.s), [[2, 2], [2, 2]]),
    (lambda v: tf.meshgrid(v.iv, v.s), [[2, None], [2, None]]),
    (lambda v: tf.unique(v.s), [[None], [2]]),
    (lambda v: tf.unique(v.iv), [[None], [None]]),
    (lambda v: tf.dynamic_partition(v.x, v.s, 2), [[None, 3], [None, 3]]),
    (lambda v: tf.dynamic_partition(v.u, v.iv, 2), [[None, 3], [None, 3]]),
    (lambda v: tf.shape_n([v.x, v.u]), [[2], [2]]),
]


@pytest.fixture
def inputs() -> Any:
    """Placeholders of the shapes above, in a graph that ops are added to."""
    with tf.Graph().as_default():
        made = {
            name: raw.Placeholder(dtype=dtype, shape=shape)
            for name, (dtype, shape) in INPUTS.items()
        }
        yield SimpleNamespace(**made)


@pytest.mark.parametrize("call, expected", ONE)
def test_one_result(call: Callable[[Any], Any], expected: Any, inputs: Any) -> None:
    assert call(inputs).shape == tf.TensorShape(expected)


@pytest.mark.parametrize("call, expected", SEVERAL)
def test_several_results(call: Callable[[Any], Any], expected: Any, inputs: Any) -> None:
    assert [t.shape for t in call(inputs)] == [tf.TensorShape(e) for e in expected]
