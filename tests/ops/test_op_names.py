"""What is known of an op stands with its declaration; elsewhere it is called by `raw.Name`.

A string that is an op's name is seen by no tool: not by import-linter, not by whoever looks for the
uses of an op. They are counted here, file by file, and may only become fewer. After a change run

    python -m tests.ops.test_op_names --write
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tidefall.op.table import op_names

SOURCE = Path(__file__).parents[2] / "src" / "tidefall"
ALLOWED = Path(__file__).with_name("op_names.json")

# Files that read and write nodes by name, because graphs in files say it so.
OF_FILES = (
    "graph/codec/attributes.py",
    "graph/codec/graph_def.py",
    "graph/codec/function_library.py",
    "graph/codec/importer.py",
    "graph/v1/ref_variables.py",
    "saved_model_cli/",
    "saving/saved_model/",
    "v1/graphs/variables_as_constants.py",
)
# Ops are declared by name, wherever that is.
DECLARED_IN = ("ops/", "_index.py")
DECLARING = ("op", "dataset_op")
PYTHONS_OWN = {"Any", "None"}
"""Names of ops that are words of Python's, too: what writes annotations is full of them."""


def counts() -> dict[str, int]:
    """By file, how often it has the name of an op in a string."""
    names = frozenset(op_names()) - PYTHONS_OWN
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        path = file.relative_to(SOURCE).as_posix()
        if not path.startswith((*OF_FILES, *DECLARED_IN)):
            count = _count(ast.parse(file.read_text()), names)
            if count:
                found[path] = count
    return found


def _count(tree: ast.Module, names: frozenset[str]) -> int:
    declared = {id(node) for node in _declarations(tree)}
    return sum(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in names
        and id(node) not in declared
        for node in ast.walk(tree)
    )


def _declarations(tree: ast.Module) -> Iterator[ast.AST]:
    """The names of ops where they are declared: one by one, or in a loop over a table."""
    for node in ast.walk(tree):
        if _declares(node):
            assert isinstance(node, ast.Call)
            yield from node.args[:1]
        elif isinstance(node, ast.For) and any(_declares(n) for n in ast.walk(node)):
            yield from ast.walk(node.iter)


def _declares(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in DECLARING
        and bool(node.args)
    )


def test_names_of_ops_become_fewer() -> None:
    found, allowed = counts(), json.loads(ALLOWED.read_text())
    more = {path: n for path, n in found.items() if n > allowed.get(path, 0)}
    assert not more, "call ops by raw.Name, and declare what is known of them with them"
    fewer = {path for path, n in allowed.items() if n > found.get(path, 0)}
    assert not fewer, "well done: run python -m tests.ops.test_op_names --write"


if __name__ == "__main__" and "--write" in sys.argv:
    ALLOWED.write_text(json.dumps(counts(), indent=1) + "\n")
