"""Names of a package that are imported when first used, so that importing the package is light."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


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
        return sorted({*vars(sys.modules[package]), *names})

    return lookup, listed, names
