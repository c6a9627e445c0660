"""Ops that pass their input on: identities, gradient stops, and checks."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.base.dispatch import OTHER, UNARY
from tidefall.base.errors import FailedPreconditionError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import state
from tidefall.op.effects import CHECKS, PURE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import (
    ELEMENTWISE,
    KEEPS_FINITE,
    LINEAR,
    MOVES,
    PASSES_ON,
    SAFE_IN_HALF,
    SPECULATABLE,
    STATIC_VALUE,
    TOTAL,
)
from tidefall.ops.batching import Call, Value
from tidefall.ops.common import invalid, unchanged
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


def _same(x: Any) -> Any:
    return x


identity_op = op(
    "Identity",
    shape=unchanged,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(
        ELEMENTWISE,
        PASSES_ON,
        LINEAR,
        TOTAL,
        SAFE_IN_HALF,
        SPECULATABLE,
        KEEPS_FINITE,
        STATIC_VALUE,
    ),
    gradient=lambda op, dy: dy,
)
snapshot_op = op(
    "Snapshot",
    shape=unchanged,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(ELEMENTWISE, PASSES_ON),
    gradient=lambda op, dy: dy,
)
deep_copy_op = op(
    "DeepCopy",
    shape=unchanged,
    host=np.copy,
    xla=_same,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)
guarantee_const_op = op(
    "GuaranteeConst",
    shape=unchanged,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(ELEMENTWISE, PASSES_ON),
    gradient=lambda op, dy: dy,
)
debug_gradient_identity_op = op(
    "DebugGradientIdentity",
    shape=unchanged,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(ELEMENTWISE, PASSES_ON),
    gradient=lambda op, dy: dy,
)


@export("identity")
def identity(input: Any, name: str | None = None) -> Any:
    """The same value as a new tensor.

    Args:
        input: a tensor or variable of any dtype, a value to convert, or a composite tensor.
        name: name of the node in a graph.

    Returns:
        A tensor with the value of `input`.

    >>> import tidefall as tf
    >>> tf.identity([1, 2]).numpy()
    array([1, 2], dtype=int32)
    """
    if type(input) is EagerTensor and not state.needs_dispatch:
        return EagerTensor(input.storage)
    if isinstance(input, CompositeTensor):
        return nest.map_structure(identity, input, expand_composites=True)
    return identity_op(input, name=name)


def _all_shapes(c: Inference) -> list[TensorShape]:
    return c.shapes()


def _identity_n_batching(call: Call) -> list[Value]:
    """Each value as it is."""
    outputs = call.run([v.tensor for v in call.values])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return [Value(t, v.stacked) for t, v in zip(outputs, call.values, strict=True)]


identity_n_op = op(
    "IdentityN",
    shape=_all_shapes,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(MOVES, PASSES_ON, LINEAR, KEEPS_FINITE),
    batching=_identity_n_batching,
    gradient=lambda op, *dys: list(dys),
)


@export("identity_n")
def identity_n(input: Any, name: str | None = None) -> list[Any]:
    """The same values as new tensors.

    Args:
        input: a list of tensors.
        name: name of the node in a graph.

    Returns:
        A list of tensors.

    >>> import tidefall as tf
    >>> [int(t) for t in tf.identity_n([tf.constant(1), tf.constant(2)])]
    [1, 2]
    """
    return identity_n_op(input, name=name)


stop_gradient_op = op(
    "StopGradient",
    shape=unchanged,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(ELEMENTWISE, PASSES_ON, SAFE_IN_HALF, STATIC_VALUE),
    gradient=NOT_DIFFERENTIABLE,
)


@export("stop_gradient", dispatch=OTHER)
def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The same value, a constant as far as gradients are concerned.

    Args:
        input: a tensor of any dtype.
        name: name of the node in a graph.

    Returns:
        A tensor with the value of `input`.

    >>> import tidefall as tf
    >>> x = tf.constant(3.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * tf.stop_gradient(x)
    >>> float(tape.gradient(y, x))
    3.0
    """
    return stop_gradient_op(input, name=name)


def _prevented(op: Any, dy: Any) -> Any:
    raise LookupError(f"Gradient explicitly disabled. Reason: {op.get_attr('message')!r}")


prevent_gradient_op = op(
    "PreventGradient",
    shape=unchanged,
    host=_same,
    xla=_same,
    effects=PURE,
    traits=(ELEMENTWISE, PASSES_ON),
    gradient=_prevented,
)


# ---- checks ----


def _check_numerics(tensor: np.ndarray, *, message: str) -> np.ndarray:
    if np.isfinite(tensor).all():
        return tensor
    found = [name for name, test in (("Inf", np.isinf), ("NaN", np.isnan)) if test(tensor).any()]
    raise invalid(f"{message} : Tensor had {' and '.join(found)} values")


def _check_numerics_v2(tensor: np.ndarray, *, message: str) -> np.ndarray:
    if np.isfinite(tensor).all():
        return tensor
    found = [
        name
        for name, present in (
            ("-Inf", np.isneginf(tensor).any()),
            ("+Inf", np.isposinf(tensor).any()),
            ("NaN", np.isnan(tensor).any()),
        )
        if present
    ]
    raise invalid(f"{message} : Tensor had {_listed(found)} values")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _in_gradient(op: Any) -> str:
    message = op.attrs["message"]
    return f"Not a number (NaN) or infinity (Inf) values detected in gradient. {message}"


# Compiled code has no way to raise, so XLA passes the values through, as TensorFlow's does.
check_numerics_op = op(
    "CheckNumerics",
    shape=unchanged,
    host=_check_numerics,
    xla=_same,
    effects=CHECKS,
    traits=(ELEMENTWISE,),
    gradient=lambda op, dy: check_numerics_op(dy, message=_in_gradient(op)),
)
check_numerics_v2_op = op(
    "CheckNumericsV2",
    shape=unchanged,
    host=_check_numerics_v2,
    xla=_same,
    effects=CHECKS,
    traits=(ELEMENTWISE, STATIC_VALUE),
    gradient=lambda op, dy: check_numerics_v2_op(dy, message=_in_gradient(op)),
)


@export("debugging.check_numerics", dispatch=UNARY)
def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """The tensor itself, after checking that it holds neither NaN nor infinity.

    Args:
        tensor: a floating-point tensor of any shape.
        message: text that the error starts with.
        name: name of the node in a graph.

    Returns:
        The tensor.

    Raises:
        InvalidArgumentError: if a value is NaN or infinite.

    >>> import tidefall as tf
    >>> float(tf.debugging.check_numerics(1.0, "loss"))
    1.0
    """
    return check_numerics_op(tensor, message=message, name=name)


def _ensured_shape(c: Inference) -> TensorShape:
    wanted = c.attr("shape")
    found = c.shape(0)
    if not found.is_compatible_with(wanted):
        raise ValueError(
            f"Shape of tensor input {_text(found)} is not compatible with expected shape "
            f"{_text(wanted)}."
        )
    return found.merge_with(wanted)


def _text(shape: TensorShape) -> str:
    if shape.rank is None:
        return "<unknown>"
    return "[" + ",".join("?" if d is None else str(d) for d in shape.as_list()) + "]"


def _ensure_shape(x: np.ndarray, *, shape: TensorShape) -> np.ndarray:
    if not shape.is_compatible_with(getattr(x, "shape", ())):
        raise ValueError(f"the tensor's shape is not compatible with {shape}")
    return x


def _ensure_shape_batching(call: Call) -> Any:
    """The shape gets the number of runs in front."""
    expected = TensorShape(call.attrs["shape"])
    if expected.rank is None:
        return call.tensor(0)
    full = TensorShape([call.runs.static]).concatenate(expected)
    return call.run([call.tensor(0)], shape=full)


ensure_shape_op = op(
    "EnsureShape",
    shape=_ensured_shape,
    host=_ensure_shape,
    xla=_ensure_shape,
    effects=PURE,
    traits=(MOVES,),
    batching=_ensure_shape_batching,
    gradient=lambda op, dy: dy,
)


@export("ensure_shape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """The tensor itself, after checking its shape; in a graph its static shape is refined.

    Args:
        x: a tensor of any dtype.
        shape: the shape it must have, with None for dimensions that may be anything.
        name: name of the node in a graph.

    Returns:
        The tensor.

    Raises:
        InvalidArgumentError: if the shape does not fit.
        ValueError: if that is already known while building a graph.

    >>> import tidefall as tf
    >>> tf.ensure_shape(tf.zeros([2, 3]), [None, 3]).shape
    TensorShape([2, 3])
    """
    return ensure_shape_op(x, shape=shape, name=name)


# ---- nothing at all ----

no_op_op = op(
    "NoOp",
    shape=lambda c: [],
    host=lambda: None,
    xla=lambda: None,
    effects=PURE,
    traits=(MOVES,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("no_op")
def no_op(name: str | None = None) -> Any:
    """Do nothing; in a graph, a node that others can be made to wait for.

    Args:
        name: name of the node in a graph.

    Returns:
        The node in a graph, None otherwise.

    >>> import tidefall as tf
    >>> tf.no_op() is None
    True
    """
    return no_op_op(name=name)


@export("group")
def group(*inputs: Any, **kwargs: Any) -> Any:
    """A node of a graph that runs after all of `inputs`.

    Args:
        *inputs: tensors, nodes, or nested structures of them.
        **kwargs: `name`, the name of the node.

    Returns:
        The node in a graph, None otherwise.

    Raises:
        ValueError: for an unknown keyword.
        TypeError: if an input is None.

    >>> import tidefall as tf
    >>> tf.group(tf.constant(1)) is None
    True
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")
    graph = state.graph
    if graph is None:
        return None
    nodes = []
    for item in nest.flatten(inputs, expand_composites=True):
        if item is None or not (hasattr(item, "op") or hasattr(item, "control_inputs")):
            raise TypeError(f"'inputs' should be zero or more (nested) Tensors. Received '{item}'")
        if hasattr(item, "_as_graph_element"):
            item = item.op  # a variable of a graph, perhaps one that was just assigned
        node = (
            item if hasattr(item, "control_inputs") else graph.capture(convert_to_tensor(item)).op
        )
        nodes.append(node)
    saved = state.control_inputs
    state.control_inputs = (*saved, *nodes)
    try:
        return no_op_op(name=name or "group_deps")
    finally:
        state.control_inputs = saved


@export("tuple")
def tuple(tensors: Any, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """Hold tensors back until all of them are there.

    Args:
        tensors: a list of tensors, or None, which is passed on.
        control_inputs: nodes of a graph to wait for as well.
        name: name of the node that waits.

    Returns:
        A list of tensors of the same values.

    Raises:
        ValueError: if there is no tensor at all.

    >>> import tidefall as tf
    >>> [int(t) for t in tf.tuple([tf.constant(1), tf.constant(2)])]
    [1, 2]
    """
    graph = state.graph
    if graph is None:
        return list(tensors)
    given = [None if t is None else convert_to_tensor(t) for t in tensors]
    if all(t is None for t in given):
        raise ValueError("Expected at least one Tensor in 'tensors'.")
    gate = group(*(t for t in given if t is not None), *(control_inputs or ()), name=name)
    saved = state.control_inputs
    state.control_inputs = (*saved, gate)
    try:
        return [None if t is None else identity_op(t, name="control_dependency") for t in given]
    finally:
        state.control_inputs = saved


@export("guarantee_const")
def guarantee_const(input: Any, name: str | None = None) -> Any:
    """The same value; once told a compiler that it never changes.

    Args:
        input: a tensor of any dtype.
        name: name of the node in a graph.

    Returns:
        A tensor with the value of `input`.

    >>> import tidefall as tf
    >>> int(tf.guarantee_const(3))
    3
    """
    return guarantee_const_op(input, name=name)


def _check_pinned(tensor: Any) -> Any:
    raise FailedPreconditionError(
        None, None, "to check pinnedness, must be built with `--config=cuda`"
    )


check_pinned_op = op(
    "CheckPinned", shape=unchanged, host=_check_pinned, effects=PURE, gradient=NOT_DIFFERENTIABLE
)


@export("check_pinned")
def check_pinned(tensor: Any, name: str | None = None) -> Any:
    """Refuse to say whether a tensor is in memory pinned for a GPU: there is no such memory here.

    Args:
        tensor: a tensor of any dtype.
        name: name of the node in a graph.

    Raises:
        FailedPreconditionError: always, as in a TensorFlow without CUDA.

    >>> import tidefall as tf
    >>> try:
    ...     tf.check_pinned(tf.constant(1.0))
    ... except tf.errors.FailedPreconditionError:
    ...     print("no pinned memory")
    no pinned memory
    """
    return check_pinned_op(tensor, name=name)
