"""What is known of an op stands with its declaration; elsewhere it is called by `raw.Name`.

A string that is an op's name is seen by no tool: not by import-linter, not by whoever looks for the
uses of an op. So there is none, but where ops are declared, where programs see a name that happens
to be an op's, too, and in a few files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidefall.op.table import op_names

SOURCE = Path(__file__).parents[2] / "src" / "tidefall"
ELSEWHERE = {
    "api/stubs/results.py": "`Variable` is the class",
    "api/stubs/signatures.py": "`Variable` is the class",
    "data/report/dataset_graph.py": "reads GraphDefs, whose nodes say their ops in strings",
    "data/report/dataset_to_graph.py": "writes GraphDefs",
    "data/service/": "the calls of the service are named like ops",
    "distribute/collectives/links.py": "`B` is the format of bytes",
    "graph/codec/": "reads and writes GraphDefs",
    "graph/passes/replicas.py": "`Add` is what a collective does",
    "graph/v1/ref_variables.py": "reads GraphDefs",
    "lifecycle/model_analysis/metrics/__init__.py": "`Mean` is a metric",
    "lifecycle/transform/cache.py": "reads GraphDefs",
    "lifecycle/ui/reports.py": "`Slice` is the head of a column",
    "export/onnx/": "ops of ONNX",
    "export/tfjs/": "ops of graphs in the files of TensorFlow.js",
    "lite/interpreter/": "operators of TensorFlow Lite",
    "lite/optimize/": "names of Keras's layers",
    "lite/schema/": "`B` is the format of bytes",
    "library/xla_functions.py": "`_XlaCompile` is an attribute",
    "ops/": "declares them",
    "serving/__init__.py": "`All` is a class",
    "tensor/placement.py": "stands below `op`, and its errors name an op",
    "tools/saved_model_cli/": "reads GraphDefs",
    "v1/graphs/variables_as_constants.py": "changes GraphDefs",
}
"""Files and folders with names of ops in strings, and why."""
DECLARING = {"op", "dataset_op", "declare_maker"}
"""Functions that declare the op called like their first argument, or ops with such names."""
NAMING = {"export", "name_scope", "namedtuple"}
"""Functions whose arguments are names that programs see."""
NAMES = {"name", "default_name"}
"""Parameters that are names of nodes."""
PYTHONS_OWN = {"Any", "None"}
"""Names of ops that are words of Python's, too: what writes annotations is full of them."""
OPS = frozenset(op_names()) - PYTHONS_OWN


def found_in(text: str) -> list[ast.Constant]:
    """The names of ops in the strings of a source, but those that are in their place."""
    tree = ast.parse(text)
    excused = {id(node) for node in (*_declarations(tree), *_names_of_others(tree))}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in OPS
        and id(node) not in excused
    ]


def _called(node: ast.AST, functions: set[str]) -> bool:
    return isinstance(node, ast.Call) and _name(node.func) in functions


def _name(node: ast.AST) -> str:
    """The name that an expression ends with."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


# ---- where ops are declared ----


def _declarations(tree: ast.Module) -> Iterator[ast.AST]:
    """The names of ops where they are declared: one by one, or in a loop over a table."""
    declaring = _declaring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node, declaring):
            yield from node.args[:1]
        elif isinstance(node, ast.For) and any(_called(n, declaring) for n in ast.walk(node)):
            yield from ast.walk(node.iter)


def _declaring(tree: ast.Module) -> set[str]:
    """The functions that declare ops, with those of a module that hand their names on."""
    found = set(DECLARING)
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef) or not node.args.args:
            continue
        first = node.args.args[0].arg
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and _called(call, found) and call.args:
                given = call.args[0]
                if isinstance(given, ast.Name) and given.id == first:
                    found.add(node.name)
    return found


# ---- what else has such a name ----


def _names_of_others(tree: ast.Module) -> Iterator[ast.AST]:
    """Public names, names of classes, and names of nodes, which often are those of their ops."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node, NAMING):
            yield from node.args
        elif isinstance(node, ast.keyword) and node.arg in NAMES:
            yield node.value
        elif isinstance(node, ast.BoolOp) and _name(node.values[0]) in NAMES:
            yield from node.values
        elif isinstance(node, ast.arguments):
            parameters = [*node.posonlyargs, *node.args][::-1]
            defaults = [
                *zip(parameters, node.defaults[::-1], strict=False),
                *zip(node.kwonlyargs, node.kw_defaults, strict=True),
            ]
            yield from (value for one, value in defaults if value and one.arg in NAMES)


# ---- the tests ----


def test_no_string_is_the_name_of_an_op() -> None:
    found = [
        f"{path}:{node.lineno}: {node.value}"
        for file in sorted(SOURCE.rglob("*.py"))
        if not (path := file.relative_to(SOURCE).as_posix()).startswith(tuple(ELSEWHERE))
        for node in found_in(file.read_text())
    ]
    assert not found, f"call ops by raw.Name, declare what is known of them with them: {found}"


@pytest.mark.parametrize("place", ELSEWHERE)
def test_each_exception_is_one(place: str) -> None:
    files = (SOURCE / place).rglob("*.py") if place.endswith("/") else [SOURCE / place]
    assert any(found_in(file.read_text()) for file in files)


@pytest.mark.parametrize(
    "text",
    [
        "node.type == 'Add'",
        "node.type in {'Add', 'NoOp'}",
        "KINDS = {'Add': 1}",
        "find_op('Add')(x, y)",
        "def f(op, kind='Add'): g(kind)",
        "def f(kind): g(kind)\nf('Add')",
        "for kind in ('Add', 'Sub'): f(kind)",
    ],
)
def test_names_of_ops_are_found(text: str) -> None:
    assert found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "op('Add', host=add)",
        "dataset_op('ZipDataset', build)",
        "for name in ('Add', 'Sub'): op(name, host=f)",
        "def declare(kind, f): op(kind, host=f)\ndeclare('Add', add)",
        "@export('Variable')\nclass Variable: ...",
        "Lu = namedtuple('Lu', ['lu', 'p'])",
        "with graph.name_scope(name, 'Merge', inputs): ...",
        "raw.Assert(condition, name=name or 'Assert')",
        "unique(storage.name or 'Variable')",
        "def constant(value, name='Const'): ...",
    ],
)
def test_names_in_their_place_are_left_alone(text: str) -> None:
    assert not found_in(text)
