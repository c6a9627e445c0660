"""`tensorflow.compiler.xla.xla_data_pb2`: XLA's own messages."""

from __future__ import annotations

from typing import Any

_PACKAGE = "xla"


def __getattr__(name: str) -> Any:
    from tidefall.proto import registry

    value = registry.lookup(f"{_PACKAGE}.{name}")
    if value is None:
        value = _enum_value(name)
    if value is None:
        raise AttributeError(f"XLA has no message or enum {name!r} here.")
    globals()[name] = value
    return value


def _enum_value(name: str) -> int | None:
    from tidefall.proto import registry

    for known in registry.names(_PACKAGE):
        found = registry.lookup(f"{_PACKAGE}.{known}")
        if hasattr(found, "keys") and name in found.keys():  # noqa: SIM118 - it is no dict
            return found.Value(name)
    return None
