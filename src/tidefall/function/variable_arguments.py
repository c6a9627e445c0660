"""Variables among the arguments of a function: what a trace knows of them.

A trace made for one variable serves every variable of its shape and dtype, so it knows the variable
by an argument that stands for the handle. Inside the function the variable itself is used: its
handle is the argument as long as the function is traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.composite.variables.storage import VariableStorage
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.tensor import TypedTensor


@dataclass(frozen=True)
class VariableSpec:
    """The type of a variable that is an argument.

    Attributes:
        shape: its static shape; None if the rank is unknown.
        dtype: its dtype.
        trainable: whether it is trainable.
        kind: its class.
        alias_id: which of the call's variables it is, by the order in which they come first.
    """

    shape: tuple[int | None, ...] | None
    dtype: DType
    trainable: bool
    kind: type
    alias_id: int

    def __repr__(self) -> str:
        return (
            f"VariableSpec(shape={TensorShape(self.shape)}, dtype={self.dtype!r}, "
            f"trainable={self.trainable}, alias_id={self.alias_id})"
        )


def is_argument(value: Any) -> bool:
    """Whether a value is a variable that can be an argument: one with a resource of its own."""
    return (
        getattr(value, "_is_variable", False)
        and not getattr(value, "is_distributed_variable", False)
        and type(getattr(value, "handle", None)) is TypedTensor
        and isinstance(value.handle.storage, VariableStorage)
    )


def spec_of(variable: Any, handles: Sequence[Any]) -> VariableSpec:
    """The type of a variable, where `handles` holds those of the call's variables so far."""
    shape = variable.shape
    seen = [t for t in handles if type(t) is TypedTensor and t.dtype is dtypes.resource]
    alias = next((i for i, t in enumerate(seen) if t is variable.handle), len(seen))
    sizes = None if shape.rank is None else tuple(shape.as_list())
    return VariableSpec(sizes, variable.dtype, bool(variable.trainable), type(variable), alias)


def bind_argument(variable: Any, graph: FuncGraph, name: str) -> None:
    """Let an argument of a graph stand for a variable's handle while the graph is traced."""
    handle = variable.handle
    if id(handle) in graph.argument_handles:
        return
    tensor = graph.add_argument(handle.dtype, (), name)
    storage = handle.storage
    # What is known of every variable that may be given; the trace must not keep this one alive.
    known = VariableStorage(storage.name, storage.dtype, storage.shape)
    tensor.value_hint = TypedTensor(known, handle.dtype)
    graph.argument_handles[id(handle)] = (handle, tensor)


def watch_arguments(tapes: Sequence[Any], arguments: Sequence[Any]) -> None:
    """Let tapes watch the variables whose handles are arguments of a call."""
    for argument in arguments:
        if type(argument) is not TypedTensor or argument.dtype is not dtypes.resource:
            continue
        owner = getattr(argument.storage, "owner", None)
        variable = None if owner is None else owner()
        if variable is not None and variable.handle is argument:
            for tape in tapes:
                tape.watch_variable(variable)
