"""From sources to a program of builtin operators."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.variables.storage import VariableStorage
from tidefall.lite.converter.fallback import Fallback
from tidefall.lite.converter.ir import LiteProgram, Operator, Signature, Subgraph, Value, constant
from tidefall.lite.converter.lowering import load_rules
from tidefall.lite.converter.lowering.builder import lite_dtype
from tidefall.lite.converter.lowering.interpreter import (
    Lowering,
    Missing,
    Obstacle,
    Table,
    Variable,
    as_lite,
)
from tidefall.lite.converter.lowering.variables import initialization
from tidefall.lite.converter.sources import Source
from tidefall.op import raw
from tidefall.ops.lookup.tables import StaticTable


def lower_sources(
    sources: Sequence[Source], fallback: Fallback, shapes: dict[str, Any] | None = None
) -> tuple[LiteProgram, list[Obstacle]]:
    """Lower each source into a subgraph of its own.

    Args:
        sources: what is to be converted.
        fallback: what may be used beside builtins.

    Returns:
        The program, and what could not be lowered. If there is any, the program is not whole.
    """
    load_rules()
    program, obstacles = LiteProgram(), []
    values: dict[int, Any] = {}
    for source in sources:
        found: list[Obstacle] = []
        _lower(source, program, fallback, found, values)
        signature = source.key if len(sources) > 1 else ""
        obstacles += [dataclasses.replace(each, signature=signature) for each in found]
    return program, obstacles


def _lower(
    source: Source,
    program: LiteProgram,
    fallback: Fallback,
    obstacles: list[Obstacle],
    values: dict[int, Any],
) -> None:
    subgraph = Subgraph("main" if not program.subgraphs else source.key)
    program.subgraphs.append(subgraph)
    lowering = Lowering(subgraph, fallback, obstacles)
    graph = source.function.graph
    stands: list[Any] = []
    for name, tensor in zip(source.inputs, source.arguments, strict=True):
        if tensor.dtype in (dtypes.resource, dtypes.variant):
            kind = "resource" if tensor.dtype == dtypes.resource else "variant"
            why = "a model takes arrays, no such inputs"
            obstacles.append(Obstacle(kind, name, "", why, is_input=True))
            stands.append(Missing())
            continue
        if tensor.shape.rank is None:
            why = "its shape is unknown: give its rank, as tf.TensorSpec([None, 3]) does"
            obstacles.append(Obstacle("input", name, "", why, is_input=True))
            stands.append(Missing())
            continue
        stands.append(_input(source, name, tensor, subgraph, lowering))
    assigned = {id(t) for t in source.assigned}
    for outer in source.function.captured_inputs:
        if id(outer) not in values:
            is_assigned = id(outer) in assigned
            values[id(outer)] = _captured(outer, len(values), is_assigned)
        stands.append(values[id(outer)])
    kept: list[Variable | Table] = [
        v for v in stands
        if (isinstance(v, Variable) and v.is_assigned) or (isinstance(v, Table) and v.is_kept)
    ]  # fmt: skip
    if kept:
        options = {"init_subgraph_index": initialization(kept)}
        subgraph.operators.append(Operator("CALL_ONCE", [], [], options, source.key))
    results = lowering.run(graph, stands)
    outputs = _outputs(source, results, subgraph, lowering)
    program.signatures.append(Signature(source.key, list(source.inputs), outputs, subgraph))


def _input(source: Source, name: str, tensor: Any, subgraph: Subgraph, lowering: Lowering) -> Value:
    declared = np.dtype(object) if tensor.dtype == dtypes.string else np.dtype(
        np.float32 if tensor.dtype == dtypes.bfloat16 else tensor.dtype.as_numpy_dtype
    )  # fmt: skip
    label = f"{source.tensor_prefix}{name}:0" if source.tensor_prefix else name
    value = Value(label, declared, tensor.shape.as_list())
    value.layer = name
    subgraph.inputs.append(value)
    builder = lowering.builder
    return builder.cast(value, lite_dtype(tensor.dtype))


def _captured(tensor: Any, number: int, is_assigned: bool) -> Any:
    """What stands for something that a function uses from outside.

    Args:
        tensor: the tensor or handle.
        number: makes the names of what the model keeps unique.
        is_assigned: whether it is a variable that the source assigns to.
    """
    storage = getattr(tensor, "storage", None)
    if isinstance(storage, VariableStorage):
        value = constant(as_lite(np.asarray(storage.read()), storage.dtype), storage.name)
        return Variable(storage, value, is_assigned, f"{storage.name}_{number}")
    if isinstance(storage, StaticTable) and storage.is_initialized:
        keys, values = (np.asarray(part) for part in storage.export())
        is_kept = keys.dtype == object and values.dtype == np.int64
        return Table(keys, values, number, is_kept)
    if tensor.dtype in (dtypes.resource, dtypes.variant):
        return Missing("it uses a table or another resource, which a model cannot hold")
    return constant(as_lite(tensor.numpy(), tensor.dtype), "captured")


def _outputs(
    source: Source, results: list[Any], subgraph: Subgraph, lowering: Lowering
) -> list[str]:
    outputs: list[str] = []
    for i, (name, value) in enumerate(zip(source.outputs, results, strict=True)):
        if not isinstance(value, Value):
            continue
        declared = source.function.graph.outputs[i].dtype
        if declared.name in ("float16", "float64"):
            value = lowering.builder.cast(value, declared.as_numpy_dtype)
        if value.producer is None or any(value is v for v in subgraph.outputs):
            value = lowering.builder.copy(value)
        value.name = _output_name(source, i)
        outputs.append(name)
        subgraph.outputs.append(value)
    return outputs


def _output_name(source: Source, number: int) -> str:
    """What TensorFlow's converter calls the tensor."""
    if source.tensor_prefix:
        return f"{raw.StatefulPartitionedCall.name}:{number}"
    return f"{raw.Identity.name}_{number}" if number else raw.Identity.name
