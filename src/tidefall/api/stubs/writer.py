"""The stub files: which there are, and what stands in each."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import tidefall
from tidefall.api.stubs import exact
from tidefall.api.stubs.annotations import TYPES_MODULE, Hidden, Scope
from tidefall.api.stubs.classes import class_text
from tidefall.api.stubs.messages import message_text
from tidefall.api.stubs.raw_ops import raw_op_text
from tidefall.api.stubs.results import known_results
from tidefall.api.stubs.signatures import function_text
from tidefall.api.stubs.surface_names import KERAS, Surface, join, read_surface
from tidefall.tensor import typing as shared

ROOT = Path(__file__).parents[2]
_HEADER = "# Written by `python -m tidefall.api.stubs`; do not edit."
_API = "tidefall._api"


def build() -> dict[str, str]:
    """The text of each stub file, by its path under `src/tidefall`."""
    surface = read_surface()
    surface.results = known_results(surface)
    hidden = Hidden()
    files = {"_api/__init__.pyi": f"{_HEADER}\n"}
    for path in surface.namespaces:
        files[_file(path, surface)] = _namespace(path, surface, hidden)
    files["_api/raw_ops.pyi"] = _raw_ops(surface, hidden)
    files["_api/_types.pyi"] = _types(surface, hidden)
    return files


def stale(files: dict[str, str]) -> list[str]:
    """The files that are not as they should be, by path."""
    there = {
        str(file.relative_to(ROOT))
        for file in [*(ROOT / "_api").rglob("*.pyi"), *ROOT.glob("__init__.pyi")]
    }
    wrong = [p for p in files if p not in there or (ROOT / p).read_text("utf-8") != files[p]]
    return sorted({*wrong, *(there - files.keys())})


def write(files: dict[str, str]) -> None:
    """Write the stub files; those that are no longer are deleted."""
    for path in stale(files):
        target = ROOT / path
        if path not in files:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files[path], encoding="utf-8")


def _file(path: str, surface: Surface) -> str:
    if not path:
        return "__init__.pyi"
    folder = path.replace(".", "/")
    is_folder = any(_is_namespace(join(path, n), surface) for n in surface.namespaces[path])
    return f"_api/{folder}/__init__.pyi" if is_folder else f"_api/{folder}.pyi"


def _is_namespace(path: str, surface: Surface) -> bool:
    return path in surface.namespaces or path in ("raw_ops",)


def _module(path: str) -> str:
    """The stub module of a namespace."""
    return f"{_API}.{path}" if path else "tidefall"


# ---- one file ----


def _namespace(path: str, surface: Surface, hidden: Hidden) -> str:
    names = surface.namespaces[path]
    scope = Scope(_module(path), surface, hidden, names)
    imports, body = [], []
    for name in names:
        full = join(path, name)
        if full in KERAS:
            source = "keras._tf_keras" if full == "keras" else "keras._tf_keras.keras"
            imports.append(f"from {source} import {name} as {name}")
        elif full == "compat.v2":
            body.append(f"{name} = {scope.public('')}")
        elif _is_namespace(full, surface):
            imports.append(f"from {_module(path) if path else _API} import {name} as {name}")
        else:
            line = _imported(full, name, surface)
            if line:
                imports.append(line)
            else:
                body += _definition(full, name, scope)
    if not path:
        body.append("__version__: str")
    doc = f"The public namespace `tf.{path}`." if path else tidefall.__doc__ or ""
    return _text(scope, imports, body, doc.strip().splitlines()[0])


def _imported(full: str, name: str, surface: Surface) -> str | None:
    """The line that imports a name defined in another file, under the same name."""
    value = surface.values[full]
    if full == "types.experimental.TensorLike":
        return f"from {TYPES_MODULE} import TensorLike as TensorLike"
    home = surface.home(value)
    if home is None and isinstance(value, type) and value.__name__ == name:
        return f"from {value.__module__} import {name} as {name}"
    if home is None or home == full or home.rpartition(".")[2] != name:
        return None
    return f"from {_module(home.rpartition('.')[0])} import {name} as {name}"


def _definition(full: str, name: str, scope: Scope) -> list[str]:
    """The lines that define a public name."""
    value = scope.surface.values[full]
    home = scope.surface.home(value)
    if home is not None and home != full:
        return [f"{name} = {scope.public(home)}"]
    by_hand = exact.written(full.rpartition(".")[0]).get(name)
    if isinstance(value, type):
        return _class(name, value, scope, by_hand)
    if by_hand:
        return [line for node in by_hand for line in exact.lines(node, value, scope)]
    if inspect.isfunction(value):
        return function_text(name, value, scope)
    return [f"{name}: {'None' if value is None else scope.value(type(value))}"]


def _class(name: str, cls: type, scope: Scope, by_hand: list[ast.stmt] | None) -> list[str]:
    if hasattr(cls, "DESCRIPTOR"):
        return message_text(name, cls, scope)
    if not cls.__module__.startswith(("tidefall", "tensorflow")):
        return [f"{name} = {scope.cls(cls)}"]
    node = by_hand[0] if by_hand else None
    return class_text(name, cls, scope, node if isinstance(node, ast.ClassDef) else None)


def _raw_ops(surface: Surface, hidden: Hidden) -> str:
    space = surface.values["raw_ops"]
    names = [name for name in dir(space) if not name.startswith("_")]
    scope = Scope(f"{_API}.raw_ops", surface, hidden, names)
    body = [line for name in names for line in raw_op_text(name, getattr(space, name), scope)]
    return _text(scope, [], body, "Every op as a function of keywords.")


def _types(surface: Surface, hidden: Hidden) -> str:
    """The types that signatures share, and the classes that are named but not public."""
    source = ast.parse(inspect.getsource(shared))
    scope = Scope(TYPES_MODULE, surface, hidden, ())
    body: list[str] = []
    for node in source.body:
        match node:
            case ast.Assign():
                body.append(ast.unparse(node))
            case ast.ClassDef():
                body += ast.unparse(node).splitlines()
            case ast.AnnAssign(target=target, value=value) if value is not None:
                alias = scope.name("typing", "TypeAlias")
                text = ast.literal_eval(value) if _is_text(value) else ast.unparse(value)
                meant = scope.annotation(text, dict(vars(shared)))
                body.append(f"{ast.unparse(target)}: {alias} = {meant}")
    written: set[str] = set()
    while todo := [name for name in sorted(hidden.classes) if name not in written]:
        for name in todo:
            written.add(name)
            body += class_text(name, hidden.classes[name], scope, None)
    for name in ("Any", "ParamSpec", "Protocol", "TypeVar"):
        scope.name("typing", name)
    scope.name("collections.abc", "Callable")
    return _text(scope, [], body, "Types that signatures share, and classes that they name.")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.JoinedStr)


def _text(scope: Scope, imports: list[str], body: list[str], doc: str) -> str:
    every = sorted({*imports, *scope.imports()}, key=lambda line: (line.split()[1], line))
    text = "\n".join([_HEADER, f'"""{doc}"""', "", *every, "", *body])
    return f"{text}\n"
