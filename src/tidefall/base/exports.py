"""The public surface: which object is `tf.<name>`, and which module defines it; lazy packages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tidefall.base.dispatch import OTHER, publish

_ROOTS = [f"{name}{v}" for name in ("tidefall", "tensorflow") for v in ("", ".compat.v2")]
"""Modules that keep public names once they were used."""

_T = TypeVar("_T")

_exports: dict[str, Any] = {}
_export_modules: dict[str, str] = {}


def export(*names: str, dispatch: str | None = None) -> Callable[[_T], _T]:
    """Make a function or class public as `tf.<name>` for each of the dotted names.

    The names are resolved lazily through the index that `python -m tidefall.api.index` writes.

    Args:
        names: the public names; the first one is the function's own.
        dispatch: for a function that dispatches on the types of its arguments, how it treats
            elements: `UNARY`, `BINARY`, `ASSERT` or `OTHER` of `tidefall.base.dispatch`.
    """

    module = calling_module()

    def register(target: _T) -> _T:
        made: Any = target
        if dispatch is not None or hasattr(made, "dispatch_api"):
            made = publish(made, names, dispatch or OTHER)
        for name in names:
            _export_modules[name] = module
            if name in _exports and _exports[name] is not made:
                raise ValueError(f"tf.{name} is exported twice.")
            _exports[name] = made
        return made

    return register


def export_value(value: _T, *names: str, module: str | None = None) -> _T:
    """Make a constant or an alias public, like `export`; `module` is the caller's if None."""
    module = module or calling_module()
    for name in names:
        _exports[name] = value
        _export_modules[name] = module
    return value


def replace_export(old: Any, new: Any) -> None:
    """Make `new` public in place of `old`, under all its names."""
    for name, value in list(_exports.items()):
        if value is old:
            _exports[name] = new
            parent, _, last = name.rpartition(".")
            for root in _ROOTS:
                home = sys.modules.get(f"{root}.{parent}" if parent else root)
                if home is not None and home.__dict__.get(last) is old:
                    setattr(home, last, new)


def exported(name: str) -> Any:
    """The object exported as `tf.<name>`, whose module is imported if need be.

    Lower layers call public functions of upper ones this way, by name.

    Raises:
        KeyError: if there is no such name.
    """
    if name not in _exports:
        importlib.import_module(importlib.import_module("tidefall._index").EXPORTS[name])
    return _exports[name]


def export_modules() -> dict[str, str]:
    """The module of each name exported by the modules imported so far."""
    return dict(_export_modules)


def calling_module() -> str:
    """Name of the module being imported that led here, be it through a function of another."""
    frame = caller = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # documented
    while frame.f_code.co_name != "<module>":
        if frame.f_back is None:
            return caller.f_globals["__name__"]
        frame = frame.f_back
    return frame.f_globals["__name__"]


def lazy_names(
    package: str,
    home: Mapping[str, Sequence[str]],
    *,
    aliases: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package whose names live in other modules.

    Args:
        package: its `__name__`.
        home: the names by their module, as `importlib.import_module` takes it: ".store" is below
            the package.
        aliases: other names, and which names they are for.
        modules: names that are modules themselves, and which.

    >>> lookup, _, names = lazy_names("tidefall.base", {".text": ("as_bytes", "as_text")})
    >>> names
    ['as_bytes', 'as_text']
    """
    aliases, modules = aliases or {}, modules or {}
    module_of = {name: module for module, names in home.items() for name in names}
    names = sorted({*module_of, *aliases, *modules})

    def lookup(name: str) -> Any:
        real = aliases.get(name, name)
        if real in modules:
            value = importlib.import_module(modules[real], package)
        elif real in module_of:
            value = getattr(importlib.import_module(module_of[real], package), real)
        else:
            raise AttributeError(
                f"module {package!r} has no attribute {name!r}; docs/gaps.md lists what is missing"
            )
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        own = (name for name in vars(sys.modules[package]) if name.startswith("__"))
        return sorted({*own, *names})

    return lookup, listed, names


def same_names(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a module with the names of a package.

    Args:
        package: whose names these are; it is imported.

    >>> lookup, _, names = same_names("tidefall.lifecycle.track")
    >>> "Tracker" in names
    True
    """
    real = importlib.import_module(package)
    return lambda name: getattr(real, name), lambda: dir(real), list(real.__all__)
