"""`tf.gradients` and `tf.hessians`: derivatives of tensors of a graph that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.autodiff.backprop import backprop, ones_like, zeros_like
from tidefall.autodiff.jacobian import jacobian_of
from tidefall.autodiff.tape import UnconnectedGradients
from tidefall.base.exports import export
from tidefall.base.state import name_scope, state, tapes_paused
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("AggregationMethod")
class AggregationMethod:
    """How several gradients of one tensor are added up; the result is the same.

    Members: `ADD_N` (`DEFAULT`), `EXPERIMENTAL_TREE`, `EXPERIMENTAL_ACCUMULATE_N`.

    >>> import tidefall as tf
    >>> tf.AggregationMethod.ADD_N
    0
    """

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@export("gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str | None = "gradients",
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: UnconnectedGradients = UnconnectedGradients.NONE,
) -> list[Any]:
    """Derivative of the sum of `ys` by each of `xs`, as new nodes of the graph being built.

    Args:
        ys: tensor or list of tensors to differentiate.
        xs: tensor or variable, or list of them, to differentiate by.
        grad_ys: gradient of each of `ys`; ones by default.
        name: name scope of the nodes.
        gate_gradients: accepted for TensorFlow's sake.
        aggregation_method: one of `tf.AggregationMethod`; makes no difference.
        stop_gradients: tensors treated as constants.
        unconnected_gradients: NONE or ZERO, for those of `xs` that `ys` do not depend on.

    Returns:
        A list with the gradient of each of `xs`: a tensor, `tf.IndexedSlices` or None.

    Raises:
        RuntimeError: in eager code.
        ValueError: for an unknown option, or if `grad_ys` has another length than `ys`.
        TypeError: for complex `ys` without `grad_ys`.

    >>> import tidefall as tf
    >>> @tf.function
    ... def slope(x):
    ...     return tf.gradients(x * x, x)
    >>> slope(tf.constant(3.0))[0].numpy()
    np.float32(6.0)
    """
    graph = state.graph
    if graph is None:
        raise RuntimeError(
            "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape "
            "instead."
        )
    if aggregation_method not in (None, 0, 1, 2):
        raise ValueError(
            f"Invalid `aggregation_method` specified {aggregation_method}. Accepted values are "
            "[0, 1, 2]."
        )
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: '{unconnected_gradients}'"
        ) from None
    targets = [graph.capture(convert_to_tensor(y)) for y in _as_list(ys)]
    given = [None] * len(targets) if grad_ys is None else _as_list(grad_ys)
    if len(given) != len(targets):
        raise ValueError(f"Length mismatch. Passed {len(given)} grad_ys for {len(targets)} ys")
    sources = _as_list(xs)
    for source in sources:
        if not isinstance(source, Tensor) and not hasattr(source, "__tf_tensor__"):
            raise TypeError(f"The xs of tf.gradients must be tensors or variables, not {source!r}.")
    with name_scope(name or "gradients"):
        flows = [i for i, t in enumerate(targets) if t.dtype.is_floating or t.dtype.is_complex]
        seeds = [_seed(targets[i], given[i]) for i in flows]
        results = backprop(
            graph.nodes,
            [targets[i] for i in flows],
            seeds,
            [inner_source(s) for s in sources],
            [inner_source(t) for t in _as_list([] if stop_gradients is None else stop_gradients)],
            scoped=True,
        )
    for result, source in zip(results, sources, strict=True):
        if isinstance(result, Tensor) and result.shape.rank is None:
            result.set_shape(source.shape)
    if unconnected is UnconnectedGradients.ZERO:
        results = [
            zeros_like(convert_to_tensor(x)) if r is None else r
            for x, r in zip(sources, results, strict=True)
        ]
    return results


def _seed(target: Any, given: Any) -> Any:
    if given is not None:
        seed = convert_to_tensor(given)
        if seed.dtype != target.dtype:
            raise TypeError(
                f"grad_ys has dtype {seed.dtype.name} for a tensor of dtype {target.dtype.name}."
            )
        if not seed.shape.is_compatible_with(target.shape):
            raise ValueError(
                f"grad_ys has shape {seed.shape} for a tensor of shape {target.shape}."
            )
        return seed
    if target.dtype.is_complex:
        raise TypeError(
            f"Gradients of complex tensors must set grad_ys (y.dtype = {target.dtype.name})"
        )
    return ones_like(target)


def inner_source(source: Any) -> Any:
    """The tensor of the graph being built that stands for a tensor or variable, if there is one."""
    handle = getattr(source, "handle", None)
    tensor = source if handle is None or isinstance(source, Tensor) else handle
    graph: Any = state.graph
    if getattr(getattr(tensor, "op", None), "graph", None) is graph:
        return tensor
    found = graph.stand_in(tensor) if isinstance(graph, FuncGraph) else None
    return tensor if found is None else found


@export("hessians")
def hessians(
    ys: Any,
    xs: Any,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    name: str = "hessians",
) -> list[Any]:
    """Second derivatives of the sum of `ys` by each of `xs`, in the graph being built.

    Args:
        ys: tensor or list of tensors.
        xs: tensor or variable of shape `S`, or list of them.
        gate_gradients, aggregation_method: as for `tf.gradients`.
        name: name scope of the nodes.

    Returns:
        A list of tensors of shape `S + S`.

    Raises:
        RuntimeError: in eager code.
        ValueError: if `ys` do not depend on one of `xs`.

    >>> import tidefall as tf
    >>> @tf.function
    ... def curvature(x):
    ...     return tf.hessians(tf.reduce_sum(x * x * x), x)
    >>> curvature(tf.constant([1.0, 2.0]))[0].numpy()
    array([[ 6.,  0.],
           [ 0., 12.]], dtype=float32)
    """
    sources = _as_list(xs)
    found: Sequence[Any] = gradients(
        ys, sources, gate_gradients=gate_gradients, aggregation_method=aggregation_method
    )
    graph = state.graph
    assert graph is not None
    results = []
    with name_scope(name), tapes_paused():
        for source, gradient in zip(sources, found, strict=True):
            if gradient is None:
                raise ValueError(f"None values not supported: ys do not depend on {source!r}.")
            rows = jacobian_of(
                list(graph.nodes), convert_to_tensor(gradient), [inner_source(source)], True
            )
            if rows[0] is None:
                raise ValueError(f"None values not supported: ys are linear in {source!r}.")
            results.append(rows[0])
    return results
