"""From sources to a program of builtin operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.composite.variables.storage import VariableStorage
from tidefall.lite.converter.fallback import Fallback
from tidefall.lite.converter.ir import LiteProgram, Signature, Subgraph, Value, constant
from tidefall.lite.converter.lowering import load_rules
from tidefall.lite.converter.lowering.builder import lite_dtype
from tidefall.lite.converter.lowering.interpreter import (
    Lowering,
    Missing,
    Obstacle,
    Variable,
    as_lite,
)
from tidefall.lite.converter.sources import Source
from tidefall.op import raw


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
        _lower(source, program, fallback, obstacles, values)
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
            obstacles.append(Obstacle(kind, name, "", "a model takes arrays, no such inputs"))
            stands.append(Missing())
            continue
        if tensor.shape.rank is None:
            obstacles.append(
                Obstacle(
                    "input", name, "",
                    "its shape is unknown: give its rank, as tf.TensorSpec([None, 3]) does",
                )
            )  # fmt: skip
            stands.append(Missing())
            continue
        stands.append(_input(source, name, tensor, subgraph, lowering))
    for outer in source.function.captured_inputs:
        if id(outer) not in values:
            values[id(outer)] = _captured(outer)
        stands.append(values[id(outer)])
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


def _captured(tensor: Any) -> Any:
    """What stands for something that a function uses from outside."""
    storage = getattr(tensor, "storage", None)
    if isinstance(storage, VariableStorage):
        value = constant(as_lite(np.asarray(storage.read()), storage.dtype), storage.name)
        return Variable(storage, value)
    if tensor.dtype in (dtypes.resource, dtypes.variant):
        return Missing()
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
