"""The commonest ops, written for each library; standard library and NumPy only.

The expressions are over `x`, `y`, ... made by the inputs of a case, and the library's own names:
`tf` (Tidefall and TensorFlow), `jax` and `jnp`, `torch` and `F` (torch.nn.functional).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SIZES = {"8": 8, "1k": 1024, "1M": 1024 * 1024}

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class OpCase:
    """One op.

    Attributes:
        name: what the table calls it.
        inputs: from a number of elements to the arrays of the case; `x` comes first.
        tf, jax, torch: the expression in each library; None where it has no such op.
        gradient: whether the gradient by `x` is measured too.
    """

    name: str
    inputs: Callable[[int], Arrays]
    tf: str
    jax: str | None
    torch: str | None
    gradient: bool = True


def _random(*shape: int) -> np.ndarray:
    generator = np.random.default_rng(math.prod(shape))
    return generator.uniform(0.1, 0.9, shape).astype(np.float32)


def _matrix(count: int) -> tuple[int, int]:
    """Rows and columns with `count` elements together, about square."""
    rows = 1 << (count.bit_length() - 1) // 2
    return rows, count // rows


def _x(count: int) -> Arrays:
    return {"x": _random(count)}


def _xy(count: int) -> Arrays:
    return {"x": _random(count), "y": _random(count) + np.float32(0.05)}


def _m(count: int) -> Arrays:
    return {"x": _random(*_matrix(count))}


def _m_row(count: int) -> Arrays:
    rows, columns = _matrix(count)
    return {"x": _random(rows, columns), "y": _random(columns)}


def _square(count: int) -> Arrays:
    side = {8: 3, 1024: 32}.get(count, 512)
    return {"x": _random(side, side), "y": _random(side, side)}


def _positive_definite(count: int) -> Arrays:
    side = {8: 3, 1024: 32}.get(count, 256)
    x = _random(side, side)
    return {"x": x @ x.T + side * np.eye(side, dtype=np.float32)}


def _condition(count: int) -> Arrays:
    return {**_xy(count), "c": _random(count) > 0.5}


def _indexed(count: int) -> Arrays:
    rows, columns = _matrix(count)
    index = np.random.default_rng(1).integers(0, rows, rows).astype(np.int32)
    return {"x": _random(rows, columns), "i": index}


def _labels(count: int) -> Arrays:
    rows, columns = _matrix(count)
    labels = np.random.default_rng(1).integers(0, columns, rows)
    return {"x": _random(rows, columns), "i": labels}


def _segments(count: int) -> Arrays:
    rows, columns = _matrix(count)
    return {"x": _random(rows, columns), "i": np.arange(rows, dtype=np.int32) // 2}


def _image(count: int) -> Arrays:
    side, channels = {8: (4, 1), 1024: (8, 16)}.get(count, (32, 64))
    batch = max(1, count // (side * side * channels))
    return {
        "x": _random(batch, side, side, channels),
        "w": _random(3, 3, channels, channels),
    }


def _whole(count: int) -> Arrays:
    return {"x": np.random.default_rng(2).integers(0, 100, count).astype(np.int32)}


def _unary(tf: str, jax: str, torch: str, *, gradient: bool = True) -> OpCase:
    name = tf.rpartition(".")[2]
    return OpCase(name, _x, f"tf.{tf}(x)", f"{jax}(x)", f"{torch}(x)", gradient)


def _binary(name: str, tf: str, jax: str, torch: str, *, gradient: bool = True) -> OpCase:
    return OpCase(name, _xy, tf, jax, torch, gradient)


OPS: tuple[OpCase, ...] = (
    _binary("add", "tf.add(x, y)", "jnp.add(x, y)", "torch.add(x, y)"),
    _binary("subtract", "tf.subtract(x, y)", "jnp.subtract(x, y)", "torch.sub(x, y)"),
    _binary("multiply", "tf.multiply(x, y)", "jnp.multiply(x, y)", "torch.mul(x, y)"),
    _binary("divide", "tf.divide(x, y)", "jnp.divide(x, y)", "torch.div(x, y)"),
    _binary("maximum", "tf.maximum(x, y)", "jnp.maximum(x, y)", "torch.maximum(x, y)"),
    _binary("pow", "tf.pow(x, y)", "jnp.power(x, y)", "torch.pow(x, y)"),
    _binary("x * 2", "x * 2.0", "x * 2.0", "x * 2.0"),
    _binary(
        "squared_difference",
        "tf.math.squared_difference(x, y)",
        "jnp.square(x - y)",
        "torch.square(x - y)",
    ),
    _binary("less", "tf.less(x, y)", "jnp.less(x, y)", "torch.lt(x, y)", gradient=False),
    _binary("equal", "tf.equal(x, y)", "jnp.equal(x, y)", "torch.eq(x, y)", gradient=False),
    OpCase("add a row", _m_row, "x + y", "x + y", "x + y"),
    OpCase("where", _condition, "tf.where(c, x, y)", "jnp.where(c, x, y)", "torch.where(c, x, y)"),
    _unary("negative", "jnp.negative", "torch.neg"),
    _unary("abs", "jnp.abs", "torch.abs"),
    _unary("square", "jnp.square", "torch.square"),
    _unary("sqrt", "jnp.sqrt", "torch.sqrt"),
    _unary("math.rsqrt", "jax.lax.rsqrt", "torch.rsqrt"),
    _unary("exp", "jnp.exp", "torch.exp"),
    _unary("math.log", "jnp.log", "torch.log"),
    _unary("sin", "jnp.sin", "torch.sin"),
    _unary("tanh", "jnp.tanh", "torch.tanh"),
    _unary("sigmoid", "jax.nn.sigmoid", "torch.sigmoid"),
    _unary("math.erf", "jax.scipy.special.erf", "torch.erf"),
    _unary("floor", "jnp.floor", "torch.floor", gradient=False),
    _unary("sign", "jnp.sign", "torch.sign", gradient=False),
    _unary("math.is_finite", "jnp.isfinite", "torch.isfinite", gradient=False),
    _unary("nn.relu", "jax.nn.relu", "torch.relu"),
    _unary("nn.gelu", "jax.nn.gelu", "F.gelu"),
    _unary("nn.elu", "jax.nn.elu", "F.elu"),
    _unary("nn.softplus", "jax.nn.softplus", "F.softplus"),
    _unary("nn.silu", "jax.nn.silu", "F.silu"),
    OpCase(
        "clip_by_value",
        _x,
        "tf.clip_by_value(x, 0.2, 0.8)",
        "jnp.clip(x, 0.2, 0.8)",
        "torch.clamp(x, 0.2, 0.8)",
    ),
    OpCase("cast", _x, "tf.cast(x, tf.int32)", "x.astype(jnp.int32)", "x.to(torch.int32)", False),
    OpCase("reduce_sum", _m, "tf.reduce_sum(x)", "jnp.sum(x)", "torch.sum(x)"),
    OpCase("reduce_sum axis 0", _m, "tf.reduce_sum(x, 0)", "jnp.sum(x, 0)", "torch.sum(x, 0)"),
    OpCase("reduce_mean", _m, "tf.reduce_mean(x, 1)", "jnp.mean(x, 1)", "torch.mean(x, 1)"),
    OpCase("reduce_max", _m, "tf.reduce_max(x, 1)", "jnp.max(x, 1)", "torch.amax(x, 1)"),
    OpCase("argmax", _m, "tf.argmax(x, 1)", "jnp.argmax(x, 1)", "torch.argmax(x, 1)", False),
    OpCase("cumsum", _m, "tf.cumsum(x, 1)", "jnp.cumsum(x, 1)", "torch.cumsum(x, 1)"),
    OpCase("softmax", _m, "tf.nn.softmax(x)", "jax.nn.softmax(x)", "torch.softmax(x, -1)"),
    OpCase(
        "log_softmax", _m, "tf.nn.log_softmax(x)", "jax.nn.log_softmax(x)", "F.log_softmax(x, -1)"
    ),
    OpCase(
        "sparse cross entropy",
        _labels,
        "tf.nn.sparse_softmax_cross_entropy_with_logits(i, x)",
        "-jnp.take_along_axis(jax.nn.log_softmax(x), i[:, None], 1)[:, 0]",
        "F.cross_entropy(x, i, reduction='none')",
    ),
    OpCase("matmul", _square, "tf.matmul(x, y)", "jnp.matmul(x, y)", "torch.matmul(x, y)"),
    OpCase(
        "einsum",
        _square,
        "tf.einsum('ij,kj->ik', x, y)",
        "jnp.einsum('ij,kj->ik', x, y)",
        "torch.einsum('ij,kj->ik', x, y)",
    ),
    OpCase(
        "conv2d",
        _image,
        "tf.nn.conv2d(x, w, 1, 'SAME')",
        "jax.lax.conv_general_dilated(x, w, (1, 1), 'SAME', "
        "dimension_numbers=('NHWC', 'HWIO', 'NHWC'))",
        "F.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), padding=1)",
    ),
    OpCase(
        "max_pool2d",
        _image,
        "tf.nn.max_pool2d(x, 2, 2, 'VALID')",
        "jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), 'VALID')",
        "F.max_pool2d(x.permute(0, 3, 1, 2), 2)",
    ),
    OpCase("bias_add", _m_row, "tf.nn.bias_add(x, y)", "x + y", "x + y"),
    OpCase("reshape", _m, "tf.reshape(x, [-1])", "jnp.reshape(x, -1)", "torch.reshape(x, (-1,))"),
    OpCase("transpose", _m, "tf.transpose(x)", "jnp.transpose(x)", "x.t().contiguous()"),
    OpCase("expand_dims", _m, "tf.expand_dims(x, 0)", "jnp.expand_dims(x, 0)", "x.unsqueeze(0)"),
    OpCase(
        "concat", _m, "tf.concat([x, x], 0)", "jnp.concatenate([x, x], 0)", "torch.cat([x, x], 0)"
    ),
    OpCase("stack", _m, "tf.stack([x, x])", "jnp.stack([x, x])", "torch.stack([x, x])"),
    OpCase("split", _x, "tf.split(x, 2)[1]", "jnp.split(x, 2)[1]", "torch.chunk(x, 2)[1]"),
    OpCase("x[1:, ::2]", _m, "x[1:, ::2]", "x[1:, ::2]", "x[1:, ::2]"),
    OpCase("pad", _m, "tf.pad(x, [[1, 1], [1, 1]])", "jnp.pad(x, 1)", "F.pad(x, (1, 1, 1, 1))"),
    OpCase("tile", _m, "tf.tile(x, [1, 2])", "jnp.tile(x, (1, 2))", "torch.tile(x, (1, 2))"),
    OpCase("gather", _indexed, "tf.gather(x, i)", "jnp.take(x, i, 0)", "x[i]"),
    OpCase(
        "unsorted_segment_sum",
        _segments,
        "tf.math.unsorted_segment_sum(x, i, x.shape[0])",
        "jax.ops.segment_sum(x, i, x.shape[0])",
        "torch.zeros_like(x).index_add(0, i, x)",
    ),
    OpCase("one_hot", _whole, "tf.one_hot(x, 10)", "jax.nn.one_hot(x, 10)", None, False),
    OpCase("sort", _m, "tf.sort(x)", "jnp.sort(x)", "torch.sort(x)[0]"),
    OpCase("top_k", _m, "tf.math.top_k(x, 2)[0]", "jax.lax.top_k(x, 2)[0]", "torch.topk(x, 2)[0]"),
    OpCase(
        "cholesky",
        _positive_definite,
        "tf.linalg.cholesky(x)",
        "jnp.linalg.cholesky(x)",
        "torch.linalg.cholesky(x)",
    ),
    OpCase(
        "random.stateless_uniform",
        _x,
        "tf.random.stateless_uniform(x.shape, [1, 2])",
        "jax.random.uniform(jax.random.key(0), x.shape)",
        "torch.rand(x.shape)",
        False,
    ),
)
