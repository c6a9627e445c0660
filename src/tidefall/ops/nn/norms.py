"""Norms of tensors: L2 loss, and normalising to unit length."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.ops.batching import Call
from tidefall.ops.common import jnp, scalar
from tidefall.ops.nn.activations import widen
from tidefall.tensor.conversion import convert_to_tensor


def _l2_loss_host(t: np.ndarray) -> np.ndarray:
    x = widen(t).reshape(-1)
    return np.asarray(np.dot(x, x) / x.dtype.type(2), t.dtype)


def _l2_loss_xla(t: Any) -> Any:
    return (jnp.sum(jnp.square(t)) / 2).astype(t.dtype)


def _l2_loss_batching(call: Call) -> Any:
    """Half the sum of the squares of each row."""
    x = call.tensor(0)
    axes = np.arange(1, call.rank(0) + 1, dtype=np.int32)
    half = np.array(0.5, x.dtype.as_numpy_dtype)
    return raw.Mul(raw.Sum(raw.Mul(x, x), axes), half)


l2_loss_op = op(
    "L2Loss",
    shape=scalar,
    host=_l2_loss_host,
    xla=_l2_loss_xla,
    effects=PURE,
    batching=_l2_loss_batching,
    gradient=lambda op, dy: op.inputs[0] * dy,
)


@export("nn.l2_loss")
def l2_loss(t: Any, name: str | None = None) -> Any:
    """Half the sum of squares: `sum(t ** 2) / 2`.

    Args:
        t: floating-point tensor of any shape.
        name: name of the node in a graph.

    Returns:
        A scalar of the same dtype.

    >>> import tidefall as tf
    >>> tf.nn.l2_loss([3.0, 4.0]).numpy()
    np.float32(12.5)
    """
    return l2_loss_op(t, name=name)


@export("linalg.l2_normalize", "math.l2_normalize", "nn.l2_normalize")
def l2_normalize(
    x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None, dim: Any = None
) -> Any:
    """Scale a tensor to unit L2 norm along axes: `x * rsqrt(max(sum(x ** 2), epsilon))`.

    Args:
        x: floating-point or complex tensor of any shape.
        axis: axis or axes of a vector; None takes the whole tensor as one.
        epsilon: lower bound of the squared norm.
        name: name scope of the nodes in a graph.
        dim: old name of `axis`.

    Returns:
        A tensor of the input's shape and dtype.

    >>> import tidefall as tf
    >>> tf.math.l2_normalize([3.0, 4.0]).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    if dim is not None:
        if axis is not None:
            raise ValueError("Cannot specify both 'axis' and 'dim'.")
        axis = dim
    with name_scope(name or "l2_normalize") as scope:
        x = convert_to_tensor(x, name="x")
        is_complex = x.dtype.is_complex
        if is_complex:
            real, imag = raw.Real, raw.Imag
            types = {"Tout": x.dtype.real_dtype}
            square = raw.Square(real(x, **types)) + raw.Square(imag(x, **types))
        else:
            square = raw.Square(x)
        total = raw.Sum(square, _all_axes(x) if axis is None else axis, keep_dims=True)
        inverse = raw.Rsqrt(raw.Maximum(total, epsilon))
        if is_complex:
            inverse = raw.Complex(inverse, raw.ZerosLike(inverse), Tout=x.dtype)
        return raw.Mul(x, inverse, name=scope)


def _all_axes(x: Any) -> Any:
    rank = x.shape.rank
    if rank is None:
        return raw.Range(0, raw.Rank(x), 1)
    return np.arange(rank, dtype=np.int32)
