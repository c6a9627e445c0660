"""Classes as text for a stub: their bases, methods, properties and attributes."""

from __future__ import annotations

import abc
import ast
import enum
import inspect
import types
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tidefall.api.stubs import exact
from tidefall.api.stubs.annotations import Scope
from tidefall.api.stubs.docstrings import (
    Docstring,
    docstring_text,
    result_type,
    with_docstring,
)
from tidefall.api.stubs.signatures import (
    TOLD,
    default_text,
    function_text,
)
from tidefall.composite.ragged.ragged_tensor import RaggedTensor
from tidefall.composite.sparse_tensor import SparseTensor
from tidefall.data.options import OptionsBase
from tidefall.ops import operators
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, Tensor

_KINDS_OF = {Tensor: (EagerTensor, SymbolicTensor)}
"""A class whose users expect the members of all its kinds."""

_CLOSED = {
    RaggedTensor: frozenset(operators.NAMES) - {"__getitem__"},
    SparseTensor: frozenset(operators.NAMES),
}
"""Composite tensors, and their operators that give another one."""
_OPERATORS = (
    "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod matmul rmatmul pow "
    "rpow and rand or ror xor rxor lt le gt ge neg abs invert"
)
_PROTOCOLS = (
    "init new call getitem setitem delitem iter next len contains enter exit bool int float "
    "complex index array getattr dlpack dlpack_device"
)
_SPECIAL = frozenset(f"__{name}__" for name in f"{_OPERATORS} {_PROTOCOLS}".split(" "))
_INDENT = "    "


def class_text(name: str, cls: type, scope: Scope, by_hand: ast.ClassDef | None) -> list[str]:
    """The lines of a class.

    Args:
        name: its name in the stub.
        cls: the class.
        scope: the file it is written to.
        by_hand: members that the stub written by hand has for it.
    """
    own = [cls, *_KINDS_OF.get(cls, ())]
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _named_tuple(name, cls, scope)
    members = _members(own)
    outside = scope.taken
    scope.taken = outside | set(members)
    written = exact.members(by_hand)
    lines: list[str] = []
    attributes = {} if issubclass(cls, enum.Enum) else _attributes(own, scope)
    for member, text in attributes.items():
        if member not in members and member not in written:
            lines.append(f"{_INDENT}{member}: {text}")
    for member, value in members.items():
        if member not in written:
            lines += _member(member, value, cls, attributes, scope)
    for nodes in written.values():
        for node in nodes:
            lines += exact.lines(node, members.get(_node_name(node)), scope, _INDENT)
    bases = _bases(cls, scope)
    scope.taken = outside
    if by_hand is not None:
        bases = exact.bases(by_hand, scope) or bases
    head = [f"@{text}" for text in exact.decorators(by_hand, scope)]
    head.append(f"class {name}({', '.join(bases)}):" if bases else f"class {name}:")
    doc = Docstring(cls) if cls.__dict__.get("__doc__") else None
    if doc is not None and doc.summary:
        head.append(f"{_INDENT}{docstring_text(doc.summary)}")
    elif not lines:
        head[-1] += " ..."
    return [*head, *lines]


def _node_name(node: ast.stmt) -> str:
    return getattr(node, "name", "")


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith(("tidefall", "tensorflow"))


def _bases(cls: type, scope: Scope) -> list[str]:
    """What a class inherits from in the stub."""
    return [_base_text(base, scope) for base in cls.__bases__ if base not in (object, abc.ABC)]


def _base_text(base: type, scope: Scope) -> str:
    if base.__module__ == "typing":
        return scope.name("typing", base.__name__)
    text = scope.cls(base)
    return f"{text}[{scope.any()}]" if base.__module__ == "collections.abc" else text


def _members(own: list[type]) -> dict[str, Any]:
    """What the classes define, of which the first counts."""
    found: dict[str, Any] = {}
    for cls in own:
        made_by_us = getattr(cls, "_is_protocol", False) or cls in _KINDS_OF.get(own[0], ())
        skipped = {"__init__"} if made_by_us else {"__new__"} if issubclass(cls, enum.Enum) else ()
        if issubclass(cls, OptionsBase):
            skipped = {"__getattr__"}
        for name, value in vars(cls).items():
            if name in skipped or (name in _BETWEEN_LAYERS and issubclass(cls, Tensor)):
                continue
            if name in _SPECIAL or not name.startswith("_") or _is_operator(value):
                found.setdefault(name, value)
    return found


def _member(
    name: str, value: Any, cls: type, attributes: dict[str, str], scope: Scope
) -> list[str]:
    """The lines of one member of a class."""
    if isinstance(value, property | cached_property):
        return _property(name, value, scope)
    if isinstance(value, classmethod | staticmethod):
        kind = type(value).__name__
        return _method(name, value.__func__, scope, scope.name("builtins", kind))
    if _is_operator(value):
        return [_operator_text(name, Tensor, scope)]
    if name in _CLOSED.get(cls, ()):
        return [_operator_text(name, cls, scope)]
    if inspect.isfunction(value):
        return _method(name, value, scope, "")
    if isinstance(value, cls) and isinstance(value, enum.Enum):
        return [f"{_INDENT}{name} = {default_text(value.value, scope)}"]
    if isinstance(value, types.MemberDescriptorType) or value is None:
        return [f"{_INDENT}{name}: {attributes.get(name, scope.any())}"]
    if isinstance(value, type):
        return [f"{_INDENT}{name} = {scope.cls(value)}"]
    if name.startswith("__"):
        return []
    return [f"{_INDENT}{name}: {attributes.get(name) or scope.value(type(value))}"]


_BETWEEN_LAYERS = {"host_array", "static_value", "storage", "value_hint"}
"""What Tidefall's own layers ask of a tensor, and no program should."""


def _is_operator(value: Any) -> bool:
    """Whether a method is one of the operators of tensors, which are installed later."""
    return getattr(value, "__module__", None) == operators.__name__


def _operator_text(name: str, cls: type, scope: Scope) -> str:
    told = "TensorLike" if cls is Tensor else f"{cls.__name__} | TensorLike"
    result, other = scope.cls(cls), scope.annotation(told, TOLD)
    if name in ("__abs__", "__invert__", "__neg__"):
        given = "self"
    elif name in ("__eq__", "__ne__", "__getitem__"):
        given = f"self, other: {scope.any()}"
    else:
        given = f"self, other: {other}"
    return f"{_INDENT}def {name}({given}) -> {result}: ..."


def _method(name: str, function: Callable[..., Any], scope: Scope, decorator: str) -> list[str]:
    try:
        return function_text(name, function, scope, decorator=decorator, indent=_INDENT)
    except (TypeError, ValueError):
        return [f"{_INDENT}{name}: {scope.any()}"]


def _property(name: str, value: Any, scope: Scope) -> list[str]:
    getter = value.func if isinstance(value, cached_property) else value.fget
    annotation = getattr(getter, "__annotations__", {}).get("return", "Any")
    known = scope.surface.results.get(id(getter))
    doc = Docstring(value) if getattr(value, "__doc__", None) else Docstring(getter)
    text = scope.annotation(annotation, getattr(inspect.unwrap(getter), "__globals__", {}))
    told = known or (result_type(doc) if annotation == "Any" else None)
    text = scope.annotation(told, TOLD) if told else text
    decorator = scope.name("builtins", "property")
    lines = [f"{_INDENT}@{decorator}"]
    lines += with_docstring(f"{_INDENT}def {name}(self) -> {text}", doc, _INDENT)
    if isinstance(value, cached_property) or value.fset is not None:
        lines.append(f"{_INDENT}@{name}.setter")
        lines.append(f"{_INDENT}def {name}(self, value: {scope.any()}) -> None: ...")
    return lines


def _attributes(own: list[type], scope: Scope) -> dict[str, str]:
    """Attributes that instances get: annotated in the class, or set by its methods."""
    found: dict[str, str] = {}
    if issubclass(own[0], OptionsBase):
        for name, (_, kind) in own[0]._fields.items():
            nested = issubclass(kind, OptionsBase)
            found[name] = scope.union([scope.value(kind), *([] if nested else ["None"])])
    for cls in own:
        functions = [v for v in vars(cls).values() if inspect.isfunction(v)]
        globals_ = inspect.unwrap(functions[0]).__globals__ if functions else {}
        for name, annotation in vars(cls).get("__annotations__", {}).items():
            if not name.startswith("_"):
                text = str(annotation)
                if text.startswith("ClassVar"):
                    text = text.removeprefix("ClassVar[").removesuffix("]")
                found.setdefault(name, scope.annotation(text, globals_))
        for function in functions:
            for name, text in _set_in(inspect.unwrap(function), scope).items():
                found.setdefault(name, text)
    if issubclass(own[0], Tensor):
        return {name: text for name, text in found.items() if name not in _BETWEEN_LAYERS}
    return found


def _set_in(method: Any, scope: Scope) -> dict[str, str]:
    """Public attributes of `self` that a method sets, with their types where it says them."""
    found: dict[str, str] = {}
    code, globals_ = method.__code__, method.__globals__
    for node in _assignments(code.co_filename).get(code.co_firstlineno, ()):
        targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
        for target in targets:
            for item in target.elts if isinstance(target, ast.Tuple) else [target]:
                if not _is_public_attribute(item):
                    continue
                if isinstance(node, ast.AnnAssign):
                    text = scope.tree(node.annotation, globals_)
                else:
                    given = node.value.id if isinstance(node.value, ast.Name) else ""
                    told = method.__annotations__.get(given, Any)
                    text = scope.annotation(told, globals_)
                found.setdefault(item.attr, text)  # type: ignore[union-attr]
    return found


@cache
def _assignments(file: str) -> dict[int, list[ast.Assign | ast.AnnAssign]]:
    """The assignments to attributes in each function of a file, by the line it starts at."""
    if not Path(file).is_file():
        return {}
    found: dict[int, list[ast.Assign | ast.AnnAssign]] = {}
    for function in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef):
            line = min([function.lineno, *(item.lineno for item in function.decorator_list)])
            inside = [n for n in ast.walk(function) if isinstance(n, ast.Assign | ast.AnnAssign)]
            found[line] = inside
    return found


def _is_public_attribute(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and not node.attr.startswith("_")
    )


def _named_tuple(name: str, cls: Any, scope: Scope) -> list[str]:
    """A class of named tuples: its fields, with their defaults."""
    lines = [f"class {name}({scope.name('typing', 'NamedTuple')}):"]
    doc = Docstring(cls)
    if doc.summary:
        lines.append(f"{_INDENT}{docstring_text(doc.summary)}")
    parameters = inspect.signature(cls).parameters
    told: dict[str, Any] = {}
    globals_: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        told.update(vars(base).get("__annotations__", {}))
        made = vars(base).get("__new__")
        if inspect.isfunction(made) and _is_ours(base):
            told.update(made.__annotations__)
            globals_ = made.__globals__
    for field in cls._fields:
        text = scope.annotation(told.get(field, "Any"), globals_)
        parameter = parameters.get(field)
        if parameter is not None and parameter.default is not inspect.Parameter.empty:
            text += f" = {default_text(parameter.default, scope)}"
        lines.append(f"{_INDENT}{field}: {text}")
    for member, value in _members([c for c in cls.__mro__ if _is_ours(c)]).items():
        if member not in cls._fields and member != "__new__" and inspect.isfunction(value):
            lines += _method(member, value, scope, "")
    return lines
