"""`python.ops.parallel_for.control_flow_ops`: a function of the iteration, for all at once.

Asked for by tensorflow-probability.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall import surface
from tidefall.base import nest
from tidefall.graph.static_values import get_static_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.transforms.vectorized_map import vectorized_map

__all__ = ["for_loop", "pfor", "vectorized_map"]


def pfor(
    loop_fn: Callable[..., Any],
    iters: Any,
    fallback_to_while_loop: bool = True,
    parallel_iterations: int | None = None,
    warn: bool = False,
) -> Any:
    """`loop_fn(i)` for all i below `iters`, its results stacked.

    Args:
        loop_fn: takes the number of the iteration.
        iters: how many.
        fallback_to_while_loop: run an op without a rule once for each iteration.
        parallel_iterations: how many at once; all here, which gives the same.
        warn: accepted for TensorFlow's sake.
    """
    numbers = surface.resolve("", "range")(iters)
    return vectorized_map(loop_fn, numbers, fallback_to_while_loop, warn)


def for_loop(
    loop_fn: Callable[..., Any],
    loop_fn_dtypes: Any,
    iters: Any,
    parallel_iterations: int | None = None,
) -> Any:
    """`loop_fn(i)` for one i after the other, its results stacked."""
    known = get_static_value(convert_to_tensor(iters))
    if known is not None:
        results = [loop_fn(convert_to_tensor(i)) for i in range(int(known))]
        return nest.map_structure(lambda *row: surface.resolve("", "stack")(row), *results)
    return surface.resolve("", "map_fn")(
        loop_fn, surface.resolve("", "range")(iters), fn_output_signature=loop_fn_dtypes
    )
