"""The reduction ops: their gradients, and the eager short cut that the public functions share."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dispatch import is_dispatched, redirect
from tidefall.base.dtypes import DType
from tidefall.base.state import state
from tidefall.composite.variables.variable import Variable
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.observers import observe
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import EXACT_OVER_INTEGERS, LINEAR, MOVES, SAFE_IN_HALF, SPECULATABLE, TOTAL
from tidefall.ops.batching import along_axes
from tidefall.ops.fast import fast_dtypes, like, runnable
from tidefall.ops.math.cast import cast
from tidefall.ops.math.comparison import equal
from tidefall.ops.math.division import true_quotient
from tidefall.ops.math.elementwise import multiply
from tidefall.ops.reductions import kernels
from tidefall.ops.reductions.axes import axes_input, known_axes, reduced_shape, spread
from tidefall.ops.reductions.product_gradient import product_gradient
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor, ndarray

# As for the short cuts in fast.py: TensorFlow overflows without a word.
warnings.filterwarnings(
    "ignore", category=RuntimeWarning, module=r"tidefall\.ops\.reductions\.kernels$"
)

# ---- gradients ----


def _sum_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    return [spread(dy, x, axes, op.attrs["keep_dims"]), None]


def _mean_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    y = op.outputs[0]
    count, kept = x.shape.num_elements(), y.shape.num_elements()
    if count is not None and kept is not None:
        factor: Any = like(count // max(kept, 1), dy)
    else:
        size, size_y = raw.Size(x), raw.Size(y)
        one = np.int32(1)
        factor = raw.FloorDiv(size, raw.Maximum(size_y, one))
        factor = raw.Cast(factor, DstT=dy.dtype)
    return [spread(true_quotient(dy, factor), x, axes, op.attrs["keep_dims"]), None]


def _extreme_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    keep = op.attrs["keep_dims"]
    y, dy = spread(op.outputs[0], x, axes, keep), spread(dy, x, axes, keep)
    chosen = cast(equal(y, x), dy.dtype)
    # Ties share the gradient.
    known = known_axes(axes)
    total = fast_sum(chosen, axes if known is None else tuple(known.reshape(-1).tolist()), keep)
    return [multiply(true_quotient(chosen, spread(total, x, axes, keep)), dy), None]


def _prod_grad(op: Any, dy: Any) -> list[Any]:
    return [product_gradient(op, dy), None]


def _norm_grad(op: Any, dy: Any) -> list[Any]:
    x, axes = op.inputs
    keep = op.attrs["keep_dims"]
    return [multiply(x, spread(true_quotient(dy, op.outputs[0]), x, axes, keep)), None]


# ---- ops ----

_STATIC = ("reduction_indices",)
sum_op = op(
    "Sum",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_sum),
    xla=kernels.xla_sum,
    effects=PURE,
    traits=(EXACT_OVER_INTEGERS, LINEAR, TOTAL, SPECULATABLE),
    batching=along_axes,
    gradient=_sum_grad,
    static=_STATIC,
)
mean_op = op(
    "Mean",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_mean),
    xla=kernels.xla_mean,
    effects=PURE,
    traits=(LINEAR, TOTAL),
    batching=along_axes,
    gradient=_mean_grad,
    static=_STATIC,
)
# Gradients of what was broadcast are sums of products, variances means of squared differences.
sum_op.xla_through = {
    raw.Mul: kernels.xla_sum_of_product,
    raw.SquaredDifference: kernels.xla_sum_of_squares,
}
mean_op.xla_through = {raw.SquaredDifference: kernels.xla_mean_of_squares}

prod_op = op(
    "Prod",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_prod),
    xla=kernels.xla_prod,
    effects=PURE,
    traits=(EXACT_OVER_INTEGERS, TOTAL),
    batching=along_axes,
    gradient=_prod_grad,
    static=_STATIC,
)
max_op = op(
    "Max",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_max),
    xla=kernels.xla_max,
    effects=PURE,
    traits=(MOVES, TOTAL, SAFE_IN_HALF, SPECULATABLE),
    batching=along_axes,
    gradient=_extreme_grad,
    static=_STATIC,
)
min_op = op(
    "Min",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_min),
    xla=kernels.xla_min,
    effects=PURE,
    traits=(MOVES, TOTAL, SAFE_IN_HALF, SPECULATABLE),
    batching=along_axes,
    gradient=_extreme_grad,
    static=_STATIC,
)
all_op = op(
    "All",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_all),
    xla=kernels.xla_all,
    effects=PURE,
    traits=(MOVES, SPECULATABLE),
    batching=along_axes,
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
any_op = op(
    "Any",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_any),
    xla=kernels.xla_any,
    effects=PURE,
    traits=(MOVES, SPECULATABLE),
    batching=along_axes,
    gradient=NOT_DIFFERENTIABLE,
    static=_STATIC,
)
euclidean_norm_op = op(
    "EuclideanNorm",
    shape=reduced_shape,
    host=kernels.as_op_kernel(kernels.host_norm),
    xla=kernels.xla_norm,
    effects=PURE,
    batching=along_axes,
    gradient=_norm_grad,
    static=_STATIC,
)


# ---- the eager short cut ----


def _fast_axes(axis: Any) -> Any:
    """Python's axes as NumPy takes them; NotImplemented for tensors and arrays."""
    if axis is None or type(axis) is int:
        return axis
    if type(axis) in (list, tuple) and all(type(a) is int for a in axis):
        return tuple(axis)
    return NotImplemented


@functools.lru_cache(maxsize=1024)
def _axes_tensor(axis: Any, rank: int) -> EagerTensor:
    """The axes input for the tapes to see."""
    value = range(rank) if axis is None else axis
    return EagerTensor(np.array(value, np.int32))


def _reduction(operation: Op, kernel: Any, public: str) -> Any:
    """The eager short cut of one op, and the common path: `f(x, axis, keepdims, name)`.

    `public` is the name of the public function, for types that reduce in their own way.
    """
    wanted = None if "T" in operation.definition.attrs else dtypes.bool
    attr = "T" if "T" in operation.definition.attrs else None
    kinds = {
        keep: fast_dtypes(operation, attr, keep_dims=keep, Tidx=dtypes.int32)
        for keep in (False, True)
    }

    kernel = runnable(kernel, quiet=False)

    def reduce(x: Any, axis: Any, keepdims: Any, name: str | None = None) -> Any:
        needs_dispatch, keep = state.needs_dispatch, bool(keepdims)
        if type(x) is Variable:
            x = x.value()
        if type(x) is EagerTensor and not (needs_dispatch and state.off_host):
            value = x.storage
            attrs = kinds[keep].get(value.dtype) if type(value) is ndarray else None
            axes = NotImplemented if attrs is None or not value.ndim else _fast_axes(axis)
            if axes is not NotImplemented:
                try:
                    result = kernel.run(value, axes, keep)
                except (ValueError, RuntimeWarning):
                    pass  # said better by the common path
                else:
                    out = EagerTensor(result if type(result) is ndarray else np.asarray(result))
                    if needs_dispatch:
                        observe(operation, [x, _axes_tensor(axes, value.ndim)], attrs, [out])
                    return out
        if is_dispatched(x):
            made = redirect(public, x, axis, keep, name=name)
            if made is not NotImplemented:
                return made
        if not isinstance(getattr(x, "dtype", None), DType):
            x = convert_to_tensor(x, wanted)
        x = convert_to_tensor(x)
        result = operation(x, axes_input(x, axis), keep_dims=keep, name=name)
        if axis is None and not keep and x.shape.rank is None:
            result.set_shape([])
        return result

    return reduce


fast_sum = _reduction(sum_op, kernels.host_sum, "reduce_sum")
fast_mean = _reduction(mean_op, kernels.host_mean, "reduce_mean")
fast_prod = _reduction(prod_op, kernels.host_prod, "reduce_prod")
fast_max = _reduction(max_op, kernels.host_max, "reduce_max")
fast_min = _reduction(min_op, kernels.host_min, "reduce_min")
fast_all = _reduction(all_op, kernels.host_all, "reduce_all")
fast_any = _reduction(any_op, kernels.host_any, "reduce_any")
fast_norm = _reduction(euclidean_norm_op, kernels.host_norm, "math.reduce_euclidean_norm")
