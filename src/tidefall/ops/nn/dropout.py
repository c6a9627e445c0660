"""Dropout: setting random elements to zero and scaling up the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.dispatch import OTHER
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.nn.convolution.ops import shape_of
from tidefall.ops.random.stateful_functions import uniform
from tidefall.ops.random.stateless_functions import shape_tensor, stateless_uniform
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


def _noise_shape(x: Any, noise_shape: Any) -> Any:
    """The shape of the random mask; None entries are taken from `x`."""
    if noise_shape is None:
        return shape_of(x)
    if isinstance(noise_shape, TensorShape):
        noise_shape = noise_shape.as_list()
    if not isinstance(noise_shape, (list, tuple)) or None not in noise_shape:
        return shape_tensor(noise_shape)
    if x.shape.rank != len(noise_shape):
        raise ValueError(
            f"`noise_shape` {noise_shape} has None in it, so it needs as many entries as `x` has "
            f"dimensions: {x.shape}"
        )
    known = x.shape.as_list()
    merged = [k if n is None else n for n, k in zip(noise_shape, known, strict=True)]
    if None not in merged:
        return np.array(merged, np.int32)
    sizes = raw.Shape(x)
    return raw.Pack([sizes[i] if m is None else m for i, m in enumerate(merged)], axis=0)


def _dropout(
    x: Any, rate: Any, noise_shape: Any, sampler: Callable[[Any, Any], Any], scope: str
) -> Any:
    is_number = isinstance(rate, (int, float, np.number))
    if is_number and not 0 <= rate < 1:
        raise ValueError(
            f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}"
        )
    x = convert_to_tensor(x, name="x")
    if not x.dtype.is_floating:
        raise ValueError(
            "`x.dtype` must be a floating point tensor as `x` will be scaled. "
            f"Received: x_dtype={x.dtype!r}"
        )
    if is_number and rate == 0:
        return x
    if is_number:
        scaled = x * (1.0 / (1.0 - float(rate)))
    else:
        rate = _rate_tensor(x, rate)
        scaled = x / (raw.OnesLike(rate) - rate)
    noise = sampler(_noise_shape(x, noise_shape), x.dtype)
    keep = raw.GreaterEqual(noise, convert_to_tensor(rate, x.dtype))
    result = raw.SelectV2(keep, scaled, convert_to_tensor(0, x.dtype), name=scope)
    if not result.shape.is_fully_defined():
        result.set_shape(x.shape)
    return result


def _rate_tensor(x: Any, rate: Any) -> Any:
    if isinstance(rate, Tensor) and rate.dtype != x.dtype:
        raise ValueError(
            "`x.dtype` must be compatible with `rate.dtype`. "
            f"Received: x.dtype={x.dtype!r} and rate.dtype={rate.dtype!r}"
        )
    rate = convert_to_tensor(rate, x.dtype, name="rate")
    rate.shape.assert_has_rank(0)
    return rate


@export("nn.dropout", dispatch=OTHER)
def dropout(
    x: Any, rate: Any, noise_shape: Any = None, seed: int | None = None, name: str | None = None
) -> Any:
    """Set each element to zero with a probability, and scale the others to keep the sum.

    Args:
        x: floating-point tensor of any shape.
        rate: probability of zero, in [0, 1): a number or a scalar tensor of the dtype of `x`.
        noise_shape: shape of the random choices, broadcast against `x`; 1 where a whole dimension
            is kept or dropped together. None entries are those of `x`.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: for a rate outside of [0, 1) or an integer `x`.

    Reference: [Srivastava et al., 2014](http://jmlr.org/papers/v15/srivastava14a.html).

    >>> import tidefall as tf
    >>> tf.random.set_seed(3)
    >>> tf.nn.dropout(tf.ones([2, 4]), rate=0.5).numpy()
    array([[0., 2., 0., 0.],
           [2., 2., 0., 0.]], dtype=float32)
    """

    def sampler(shape: Any, dtype: Any) -> Any:
        return uniform(shape, dtype=dtype, seed=seed)

    with name_scope(name or "dropout") as scope:
        return _dropout(x, rate, noise_shape, sampler, scope)


@export("nn.experimental.stateless_dropout", dispatch=OTHER)
def stateless_dropout(
    x: Any,
    rate: Any,
    seed: Any,
    rng_alg: Any = None,
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """Dropout whose choices depend on the seed alone.

    Args:
        x: floating-point tensor of any shape.
        rate: probability of zero, in [0, 1): a number or a scalar tensor of the dtype of `x`.
        seed: int tensor of shape `[2]`.
        rng_alg: "philox" or "auto_select" (None means that).
        noise_shape: shape of the random choices, broadcast against `x`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: for a rate outside of [0, 1) or an integer `x`.

    >>> import tidefall as tf
    >>> tf.nn.experimental.stateless_dropout(tf.ones([4]), 0.5, seed=[1, 2]).numpy()
    array([2., 0., 2., 0.], dtype=float32)
    """

    def sampler(shape: Any, dtype: Any) -> Any:
        return stateless_uniform(shape, seed, dtype=dtype, alg=rng_alg or "auto_select")

    with name_scope(name or "stateless_dropout") as scope:
        return _dropout(x, rate, noise_shape, sampler, scope)


@export("nn.experimental.general_dropout")
def general_dropout(
    x: Any,
    rate: Any,
    uniform_sampler: Callable[..., Any],
    noise_shape: Any = None,
    name: str | None = None,
) -> Any:
    """Dropout with a sampler of one's own.

    Args:
        x: floating-point tensor of any shape.
        rate: probability of zero, in [0, 1): a number or a scalar tensor of the dtype of `x`.
        uniform_sampler: `f(shape, dtype)`, numbers in [0, 1).
        noise_shape: shape of the random choices, broadcast against `x`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        ValueError: for a rate outside of [0, 1) or an integer `x`.

    >>> import tidefall as tf
    >>> always = lambda shape, dtype: tf.ones(shape, dtype)
    >>> tf.nn.experimental.general_dropout(tf.ones([2]), 0.5, always).numpy()
    array([2., 2.], dtype=float32)
    """
    with name_scope(name or "general_dropout") as scope:
        return _dropout(
            x,
            rate,
            noise_shape,
            lambda shape, dtype: uniform_sampler(shape=shape, dtype=dtype),
            scope,
        )
