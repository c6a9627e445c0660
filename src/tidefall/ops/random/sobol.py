"""Sobol sequences: points that fill the unit cube more evenly than random ones."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope
from tidefall.op.effects import PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import invalid

MAX_DIMENSION = 21200
_BITS = 32


def _shape(c: Inference) -> TensorShape:
    known = [c.constant(1), c.constant(0)]
    return TensorShape([None if value is None else int(value.reshape(())) for value in known])


def _check(dim: Any, num_results: Any, skip: Any) -> tuple[int, int, int]:
    for name, value in (("dim", dim), ("num_results", num_results), ("skip", skip)):
        if value.ndim:
            raise invalid(f"{name} must be a scalar")
    dim, count, skip = int(dim), int(num_results), int(skip)
    if dim < 1:
        raise invalid("dim must be at least one")
    if dim > MAX_DIMENSION:
        raise invalid(f"dim must be at most {MAX_DIMENSION}")
    if count < 1:
        raise invalid("num_results must be at least one")
    if skip < 0:
        raise invalid("skip must be non-negative")
    if count >= 2**31 - 1 - skip:
        raise invalid(f"num_results+skip must be less than {2**31 - 1}")
    return dim, count, skip


def _sobol_host(dim: Any, num_results: Any, skip: Any, *, dtype: DType) -> np.ndarray:
    dim, count, skip = _check(dim, num_results, skip)
    try:
        qmc = importlib.import_module("scipy.stats.qmc")
    except ImportError as error:
        raise UnimplementedError(
            None, None, "SobolSample needs SciPy, which is not installed: pip install scipy."
        ) from error
    # Both use the direction numbers of Joe and Kuo; SciPy's sequence begins with the origin.
    sequence = qmc.Sobol(dim, scramble=False, bits=_BITS)
    sequence.fast_forward(skip + 1)
    return sequence.random(count).astype(dtype.as_numpy_dtype)


sobol_op = op(
    "SobolSample",
    shape=_shape,
    host=_sobol_host,
    xla=None,
    effects=PURE,
    gradient=NOT_DIFFERENTIABLE,
)


@export("math.sobol_sample")
def sobol_sample(
    dim: Any, num_results: Any, skip: Any = 0, dtype: Any = dtypes.float32, name: str | None = None
) -> Any:
    """Points of the Sobol sequence in the unit cube (Joe and Kuo, 2008).

    Args:
        dim: number of dimensions, 1 to 21200.
        num_results: number of points.
        skip: how many points at the start of the sequence to leave out.
        dtype: float32 or float64.
        name: name of the node in a graph.

    Returns:
        A tensor `[num_results, dim]` of numbers in [0, 1).

    Raises:
        InvalidArgumentError: for numbers out of range.

    >>> import tidefall as tf
    >>> tf.math.sobol_sample(2, 3).numpy()
    array([[0.5 , 0.5 ],
           [0.75, 0.25],
           [0.25, 0.75]], dtype=float32)
    """
    with name_scope(name or "sobol"):
        return sobol_op(dim, num_results, skip, dtype=dtype)
