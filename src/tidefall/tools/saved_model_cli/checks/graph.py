"""The graph of a SavedModel and its functions: ops, attributes, constants, tables, old parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tidefall.graph.codec.function_library import called_by
from tidefall.graph.codec.importer import source_of
from tidefall.op.registry import is_registered
from tidefall.op.table import op_def, op_names
from tidefall.saving.saved_model import constants as names
from tidefall.tools.saved_model_cli.checks.report import Report, listed, size_text
from tidefall.tools.saved_model_cli.messages import nodes_of

LARGE_CONSTANT = 1 << 20
_ARGUMENTS = frozenset({"Arg", "_Arg", "_Retval"})
_TABLES = frozenset(
    {"HashTable", "HashTableV2", "AnonymousHashTable", "MutableHashTableV2", "MutableHashTable"}
)
_OLD_LOOPS = frozenset({"Switch", "Merge", "Enter", "Exit", "NextIteration"})
_OLD_VARIABLES = frozenset({"Variable", "VariableV2", "Assign", "AssignAdd", "AssignSub"})
_OLD_INPUT = frozenset(
    {"FIFOQueue", "FIFOQueueV2", "RandomShuffleQueueV2", "PaddingFIFOQueueV2", "QueueDequeueV2"}
)


def check_graph(report: Report, meta: Any) -> None:
    """Look at all nodes of a MetaGraphDef."""
    report.looked_at.append(f"graph with the tags {list(meta.meta_info_def.tags)}")
    _check_ops(report, meta)
    _check_wiring(report, meta)
    _check_functions(report, meta)
    _check_constants(report, meta)
    _check_tables(report, meta)
    _check_old_parts(report, meta)


def _where(function: str) -> str:
    return f"function {function}" if function else "the main graph"


def _check_ops(report: Report, meta: Any) -> None:
    known = set(op_names())
    functions = {f.signature.name for f in meta.graph_def.library.function}
    unknown: dict[str, set[str]] = defaultdict(set)
    absent: dict[str, set[str]] = defaultdict(set)
    lacking: dict[str, set[str]] = defaultdict(set)
    strange: dict[str, set[str]] = defaultdict(set)
    for function, node in nodes_of(meta):
        if node.op in _ARGUMENTS or node.op in functions:
            continue
        if node.op not in known:
            unknown[node.op].add(_where(function))
            continue
        if not is_registered(node.op):
            absent[node.op].add(_where(function))
        attrs = op_def(node.op).attrs
        for key, attr in attrs.items():
            if not attr.has_default and key not in node.attr:
                lacking[f"{key} of {node.op}"].add(f"{_where(function)} (node {node.name})")
        for key in node.attr:
            if key not in attrs and not key.startswith("_"):
                strange[f"{key} of {node.op}"].add(_where(function))
    for op, used in sorted(unknown.items()):
        report.error(
            listed(used, 3),
            f"the op {op} is not one of TensorFlow's",
            "It comes from a library of its own: export the model without it.",
        )
    for op, used in sorted(absent.items()):
        report.error(
            listed(used, 3),
            f"Tidefall does not have the op {op} yet",
            "docs/gaps.md says what is missing. Signatures that need it cannot be loaded.",
        )
    for attr, used in sorted(lacking.items()):
        report.error(
            listed(used, 3), f"the attribute {attr} is missing", "The graph is damaged: save again."
        )
    for attr, used in sorted(strange.items()):
        report.error(
            listed(used, 3),
            f"the attribute {attr} is not known",
            "It was written by a newer TensorFlow: save with the release you load with.",
        )


def _check_wiring(report: Report, meta: Any) -> None:
    graph = meta.graph_def
    _check_inputs(report, "", graph.node, ())
    for function in graph.library.function:
        arguments = [argument.name for argument in function.signature.input_arg]
        _check_inputs(report, function.signature.name, function.node_def, arguments)
        there = {*arguments, *(node.name for node in function.node_def)}
        for output in function.signature.output_arg:
            text = function.ret.get(output.name, "")
            if source_of(text) not in there:
                report.error(
                    _where(function.signature.name),
                    f"it returns {text or output.name!r}, which is not there",
                    "The graph is damaged: save again.",
                )
    library = {f.signature.name for f in graph.library.function}
    missing: dict[str, set[str]] = defaultdict(set)
    for function, node in nodes_of(meta):
        for name in called_by([node]):
            if name not in library:
                missing[name].add(_where(function))
    for name, used in sorted(missing.items()):
        report.error(
            listed(used, 3),
            f"it calls {name}, which is not there",
            "The graph is damaged: save again.",
        )


def _check_inputs(
    report: Report, function: str, nodes: Sequence[Any], given: Iterable[str]
) -> None:
    there = {*given, *(node.name for node in nodes)}
    lost = {
        f"{node.name} <- {text}"
        for node in nodes
        for text in node.input
        if source_of(text) not in there
    }
    if lost:
        report.error(
            _where(function),
            f"inputs that are not there: {listed(lost, 3)}",
            "The graph is damaged: save again.",
        )


def _check_functions(report: Report, meta: Any) -> None:
    library = {f.signature.name: f for f in meta.graph_def.library.function}
    concrete = meta.object_graph_def.concrete_functions
    for name in sorted(set(concrete) - set(library)):
        report.error(
            _where(name),
            "an object of the model is this function, which is not there",
            "Save again.",
        )
    gradients = [g.gradient_func for g in meta.graph_def.library.registered_gradients]
    gradients += [g.gradient_func for g in meta.graph_def.library.gradient]
    waiting = [*called_by(meta.graph_def.node), *concrete, *gradients]
    waiting += [node.op for node in meta.graph_def.node if node.op in library]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in library:
            continue
        seen.add(name)
        nodes = library[name].node_def
        waiting += called_by(nodes) + [node.op for node in nodes if node.op in library]
    unused = set(library) - seen
    if unused:
        size = sum(library[name].ByteSize() for name in unused)
        report.hint(
            "function library",
            f"{len(unused)} functions ({size_text(size)}) are never called: {listed(unused, 3)}",
            "Saving a loaded model again leaves them out.",
        )


def _check_constants(report: Report, meta: Any) -> None:
    for function, node in nodes_of(meta):
        if node.op == "Const" and "value" in node.attr:
            size = node.attr["value"].tensor.ByteSize()
            if size >= LARGE_CONSTANT:
                report.warning(
                    _where(function),
                    f"the constant {node.name} has {size_text(size)}",
                    "Make it a tf.Variable(trainable=False): it is then mapped from its file, and "
                    "shared by functions.",
                )


def _check_tables(report: Report, meta: Any) -> None:
    proto = meta.object_graph_def
    for number, node in enumerate(proto.nodes):
        children = {child.local_name for child in node.children}
        if node.WhichOneof("kind") == "resource" and "_initialize" not in children:
            report.warning(
                f"object {number}",
                "this table or other resource has no function that fills it",
                "Keep it as an attribute of the saved object, so that it is saved whole.",
            )
    tables = [node.name for node in meta.graph_def.node if node.op in _TABLES]
    initialized = names.INIT_OP_SIGNATURE_KEY in meta.signature_def or any(
        key in meta.collection_def for key in (names.MAIN_OP_KEY, names.LEGACY_INIT_OP_KEY)
    )
    if tables and not initialized:
        report.warning(
            "the main graph",
            f"nothing fills the tables {listed(tables, 3)} when the model is loaded",
            "Save with main_op=tf.compat.v1.tables_initializer(), or save a tf.Module.",
        )


def _check_old_parts(report: Report, meta: Any) -> None:
    used: Mapping[str, set[str]] = {
        "loops": {n.op for _, n in nodes_of(meta) if n.op in _OLD_LOOPS},
        "reference variables": {n.op for _, n in nodes_of(meta) if n.op in _OLD_VARIABLES},
        "input queues": {n.op for _, n in nodes_of(meta) if n.op in _OLD_INPUT},
    }
    for kind, ops in used.items():
        if ops:
            report.hint(
                "graph",
                f"{kind} of TensorFlow 1: {listed(ops)}",
                "They work, but are slower than what TensorFlow 2 saves.",
            )
    if not meta.HasField("object_graph_def"):
        report.hint(
            "graph",
            "saved by TensorFlow 1: it has signatures, and no objects or functions",
            "Its variables can be trained only through tf.compat.v1; load it and save it again "
            "with tf.saved_model.save.",
        )
    if names.LEGACY_INIT_OP_KEY in meta.collection_def:
        report.hint("graph", "it is initialised by legacy_init_op", "Saving it again mends that.")
