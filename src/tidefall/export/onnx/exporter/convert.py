"""From sources to ONNX models: the functions that people call."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes, errors
from tidefall.composite.variables.storage import VariableStorage
from tidefall.export.onnx.exporter.assembly import Assembly
from tidefall.export.onnx.exporter.builder import onnx_dtype
from tidefall.export.onnx.exporter.ir import OnnxGraph
from tidefall.export.onnx.exporter.lowering import Lowering, as_onnx
from tidefall.export.onnx.exporter.registry import CannotExport
from tidefall.export.onnx.exporter.rewrites import run_rewrites
from tidefall.export.onnx.exporter.rules import load_rules
from tidefall.export.onnx.files import require_onnx, write_model
from tidefall.export.sources import chosen, sources_of
from tidefall.lite.converter.ir import Value, constant
from tidefall.lite.converter.lowering.interpreter import Missing, Obstacle, Table, Variable
from tidefall.lite.converter.sources import Source
from tidefall.ops.lookup.tables import StaticTable

OPSETS = range(18, 22)
DEFAULT_OPSET = 21
LARGEST_MESSAGE = 2**31 - 1


def to_onnx(
    model: Any,
    path: Any = None,
    *,
    signature: str | None = None,
    input_signature: Sequence[Any] | None = None,
    opset: int = DEFAULT_OPSET,
) -> Any:
    """Return a model in ONNX's format, and write it to a file if one is named.

    Args:
        model: the folder of a SavedModel, the path of a `.keras` file, a built Keras model, a
            `tf.function` or a concrete function.
        path: the file to write; it is there whole or not at all.
        signature: which signature of a SavedModel; the only one or `serving_default` by default.
        input_signature: `tf.TensorSpec`s of the arguments of a function without a signature.
        opset: the version of ONNX's ops, 18 to 21.

    Returns:
        An `onnx.ModelProto` that ONNX's checker accepts. Sizes that are free in the source are
        free in it. Inputs and outputs have the names of the signature.

    Raises:
        tf.errors.UnimplementedError: if ONNX lacks ops of the model; it names all of them, with
            node and line, and nothing is written.
        ValueError: for another opset, or a model that is none of these.

    >>> import tidefall as tf
    >>> from tidefall.export.onnx.exporter.convert import to_onnx
    >>> @tf.function(input_signature=[tf.TensorSpec([None, 2], name="x")])
    ... def double(x):
    ...     return {"y": x * 2.0}
    >>> made = to_onnx(double)
    >>> [node.op_type for node in made.graph.node]
    ['Mul']
    """
    require_onnx()
    sources, _alive = sources_of(model, signature, input_signature)
    made = export_source(chosen(sources, signature), opset)
    if path is not None:
        write_model(made, path)
    return made


def export_source(
    source: Source,
    opset: int = DEFAULT_OPSET,
    inputs_first: Collection[str] = (),
    outputs_first: Collection[str] = (),
) -> Any:
    """Return one function as a checked ModelProto.

    Args:
        source: the function, with names of its inputs and outputs.
        opset: the version of ONNX's ops.
        inputs_first: names of inputs of the source with channels last that the model takes with
            channels first.
        outputs_first: names of outputs that it gives so.

    Raises:
        tf.errors.UnimplementedError: if ONNX lacks ops of it.
        ValueError: for another opset, or names that the source has not.
    """
    import onnx

    if opset not in OPSETS:
        raise ValueError(
            f"opset={opset}: models are written for opset {OPSETS[0]} to {OPSETS[-1]}."
        )
    unknown = {*inputs_first} - {*source.inputs} | {*outputs_first} - {*source.outputs}
    if unknown:
        raise ValueError(
            f"There is no {', '.join(sorted(unknown))}: the inputs are {', '.join(source.inputs)}, "
            f"the outputs {', '.join(source.outputs)}."
        )

    load_rules()
    obstacles: list[Obstacle] = []
    graph = OnnxGraph(source.key)
    lowering = Lowering(graph, opset, obstacles)
    stands = [_input(source, i, graph, obstacles) for i in range(len(source.inputs))]
    for i, name in enumerate(source.inputs):
        if name in inputs_first and isinstance(stands[i], Value):
            stands[i] = _taken_first(stands[i], lowering)
    assigned = {id(t) for t in source.assigned}
    for outer in source.function.captured_inputs:
        stands.append(_captured(outer, id(outer) in assigned))
    results = lowering.run(source.function.graph, stands)
    for name, value in zip(source.outputs, results, strict=True):
        if not isinstance(value, (Value, Missing)):
            obstacles.append(Obstacle("output", name, "", "it is no tensor that ONNX has"))
    if obstacles:
        raise errors.UnimplementedError(None, None, _explained(obstacles))
    for i, name in enumerate(source.outputs):
        if name in outputs_first:
            rank = results[i].rank
            results[i] = lowering.builder.transpose(results[i], [0, rank - 1, *range(1, rank - 1)])
    _outputs(source, results, lowering)
    run_rewrites(graph)
    made = Assembly(graph, opset).model(f"signature {source.key}")
    if made.ByteSize() < LARGEST_MESSAGE:
        onnx.checker.check_model(made, full_check=True)
    return made


def _explained(obstacles: list[Obstacle]) -> str:
    count = len(obstacles)
    what = "1 op or input" if count == 1 else f"{count} ops or inputs"
    lines = [f"{what} of the model cannot be said in ONNX:", *(f"  {o}" for o in obstacles)]
    return "\n".join(
        [*lines, "Rewrite them with other ops, or leave them out of what is exported."]
    )


def _input(source: Source, i: int, graph: OnnxGraph, obstacles: list[Obstacle]) -> Any:
    tensor, name = source.arguments[i], source.inputs[i]
    try:
        if tensor.shape.rank is None:
            raise CannotExport(
                "its shape is unknown: give its rank, as tf.TensorSpec([None, 3]) does"
            )
        value = Value(name, onnx_dtype(tensor.dtype), tensor.shape.as_list())
        if value.dtype.kind == "c":
            raise CannotExport("ONNX has no complex numbers")
    except CannotExport as reason:
        obstacles.append(Obstacle("input", name, "", str(reason), is_input=True))
        return Missing()
    graph.inputs.append(value)
    return value


def _taken_first(value: Value, lowering: Lowering) -> Value:
    """An input that comes with channels first, as the source wants it."""
    value.shape = (value.shape[0], value.shape[-1], *value.shape[1:-1])
    return lowering.builder.transpose(value, [0, *range(2, value.rank), 1])


def _captured(tensor: Any, is_assigned: bool) -> Any:
    """What stands for something that a function uses from outside."""
    storage = getattr(tensor, "storage", None)
    if isinstance(storage, VariableStorage):
        if is_assigned:
            return Missing("it uses a variable that the model changes; ONNX models keep no state")
        value = constant(as_onnx(np.asarray(storage.read()), storage.dtype), storage.name)
        return Variable(storage, value)
    if isinstance(storage, StaticTable) and storage.is_initialized:
        keys, values = (np.asarray(part) for part in storage.export())
        return Table(keys, values)
    if tensor.dtype in (dtypes.resource, dtypes.variant):
        return Missing("it uses a table or another resource, which a model cannot hold")
    return constant(as_onnx(tensor.numpy(), tensor.dtype), "captured")


def _outputs(source: Source, results: list[Any], lowering: Lowering) -> None:
    graph = lowering.builder.graph
    taken = set(source.inputs)
    for name, value in zip(source.outputs, results, strict=True):
        if value.producer is None or any(value is v for v in graph.outputs):
            value = lowering.builder.copy(value)
        unique = name
        while unique in taken:
            unique = f"{unique}_output"
        taken.add(unique)
        value.name = unique
        graph.outputs.append(value)
