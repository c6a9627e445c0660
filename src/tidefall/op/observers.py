"""Who sees an op run: tapes, which record it to differentiate it, and debugging hooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tidefall.base.state import state
from tidefall.op.definition import Attrs
from tidefall.tensor.tensor import Tensor

if TYPE_CHECKING:
    from tidefall.op.op import Op


class Record:
    """One executed op, as a gradient function sees it: the eager twin of a graph node."""

    __slots__ = ("attrs", "inputs", "needed", "op_type", "outputs")
    backward = None

    def __init__(self, op: Op, inputs: Sequence[Tensor], attrs: Attrs, outputs: Sequence[Tensor]):
        self.op_type = op
        self.inputs = inputs
        self.attrs = attrs
        self.outputs = outputs

    @property
    def type(self) -> str:
        """Name of the op."""
        return self.op_type.name

    def get_attr(self, name: str) -> Any:
        """Value of an attribute."""
        return self.attrs[name]


def observe(
    op: Op,
    tensors: Sequence[Any],
    attrs: Attrs,
    outputs: Sequence[Any],
    record: Any = None,
) -> None:
    """Show an executed op, or a new graph node (`record`), to the active tapes and hooks."""
    for tape in state.tapes:
        if tape.watches(tensors):
            if record is None:
                record = Record(op, tensors, attrs, outputs)
            tape.record(record)
    for hook in state.hooks:
        hook(op, tensors, attrs, outputs)
