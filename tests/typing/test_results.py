"""What functions were given and returned when TensorFlow was recorded is of the stubs' types."""

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


@pytest.mark.parametrize("family", recording.families())
def test_arguments_are_of_the_type_that_is_said(family):
    """Whatever became a tensor is `TensorLike`; what is not that is neither None nor a function."""
    wrong = set()
    for record in recording.records(family).values():
        if record.function is not None or record.raises or record.name.startswith("raw_ops."):
            continue
        (*_, node) = stub_tree.definition(record.name)  # the widest overload
        assert isinstance(node, ast.FunctionDef)
        names = [name for name, _, _ in stub_tree.parameters(node)]
        said = {arg.arg: arg.annotation for arg in [*node.args.args, *node.args.kwonlyargs]}
        given = dict(zip(names, record.args, strict=False)) | record.kwargs
        for name, value in given.items():
            annotation = said.get(name)
            if name == "alpha" and value is None:  # of leaky_relu, which takes it for 0.2
                continue
            if annotation is not None and not takes(annotation, value):
                wrong.add(f"{record.name}({name}: {ast.unparse(annotation)}) is given {value!r}")
    assert not wrong, "\n".join(sorted(wrong))


def takes(said: ast.expr, value: Any) -> bool:
    """Whether a plain value may be given where the stubs say a type; tensors may be anywhere."""
    names = {_last(part) for part in _parts(said)}
    if names & {"Any", "Literal"}:
        return True
    if value is None:
        return "None" in names
    if isinstance(value, bool | int | float | str | bytes):
        return bool(names & {*map(str, _NUMBERS), "TensorLike", "DTypeLike", "ShapeLike"}) or any(
            isinstance(value, _PLAIN.get(name, ())) for name in names
        )
    if isinstance(value, dict):
        return bool(names & {"dict", "Mapping"})
    return not callable(value) or "Callable" in names


_NUMBERS = ("float", "complex")


def _parts(said: ast.expr) -> list[ast.expr]:
    if isinstance(said, ast.BinOp):
        return [*_parts(said.left), *_parts(said.right)]
    return [said.value] if isinstance(said, ast.Subscript) else [said]
