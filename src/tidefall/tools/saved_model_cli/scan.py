"""`scan`: which graphs of a SavedModel use ops that one may not want to run."""

from __future__ import annotations

import argparse
from typing import Any

from tidefall.saving.saved_model.reader import read_saved_model
from tidefall.tools.saved_model_cli.messages import as_set, meta_graph, nodes_of, ops_used, tags_of

DENYLIST = frozenset({"WriteFile", "ReadFile", "PrintV2"})
"""The ops that are looked for by default."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("--dir", required=True, help="directory of the SavedModel")
    parser.add_argument(
        "--tag_set", help="comma-separated tags of the graph to scan; all if absent"
    )
    parser.add_argument(
        "--op_denylist", help=f"comma-separated ops to look for ({', '.join(sorted(DENYLIST))})"
    )


def execute(flags: argparse.Namespace) -> int:
    """Report the ops that were found."""
    denied = {op.strip() for op in (flags.op_denylist or "").split(",") if op.strip()}
    if flags.tag_set:
        metas = [meta_graph(flags.dir, tags_of(flags.tag_set))]
    else:
        metas = list(read_saved_model(flags.dir).meta_graphs)
    for meta in metas:
        _scan(meta, denied if flags.op_denylist else set(DENYLIST))
    return 0


def _scan(meta: Any, denied: set[str]) -> None:
    tags, found = list(meta.meta_info_def.tags), denied & ops_used(meta)
    if found:
        what = f"contains the following denylisted ops: {as_set(found)}"
    else:
        what = f"does not contain the default denylisted ops: {as_set(denied)}"
    print(f"MetaGraph with tag set {tags} {what}")
    elsewhere: dict[str, set[str]] = {}
    for function, node in nodes_of(meta):
        if node.op in denied - found:
            elsewhere.setdefault(node.op, set()).add(function)
    for op, functions in sorted(elsewhere.items()):
        # TensorFlow's command does not look there.
        print(
            f"MetaGraph with tag set {tags} contains {op} in branches, loops or functions that "
            f"only Python calls: {', '.join(sorted(functions))}"
        )
