"""Marks that tell XLA's partitioner how a tensor is spread over devices."""

from __future__ import annotations

from typing import Any

from tidefall.op.effects import PURE
from tidefall.op.registry import op
from tidefall.ops.common import unchanged


def _marked(input: Any) -> Any:
    """One device has all of the tensor, however it is to be spread over more of them."""
    return input


def _sharding_grad(op: Any, dy: Any) -> Any:
    return sharding_op(
        dy, sharding=op.get_attr("sharding"), unspecified_dims=op.get_attr("unspecified_dims")
    )


sharding_op = op(
    "XlaSharding", shape=unchanged, host=_marked, xla=_marked, effects=PURE, gradient=_sharding_grad
)
