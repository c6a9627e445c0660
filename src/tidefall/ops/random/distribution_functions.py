"""Gamma, Poisson and binomial random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.ops.random.seeds import op_seeds
from tidefall.ops.random.stateless import AUTO_SELECT, key_counter_op
from tidefall.ops.random.stateless_functions import shape_tensor
from tidefall.tensor.conversion import convert_to_tensor


def _alpha_and_beta(alpha: Any, beta: Any, dtype: Any) -> tuple[Any, Any]:
    """Both parameters as tensors, `alpha` with the shape they have together."""
    alpha = convert_to_tensor(alpha, dtype, name="alpha")
    beta = convert_to_tensor(1 if beta is None else beta, dtype, name="beta")
    shape_op = raw.Shape
    together = raw.BroadcastArgs(shape_op(alpha), shape_op(beta))
    return raw.BroadcastTo(alpha, together), beta


def _over_beta(drawn: Any, beta: Any, dtype: Any) -> Any:
    tiny = np.finfo(dtype.as_numpy_dtype).tiny
    return raw.Maximum(np.asarray(tiny, dtype.as_numpy_dtype), drawn / beta)


@export("random.gamma")
def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Random numbers of gamma distributions.

    Args:
        shape: how many numbers for each pair of parameters.
        alpha: shape of the distribution; broadcasts against `beta`.
        beta: rate (inverse scale) of the distribution; None is 1.
        dtype: float16, float32 or float64.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `shape` followed by that of `alpha + beta`.

    >>> import tidefall as tf
    >>> tf.random.gamma([10], [0.5, 1.5]).shape
    TensorShape([10, 2])
    """
    with name_scope(name or "random_gamma"):
        dtype = as_dtype(dtype)
        shape = shape_tensor(shape)
        alpha, beta = _alpha_and_beta(alpha, beta, dtype)
        return _over_beta(raw.RandomGamma(shape, alpha, **op_seeds(seed)), beta, dtype)


@export("random.stateless_gamma")
def stateless_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Random numbers of gamma distributions that depend on the seed alone.

    Args:
        shape: shape of the result; it ends with that of `alpha + beta`.
        seed: int tensor of shape `[2]`.
        alpha: shape of the distribution; broadcasts against `beta`.
        beta: rate (inverse scale) of the distribution; None is 1.
        dtype: float16, float32 or float64.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and dtype; TensorFlow draws the same numbers on a CPU.

    >>> import tidefall as tf
    >>> tf.random.stateless_gamma([3], [1, 2], alpha=2.0, beta=3.0).numpy().round(4)
    array([0.9391, 0.6414, 1.112 ], dtype=float32)
    """
    with name_scope(name or "stateless_random_gamma"):
        dtype = as_dtype(dtype)
        shape = shape_tensor(shape)
        alpha, beta = _alpha_and_beta(alpha, beta, dtype)
        key, counter = key_counter_op(seed)
        alg = np.array(AUTO_SELECT, np.int32)
        drawn = raw.StatelessRandomGammaV3(shape, key, counter, alg, alpha)
        return _over_beta(drawn, beta, dtype)


@export("random.poisson")
def poisson(
    shape: Any,
    lam: Any,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Random numbers of Poisson distributions.

    Args:
        shape: how many numbers for each rate.
        lam: rates.
        dtype: float16, float32, float64, int32 or int64.
        seed: seed of this op; see `tf.random.set_seed`.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of shape `shape` followed by that of `lam`.

    >>> import tidefall as tf
    >>> tf.random.poisson([10], [0.5, 1.5]).shape
    TensorShape([10, 2])
    """
    with name_scope(name or "random_poisson"):
        operation = raw.RandomPoissonV2
        rates = convert_to_tensor(lam, dtype_hint=dtypes.float32)
        return operation(shape_tensor(shape), rates, dtype=as_dtype(dtype), **op_seeds(seed))


@export("random.stateless_poisson")
def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = dtypes.int32, name: str | None = None
) -> Any:
    """Random numbers of Poisson distributions that depend on the seed alone.

    Args:
        shape: shape of the result; it ends with that of `lam`.
        seed: int tensor of shape `[2]`.
        lam: rates.
        dtype: float16, float32, float64, int32 or int64.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and dtype; TensorFlow draws the same numbers on a CPU.

    >>> import tidefall as tf
    >>> tf.random.stateless_poisson([2, 3], [1, 2], lam=[0.5, 1.0, 30.0]).numpy()[:, 0]
    array([3, 2], dtype=int32)
    """
    with name_scope(name or "stateless_random_poisson"):
        operation = raw.StatelessRandomPoisson
        return operation(shape_tensor(shape), seed, lam, dtype=as_dtype(dtype))


@export("random.stateless_binomial")
def stateless_binomial(
    shape: Any,
    seed: Any,
    counts: Any,
    probs: Any,
    output_dtype: Any = dtypes.int32,
    name: str | None = None,
) -> Any:
    """Random numbers of binomial distributions that depend on the seed alone.

    Args:
        shape: shape of the result; it ends with that of `counts + probs`.
        seed: int tensor of shape `[2]`.
        counts: numbers of trials; broadcasts against `probs`.
        probs: probabilities of success.
        output_dtype: float16, float32, float64, int32 or int64.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of that shape and dtype; TensorFlow draws the same numbers on a CPU.

    >>> import tidefall as tf
    >>> tf.random.stateless_binomial([3], [1, 2], counts=10.0, probs=1.0).numpy()
    array([10, 10, 10], dtype=int32)
    """
    with name_scope(name or "stateless_random_binomial"):
        counts = convert_to_tensor(counts, name="counts")
        probs = convert_to_tensor(probs, counts.dtype, name="probs")
        operation = raw.StatelessRandomBinomial
        return operation(shape_tensor(shape), seed, counts, probs, dtype=as_dtype(output_dtype))
