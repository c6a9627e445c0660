"""What is known of each public name: whether it is there, its parameters, what verifies it."""

from __future__ import annotations

import ast
import gzip
import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from tidefall.core.errors import NotFoundError
from tidefall.coverage.signatures import methods, parameters
from tidefall.surface import is_public, resolve

RECORDS = "tests.oracle.cases"


@dataclass(frozen=True)
class Name:
    """One public name of TensorFlow's, such as "math.add", as it is here.

    Attributes:
        path: the name under `tf`.
        present: it can be had.
        same_signature: its parameters, and those of its methods, are TensorFlow's.
        verified: values recorded from TensorFlow are compared with its own, under this name or
            another name of the same object.
        differentiated: so are its gradients.
        example: its docstring has an example.
    """

    path: str
    present: bool = False
    same_signature: bool = False
    verified: bool = False
    differentiated: bool = False
    example: bool = False


@cache
def recorded() -> dict[str, Any]:
    """TensorFlow's public names: kind, parameters, methods; not those of Keras and `compat.v1`."""
    path = Path(__file__).with_name("api.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))["names"]


def look_up(path: str) -> Any:
    """The object that a public name stands for."""
    namespace, _, last = path.rpartition(".")
    return resolve(namespace, last)


def inspect_names() -> list[Name]:
    """Every public name of TensorFlow's, in order.

    Raises:
        NotFoundError: outside a copy of the repository, where the records are.
    """
    compared, differentiated = (_objects(paths) for paths in _recorded_paths())
    found = []
    for path, facts in sorted(recorded().items()):
        if not is_public(path):
            found.append(Name(path))
            continue
        value = look_up(path)
        found.append(
            Name(
                path,
                present=True,
                same_signature=_has_signature(value, facts),
                verified=id(value) in compared,
                differentiated=id(value) in differentiated,
                example=">>>" in (inspect.getdoc(value) or ""),
            )
        )
    return found


def _has_signature(value: Any, facts: dict[str, Any]) -> bool:
    if facts["kind"] == "function":
        return facts["params"] in (None, parameters(value))
    if facts["kind"] == "class":
        ours = methods(value) if inspect.isclass(value) else {}
        return all(
            ours.get(method) == wanted or (wanted[-1:] == ["**kwargs"] and method in ours)
            for method, wanted in facts["methods"].items()
        )
    return True


def _objects(paths: set[str]) -> set[int]:
    """Identities of the objects that names stand for, so that an alias counts as well."""
    values = [look_up(path) for path in paths if is_public(path) and path in recorded()]
    return {id(value) for value in values if callable(value)}


def op_facts() -> dict[str, Any]:
    """What the recordings say of ops: lists `differentiable` and `not_differentiable`."""
    folder = Path(_records().__path__[0]).parent
    return json.loads((folder / "op_facts.json").read_text(encoding="utf-8"))


def _records() -> ModuleType:
    try:
        return importlib.import_module(RECORDS)
    except ModuleNotFoundError as error:
        raise NotFoundError(
            None,
            None,
            f"tidefall.coverage reads the records of the tests ({RECORDS}), which are not here. "
            "Run it in the folder of a copy of the repository.",
        ) from error


def _recorded_paths() -> tuple[set[str], set[str]]:
    """Names used in records that compare values, and in those that compare gradients."""
    compared: set[str] = set()
    differentiated: set[str] = set()
    for info in pkgutil.iter_modules(_records().__path__):
        if info.name.startswith("_"):
            continue  # pieces that families share
        module = importlib.import_module(f"{RECORDS}.{info.name}")
        programs = _programs(Path(module.__file__ or ""))
        for record in module.CASES:
            if record.raises:
                continue
            if record.function is None:
                used = {record.name}
            else:
                used = programs.get(_first_line(record.function), set())
            compared |= used
            if record.grad:
                differentiated |= used
    return compared, differentiated


def _programs(path: Path) -> dict[int, set[str]]:
    """For each function of a file, by its first line: the names under `tf` it uses.

    Those of the file's functions that it calls count as well.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            found.setdefault(node.lineno, set()).update(_names_used(node, functions))
    return found


def _first_line(function: Any) -> int:
    while isinstance(function, partial):
        function = function.func
    return function.__code__.co_firstlineno


def _names_used(tree: ast.AST, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    pending: list[ast.AST] = [tree]
    seen: set[str] = set()
    while pending:
        for node in ast.walk(pending.pop()):
            if isinstance(node, ast.Attribute) and (path := _dotted(node)):
                yield path
            elif isinstance(node, ast.Name) and node.id in functions and node.id not in seen:
                seen.add(node.id)
                pending.append(functions[node.id])


def _dotted(node: ast.Attribute) -> str | None:
    """`math.add` for the expression `tf.math.add`."""
    parts = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    if not (isinstance(value, ast.Name) and value.id == "tf"):
        return None
    return ".".join(reversed(parts))
