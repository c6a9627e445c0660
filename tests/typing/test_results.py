"""What functions returned when TensorFlow was recorded is of the type that the stubs say."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from tests.oracle import recording
from tests.typing import stub_tree

SCALARS = frozenset({
    "strings.bytes_split", "strings.ngrams", "strings.split", "strings.unicode_split",
    "strings.unicode_split_with_offsets",
})  # fmt: skip
"""Functions that return a tensor for a scalar, and a ragged tensor for all else."""
ROWS = frozenset({"clip_by_norm", "math.scalar_mul", "clip_by_value"})
"""Functions that return `tf.IndexedSlices` when they are given them."""
MISSING = frozenset({"clip_by_global_norm"})
"""Functions that leave a gradient that is None as it is."""
ONE_ARGUMENT = frozenset({"experimental.numpy.where"})
"""Functions that return indices, in a list, without their optional arguments."""
_PLAIN = {"str": str, "int": int, "float": float, "bool": bool, "None": type(None), "bytes": bytes}


def fits(said: ast.expr, structure: Any) -> bool:
    """Whether a type of the stubs has results of a recorded structure."""
    match said:
        case ast.BinOp(left=left, right=right):
            return fits(left, structure) or fits(right, structure)
        case ast.Subscript(value=ast.Name(id="list" | "Sequence"), slice=item):
            return _kind(structure) == "list" and all(fits(item, s) for s in structure["list"])
        case ast.Subscript(value=ast.Name(id="dict")):
            return _kind(structure) == "dict"
        case ast.Subscript(value=value, slice=ast.Tuple(elts=items)) if _last(value) == "tuple":
            found = _items(structure)
            return len(found) == len(items) and all(map(fits, items, found))
    name = _last(said)
    if name == "Any":
        return True
    if isinstance(structure, dict) and "python" in structure:
        return isinstance(structure["python"], _PLAIN.get(name, ()))
    if name.startswith("_"):  # the results of an op
        op = stub_tree.module("raw_ops")[name][0]
        return isinstance(op, ast.ClassDef) and len(op.body) == len(_items(structure))
    return _CLASSES.get(name, "") == _kind(structure)


_CLASSES = {
    "Tensor": "tensor", "RaggedTensor": "ragged", "SparseTensor": "sparse", "DType": "dtype",
    "TensorShape": "shape", "bytes": "bytes", "IndexedSlices": "slices",
}  # fmt: skip


def _kind(structure: Any) -> str:
    return next(iter(structure)) if isinstance(structure, dict) else structure


def _items(structure: Any) -> list[Any]:
    return next(iter(structure.values())) if _kind(structure) in ("namedtuple", "tuple") else []


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


@pytest.mark.parametrize("family", recording.families())
def test_results_are_of_the_type_that_is_said(family):
    stored = recording.load(family)["cases"]
    wrong = set()
    for ident, record in recording.records(family).items():
        structure = stored.get(ident, {}).get("structure")
        if record.function is not None or structure is None or "numpy" in str(structure):
            continue
        if record.name in SCALARS | ROWS | MISSING | ONE_ARGUMENT:
            continue
        nodes = [n for n in stub_tree.definition(record.name) if isinstance(n, ast.FunctionDef)]
        if not any(fits(node.returns, structure) for node in nodes if node.returns is not None):
            said = [ast.unparse(node.returns) for node in nodes if node.returns is not None]
            wrong.add(f"{record.name} -> {said}, and there is {structure}")
    assert not wrong, "\n".join(sorted(wrong))
