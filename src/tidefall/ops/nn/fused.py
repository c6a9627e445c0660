"""Ops that the optimizer puts into graphs: fused products, barriers; and what is fused to products.

They run only in optimized copies of graphs. Nobody differentiates those, and no file has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import UnimplementedError
from tidefall.base.shapes import TensorShape
from tidefall.native.post_ops import PostOp
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, find_op, op
from tidefall.ops.common import invalid, jnp, lax, shape_text
from tidefall.ops.linalg.matmul import matmul_op

# ---- what comes after the product ----

POST_OPS = {
    "Relu": PostOp.RELU,
    "Relu6": PostOp.RELU6,
    "Elu": PostOp.ELU,
    "LeakyRelu": PostOp.LEAKY_RELU,
    "Sigmoid": PostOp.SIGMOID,
    "Tanh": PostOp.TANH,
    "Swish": PostOp.SWISH,
    "Mul": PostOp.MUL,
    "BiasAdd": PostOp.BIAS_ADD,
    "Add": PostOp.ADD,
}
"""What kernels call the steps, which the attribute `fused_ops` names like ops."""
TAKES_VECTOR, TAKES_ARRAY = frozenset({"Mul", "BiasAdd"}), frozenset({"Add"})
"""Steps with an argument: a vector for the channels, or an array that is added."""


def arguments(
    shape: Sequence[int], axis: int, args: Sequence[Any], fused_ops: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """Each step with its argument, or None, ready to be broadcast with an array of a shape.

    Raises:
        InvalidArgumentError: for vectors of another size than the dimension `axis`.
        UnimplementedError: for arguments that are too many or too few.
    """
    count = sum(kind in TAKES_VECTOR | TAKES_ARRAY for kind in fused_ops)
    if count != len(args):
        raise UnimplementedError(
            None, None, f"fused_ops={list(fused_ops)} is not implemented with {len(args)} args."
        )
    left = iter(args)
    for kind in fused_ops:
        arg: Any = next(left) if kind in TAKES_VECTOR | TAKES_ARRAY else None
        if kind in TAKES_VECTOR:
            arg = arg.reshape(-1)
            if arg.shape != (shape[axis],):
                raise invalid(
                    f"Must provide as many biases as channels: {shape_text(arg.shape)} vs. "
                    f"{shape_text(shape)}"
                )
            arg = arg.reshape(-1, *[1] * (len(shape) - 1 - axis))
        yield kind, arg


_ZERO = np.float32(0)


def finish(
    out: np.ndarray, axis: int, args: Sequence[Any], fused_ops: Sequence[str], alpha: float
) -> np.ndarray:
    """Do the steps in the memory of `out`, which nobody else has; channels are dimension `axis`."""
    for kind, arg in arguments(out.shape, axis, args, fused_ops):
        if kind == "Mul":
            np.multiply(out, arg, out=out)
        elif arg is not None:
            # An array of more pictures makes more of one.
            fits = kind in TAKES_VECTOR or arg.shape == out.shape
            out = np.add(out, arg, out=out if fits else None)
        else:
            out = _activate(out, kind, alpha)
    return out


def _activate(out: np.ndarray, kind: str, alpha: float) -> np.ndarray:
    if kind == "Relu":
        return np.maximum(out, _ZERO, out=out)
    if kind == "Tanh":
        return np.tanh(out, out=out)
    kernel = (raw.Sigmoid if kind == "Swish" else find_op(kind)).host
    assert kernel is not None
    if kind == "Swish":
        return np.multiply(out, kernel(out), out=out)
    return kernel(out, alpha=alpha) if kind == "LeakyRelu" else kernel(out)


def finish_traced(
    out: Any, axis: int, args: Sequence[Any], fused_ops: Sequence[str], alpha: float
) -> Any:
    """The same for XLA."""
    for kind, arg in arguments(out.shape, axis, args, fused_ops):
        if arg is not None:
            out = out * arg if kind == "Mul" else out + arg
            continue
        lowering = (raw.Sigmoid if kind == "Swish" else find_op(kind)).xla
        assert lowering is not None
        if kind == "Swish":
            out = out * lowering(out)
        else:
            out = lowering(out, alpha=alpha) if kind == "LeakyRelu" else lowering(out)
    return out


# ---- _FusedMatMul ----


def _matmul_host(
    a: Any,
    b: Any,
    args: list[Any],
    *,
    transpose_a: bool,
    transpose_b: bool,
    fused_ops: Any,
    leakyrelu_alpha: float,
) -> np.ndarray:
    if transpose_a:
        a = a.T
    if transpose_b:
        b = b.T
    if a.ndim == 2 == b.ndim and a.flags.c_contiguous and b.flags.c_contiguous:
        out = np.matmul(a, b)
    else:
        out = matmul_op.host(a, b, transpose_a=False, transpose_b=False)  # type: ignore[misc]
    return finish(out, 1, args, fused_ops, leakyrelu_alpha)


def _matmul_xla(
    a: Any,
    b: Any,
    args: list[Any],
    *,
    transpose_a: bool,
    transpose_b: bool,
    fused_ops: Any,
    leakyrelu_alpha: float,
) -> Any:
    out = jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)
    return finish_traced(out, 1, args, fused_ops, leakyrelu_alpha)


def shape_of_first_two(c: Inference, inner: Any) -> TensorShape:
    """The shape of the op without what is fused to it."""
    return inner.shape(type(c)(inner, c.inputs[:2], c.attrs))


fused_matmul_op = op(
    "_FusedMatMul",
    shape=lambda c: shape_of_first_two(c, matmul_op),
    host=_matmul_host,
    xla=_matmul_xla,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


# ---- barriers ----


barrier_op = op(
    "XlaOptimizationBarrier",
    shape=lambda c: c.shapes(),
    host=lambda input: list(input),
    xla=lambda input: list(lax.optimization_barrier(tuple(input))),
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)
