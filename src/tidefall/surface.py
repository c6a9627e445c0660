"""The public names: `tf.math.add` and the rest, found in the index and imported when first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tidefall._index import EXPORTS, OPS
from tidefall.base.exports import exported
from tidefall.op.index import load_index

load_index(OPS)

_children: dict[str, set[str]] = {}
for _name in EXPORTS:
    while _name:
        _parent, _, _last = _name.rpartition(".")
        _siblings = _children.setdefault(_parent, set())
        if _last in _siblings:
            break
        _siblings.add(_last)
        _name = _parent


class Namespace(ModuleType):
    """A public namespace such as `tf.math`, whose members are resolved when first used."""

    def __init__(self, path: str):
        super().__init__(f"tidefall.{path}", f"The public namespace `tf.{path}`.")
        self.__dict__["_tidefall_path"] = path
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        value = resolve(self.__dict__["_tidefall_path"], name)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return members(self.__dict__["_tidefall_path"])

    def __reduce__(self) -> Any:
        return namespace, (self.__dict__["_tidefall_path"],)


_namespaces: dict[str, ModuleType] = {}


_V1, _V2 = "compat.v1", "compat.v2"
_LEGACY_KERAS = frozenset({f"{_V1}.layers", f"{_V1}.nn.rnn_cell"})
"""Namespaces of version 1 that are Keras 2's."""

KERAS_PARTS = frozenset({"initializers", "losses", "metrics", "optimizers"})
"""Names that `tf` takes from `tf.keras`."""


def _today(path: str) -> str:
    """A path without `compat.v2`, which is `tf` itself under one more name."""
    if path == _V2:
        return ""
    return path.removeprefix(f"{_V2}.")


def members(path: str) -> list[str]:
    """Public names directly under a namespace; the empty path is `tf` itself."""
    path = _today(path)
    found = set(_children.get(path, ()))
    if not path:
        found |= {"keras", *KERAS_PARTS}
    if path == "compat":
        found.add("v2")
    if path == _V1 or path.startswith(f"{_V1}."):
        inside = path[len(_V1) + 1 :]
        found |= _children.get(inside, set()) | _old_children(inside)
    return sorted(found - {"compat"} if path == _V1 else found)


def is_public(path: str) -> bool:
    """True when `tf.<path>` is a public name or namespace."""
    path = _today(path)
    if path in EXPORTS or path in _children:
        return True
    if not path.startswith(f"{_V1}."):
        return False
    inside = path[len(_V1) + 1 :]
    return is_public(inside) or bool(_old_children(inside)) or inside in _old_names()


def _old_signatures() -> Any:
    # By name, since this module is below all the folders and must not be made to depend on one.
    return importlib.import_module("tidefall.v1.old_signatures")


def _old_names() -> set[str]:
    """Names of `tf.compat.v1` that follow from others."""
    return _old_signatures().names()


def _old_children(path: str) -> set[str]:
    prefix = f"{path}." if path else ""
    return {
        name[len(prefix) :].partition(".")[0] for name in _old_names() if name.startswith(prefix)
    }


def resolve(path: str, name: str) -> Any:
    """The object `tf.<path>.<name>`.

    Raises:
        AttributeError: if there is no such public name.
    """
    if path == _V2 and name == "enable_v2_behavior":
        return resolve(_V1, name)
    path = _today(path)
    full = f"{path}.{name}" if path else name
    if full in ("keras", f"{_V1}.keras"):
        return importlib.import_module("tidefall.compat.keras").load(full != "keras")
    if full in _LEGACY_KERAS:
        return importlib.import_module("tidefall.compat.keras").load_legacy(name)
    if full in KERAS_PARTS:
        return getattr(resolve("", "keras"), name)
    if full == _V2:
        return namespace(full)
    module = EXPORTS.get(full)
    if module is not None:
        importlib.import_module(module)
        return exported(full)
    if full in _children:
        return namespace(full)
    if full.startswith(f"{_V1}."):
        return _resolve_old(full, path, name)
    raise _missing(path, name)


def _resolve_old(full: str, path: str, name: str) -> Any:
    """A name of `tf.compat.v1` that is TensorFlow 2's, or follows from it."""
    inside = full[len(_V1) + 1 :]
    if _old_children(inside) or inside in _children:
        return namespace(full)

    def by_name(target: str) -> Any:
        parent, _, last = target.rpartition(".")
        return resolve(parent, last)

    try:
        return _old_signatures().find(inside, by_name)
    except AttributeError:
        raise _missing(path, name) from None


def _missing(path: str, name: str) -> AttributeError:
    where = f"tf.{path}" if path else "tf"
    return AttributeError(
        f"module '{where}' has no attribute '{name}' in Tidefall. docs/gaps.md lists what of "
        "TensorFlow's public API is not there yet."
    )


def namespace(path: str) -> ModuleType:
    """The namespace object for a dotted path such as "nn.experimental"."""
    path = path if path == _V2 else _today(path)
    found = _namespaces.get(path)
    if found is None:
        if not is_public(path):
            raise ModuleNotFoundError(f"No module named 'tidefall.{path}'", name=f"tidefall.{path}")
        try:
            found = importlib.import_module(f"tidefall.{path}")
        except ModuleNotFoundError:
            found = Namespace(path)
            sys.modules.setdefault(f"tidefall.{path}", found)
        _namespaces[path] = found
    return found


def attach(path: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for a real package that is also a public namespace."""

    def module_getattr(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = resolve(path, name)
        home = sys.modules.get(f"tidefall.{path}" if path else "tidefall")
        if home is not None:
            home.__dict__[name] = value
        return value

    return module_getattr, lambda: members(path)
