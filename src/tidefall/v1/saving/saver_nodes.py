"""The nodes with which a graph writes and reads its checkpoints."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from tidefall.base.device_spec import DeviceSpec
from tidefall.composite.variables.saveable import Saveable, SaveSpec
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op import raw
from tidefall.ops.array.identity import group
from tidefall.tensor.conversion import constant
from tidefall.tensor.device_scope import device_v1 as on_device
from tidefall.v1.variables.state_ops import placeholder_with_default

V1, V2 = 1, 2

Shards = Sequence[tuple[str, Sequence[Saveable]]]


def shards_of(saveables: Sequence[Saveable]) -> Shards:
    """What goes into one file: the saveables by device, in the order of the devices' names."""

    def canonical(saveable: Saveable) -> str:
        return DeviceSpec.from_string(saveable.device or "").to_string()

    ordered = sorted(saveables, key=canonical)
    return [(name, list(found)) for name, found in itertools.groupby(ordered, canonical)]


def filename_node(default: str | None) -> Any:
    """The tensor that a session feeds with the name of a checkpoint."""
    given = placeholder_with_default(default or "model", shape=(), name="filename")
    return placeholder_with_default(given, shape=(), name="Const")


# ---- saving ----


def save_node(filename: Any, saveables: Sequence[Saveable], version: int) -> Any:
    """The tensor that writes a checkpoint into one file."""
    return _written(filename, saveables, version)


def sharded_save_node(filename: Any, shards: Shards, version: int) -> Any:
    """The tensor that writes a checkpoint with a file for each device."""
    if version == V2:
        with on_device("CPU"):
            base = _beside(filename)
    else:
        base = filename
    count = constant(len(shards), name="num_shards")
    names, written = [], []
    for number, (name, saveables) in enumerate(shards):
        with on_device(_first_cpu(name) if version == V2 else name or None):
            shard = raw.ShardedFilename(base, number, count)
            names.append(shard)
            written.append(_written(shard, saveables, version).op)
    graph = get_default_graph()
    with graph.control_dependencies(written):
        if version == V1:
            return raw.ShardedFilespec(filename, count)
        with on_device(_first_cpu(shards[-1][0])):
            prefixes = raw.Pack(names, name="MergeV2Checkpoints/checkpoint_prefixes")
            raw.MergeV2Checkpoints(prefixes, filename, delete_old_dirs=True)
            merged = graph.nodes[-1]
            with graph.control_dependencies([merged]):
                return raw.Identity(filename)


def _beside(filename: Any) -> Any:
    """Where the parts of a checkpoint are written before they are merged."""
    remote = raw.StaticRegexFullMatch(filename, pattern="^s3://.*")
    ending = raw.Select(remote, constant(".part"), constant("_temp/part"))
    return raw.StringJoin([filename, ending])


def _first_cpu(device: str) -> str:
    spec = DeviceSpec.from_string(device)
    return spec.replace(device_type="CPU", device_index=0).to_string()


def _written(filename: Any, saveables: Sequence[Saveable], version: int) -> Any:
    specs = _specs(saveables)
    names, parts = [spec.name for spec in specs], [spec.slice_spec for spec in specs]
    tensors = [spec.value() for spec in specs]
    if version == V1:
        raw.SaveSlices(filename, names, parts, tensors, name="save")
    else:
        raw.SaveV2(filename, names, parts, tensors)
    graph = get_default_graph()
    with graph.control_dependencies([graph.nodes[-1]]):
        return raw.Identity(filename, name="control_dependency")


def _specs(saveables: Sequence[Saveable]) -> list[SaveSpec]:
    return [spec for saveable in saveables for spec in saveable.specs]


# ---- restoring ----


def restore_node(filename: Any, saveables: Sequence[Saveable], reshape: bool, name: str) -> Any:
    """The node that restores variables."""
    specs = _specs(saveables)
    with on_device("/device:CPU:0"):
        values = raw.RestoreV2(
            filename,
            [spec.name for spec in specs],
            [spec.slice_spec for spec in specs],
            dtypes=[spec.dtype for spec in specs],
        )
    restored, position = [], 0
    for saveable in saveables:
        own = values[position : position + len(saveable.specs)]
        position += len(saveable.specs)
        shapes = (
            [saveable.op.shape.as_list()] if reshape and hasattr(saveable.op, "shape") else None
        )
        with on_device(saveable.device or None):
            restored.append(saveable.restore(own, shapes))
    return group(*restored, name=name)


def sharded_restore_node(filename: Any, shards: Shards, reshape: bool) -> Any:
    """The node that restores the variables of each device."""
    parts = []
    for name, saveables in shards:
        with on_device(name or None):
            parts.append(restore_node(filename, saveables, reshape, "restore_shard"))
    return group(*parts, name="restore_all")
