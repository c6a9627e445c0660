"""Activation functions of neural networks, each with its gradient op."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import UNARY, dispatched
from tidefall.base.exports import export
from tidefall.base.float_errors import quietly
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope, state
from tidefall.native.functions import Native
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.op.registry import op
from tidefall.op.traits import (
    ACTIVATION,
    CHEAP,
    ELEMENTWISE,
    IDEMPOTENT,
    SAFE_IN_HALF,
    SAME_SHAPE,
    TOTAL,
)
from tidefall.ops.branchless import choose
from tidefall.ops.common import invalid, jnp, shape_text, unchanged
from tidefall.ops.eager_tiers import LARGE, prefer_compiled
from tidefall.ops.fast import fast_dtypes, runnable
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

SELU_SCALE = 1.0507009873554805
SELU_SCALE_ALPHA = 1.7580993408473769


def widen(x: np.ndarray) -> np.ndarray:
    """float16 and bfloat16 as float32, in which their functions are computed."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x


def same_shapes(c: Inference) -> TensorShape:
    """Two inputs of one shape, which is the output's too."""
    x, y = c.shape(0), c.shape(1)
    if not x.is_compatible_with(y):
        raise ValueError(
            f"Inputs to operation {c.definition.name} must have the same size and shape. "
            f"Input 0: {shape_text(x)} != input 1: {shape_text(y)}"
        )
    return x.merge_with(y)


def _check(gradients: np.ndarray, other: np.ndarray) -> None:
    if gradients.shape != other.shape:
        raise invalid(
            "Inputs must have the same size and shape. "
            f"Input 0: {shape_text(gradients.shape)} != input 1: {shape_text(other.shape)}"
        )


def _fast(
    operation: Op, kernel: Callable[..., Any], costly: bool = False, quiet: bool = True
) -> Callable[[Any], Any]:
    """`fast_unary` for functions whose argument is called `features`."""
    allowed = fast_dtypes(operation)
    kernel = runnable(kernel, quiet)
    most = LARGE if costly else sys.maxsize
    if costly:
        prefer_compiled(operation, elements=LARGE)

    def decorate(function: Any) -> Any:
        function = dispatched(function)

        @functools.wraps(function)
        def call(features: Any, name: str | None = None) -> Any:
            needs_dispatch = state.needs_dispatch
            if type(features) is EagerTensor and not (needs_dispatch and state.off_host):
                x = features.storage
                attrs = allowed.get(x.dtype) if type(x) is ndarray else None
                if attrs is not None and x.size <= most:
                    result = kernel.run(x)
                    out = EagerTensor(result if type(result) is ndarray else np.asarray(result))
                    if needs_dispatch:
                        observe(operation, [features], attrs, [out])
                    return out
            return function(features, name)

        return call

    return decorate


# ---- Relu ----


def _at_least_zero(features: np.ndarray) -> np.ndarray:
    return np.maximum(features, features.dtype.type(0))


def _where_positive(gradients: np.ndarray, features: np.ndarray) -> np.ndarray:
    return choose(features > 0, gradients, gradients.dtype.type(0))


_relu_host = Native("relu", quietly(_at_least_zero))
_relu_slope = Native("relu_grad", _where_positive)


def _relu_grad_host(gradients: np.ndarray, features: np.ndarray) -> np.ndarray:
    _check(gradients, features)
    return _relu_slope(gradients, features)


def _relu_grad_grad(op: Any, dy: Any) -> list[Any]:
    features = op.inputs[1]
    return [relu_grad_op(dy, features), raw.ZerosLike(features)]


relu_grad_op = op(
    "ReluGrad",
    shape=same_shapes,
    host=_relu_grad_host,
    xla=lambda gradients, features: jnp.where(features > 0, gradients, jnp.zeros_like(gradients)),
    effects=PURE,
    traits=(SAME_SHAPE, CHEAP, SAFE_IN_HALF),
    gradient=_relu_grad_grad,
)
relu_op = op(
    "Relu",
    shape=unchanged,
    host=_relu_host,
    xla=lambda features: jnp.maximum(features, jnp.zeros((), features.dtype)),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, ACTIVATION, IDEMPOTENT),
    gradient=lambda op, dy: relu_grad_op(dy, op.outputs[0]),
)


@export("nn.relu", dispatch=UNARY)
@_fast(relu_op, _relu_host, costly=True, quiet=False)
def relu(features: Any, name: str | None = None) -> Any:
    """Rectified linear unit: `max(features, 0)`.

    Args:
        features: real tensor of any shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    >>> import tidefall as tf
    >>> tf.nn.relu([-2.0, 0.0, 3.0]).numpy()
    array([0., 0., 3.], dtype=float32)
    """
    return relu_op(features, name=name)


# ---- Relu6 ----


def _relu6_host(features: np.ndarray) -> np.ndarray:
    kind = features.dtype.type
    return np.asarray(np.minimum(np.maximum(features, kind(0)), kind(6)))


def _relu6_grad_host(gradients: np.ndarray, features: np.ndarray) -> np.ndarray:
    _check(gradients, features)
    return choose((features > 0) & (features < 6), gradients, gradients.dtype.type(0))


def _relu6_grad_xla(gradients: Any, features: Any) -> Any:
    inside = (features > 0) & (features < 6)
    return jnp.where(inside, gradients, jnp.zeros_like(gradients))


def _relu6_grad_grad(op: Any, dy: Any) -> list[Any]:
    features = op.inputs[1]
    return [relu6_grad_op(dy, features), raw.ZerosLike(features)]


relu6_grad_op = op(
    "Relu6Grad",
    shape=same_shapes,
    host=_relu6_grad_host,
    xla=_relu6_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE, SAFE_IN_HALF),
    gradient=_relu6_grad_grad,
)
relu6_op = op(
    "Relu6",
    shape=unchanged,
    host=_relu6_host,
    xla=lambda features: jnp.clip(features, 0, 6).astype(features.dtype),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, ACTIVATION, IDEMPOTENT),
    gradient=lambda op, dy: relu6_grad_op(dy, op.outputs[0]),
)


@export("nn.relu6", dispatch=UNARY)
@_fast(relu6_op, _relu6_host)
def relu6(features: Any, name: str | None = None) -> Any:
    """Rectified linear unit that stops at 6: `min(max(features, 0), 6)`.

    Args:
        features: real tensor of any shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    Reference: [Krizhevsky 2010](http://www.cs.utoronto.ca/~kriz/conv-cifar10-aug2010.pdf).

    >>> import tidefall as tf
    >>> tf.nn.relu6([-2.0, 3.0, 8.0]).numpy()
    array([0., 3., 6.], dtype=float32)
    """
    return relu6_op(features, name=name)


# ---- LeakyRelu ----


def _leaky_relu_host(features: np.ndarray, *, alpha: float) -> np.ndarray:
    slope = np.float32(alpha).astype(features.dtype)
    return choose(features > 0, features, features * slope)


def _leaky_relu_grad_host(
    gradients: np.ndarray, features: np.ndarray, *, alpha: float
) -> np.ndarray:
    _check(gradients, features)
    slope = np.float32(alpha).astype(features.dtype)
    return choose(features > 0, gradients, gradients * slope)


def _leaky_relu_xla(features: Any, *, alpha: float) -> Any:
    slope = np.float32(alpha).astype(features.dtype)
    return jnp.where(features > 0, features, features * slope)


def _leaky_relu_grad_xla(gradients: Any, features: Any, *, alpha: float) -> Any:
    slope = np.float32(alpha).astype(features.dtype)
    return jnp.where(features > 0, gradients, gradients * slope)


def _leaky_relu_grad_grad(op: Any, dy: Any) -> list[Any]:
    features = op.inputs[1]
    return [
        leaky_relu_grad_op(dy, features, alpha=op.get_attr("alpha")),
        raw.ZerosLike(features),
    ]


leaky_relu_grad_op = op(
    "LeakyReluGrad",
    shape=same_shapes,
    host=_leaky_relu_grad_host,
    xla=_leaky_relu_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE, SAFE_IN_HALF),
    gradient=_leaky_relu_grad_grad,
)
leaky_relu_op = op(
    "LeakyRelu",
    shape=unchanged,
    host=_leaky_relu_host,
    xla=_leaky_relu_xla,
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, ACTIVATION),
    gradient=lambda op, dy: leaky_relu_grad_op(dy, op.inputs[0], alpha=op.get_attr("alpha")),
)


@export("nn.leaky_relu", dispatch=UNARY)
def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
    """Rectified linear unit with a small slope for negative values.

    Args:
        features: tensor of any shape `[...]`, floating point; int32 is taken as float32.
        alpha: slope for `features < 0`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and floating-point dtype.

    Reference: [Maas et al.,
    2013](https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf).

    >>> import tidefall as tf
    >>> tf.nn.leaky_relu([-10.0, 5.0]).numpy()
    array([-2.,  5.], dtype=float32)
    """
    with name_scope(name or "LeakyRelu") as scope:
        features = convert_to_tensor(features, name="features")
        if features.dtype.is_integer:
            features = raw.Cast(features, DstT=dtypes.float32)
        if isinstance(alpha, np.ndarray):
            alpha = alpha.item()
        alpha = 0.2 if alpha is None else alpha
        return leaky_relu_op(features, alpha=alpha, name=scope)


# ---- Elu ----


def _exponential_below_zero(features: np.ndarray) -> np.ndarray:
    x = widen(features)
    result = choose(x < 0, np.expm1(np.minimum(x, x.dtype.type(0))), x)
    return result.astype(features.dtype, copy=False)


def _elu_slope_of_others(gradients: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    one = outputs.dtype.type(1)
    return choose(outputs < 0, (outputs + one) * gradients, gradients)


_elu_host = Native("elu", quietly(_exponential_below_zero))
_elu_slope = Native("elu_grad", _elu_slope_of_others)


def _elu_grad_host(gradients: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    _check(gradients, outputs)
    return _elu_slope(gradients, outputs)


def _elu_grad_grad(op: Any, dy: Any) -> list[Any]:
    gradients, outputs = op.inputs
    zeros = raw.ZerosLike(outputs)
    below = raw.Less(outputs, zeros)
    return [elu_grad_op(dy, outputs), raw.SelectV2(below, dy * gradients, zeros)]


elu_grad_op = op(
    "EluGrad",
    shape=same_shapes,
    host=_elu_grad_host,
    xla=lambda gradients, outputs: jnp.where(outputs < 0, (outputs + 1) * gradients, gradients),
    effects=PURE,
    traits=(SAME_SHAPE, SAFE_IN_HALF),
    gradient=_elu_grad_grad,
)
elu_op = op(
    "Elu",
    shape=unchanged,
    host=_elu_host,
    xla=lambda x: jnp.where(x < 0, jnp.expm1(jnp.minimum(x, 0)), x),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF, ACTIVATION),
    gradient=lambda op, dy: elu_grad_op(dy, op.outputs[0]),
)


@export("nn.elu", dispatch=UNARY)
@_fast(elu_op, _elu_host, costly=True)
def elu(features: Any, name: str | None = None) -> Any:
    """Exponential linear unit: `features` where positive, `exp(features) - 1` elsewhere.

    Args:
        features: floating-point tensor of any shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    Reference: [Clevert et al., 2016](https://arxiv.org/abs/1511.07289).

    >>> import tidefall as tf
    >>> tf.nn.elu([-1000.0, 0.0, 1.0]).numpy()
    array([-1.,  0.,  1.], dtype=float32)
    """
    return elu_op(features, name=name)


# ---- Selu ----


def _selu_host(features: np.ndarray) -> np.ndarray:
    x = widen(features)
    kind = x.dtype.type
    negative = kind(SELU_SCALE_ALPHA) * np.expm1(np.minimum(x, kind(0)))
    return choose(x < 0, negative, kind(SELU_SCALE) * x).astype(features.dtype, copy=False)


def _selu_grad_host(gradients: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    _check(gradients, outputs)
    g, y = widen(gradients), widen(outputs)
    kind = y.dtype.type
    result = choose(y < 0, g * (y + kind(SELU_SCALE_ALPHA)), g * kind(SELU_SCALE))
    return result.astype(gradients.dtype, copy=False)


def _selu_xla(x: Any) -> Any:
    negative = SELU_SCALE_ALPHA * jnp.expm1(jnp.minimum(x, 0))
    return jnp.where(x < 0, negative, SELU_SCALE * x)


def _selu_grad_xla(gradients: Any, outputs: Any) -> Any:
    slope = jnp.where(outputs < 0, outputs + SELU_SCALE_ALPHA, SELU_SCALE)
    return (gradients * slope).astype(gradients.dtype)


def _selu_grad_grad(op: Any, dy: Any) -> list[Any]:
    gradients, outputs = op.inputs
    zeros = raw.ZerosLike(outputs)
    below = raw.Less(outputs, zeros)
    return [selu_grad_op(dy, outputs), raw.SelectV2(below, dy * gradients, zeros)]


selu_grad_op = op(
    "SeluGrad",
    shape=same_shapes,
    host=_selu_grad_host,
    xla=_selu_grad_xla,
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_selu_grad_grad,
)
selu_op = op(
    "Selu",
    shape=unchanged,
    host=_selu_host,
    xla=_selu_xla,
    effects=PURE,
    traits=(ELEMENTWISE, TOTAL),
    gradient=lambda op, dy: selu_grad_op(dy, op.outputs[0]),
)


@export("nn.selu", dispatch=UNARY)
@_fast(selu_op, _selu_host, costly=True)
def selu(features: Any, name: str | None = None) -> Any:
    """Scaled exponential linear unit, whose outputs keep zero mean and unit variance.

    Args:
        features: floating-point tensor of any shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    Reference: [Klambauer et al., 2017](https://arxiv.org/abs/1706.02515).

    >>> import tidefall as tf
    >>> tf.nn.selu([-1000.0, 0.0, 1.0]).numpy()
    array([-1.7580993,  0.       ,  1.050701 ], dtype=float32)
    """
    return selu_op(features, name=name)


# ---- Softplus ----


def _softplus_of_numpy(features: np.ndarray) -> np.ndarray:
    x = widen(features)
    result = np.maximum(x, x.dtype.type(0)) + np.log1p(np.exp(-np.abs(x)))
    return np.asarray(result, features.dtype)


_softplus_host = Native("softplus", quietly(_softplus_of_numpy))


def _softplus_xla(x: Any) -> Any:
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


def _softplus_grad_host(gradients: np.ndarray, features: np.ndarray) -> np.ndarray:
    _check(gradients, features)
    g, x = widen(gradients), widen(features)
    return np.asarray(g / (np.exp(-x) + x.dtype.type(1)), gradients.dtype)


def _softplus_grad_grad(op: Any, dy: Any) -> list[Any]:
    gradients, features = op.inputs
    sigmoid = raw.Sigmoid(features)
    return [dy * sigmoid, raw.SigmoidGrad(sigmoid, dy * gradients)]


softplus_grad_op = op(
    "SoftplusGrad",
    shape=same_shapes,
    host=_softplus_grad_host,
    xla=lambda gradients, features: gradients / (jnp.exp(-features) + 1),
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_softplus_grad_grad,
)
softplus_op = op(
    "Softplus",
    shape=unchanged,
    host=_softplus_host,
    xla=_softplus_xla,
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF),
    gradient=lambda op, dy: dy * raw.Sigmoid(op.inputs[0]),
)


prefer_compiled(relu_grad_op, elu_grad_op, selu_grad_op, softplus_grad_op, elements=LARGE)


@export("math.softplus", "nn.softplus", dispatch=UNARY)
@_fast(softplus_op, _softplus_host, costly=True)
def softplus(features: Any, name: str | None = None) -> Any:
    """Smooth rectifier: `log(exp(features) + 1)`.

    Args:
        features: floating-point tensor of any shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype.

    >>> import tidefall as tf
    >>> tf.nn.softplus([-1000.0, 0.0, 1000.0]).numpy()
    array([0.000000e+00, 6.931472e-01, 1.000000e+03], dtype=float32)
    """
    return softplus_op(features, name=name)


# ---- Softsign ----


def _softsign_host(features: np.ndarray) -> np.ndarray:
    x = widen(features)
    return np.asarray(x / (np.abs(x) + x.dtype.type(1)), features.dtype)


def _softsign_grad_host(gradients: np.ndarray, features: np.ndarray) -> np.ndarray:
    _check(gradients, features)
    g, x = widen(gradients), widen(features)
    return np.asarray(g / np.square(np.abs(x) + x.dtype.type(1)), gradients.dtype)


def _softsign_grad_grad(op: Any, dy: Any) -> list[Any]:
    # TensorFlow has no second derivative of softsign; d/dx (1 + |x|)^-2 = -2 sign(x) (1 + |x|)^-3.
    gradients, features = op.inputs
    first = softsign_grad_op(dy, features)
    scale = raw.Abs(features) + 1
    return [first, first * gradients * raw.Sign(features) * -2 / scale]


softsign_grad_op = op(
    "SoftsignGrad",
    shape=same_shapes,
    host=_softsign_grad_host,
    xla=lambda gradients, features: gradients / jnp.square(jnp.abs(features) + 1),
    effects=PURE,
    traits=(SAME_SHAPE,),
    gradient=_softsign_grad_grad,
)
softsign_op = op(
    "Softsign",
    shape=unchanged,
    host=_softsign_host,
    xla=lambda features: features / (jnp.abs(features) + 1),
    effects=PURE,
    traits=(ELEMENTWISE, CHEAP, TOTAL, SAFE_IN_HALF),
    gradient=lambda op, dy: softsign_grad_op(dy, op.inputs[0]),
)


@export("math.softsign", "nn.softsign", dispatch=UNARY)
@_fast(softsign_op, _softsign_host)
def softsign(features: Any, name: str | None = None) -> Any:
    """`features / (abs(features) + 1)`.

    Args:
        features: floating-point tensor of any shape `[...]`.
        name: name of the node in a graph.

    Returns:
        A tensor of the input's shape and dtype, between -1 and 1.

    >>> import tidefall as tf
    >>> tf.nn.softsign([-1.0, 0.0, 3.0]).numpy()
    array([-0.5 ,  0.  ,  0.75], dtype=float32)
    """
    return softsign_op(features, name=name)
