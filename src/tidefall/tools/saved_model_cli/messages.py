"""Parts of a SavedModel's messages that several commands look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tidefall.saving.saved_model.reader import read_saved_model

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def tags_of(text: str) -> str:
    """A value of `--tag_set` without blanks and empty tags.

    Raises:
        ValueError: if none is left.
    """
    tags = [tag.strip() for tag in text.split(",") if tag.strip()]
    if not tags:
        raise ValueError("tag_set must contain at least one non-empty item.")
    return ",".join(tags)


def meta_graph(folder: str, tag_set: str) -> Any:
    """The MetaGraphDef of a SavedModel with exactly the tags of a comma-separated list.

    Raises:
        RuntimeError: if there is none.
    """
    wanted = {tag for tag in tag_set.split(",") if tag}
    valid = []
    for meta in read_saved_model(folder).meta_graphs:
        if set(meta.meta_info_def.tags) == wanted:
            return meta
        valid.append(",".join(sorted(meta.meta_info_def.tags)))
    raise RuntimeError(
        f"MetaGraphDef associated with tag-set {tag_set} could not be found in the SavedModel. "
        f"Please use one of the following tag-sets: {valid}"
    )


def nodes_of(meta: Any) -> Iterator[tuple[str, Any]]:
    """Every NodeDef with the name of its function, which is "" in the main graph."""
    for node in meta.graph_def.node:
        yield "", node
    for function in meta.graph_def.library.function:
        for node in function.node_def:
            yield function.signature.name, node


def ops_used(meta: Any) -> set[str]:
    """The types of the nodes of the main graph, and of the functions that it calls.

    As in TensorFlow, branches, bodies of loops and functions of datasets do not count.
    """
    graph = meta.graph_def
    library = {f.signature.name: f for f in graph.library.function}
    used: set[str] = set()
    waiting = [graph.node]
    while waiting:
        for node in waiting.pop():
            called = [node.op]
            if node.op in _CALLS and "f" in node.attr:
                called.append(node.attr["f"].func.name)
            for name in called:
                if name in library and name not in used:
                    waiting.append(library[name].node_def)
                used.add(name)
    return used - set(library)


def as_set(names: Iterable[str]) -> str:
    """Names as Python prints a set, in the order of the alphabet."""
    return "{" + ", ".join(map(repr, sorted(names))) + "}" if names else "set()"
