"""Which public names the op records of the tests call."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tidefall.base.errors import NotFoundError

RECORDS = "tests.oracle.cases"
PIPELINES = "tests.data.pipelines"
SCENARIOS = ("tests.oracle.checkpoints", "tests.oracle.saved_models")
"""Packages all of whose functions run here and in TensorFlow, with the same results."""


def records_package() -> ModuleType:
    """The package whose modules hold the records.

    Raises:
        NotFoundError: outside a copy of the repository, where the records are.
    """
    try:
        return importlib.import_module(RECORDS)
    except ModuleNotFoundError as error:
        raise NotFoundError(
            None,
            None,
            f"tidefall.coverage reads the records of the tests ({RECORDS}), which are not here. "
            "Run it in the folder of a copy of the repository.",
        ) from error


def recorded_paths() -> tuple[set[str], set[str]]:
    """Names used in records that compare values, and in those that compare gradients."""
    compared: set[str] = set()
    differentiated: set[str] = set()
    for info in pkgutil.iter_modules(records_package().__path__):
        if info.name.startswith("_"):
            continue  # pieces that families share
        for record in importlib.import_module(f"{RECORDS}.{info.name}").CASES:
            if record.raises:
                continue
            used = {record.name} if record.function is None else names_used(record.function)
            compared |= used
            if record.grad:
                differentiated |= used
    return compared | recorded_pipelines() | recorded_scenarios(), differentiated


def recorded_pipelines() -> set[str]:
    """Names used in the pipelines whose elements are compared with TensorFlow's."""
    package = importlib.import_module(PIPELINES)
    file = package.__file__
    assert file is not None
    used: set[str] = set()
    for build in package.PIPELINES.values():
        used |= names_used(build, str(Path(file).parent))
    return used


def recorded_scenarios() -> set[str]:
    """Names used where files are written here and read by TensorFlow, and the other way round."""
    used: set[str] = set()
    for name in SCENARIOS:
        for file in Path(importlib.import_module(name).__path__[0]).glob("*.py"):
            used.update(*_names_by_line(str(file)).values())
    return used


def names_used(function: Any, folder: str | None = None) -> set[str]:
    """Names under `tf` in the source of a record's function, and of those functions it refers to.

    These are functions of files in `folder`, which is that of the records unless it is given:
    global ones, those of an enclosing function, and those bound by `functools.partial`. What an
    enclosing function holds may also be a name such as "math.add", to be looked up.
    """
    folder = folder or records_package().__path__[0]
    found: set[str] = set()
    pending: list[Any] = [function]
    seen: set[CodeType] = set()
    while pending:
        value = pending.pop()
        if isinstance(value, str) and "." in value:
            found.add(value)
        elif isinstance(value, partial):
            pending += [value.func, *value.args, *value.keywords.values()]
        elif isinstance(value, FunctionType) and value.__code__.co_filename.startswith(folder):
            found |= _names_by_line(value.__code__.co_filename)[value.__code__.co_firstlineno]
            pending += [cell.cell_contents for cell in value.__closure__ or ()]
            pending += value.__defaults__ or ()
            if value.__code__ not in seen:
                seen.add(value.__code__)
                pending += [value.__globals__.get(n) for n in _global_names(value.__code__)]
    return found


def _global_names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


@cache
def _names_by_line(filename: str) -> dict[int, set[str]]:
    """For each function of a file, by its first line: the names under `tf` in its source."""
    tree = ast.parse(Path(filename).read_text(encoding="utf-8"))
    found: dict[int, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            found.setdefault(_first_line(node), set()).update(_names_in(node))
    return found


def _names_in(function: ast.AST) -> Iterator[str]:
    aliases = {"tf": ""}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            path = _dotted(node.value, aliases)
            if path is not None:
                aliases[node.targets[0].id] = path  # such as np = tf.experimental.numpy
    for node in ast.walk(function):
        path = _dotted(node, aliases) if isinstance(node, ast.Attribute) else None
        if path is not None:
            yield path


def _first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
    return min([node.lineno, *(d.lineno for d in decorators)])


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """`math.add` for the expressions `tf.math.add` and `run.tf.math.add`."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if parts[1:] and parts[-1] == "tf":
        return ".".join(parts[-2::-1])
    if not (parts and isinstance(node, ast.Name) and node.id in aliases):
        return None
    return ".".join([*filter(None, [aliases[node.id]]), *reversed(parts)])
