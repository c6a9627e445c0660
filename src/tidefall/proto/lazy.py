"""Modules whose attributes are the messages of a package, so that protobuf is imported by use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def attributes(
    package: str, module: dict[str, Any]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The functions `__getattr__` and `__dir__` of a module that stands for a package.

    Args:
        package: the protocol buffer package, as in `tensorflow.serving`.
        module: the module's `globals()`; what was found is kept there.
    """

    def registry() -> Any:
        return importlib.import_module("tidefall.proto.registry")

    def find(name: str) -> Any:
        # Messages and enums begin with a capital; anything else is a submodule being imported.
        value = registry().lookup(f"{package}.{name}") if name[:1].isupper() else None
        if value is None:
            message = f"module {module['__name__']!r} has no message or enum {name!r}"
            raise AttributeError(message)
        module[name] = value
        return value

    def known() -> list[str]:
        return sorted({*module, *registry().names(package)})

    return find, known
