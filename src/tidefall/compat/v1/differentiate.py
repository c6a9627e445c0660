"""`tf.compat.v1.gradients`: derivatives of the tensors of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import backprop, zeros_like
from tidefall.core.convert import convert_to_tensor
from tidefall.core.exports import export
from tidefall.core.indexed_slices import IndexedSlices
from tidefall.core.state import name_scope, state
from tidefall.graph.variables import source_tensor


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@export("compat.v1.gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str | None = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:
    """The derivatives of the sum of `ys` with respect to each of `xs`.

    Args:
        ys: a tensor or a list of them.
        xs: a tensor or variable, or a list of them.
        grad_ys: gradients of the `ys`; ones where None.
        name: name scope of the nodes.
        colocate_gradients_with_ops, gate_gradients, aggregation_method: accepted.
        stop_gradients: tensors to take for constants.
        unconnected_gradients: "none" or "zero", what to give where there is no dependence.

    Returns:
        A list with a tensor of the shape of each of `xs`, or None.

    Raises:
        RuntimeError: in eager code.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ...     x = tf.constant(3.0)
    ...     print(session.run(tf.compat.v1.gradients(x * x, x)))
    [np.float32(6.0)]
    """
    graph = state.graph
    if graph is None:
        raise RuntimeError(
            "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape "
            "instead."
        )
    ys, xs = _listed(ys), _listed(xs)
    stops = (
        [source_tensor(t) for t in _listed(stop_gradients)] if stop_gradients is not None else []
    )
    with name_scope(name or "gradients"):
        targets = [_target(y) for y in ys]
        sources = [_source(x) for x in xs]
        given = _listed(grad_ys) if grad_ys is not None else [None] * len(targets)
        seeds = [None if g is None else convert_to_tensor(g) for g in given]
        found = backprop(list(graph.nodes), targets, seeds, sources, stops)
        if getattr(unconnected_gradients, "value", unconnected_gradients) == "zero":
            found = [_zeros(x) if g is None else g for g, x in zip(found, xs, strict=True)]
    return found


def _target(value: Any) -> Any:
    return value.values if isinstance(value, IndexedSlices) else convert_to_tensor(value)


def _source(value: Any) -> Any:
    if getattr(value, "_is_variable", False):
        return state.graph.capture(source_tensor(value) if hasattr(value, "_ref") else value.handle)  # type: ignore[union-attr]
    return value.values if isinstance(value, IndexedSlices) else convert_to_tensor(value)


def _zeros(value: Any) -> Any:
    return zeros_like(value.value() if getattr(value, "_is_variable", False) else value)


def gradients_of(ys: Sequence[Any], xs: Sequence[Any], grad_ys: Any = None) -> list[Any]:
    """The derivatives of tensors by variables, for optimizers."""
    return gradients(list(ys), list(xs), grad_ys)
