"""`relayout` and `relayout_like`: the layout of a tensor is changed, eagerly or in a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.distribute.dtensor.engine import relaid
from tidefall.distribute.dtensor.layout import MATCH, Layout
from tidefall.distribute.dtensor.values import DTensor, check_fits, matched, sharding_of
from tidefall.op import raw
from tidefall.op.effects import PURE
from tidefall.op.observers import observe
from tidefall.op.registry import op
from tidefall.ops.common import unchanged
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import EagerTensor


def _relayout_xla(input: Any, *, layout: Any) -> Any:
    from tidefall.runtime.xla.jax_bridge import load_jax

    wanted = Layout.from_string(layout.decode() if isinstance(layout, bytes) else layout)
    if MATCH in wanted.sharding_specs:
        return input  # what it is to match is for XLA to choose
    check_fits(wanted, tuple(input.shape))
    return load_jax().lax.with_sharding_constraint(input, sharding_of(wanted))


relayout_op = op(
    "Relayout",
    shape=unchanged,
    xla=_relayout_xla,
    effects=PURE,
    gradient=lambda op, dy: relayout_like(dy, op.inputs[0]),
)


def _relayout_like_xla(input: Any, layout_input: Any) -> Any:
    if input.shape != layout_input.shape:
        return input
    from jax.experimental.shard_alike import shard_alike

    return shard_alike(input, layout_input)[0]


relayout_like_op = op(
    "RelayoutLike",
    shape=unchanged,
    xla=_relayout_like_xla,
    effects=PURE,
    gradient=lambda op, dy: [relayout_like(dy, op.inputs[0]), None],
)


@export("experimental.dtensor.relayout")
def relayout(tensor: Any, layout: Layout, name: str | None = None) -> Any:
    """Change the layout of a tensor.

    Args:
        tensor: a DTensor of any mesh, a plain tensor, or a value to convert.
        layout: the new layout; `MATCH` for a dimension leaves it as it is.
        name: name of the node in a graph.

    Returns:
        A DTensor with the same value.

    Raises:
        UnknownError: if the tensor has another rank, or cannot be divided so.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.relayout([1.0, 2.0], dtensor.Layout(["x"], mesh))
    >>> dtensor.fetch_layout(x).sharding_specs
    ['x']
    """
    if state.graph is not None:
        return raw.Relayout(tensor, layout=layout.to_string(), name=name)
    given = convert_to_tensor(tensor)
    wanted = matched(layout, given.layout if isinstance(given, DTensor) else None)
    result = relaid(given, wanted)
    attrs = {"T": given.dtype, "layout": wanted.to_string()}
    observe(raw.Relayout, [given], attrs, [result])
    return result


@export("experimental.dtensor.relayout_like")
def relayout_like(tensor: Any, layout_tensor: Any, name: str | None = None) -> Any:
    """Change the layout of a tensor to that of another one.

    Args:
        tensor: a DTensor or a plain tensor.
        layout_tensor: the tensor whose layout it takes. If that is plain, so is the result.
        name: name of the node in a graph.

    Returns:
        A tensor with the value of `tensor`. In a function the layouts are made alike if the shapes
        are the same, else XLA chooses.

    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> x = dtensor.copy_to_mesh([1.0, 2.0], dtensor.Layout(["x"], mesh))
    >>> dtensor.fetch_layout(dtensor.relayout_like([3.0], x)).sharding_specs
    ['x']
    """
    if state.graph is not None:
        return raw.RelayoutLike(tensor, layout_tensor, name=name)
    given, like = convert_to_tensor(tensor), convert_to_tensor(layout_tensor)
    if isinstance(like, DTensor):
        result = relaid(given, like.layout)
    else:
        result = EagerTensor(np.asarray(given.storage))
    observe(raw.RelayoutLike, [given, like], {"T": given.dtype, "U": like.dtype}, [result])
    return result
