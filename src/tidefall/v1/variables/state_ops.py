"""`tf.compat.v1.assign` and the other functions that change variables, and old name scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import name_scope as v2_name_scope
from tidefall.base.state import state
from tidefall.composite.indexed_slices import IndexedSlices
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.graph.graph import Graph
from tidefall.op import raw
from tidefall.op.op import Op

# ---- assigning ----


def _is_ref(ref: Any) -> bool:
    return not getattr(ref, "_is_variable", False) and ref.dtype._is_ref_dtype


def _reference(ref: Any) -> Any:
    """The reference that is given, or that a reference variable has; None for other variables."""
    if _is_ref(ref):
        return ref
    return ref._ref() if hasattr(ref, "_variable") else None


@export("compat.v1.assign")
def assign(
    ref: Any,
    value: Any,
    validate_shape: bool | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Set a variable.

    Args:
        ref: a variable, or the reference of one.
        value: a tensor of its dtype and shape.
        validate_shape: whether its shape must be the variable's; True by default.
        use_locking: accepted.
        name: name of the node.

    Returns:
        The value after that.
    """
    target = _reference(ref)
    if target is not None:
        validate = True if validate_shape is None else validate_shape
        return raw.Assign(target, value, validate_shape=validate, name=name)
    return ref.assign(value, name=name)


def _updater(method: str, old: Op) -> Callable[..., Any]:
    def update(ref: Any, value: Any, use_locking: bool | None = None, name: Any = None) -> Any:
        if _is_ref(ref):
            return old(ref, value, use_locking=bool(use_locking), name=name)
        return getattr(ref, method)(value, name=name)

    update.__name__ = update.__qualname__ = method
    update.__doc__ = f"`tf.Variable.{method}` of a variable, or of a reference to one."
    return export(f"compat.v1.{method}")(update)


assign_add = _updater("assign_add", raw.AssignAdd)
assign_sub = _updater("assign_sub", raw.AssignSub)


def _scatter(kind: str, op: Op) -> Callable[..., Any]:
    def scatter(
        ref: Any, indices: Any, updates: Any, use_locking: bool = False, name: str | None = None
    ) -> Any:
        target = _reference(ref)
        if target is not None:
            return op(target, indices, updates, name=name)
        return getattr(ref, f"scatter_{kind}")(IndexedSlices(updates, indices), name=name)

    scatter.__name__ = scatter.__qualname__ = f"scatter_{kind}"
    scatter.__doc__ = f"`tf.Variable.scatter_{kind}` with rows and their numbers apart."
    return export(f"compat.v1.scatter_{kind}")(scatter)


for _kind, _op in {
    "add": raw.ScatterAdd,
    "sub": raw.ScatterSub,
    "mul": raw.ScatterMul,
    "div": raw.ScatterDiv,
    "max": raw.ScatterMax,
    "min": raw.ScatterMin,
    "update": raw.ScatterUpdate,
}.items():
    _scatter(_kind, _op)


def _scatter_nd(kind: str, op: Op) -> Callable[..., Any]:
    def scatter(
        ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
    ) -> Any:
        target = _reference(ref)
        if target is not None:
            return op(target, indices, updates, name=name)
        return getattr(ref, f"scatter_nd_{kind}")(indices, updates, name=name)

    scatter.__name__ = scatter.__qualname__ = f"scatter_nd_{kind}"
    scatter.__doc__ = f"`tf.Variable.scatter_nd_{kind}` of a variable."
    return export(f"compat.v1.scatter_nd_{kind}")(scatter)


for _kind, _op in {
    "add": raw.ScatterNdAdd,
    "sub": raw.ScatterNdSub,
    "update": raw.ScatterNdUpdate,
}.items():
    _scatter_nd(_kind, _op)


@export("compat.v1.count_up_to")
def count_up_to(ref: Any, limit: int, name: str | None = None) -> Any:
    """The value of a variable, which is one more afterwards; an error at the limit.

    Args:
        ref: a scalar integer variable.
        limit: where to raise OutOfRangeError.
        name: name of the node.
    """
    target = _reference(ref)
    if target is not None:
        return raw.CountUpTo(target, limit=limit, name=name)
    dtype = ref.dtype.base_dtype
    return raw.ResourceCountUpTo(ref.handle, limit=limit, T=dtype, name=name)


# ---- placeholders ----


@export("compat.v1.placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of a graph whose value is given when it runs.

    Args:
        dtype: its dtype.
        shape: its shape, with None for unknown dimensions; None leaves it open.
        name: name of the node.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError("tf.placeholder() is not compatible with eager execution.")
    return raw.Placeholder(dtype=dtype, shape=TensorShape(shape), name=name)


@export("compat.v1.placeholder_with_default")
def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """A tensor whose value may be given when it runs.

    Args:
        input: the value otherwise.
        shape: its shape, with None for unknown dimensions.
        name: name of the node.
    """
    return raw.PlaceholderWithDefault(input, shape=TensorShape(shape), name=name)


@export("compat.v1.sparse_placeholder")
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A sparse tensor of a graph whose value is given when it runs.

    Args:
        dtype: dtype of its values.
        shape: its dense shape, with None for unknown dimensions; None leaves it open.
        name: beginning of the names of the three nodes.

    Raises:
        RuntimeError: in eager code.
    """
    if state.graph is None:
        raise RuntimeError("`sparse_placeholder` is not compatible with eager execution.")
    static = TensorShape(shape)
    rank = static.rank

    def part(kind: Any, dims: list[int | None], suffix: str) -> Any:
        return placeholder(kind, dims, None if name is None else f"{name}/{suffix}")

    if rank is None:
        dense_shape = part("int64", [None], "shape")
    else:
        # What is known of the shape need not be fed; TensorFlow writes -1 for the rest.
        default = np.array([-1 if d is None else d for d in static.as_list()], np.int64)
        shape_name = None if name is None else f"{name}/shape"
        dense_shape = placeholder_with_default(default, [rank], shape_name)
    values = part(dtype, [None], "values")
    result = SparseTensor(part("int64", [None, rank], "indices"), values, dense_shape)
    result.set_shape(static)
    return result


# ---- name scopes ----


@export("compat.v1.name_scope", "compat.v1.keras.backend.name_scope")
class name_scope:  # noqa: N801 - TensorFlow's name
    """Prefix the names of the nodes made inside the block.

    Args:
        name: the scope's name; None takes `default_name`.
        default_name: a name to use where `name` is None.
        values: tensors that must be of one graph, which becomes the default one.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default():
    ...     with tf.compat.v1.name_scope("encoder") as scope:
    ...         print(scope, tf.constant(1.0).name)
    encoder/ encoder/Const:0
    """

    def __init__(self, name: Any, default_name: str | None = None, values: Any = None):
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely "
                "meant to pass this into the `values` kwarg."
            )
        self._name = default_name if name is None else name
        self._values = values
        self._open: list[Any] = []

    @property
    def name(self) -> Any:
        """The name."""
        return self._name

    def __enter__(self) -> Any:
        graph = _graph_of(self._values or ()) or state.graph
        if self._name is None and self._values is not None:
            raise ValueError(
                "At least one of name (None) and default_name (None) must be provided."
            )
        scope = v2_name_scope(self._name) if graph is None else graph.name_scope(self._name)
        self._open.append(scope)
        return scope.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._open.pop().__exit__(*exc)


def _graph_of(items: Iterable[Any]) -> Graph | None:
    """The graph of the first tensor or node among some values."""
    for item in items:
        graph = getattr(getattr(item, "op", item), "graph", None)
        if isinstance(graph, Graph):
            return graph
    return None


@export("compat.v1.op_scope")
def op_scope(values: Any, name: Any, default_name: str | None = None) -> name_scope:
    """Old form of `name_scope`, with the values first."""
    return name_scope(name, default_name, values)


# ---- scopes of the default graph ----


def _graph_scope(method: str) -> Callable[..., Any]:
    from contextlib import nullcontext

    def scope(*args: Any, **kwargs: Any) -> Any:
        if state.graph is None:
            return nullcontext()
        return getattr(state.graph, method)(*args, **kwargs)

    scope.__name__ = scope.__qualname__ = method
    scope.__doc__ = f"`tf.Graph.{method}` of the default graph; nothing in eager code."
    return export(f"compat.v1.{method}")(scope)


container = _graph_scope("container")
colocate_with = _graph_scope("colocate_with")


@export("compat.v1.set_random_seed", "compat.v1.random.set_random_seed")
def set_random_seed(seed: int) -> None:
    """Set the seed of the default graph, or in eager code the global one.

    Args:
        seed: an integer.
    """
    if state.graph is None:
        from tidefall.ops.random.seeds import set_seed

        set_seed(seed)
    else:
        state.graph.seed = seed
