"""A SavedModel described by parts that can be compared."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tidefall.base.errors import OpError
from tidefall.io.bundles import bundle_format
from tidefall.io.bundles.bundle_reader import BundleEntry, BundleReader
from tidefall.proto import DataType, tensors
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model.reader import read_saved_model
from tidefall.tools.saved_model_cli.functions import described_functions
from tidefall.tools.saved_model_cli.messages import meta_graph, nodes_of

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


@dataclass
class Summary:
    """What `diff` compares, by name; see `summarize`."""

    producers: dict[str, str] = field(default_factory=dict)
    graphs: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, dict[str, str]] = field(default_factory=dict)
    functions: dict[str, list[str]] = field(default_factory=dict)
    ops: Counter[str] = field(default_factory=Counter)
    nodes: dict[str, Counter[bytes]] = field(default_factory=dict)
    variables: dict[str, BundleEntry] = field(default_factory=dict)
    prefix: str | None = None
    assets: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def describe(self, name: str) -> str:
        """The dtype and shape of a variable, as `float32[2, 3]`."""
        entry = self.variables[name]
        return f"{tensors.dtype_name(entry.dtype_enum)}{list(entry.shape)}"


def summarize(folder: str, tags: str | None = None) -> Summary:
    """Describe the SavedModel in a directory.

    Args:
        folder: the directory.
        tags: the tags of the one graph to look at; all if None.

    Raises:
        OSError: if there is none.
        OpError: if its checkpoint is damaged.
    """
    found = Summary()
    metas = read_saved_model(folder).meta_graphs if tags is None else [meta_graph(folder, tags)]
    for meta in metas:
        _add_graph(found, meta, "" if len(metas) == 1 else ",".join(meta.meta_info_def.tags) + "/")
    prefix = os.path.join(folder, names.VARIABLES_DIRECTORY, names.VARIABLES_FILENAME)
    if os.path.isfile(bundle_format.index_path(prefix)):
        found.prefix = prefix
        with BundleReader(prefix) as reader:
            found.variables = {n: reader.entry(n) for n in reader if n != OBJECT_GRAPH}
    _add_files(found, folder)
    return found


def _add_graph(found: Summary, meta: Any, where: str) -> None:
    tags = ",".join(sorted(meta.meta_info_def.tags))
    found.graphs[tags] = ""
    found.producers[tags] = meta.meta_info_def.tensorflow_version
    for key in meta.signature_def:
        found.signatures[where + key] = _signature(meta.signature_def[key])
    try:
        found.functions |= {where + n: s for n, s in described_functions(meta).items()}
    except (OpError, AttributeError, LookupError, TypeError, ValueError):
        pass  # of types that only other programs know
    for _, node in nodes_of(meta):
        found.ops[node.op] += 1
        found.nodes.setdefault(node.op, Counter())[_content(node)] += 1


def _signature(definition: Any) -> dict[str, str]:
    found = {"method": definition.method_name}
    for kind, infos in (("input", definition.inputs), ("output", definition.outputs)):
        for name in sorted(infos):
            found[f"{kind} {name}"] = tensor_text(infos[name])
    return found


def tensor_text(info: Any) -> str:
    """The dtype and shape of a TensorInfo, as `float32[-1, 3]`."""
    dtype = DataType.Name(info.dtype) if info.dtype in DataType.values() else str(info.dtype)
    sizes = [dim.size for dim in info.tensor_shape.dim]
    shape = "[...]" if info.tensor_shape.unknown_rank else str(sizes)
    return f"{dtype.removeprefix('DT_').lower()}{shape}"


def _content(node: Any) -> bytes:
    """A checksum of what a node does: its attributes, without the names of functions."""
    parts = hashlib.blake2b(digest_size=12)
    for key in sorted(node.attr):
        value = node.attr[key]
        is_function = value.WhichOneof("value") == "func" or value.list.func
        if key.startswith("_") or key == "shared_name" or is_function:
            continue
        parts.update(key.encode() + b"\0" + value.SerializeToString(deterministic=True))
    return parts.digest()


def _add_files(found: Summary, folder: str) -> None:
    weights = 0
    for where, _, files in os.walk(folder):
        for name in sorted(files):
            path = os.path.join(where, name)
            relative = os.path.relpath(path, folder)
            top = relative.split(os.path.sep)[0]
            size = os.path.getsize(path)
            if top == names.VARIABLES_DIRECTORY:
                weights += size
            elif top in (names.ASSETS_DIRECTORY, "assets.extra"):
                with open(path, "rb") as file:
                    checksum = hashlib.file_digest(file, "sha256").hexdigest()
                found.assets[relative] = f"{size} bytes, sha256 {checksum[:16]}"
            elif name.startswith("saved_model.pb"):
                found.sizes[name] = size
    found.sizes["variables"] = weights
