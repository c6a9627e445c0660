"""Annotations of the sources as text for a stub, with the imports that they need."""

from __future__ import annotations

import ast
import builtins
import collections.abc
import sys
import types
import typing
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from tidefall.api.stubs.surface_names import Surface
from tidefall.tensor import typing as shared
from tidefall.tensor.tensor import SymbolicTensor, Tensor

TYPES_MODULE = "tidefall._api._types"
"""The stub of the types that signatures share, and of classes that are not public."""

_ALIASES = frozenset(name for name in vars(shared) if not name.startswith("_")) - {
    "Any", "Callable", "Mapping", "ParamSpec", "Protocol", "Sequence", "TYPE_CHECKING", "TypeAlias",
    "TypeVar", "annotations", "np",
}  # fmt: skip
_FOREIGN = {"numpy": "np", "jax": "jax", "types": "types", "inspect": "inspect", "enum": "enum",
            "logging": "logging", "threading": "threading", "unittest": "unittest"}  # fmt: skip
_ANYTHING = {
    dict: "[Any, Any]", frozenset: "[Any]", list: "[Any]", set: "[Any]", tuple: "[Any, ...]",
}  # fmt: skip
"""What generic classes hold where nothing is said of it."""
_WIDE = ("Any", "object")


class Hidden:
    """Classes that signatures name and that are not public, to be written beside the public ones.

    Attributes:
        classes: them, by the name they have in the stub.
    """

    def __init__(self) -> None:
        self.classes: dict[str, type] = {}
        self._names: dict[type, str] = {}

    def name_of(self, cls: type) -> str:
        """The name of a class in the stub."""
        if cls not in self._names:
            name = cls.__qualname__.rpartition("<locals>.")[2].replace(".", "_").lstrip("_")
            while name in self.classes or name in _ALIASES:
                name += "_"
            self._names[cls] = name
            self.classes[name] = cls
        return self._names[cls]


class Scope:
    """One stub file: the names it defines, which text must not mean, and the imports it needs.

    Attributes:
        surface: the public names.
        hidden: the classes that are not public.
        taken: names that the file, or the class being written, defines.
    """

    def __init__(self, module: str, surface: Surface, hidden: Hidden, names: Iterable[str]):
        self.module = module
        self.surface = surface
        self.hidden = hidden
        self.taken = set(names)
        self._imports: set[str] = set()

    def imports(self) -> list[str]:
        """The import lines, sorted."""
        return sorted(self._imports)

    def name(self, module: str, name: str) -> str:
        """A name of another module, imported."""
        if name not in self.taken:
            if module not in ("builtins", self.module):
                self._imports.add(f"from {module} import {name}")
            return name
        alias = "_" + module.replace(".", "_").strip("_")
        self._imports.add(f"import {module} as {alias}")
        return f"{alias}.{name}"

    def public(self, path: str) -> str:
        """A public name, such as `tf.data.Dataset`."""
        self._imports.add("import tidefall as tf")
        return f"tf.{path}" if path else "tf"

    def package(self, name: str) -> str:
        """A package that is not ours, such as `np`."""
        alias = _FOREIGN[name]
        self._imports.add(f"import {name}" if alias == name else f"import {name} as {alias}")
        return alias

    def cls(self, cls: type) -> str:
        """The text that names a class."""
        if cls is type(None):
            return "None"
        home = self.surface.home(Tensor if cls is SymbolicTensor else cls)
        if home is not None:
            return self.public(home)
        module = cls.__module__
        if module == "builtins" and not hasattr(builtins, cls.__qualname__):
            name = next((n for n, v in vars(types).items() if v is cls), "")
            return f"{self.package('types')}.{name}" if name else self.any()
        if module in ("builtins", "collections.abc", "abc", "collections", "typing"):
            return self.name(module, cls.__qualname__)
        if module.split(".")[0] in _FOREIGN:
            return f"{self.package(module.split('.')[0])}.{cls.__qualname__}"
        if module.startswith("contextlib") or module == "pathlib":
            return self.name(module.replace("pathlib._local", "pathlib"), cls.__name__)
        if module.startswith(("tidefall", "tensorflow")):
            return self.name(TYPES_MODULE, self.hidden.name_of(cls))
        return self.any()

    def any(self) -> str:
        """`Any`."""
        return self.name("typing", "Any")

    # ---- annotations ----

    def annotation(self, text: Any, globals_: dict[str, Any]) -> str:
        """What an annotation says: the text of a source file, or an object."""
        if not isinstance(text, str):
            return self.value(text)
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except SyntaxError:
            return self.any()
        return self.tree(tree, globals_)

    def tree(self, node: ast.expr, globals_: dict[str, Any]) -> str:
        """What a parsed annotation says."""
        match node:
            case ast.Constant(value=str() as text):
                return self.annotation(text, globals_)
            case ast.Constant(value=value):
                return repr(value) if value is not ... else "..."
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.union([self.tree(left, globals_), self.tree(right, globals_)])
            case ast.List(elts=elts):
                return f"[{', '.join(self.tree(e, globals_) for e in elts)}]"
            case ast.Tuple(elts=elts):
                return ", ".join(self.tree(e, globals_) for e in elts) or "()"
            case ast.Subscript(value=ast.Name(id="Literal"), slice=inner):
                return f"{self.name('typing', 'Literal')}[{ast.unparse(inner)}]"
            case ast.Subscript(value=value, slice=inner):
                base = self.tree(value, globals_).partition("[")[0]
                return base if base in _WIDE else f"{base}[{self.tree(inner, globals_)}]"
            case ast.Name() | ast.Attribute():
                dotted = ast.unparse(node)
                if dotted.startswith("tf."):
                    return self.public(dotted[3:])
                if dotted == "Self":
                    return self.name("typing", "Self")
                if dotted in _ALIASES and _found(dotted, globals_) in (None, vars(shared)[dotted]):
                    return self.name(TYPES_MODULE, dotted)
                first, _, rest = dotted.partition(".")
                package = getattr(_found(first, globals_), "__name__", first)
                if rest and package in _FOREIGN:
                    return f"{self.package(package)}.{rest}"
                value = _found(dotted, globals_)
                return "None" if dotted == "None" else self.value(value)
        return self.any()

    def value(self, value: Any) -> str:
        """The text of a type that exists as an object."""
        if isinstance(value, str):
            return self.any()
        if value is Any or value is None:
            return self.any()
        if value is typing.Generic:
            return self.name("typing", "Generic")
        origin, args = typing.get_origin(value), typing.get_args(value)
        if origin in (types.UnionType, typing.Union):
            return self.union([self.value(arg) for arg in args])
        if origin is not None:
            return self._generic(origin, args)
        if isinstance(value, type):
            held = _ANYTHING.get(value)
            return self.cls(value) + (held.replace("Any", self.any()) if held else "")
        name = getattr(value, "_name", None) or getattr(value, "__name__", None)
        if isinstance(value, typing.TypeVar | typing.ParamSpec):
            return self.name(TYPES_MODULE, value.__name__) if name in _ALIASES else self.any()
        if getattr(value, "__module__", "") == "typing" and name:
            return self.name("typing", name)
        return self.any()

    def _generic(self, origin: Any, args: tuple[Any, ...]) -> str:
        base = self.cls(origin)
        if origin is collections.abc.Callable and len(args) == 2:
            given, result = args
            inside = "..." if given is ... else f"[{', '.join(map(self._argument, given))}]"
            return f"{base}[{inside}, {self._argument(result)}]"
        return f"{base}[{', '.join(self._argument(arg) for arg in args)}]"

    def _argument(self, value: Any) -> str:
        if value is ...:
            return "..."
        return "None" if value is type(None) else self.value(value)

    def union(self, texts: Iterable[str]) -> str:
        """The union of types."""
        parts: list[str] = []
        for text in texts:
            parts += [part for part in _alternatives(text) if part not in parts]
        return next((part for part in parts if part in _WIDE), " | ".join(parts))


def _alternatives(text: str) -> list[str]:
    """The members of a union, at the top of a text."""
    parts, depth, current = [], 0, ""
    for char in text:
        depth += (char == "[") - (char == "]")
        if char == "|" and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += char
    return [*parts, current.strip()]


def _found(dotted: str, globals_: dict[str, Any]) -> Any:
    """The object that a dotted name means in a module."""
    first, *rest = dotted.split(".")
    missing = object()
    value = globals_.get(first, missing)
    if value is missing:
        value = vars(builtins).get(first, missing)
    if value is missing:
        value = _type_checking_imports(globals_.get("__name__", "")).get(first, missing)
    for name in rest:
        value = getattr(value, name, missing)
    return None if value is missing else value


@cache
def _type_checking_imports(module: str) -> dict[str, Any]:
    """What a module imports for annotations alone."""
    found: dict[str, Any] = {}
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return found
    for block in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        if not (isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"):
            continue
        for line in block.body:
            heavy = isinstance(line, ast.Import) and line.names[0].name in _FOREIGN
            if isinstance(line, ast.ImportFrom | ast.Import) and not heavy:
                exec(ast.unparse(line), found)
    return found
