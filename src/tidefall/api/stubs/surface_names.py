"""The public names, the objects behind them, and the one name under which each is defined."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from tidefall import surface

KERAS = frozenset({"keras", *surface.KERAS_PARTS})
"""Names of `tf` that are Keras's."""

_PLACES = ("compat.v1.", "__internal__.", "types.", "experimental.")
"""Namespaces that have things from elsewhere, most of all first."""


@dataclass
class Surface:
    """The public surface.

    Attributes:
        values: the object of each public name that is not a namespace.
        namespaces: members of each namespace, the empty path for `tf` itself.
        homes: the name under which a class or function is defined, by identity.
        results: types of results that the sources do not tell, by the identity of the function.
    """

    values: dict[str, Any] = field(default_factory=dict)
    namespaces: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[int, str] = field(default_factory=dict)
    results: dict[int, str] = field(default_factory=dict)

    def home(self, value: Any) -> str | None:
        """The name under which `value` is defined, if it is public."""
        return self.homes.get(id(value))


def read_surface() -> Surface:
    """Look up every public name."""
    found = Surface()
    _read(found, "")
    for path in sorted(found.values, key=_rank):
        value = found.values[path]
        if isinstance(value, type) and not value.__module__.startswith(("tidefall", "tensorflow")):
            continue
        if isinstance(value, type) or callable(value):
            found.homes.setdefault(id(value), path)
    return found


def join(path: str, name: str) -> str:
    """The dotted name of a member of a namespace."""
    return f"{path}.{name}" if path else name


def _read(found: Surface, path: str) -> None:
    names = surface.members(path)
    found.namespaces[path] = names
    for name in tuple(names):
        full = join(path, name)
        if full in KERAS or full == "compat.v2":
            continue
        try:
            value = surface.resolve(path, name)
        except AttributeError:  # of an old name, whose new one is not there yet
            names.remove(name)
            continue
        if isinstance(value, ModuleType) and full != "raw_ops":
            _read(found, full)
        else:
            found.values[full] = value


def _rank(path: str) -> tuple[int, int, str]:
    """How good a name is as the one to define an object under; the least is the best."""
    place = next((i for i, start in enumerate(_PLACES) if path.startswith(start)), len(_PLACES))
    return len(_PLACES) - place, path.count("."), path
