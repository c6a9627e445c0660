"""Checkpoints: every tensor is read, and what objects need of them is looked up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.io.bundles import bundle_format
from tidefall.proto import tensors
from tidefall.saving.checkpoint.bundle import BundleReader
from tidefall.saving.checkpoint.restoration import read_object_graph
from tidefall.saving.checkpoint.slice_checkpoint import open_checkpoint
from tidefall.saving.saved_model import constants as names
from tidefall.tools.saved_model_cli.checks.report import Report, listed, size_text

_COPY = "Copy the file again from where it was made, or restore from another checkpoint."


def check_checkpoint(report: Report, prefix: str) -> Any:
    """Read every tensor of a checkpoint; returns the open reader, None if there is no index."""
    report.looked_at.append("every tensor of the checkpoint")
    reader: Any = None
    with report.faults_of(prefix, _COPY):
        reader = open_checkpoint(prefix)
    if reader is None:
        return None
    if isinstance(reader, BundleReader):
        _check_shards(report, reader)
    bad_numbers = []
    for name in reader:
        where, found = f"{prefix}: {name}", len(report.findings)
        with report.faults_of(where, _COPY):
            if reader.entry(name).dtype is None:
                reader.stored(name)
                continue
            value = reader.read(name)
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                bad_numbers.append(name)
        if len(report.findings) > found + 100:
            break
    if bad_numbers:
        report.warning(
            prefix,
            f"NaN or infinity in {listed(bad_numbers)}",
            "If training diverged, go back to an earlier checkpoint.",
        )
    with report.faults_of(prefix, _COPY):
        read_object_graph(reader)
    return reader


def _check_shards(report: Report, reader: BundleReader) -> None:
    needed = dict.fromkeys(range(reader.num_shards), 0)
    for entry in reader.entries():
        if not entry.slices:
            needed[entry.shard] = max(needed[entry.shard], entry.offset + entry.size)
    for shard, end in needed.items():
        path = bundle_format.data_path(reader.prefix, shard, reader.num_shards)
        if not os.path.isfile(path):
            report.error(path, "this data file is missing", _COPY)
        elif os.path.getsize(path) < end:
            report.error(
                path, f"it ends after {os.path.getsize(path)} bytes, and should have {end}", _COPY
            )
        elif os.path.getsize(path) > end:
            extra = size_text(os.path.getsize(path) - end)
            report.hint(path, f"{extra} at its end belong to no tensor", "Saving again drops them.")


def check_variables(report: Report, folder: str, meta: Any) -> None:
    """Compare what a graph needs with what the checkpoint of its SavedModel has."""
    report.looked_at.append("variables")
    prefix = os.path.join(folder, names.VARIABLES_DIRECTORY, names.VARIABLES_FILENAME)
    wanted = dict(_declared(meta.object_graph_def)) if meta.HasField("object_graph_def") else {}
    by_name = _restored_names(meta) if not wanted else []
    if not os.path.isfile(bundle_format.index_path(prefix)):
        if wanted or by_name:
            report.error(
                bundle_format.index_path(prefix),
                f"it is missing; {len(wanted) or len(by_name)} variables have no value",
                _COPY,
            )
        return
    reader = check_checkpoint(report, prefix)
    if reader is None:
        return
    missing = [name for name in by_name if name not in reader]
    if missing:
        report.error(prefix, f"no value for the variables {listed(missing)}", _COPY)
    if not meta.HasField("object_graph_def"):
        return
    proto = None
    with report.faults_of(prefix, _COPY):
        proto = read_object_graph(reader)
    if proto is None:
        if wanted:
            report.error(prefix, "the checkpoint has no object graph", "Save the model again.")
        return
    keys = _checkpoint_keys(meta.object_graph_def, proto)
    for number, (path, dtype, shape) in wanted.items():
        _check_variable(report, prefix, reader, keys.get(number), path, dtype, shape)


def _check_variable(
    report: Report, prefix: str, reader: Any, key: str | None, path: str, dtype: int, shape: Any
) -> None:
    if key is None or key not in reader:
        report.error(
            f"variable {path}",
            f"the checkpoint {prefix} has no value for it",
            "Save the model again, or load it with allow_partial_checkpoint=True.",
        )
        return
    entry = reader.entry(key)
    if entry.dtype_enum != dtype or not TensorShape(shape).is_compatible_with(entry.shape):
        declared = f"{tensors.dtype_name(dtype)}{TensorShape(shape)}"
        stored = f"{tensors.dtype_name(entry.dtype_enum)}{list(entry.shape)}"
        report.error(
            f"variable {path}",
            f"the graph declares {declared}, the checkpoint has {stored}",
            "The variables are those of another model: put the right ones beside this graph.",
        )


def _paths(nodes: Any) -> dict[int, str]:
    """How each object is reached from the root, by its number."""
    found, waiting = {0: "root"}, [0]
    while waiting:
        number = waiting.pop(0)
        for child in nodes[number].children:
            if child.node_id not in found and 0 <= child.node_id < len(nodes):
                before = "" if number == 0 else f"{found[number]}."
                found[child.node_id] = before + child.local_name
                waiting.append(child.node_id)
    return found


def _declared(proto: Any) -> Iterator[tuple[int, tuple[str, int, Any]]]:
    paths = _paths(proto.nodes) if proto.nodes else {}
    for number, node in enumerate(proto.nodes):
        if node.WhichOneof("kind") == "variable":
            path = str(paths.get(number, node.variable.name))
            yield number, (path, node.variable.dtype, node.variable.shape)


def _checkpoint_keys(saved: Any, tracked: Any) -> dict[int, str]:
    """The checkpoint's key of each object of a SavedModel: both are walked by the same names."""
    keys: dict[int, str] = {}
    waiting, seen = [(0, 0)], {0}
    while waiting:
        number, other = waiting.pop()
        for attribute in tracked.nodes[other].attributes:
            if attribute.name == "VARIABLE_VALUE":
                keys[number] = attribute.checkpoint_key
        there = {child.local_name: child.node_id for child in tracked.nodes[other].children}
        slots = {
            (slot.slot_name, slot.original_variable_node_id): slot.slot_variable_node_id
            for slot in tracked.nodes[other].slot_variables
        }
        pairs = [
            (child.node_id, there[child.local_name])
            for child in saved.nodes[number].children
            if child.local_name in there
        ]
        for slot in saved.nodes[number].slot_variables:
            target = slots.get((slot.slot_name, slot.original_variable_node_id))
            if target is not None:
                pairs.append((slot.slot_variable_node_id, target))
        for pair in pairs:
            if pair[0] not in seen:
                seen.add(pair[0])
                waiting.append(pair)
    return keys


def _restored_names(meta: Any) -> list[str]:
    """The names that the restore op of a graph of TensorFlow 1 asks for."""
    from tidefall.proto.tensors import tensor_proto_to_array

    constants = {node.name: node for node in meta.graph_def.node if node.op == "Const"}
    found: set[str] = set()
    for node in meta.graph_def.node:
        if node.op == "RestoreV2" and len(node.input) > 1 and node.input[1] in constants:
            array = tensor_proto_to_array(constants[node.input[1]].attr["value"].tensor)
            found.update(name.decode(errors="replace") for name in np.ravel(array))
    return sorted(found)
