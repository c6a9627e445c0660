"""The API reference: one page for each public namespace, from signatures and docstrings."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.docs_site.docstrings import escape, first_line, markdown
from tidefall import surface
from tidefall._index import EXPORTS, OPS
from tidefall.base.dtypes import DType
from tidefall.op.registry import registered_ops
from tidefall.op.table import op_names

SOURCE = Path(surface.__file__).parents[1]
_INTERNAL = "__internal__"
_V1 = "compat.v1"
_WIDTH = 88
_HIDDEN = "raw_ops"


@dataclass(frozen=True)
class Name:
    """A public name, the object behind it, and the name under which its entry stands."""

    path: str
    value: Any
    main: str

    @property
    def namespace(self) -> str:
        return self.path.rpartition(".")[0]

    @property
    def last(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def kind(self) -> str:
        if isinstance(self.value, type):
            return "Classes"
        return "Functions" if callable(self.value) else "Constants"


def reference_pages() -> dict[str, str]:
    """The pages, by file name: those of the namespaces, of the ops, and the list of all of them."""
    names = public_names()
    spaces: dict[str, list[Name]] = {}
    for name in names:
        spaces.setdefault(name.namespace, []).append(name)
    aliases: dict[str, list[str]] = {}
    for name in names:
        aliases.setdefault(name.main, []).append(name.path)
    pages = {page_of(space): _page(space, spaces[space], aliases) for space in sorted(spaces)}
    pages["raw_ops.md"] = _ops_page()
    pages["index.md"] = _contents(spaces)
    return pages


def page_of(namespace: str) -> str:
    """File name of a namespace's page; "" is `tf` itself."""
    return f"{namespace.replace('.', '_') or 'tf'}.md"


def title_of(namespace: str) -> str:
    """`tf.math` for "math"."""
    return f"tf.{namespace}" if namespace else "tf"


def public_names() -> list[Name]:
    """Every name of the index but the internal ones, sorted."""
    values: dict[str, Any] = {}
    for path in sorted(EXPORTS):
        if not path.startswith(_INTERNAL) and path != _HIDDEN:
            parent, _, last = path.rpartition(".")
            values[path] = surface.resolve(parent, last)
    same: dict[int, list[str]] = {}
    for path, value in values.items():
        if callable(value):  # Equal constants have nothing to do with each other.
            same.setdefault(id(value), []).append(path)
    main = {path: min(paths, key=_preference) for paths in same.values() for path in paths}
    return [Name(path, value, main.get(path, path)) for path, value in values.items()]


def _preference(path: str) -> tuple[bool, bool, bool, str]:
    """The name to document: not an old or experimental one, and in a namespace if there is one."""
    return path.startswith("compat"), "experimental" in path, "." not in path, path


# ---- pages ----


def _page(namespace: str, names: list[Name], aliases: dict[str, list[str]]) -> str:
    lines = [f"# {title_of(namespace)}", ""]
    if namespace == _V1 or namespace.startswith(f"{_V1}."):
        lines += [
            (
                "Names that TensorFlow 1 has and TensorFlow 2 has not, or has otherwise. Those of "
                "TensorFlow 2 are here, too, and not listed again."
            ),
            "",
        ]
    for kind in ("Classes", "Functions", "Constants"):
        chosen = [name for name in names if name.kind == kind]
        if chosen:
            lines += [f"| {kind} | |", "| --- | --- |", *map(_row, chosen), ""]
    for name in names:
        if name.main == name.path and name.kind != "Constants":
            lines += [*_entry(name, aliases.get(name.path, [])), ""]
    return "\n".join(lines)


def _row(name: Name) -> str:
    parent = name.main.rpartition(".")[0]
    page = "" if parent == name.namespace else page_of(parent)
    if name.kind == "Constants":
        return f"| `{name.last}` | {_value(name.value)} |"
    anchor = anchor_of(name.main)
    return f"| [`{name.last}`]({page}#{anchor}) | {_summary(name.value)} |"


def anchor_of(path: str) -> str:
    """Where on its page a name stands."""
    return path.rpartition(".")[2]


def _summary(value: Any) -> str:
    return first_line(_doc(value)).replace("|", "\\|")


def _value(value: Any) -> str:
    if isinstance(value, DType):
        return f"dtype, {_itemsize(value)}"
    text = repr(value)
    return f"`{text}`" if len(text) < 100 else f"`{type(value).__name__}`"


def _itemsize(dtype: DType) -> str:
    bits = getattr(dtype, "size", 0) * 8
    return f"{bits} bits" if bits else "of any size"


def _doc(value: Any) -> str:
    if isinstance(value, type) and hasattr(value, "DESCRIPTOR"):
        return f"The protocol buffer `{value.DESCRIPTOR.full_name}`."
    doc = inspect.getdoc(value) or ""
    inherited = isinstance(value, type) and not vars(value).get("__doc__")
    return "" if inherited and doc.startswith(("int(", "str(")) else doc


def _entry(name: Name, known_as: list[str]) -> list[str]:
    value = name.value
    lines = [f"## {escape(name.last)} {{ #{anchor_of(name.path)} }}", ""]
    lines += ["```python", signature(title_of(name.path), value), "```", ""]
    lines += [markdown(_doc(value)), ""]
    others = [f"`tf.{path}`" for path in known_as if path != name.path]
    if others:
        lines += [f"Also known as {', '.join(others)}.", ""]
    where = defined_in(value)
    if where:
        lines += [f"Defined in `{where}`.", "{ .api-source }", ""]
    if isinstance(value, type):
        lines += _members(name)
    return lines


def _members(name: Name) -> list[str]:
    cls = name.value
    if issubclass(cls, enum.Enum):
        listed = ", ".join(f"`{member}`" for member in cls.__members__)
        return [f"**Members** {listed}", ""]
    descriptor = getattr(cls, "DESCRIPTOR", None)
    if descriptor is not None:
        fields = ", ".join(f"`{field.name}`" for field in getattr(descriptor, "fields", ()))
        return [f"**Fields** {fields}", ""] if fields else []
    lines: list[str] = []
    for member, value in sorted(vars(cls).items()):
        plain = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        doc = inspect.getdoc(plain) or ""
        if member.startswith("_") or not doc:
            continue
        lines += [f"### {escape(member)} {{ #{anchor_of(name.path)}.{member} }}", ""]
        if isinstance(value, property):
            lines += ["*Property.* " + markdown(doc), ""]
        elif inspect.isfunction(plain):
            lines += ["```python", signature(member, value), "```", "", markdown(doc), ""]
        else:
            lines += [first_line(doc), ""]
    return lines


# ---- signatures ----


def signature(path: str, value: Any) -> str:
    """A call as Python would write it: on one line if it fits, else a parameter a line."""
    bound = not isinstance(value, staticmethod)
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return path
    parameters = list(found.parameters.values())
    if parameters and bound and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    shown = list(_with_marks(parameters))
    one = f"{path}({', '.join(shown)})"
    if len(one) <= _WIDTH:
        return one
    return "\n".join([f"{path}(", *(f"    {text}," for text in shown), ")"])


def _with_marks(parameters: Iterable[inspect.Parameter]) -> Iterable[str]:
    """The parameters as text, with `/` and `*` where they belong."""
    kinds = inspect.Parameter
    positional_only, starred = False, False
    for parameter in parameters:
        if positional_only and parameter.kind is not kinds.POSITIONAL_ONLY:
            yield "/"
        positional_only = parameter.kind is kinds.POSITIONAL_ONLY
        if parameter.kind is kinds.KEYWORD_ONLY and not starred:
            yield "*"
            starred = True
        starred = starred or parameter.kind is kinds.VAR_POSITIONAL
        yield _parameter(parameter)
    if positional_only:
        yield "/"


def _parameter(parameter: inspect.Parameter) -> str:
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    text = star + parameter.name
    annotation = parameter.annotation
    typed = annotation is not parameter.empty and annotation not in ("Any", Any)
    if typed:
        text += f": {_annotation(annotation)}"
    if parameter.default is not parameter.empty:
        text += f"{' = ' if typed else '='}{_default(parameter.default)}"
    return text


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(value: Any) -> str:
    if isinstance(value, DType):
        return f"tf.{value.name}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    text = repr(value)
    return re.sub(r"^<(?:[\w.]+\.)?(\w+)(?: object)? .*>$", r"\1", text, flags=re.DOTALL)


def defined_in(value: Any) -> str:
    """File and line of a function or class, where that is in this package."""
    target: Any = inspect.unwrap(value) if callable(value) else value
    code = getattr(target, "__code__", None)
    if code is not None:
        path, line = Path(code.co_filename), code.co_firstlineno
    else:
        module = sys.modules.get(getattr(target, "__module__", ""))
        file, line = getattr(module, "__file__", None), getattr(target, "__firstlineno__", 0)
        if file is None:
            return ""
        path = Path(file)
    if not path.is_relative_to(SOURCE):
        return ""
    place = f"src/{path.relative_to(SOURCE)}"
    return f"{place}:{line}" if line else place


# ---- ops, and the list of pages ----


def _ops_page() -> str:
    for module in sorted(set(OPS.values())):
        importlib.import_module(module)
    ops = registered_ops()
    facets: tuple[tuple[str, Callable[[Any], bool]], ...] = (
        ("host", lambda op: op.host is not None),
        ("XLA", lambda op: op.xla is not None),
        ("gradient", lambda op: callable(op.gradient)),
    )
    lines = [
        "# tf.raw_ops",
        "",
        (
            f"TensorFlow's ops, {len(OPS)} of the {len(op_names())} in its table: what "
            "graphs and files are made of. Each is called as `tf.raw_ops.Cumsum(x=..., axis=...)`. "
            "An op has a host kernel, a lowering to XLA, or both; "
            "`python -m tidefall.ops Cumsum` shows one whole."
        ),
        "",
        f"| Op | {' | '.join(title for title, _ in facets)} | Declared in |",
        f"| --- | {' | '.join(':---:' for _ in facets)} | --- |",
    ]
    for name in sorted(OPS):
        if name.startswith("_"):
            continue
        marks = " | ".join("yes" if has(ops[name]) else "" for _, has in facets)
        lines.append(f"| `{name}` | {marks} | `{OPS[name]}` |")
    return "\n".join([*lines, ""])


def _contents(spaces: dict[str, list[Name]]) -> str:
    total = sum(map(len, spaces.values()))
    lines = [
        "# API reference",
        "",
        (
            f"The {total:,} public names, written from their docstrings: signatures, "
            "arguments, errors, and examples, each of which is a test. Parameters are those of "
            "TensorFlow 2.21, whose documentation holds here, too; where something differs, "
            "[the gaps](../gaps.md) say so. "
            "`tf.keras` is [Keras 3](https://keras.io/api/), unmodified."
        ),
        "",
        "| Namespace | Names | |",
        "| --- | ---: | --- |",
    ]
    for space in sorted(spaces):
        shown = [name.last for name in spaces[space][:6]]
        more = ", ..." if len(spaces[space]) > len(shown) else ""
        listed = ", ".join(f"`{name}`" for name in shown) + more
        lines.append(
            f"| [`{title_of(space)}`]({page_of(space)}) | {len(spaces[space])} | {listed} |"
        )
    lines.append(f"| [`tf.raw_ops`](raw_ops.md) | {len(OPS)} | every op of a graph |")
    return "\n".join([*lines, ""])
