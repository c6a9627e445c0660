"""The stubs of the public surface, parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import tidefall

ROOT = Path(tidefall.__file__).parent
Definition = list[ast.stmt]
"""What defines a name: one statement, or the overloads of a function."""


@cache
def module(path: str) -> dict[str, Definition]:
    """What the stub of a namespace says of each of its names."""
    if not path:
        file = ROOT / "__init__.pyi"
    else:
        place = ROOT / "_api" / path.replace(".", "/")
        file = place / "__init__.pyi" if place.is_dir() else place.with_suffix(".pyi")
    return names_in(ast.parse(file.read_text(encoding="utf-8")).body)


def names_in(body: list[ast.stmt]) -> dict[str, Definition]:
    """What statements define, by name."""
    found: dict[str, Definition] = {}
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.setdefault(name, []).append(node)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.setdefault(name, []).append(node)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found.setdefault(name, []).append(node)
            case ast.ImportFrom(names=names):
                for alias in names:
                    if alias.name == alias.asname:  # others are private to the stub
                        found.setdefault(alias.name, []).append(node)
    return found


def definition(path: str) -> Definition:
    """What defines a public name, wherever that is."""
    parent, _, name = path.rpartition(".")
    found = module(parent)[name]
    match found[0]:
        case ast.ImportFrom(module=str() as source) if source.startswith("tidefall"):
            home = source.removeprefix("tidefall").removeprefix("._api").removeprefix(".")
            return definition(f"{home}.{name}".lstrip("."))
        case ast.Assign(value=value) if ast.unparse(value).startswith("tf."):
            return definition(ast.unparse(value).removeprefix("tf."))
    return found


def parameters(node: ast.FunctionDef) -> Iterator[tuple[str, str, Any]]:
    """Name, kind and default of each parameter; `None` for no default."""
    given = node.args
    plain = [*given.posonlyargs, *given.args]
    defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    for i, (arg, default) in enumerate(zip(plain, defaults, strict=True)):
        kind = "positional-only" if i < len(given.posonlyargs) else "positional or keyword"
        yield arg.arg, kind, default
    if given.vararg:
        yield given.vararg.arg, "variadic positional", None
    for arg, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield arg.arg, "keyword-only", default
    if given.kwarg:
        yield given.kwarg.arg, "variadic keyword", None


def literal(node: ast.expr) -> Any:
    """The value of a default, `...` where the stub does not say it."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ...
