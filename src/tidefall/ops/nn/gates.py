"""Activation functions made of several ops: gelu, silu, crelu."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY
from tidefall.base.exports import export
from tidefall.base.state import name_scope
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.ops.array.common import plain_array, unrecorded
from tidefall.ops.math.exponential import sigmoid_op
from tidefall.ops.nn.activations import relu
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


@export("nn.gelu", dispatch=UNARY)
def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """Gaussian error linear unit: `x * P(X <= x)` for a standard normal `X`.

    Args:
        features: floating-point tensor of any shape `[...]`.
        approximate: use tanh in place of the exact error function.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    Raises:
        ValueError: if `features` is not floating point.

    Reference: [Hendrycks and Gimpel, 2016](https://arxiv.org/abs/1606.08415).

    >>> import tidefall as tf
    >>> tf.nn.gelu([-3.0, 0.0, 3.0], approximate=True).numpy().round(4)
    array([-0.0036,  0.    ,  2.9964], dtype=float32)
    """
    with name_scope(name or "Gelu"):
        features = convert_to_tensor(features, name="features")
        if not features.dtype.is_floating:
            raise ValueError(
                "`features.dtype` must be a floating point tensor. Received: "
                f"features.dtype={features.dtype!r}. Cast it first."
            )
        # TensorFlow rounds these constants to float32, whatever the dtype.
        if approximate:
            cubed = raw.Pow(features, 3.0)
            inner = math.sqrt(2 / math.pi) * (features + float(np.float32(0.044715)) * cubed)
            return 0.5 * features * (1.0 + raw.Tanh(inner))
        return 0.5 * features * raw.Erfc(-features * float(np.float32(math.sqrt(0.5))))


def _silu_of_numpy(x: np.ndarray) -> np.ndarray:
    return x * sigmoid_op.host(x)


_silu = Native("silu", _silu_of_numpy)


@export("nn.silu", "nn.swish", dispatch=UNARY)
def silu(features: Any, beta: Any = 1.0) -> Any:
    """Sigmoid linear unit, also called swish: `features * sigmoid(beta * features)`.

    Args:
        features: floating-point tensor of any shape `[...]`.
        beta: number or tensor that broadcasts against `features`.

    Returns:
        A tensor of the input's shape and dtype.

    Reference: [Ramachandran et al., 2017](https://arxiv.org/abs/1710.05941).

    >>> import tidefall as tf
    >>> tf.nn.silu([-1.0, 0.0, 1.0]).numpy().round(4)
    array([-0.2689,  0.    ,  0.7311], dtype=float32)
    """
    plain = isinstance(beta, (int, float)) and beta == 1
    x = plain_array(features)
    if plain and x is not None and x.dtype == np.float32 and unrecorded(features):
        return EagerTensor(_silu.run(x))
    features = convert_to_tensor(features, name="features")
    if plain:
        return features * raw.Sigmoid(features)
    beta = convert_to_tensor(beta, name="beta")
    if beta.dtype != features.dtype:
        beta = raw.Cast(beta, DstT=features.dtype)
    return features * raw.Sigmoid(beta * features)


@export("nn.crelu")
def crelu(features: Any, axis: int = -1, name: str | None = None) -> Any:
    """Concatenated rectifier: `relu([features, -features])` along an axis, twice as deep.

    Args:
        features: real tensor of any shape `[...]` with at least one dimension.
        axis: the axis along which the two halves are joined.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor of the input's dtype, twice as large along `axis`.

    Reference: [Shang et al., 2016](https://arxiv.org/abs/1603.05201).

    >>> import tidefall as tf
    >>> tf.nn.crelu([1.0, -2.0]).numpy()
    array([1., 0., 0., 2.], dtype=float32)
    """
    with name_scope(name or "CRelu"):
        features = convert_to_tensor(features, name="features")
        axis = convert_to_tensor(axis, dtypes.int32, name="axis")
        return relu(raw.ConcatV2([features, -features], axis))


@export("math.log_sigmoid", dispatch=UNARY)
def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """`log(sigmoid(x))`, exact also where the sigmoid is close to 0.

    Args:
        x: floating-point tensor of any shape.
        name: name scope of the nodes in a graph.

    Returns:
        A tensor like `x`.

    >>> import tidefall as tf
    >>> tf.math.log_sigmoid([-100.0, 0.0]).numpy().round(4)
    array([-100.    ,   -0.6931], dtype=float32)
    """
    with name_scope(name or "LogSigmoid"):
        x = convert_to_tensor(x, name="x")
        return raw.Neg(raw.Softplus(raw.Neg(x)))
