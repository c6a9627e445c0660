"""Stubs written by hand, for what the signature of a function in the source cannot say.

Decorators that keep a function's own signature, results that depend on the arguments, operators
that are installed later. `root.pyi` is about `tf`, `data.pyi` about `tf.data` and so on. What is
written here takes the place of what is derived: functions and methods by name, a class's bases and
decorators. Docstrings come from the source; parameters must be the source's, which a test checks.
"""

from __future__ import annotations

import ast
import builtins
from functools import cache
from pathlib import Path
from typing import Any

from tidefall.api.stubs.annotations import Scope
from tidefall.api.stubs.docstrings import Docstring, with_docstring
from tidefall.tensor import typing as shared

_NAMES: dict[str, Any] = {}
exec(
    "from typing import *\nfrom collections.abc import *\nimport collections.abc\n"
    "from contextlib import AbstractContextManager",
    _NAMES,
)
_NAMES.update({k: v for k, v in vars(shared).items() if not k.startswith("_")})


@cache
def written(path: str) -> dict[str, list[ast.stmt]]:
    """What is written by hand for the members of a namespace."""
    file = Path(__file__).with_name(f"{path.replace('.', '_') or 'root'}.pyi")
    return _by_name(ast.parse(file.read_text(encoding="utf-8")).body) if file.exists() else {}


def members(by_hand: ast.ClassDef | None) -> dict[str, list[ast.stmt]]:
    """What is written by hand for the members of a class."""
    return {} if by_hand is None else _by_name(by_hand.body)


def bases(by_hand: ast.ClassDef, scope: Scope) -> list[str]:
    """The bases written by hand."""
    return [scope.tree(base, _NAMES) for base in by_hand.bases]


def decorators(node: Any, scope: Scope) -> list[str]:
    """The decorators written by hand."""
    return [_decorator(item, scope) for item in getattr(node, "decorator_list", ())]


def lines(node: ast.stmt, value: Any, scope: Scope, indent: str = "") -> list[str]:
    """The lines of one function or attribute.

    Args:
        node: what is written by hand.
        value: what it stands for, which has the docstring.
        scope: the file it is written to.
        indent: spaces before each line.
    """
    if isinstance(node, ast.AnnAssign):
        return [f"{indent}{ast.unparse(node.target)}: {_annotation(node.annotation, scope)}"]
    assert isinstance(node, ast.FunctionDef), ast.dump(node)
    node = ast.parse(ast.unparse(node)).body[0]  # a copy
    assert isinstance(node, ast.FunctionDef)
    head = [f"{indent}@{text}" for text in decorators(node, scope)]
    given = node.args
    extra = [arg for arg in (given.vararg, given.kwarg) if arg is not None]
    for arg in [*given.posonlyargs, *given.args, *given.kwonlyargs, *extra]:
        if arg.annotation is not None:
            arg.annotation = _literal(_annotation(arg.annotation, scope))
    result = _annotation(node.returns, scope) if node.returns is not None else scope.any()
    text = f"{indent}def {node.name}({ast.unparse(given)}) -> {result}"
    return [*head, *with_docstring(text, Docstring(value), indent)]


def _annotation(node: ast.expr, scope: Scope) -> str:
    for name in ast.walk(node):
        if isinstance(name, ast.Name) and name.id not in {*_NAMES, *dir(builtins), "tf"}:
            raise NameError(f"{ast.unparse(node)}: nothing is known of {name.id}.")
    # `*args: P.args`
    if isinstance(node, ast.Attribute) and node.attr in ("args", "kwargs"):
        return f"{scope.tree(node.value, _NAMES)}.{node.attr}"
    return scope.tree(node, _NAMES)


def _literal(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _decorator(node: ast.expr, scope: Scope) -> str:
    if isinstance(node, ast.Call):
        inside = ast.unparse(node).partition("(")[2]
        return f"{_decorator(node.func, scope)}({inside}"
    name = ast.unparse(node)
    if name in ("overload", "dataclass_transform"):
        return scope.name("typing", name)
    return scope.name("builtins", name) if "." not in name else name


def _by_name(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.AnnAssign):
            found.setdefault(ast.unparse(node.target), []).append(node)
    return found
