"""`tf.compat.v1.gradients`: derivatives of the tensors of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.gradients import gradients as v2_gradients
from tidefall.base.exports import export


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
    return v2_gradients(
        ys,
        xs,
        grad_ys,
        name,
        bool(gate_gradients),
        aggregation_method,
        stop_gradients,
        unconnected_gradients,
    )


def gradients_of(ys: Sequence[Any], xs: Sequence[Any], grad_ys: Any = None) -> list[Any]:
    """The derivatives of tensors by variables, for optimizers."""
    return gradients(list(ys), list(xs), grad_ys)
