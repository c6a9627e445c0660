"""Signatures: whether their tensors are there, and what keeps them from being compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.graph.codec.function_library import called_by
from tidefall.graph.codec.importer import source_of
from tidefall.op.registry import find_op, is_registered
from tidefall.saving.saved_model import constants as names
from tidefall.tools.saved_model_cli.checks.report import Report, listed

RESERVED = (names.INIT_OP_SIGNATURE_KEY, names.TRAIN_OP_SIGNATURE_KEY)
_FREE = frozenset(
    {"Const", "Placeholder", "PlaceholderWithDefault", "NoOp", "Assert", "VarHandleOp"}
    | {"PartitionedCall", "StatefulPartitionedCall", "Variable", "VariableV2"}
    | {"Identity", "IdentityN"}  # they pass on what others made
)
_STRING = 7


def check_signatures(report: Report, meta: Any) -> None:
    """Look at the signatures of a MetaGraphDef."""
    report.looked_at.append("signatures")
    nodes = {node.name: node for node in meta.graph_def.node}
    library = {f.signature.name: f for f in meta.graph_def.library.function}
    served = [key for key in sorted(meta.signature_def) if key not in RESERVED]
    if not served:
        report.warning(
            "signatures",
            "there are none",
            "Model servers and `run` need one: save with signatures=a tf.function with an "
            "input_signature.",
        )
    for key in sorted(meta.signature_def):
        definition = meta.signature_def[key]
        lost = _lost(definition, nodes)
        if lost:
            report.error(
                f"signature {key}",
                f"its tensors {listed(lost, 4)} are not in the graph",
                "The graph is damaged: save again.",
            )
        elif key in served:
            _check_shapes(report, key, definition)
            _check_host_ops(report, key, definition, nodes, library)


def _tensors(infos: Any) -> list[str]:
    """The names of the tensors of a signature's inputs or outputs."""
    found = []
    for info in infos.values():
        kind = info.WhichOneof("encoding")
        if kind == "coo_sparse":
            sparse = info.coo_sparse
            found += [sparse.values_tensor_name, sparse.indices_tensor_name]
            found.append(sparse.dense_shape_tensor_name)
        elif kind == "composite_tensor":
            found += [component.name for component in info.composite_tensor.components]
        else:
            found.append(info.name)
    return found


def _lost(definition: Any, nodes: Any) -> set[str]:
    tensors = [*_tensors(definition.inputs), *_tensors(definition.outputs)]
    return {text for text in tensors if source_of(text) not in nodes}


def _check_shapes(report: Report, key: str, definition: Any) -> None:
    open_inputs = [
        name
        for name, info in definition.inputs.items()
        if info.tensor_shape.unknown_rank or any(d.size < 0 for d in info.tensor_shape.dim[1:])
    ]
    if open_inputs:
        report.hint(
            f"signature {key}",
            f"the shapes of {listed(open_inputs)} are open beyond the batch",
            "XLA compiles static shapes: each new one is compiled anew. Pad inputs to a few sizes, "
            "or compile these with aot_compile --shapes.",
        )


def _check_host_ops(
    report: Report, key: str, definition: Any, nodes: dict[str, Any], library: dict[str, Any]
) -> None:
    """Name the ops of a signature that XLA cannot compile."""
    needed = _needed(_tensors(definition.outputs), set(_tensors(definition.inputs)), nodes)
    found: dict[str, None] = {}
    waiting, seen = [needed], set()
    while waiting:
        part = list(waiting.pop())
        for node in part:
            if node.op not in _FREE and node.op not in library and _is_host_op(node):
                found[node.op] = None
        for name in [*called_by(part), *(node.op for node in part)]:
            if name in library and name not in seen:
                seen.add(name)
                waiting.append(library[name].node_def)
    if found:
        report.hint(
            f"signature {key}",
            f"XLA cannot compile {listed(found)}",
            "It runs on the host, in parts or whole. Do this work before the model, where you can.",
        )


def _needed(wanted: Iterable[str], given: set[str], nodes: dict[str, Any]) -> list[Any]:
    stop = {source_of(text) for text in given}
    waiting, found = [source_of(text) for text in wanted], {}
    while waiting:
        name = waiting.pop()
        if name not in found and name in nodes and name not in stop:
            found[name] = nodes[name]
            waiting += [source_of(text) for text in nodes[name].input]
    return list(found.values())


def _is_host_op(node: Any) -> bool:
    if not is_registered(node.op):
        return False  # reported as an op that is missing
    types = [node.attr[key].type for key in ("T", "dtype", "DType") if key in node.attr]
    return find_op(node.op).xla is None or _STRING in types
