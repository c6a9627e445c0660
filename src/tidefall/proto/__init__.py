"""TensorFlow's wire formats: protocol buffer message classes, and tensors as messages.

    from tidefall.proto import GraphDef, SavedModel

    graph = GraphDef()
    graph.node.add(name="x", op="NoOp")

Every top-level message and enum of package `tensorflow` under schema/ is an attribute of this
module. Nested messages are attributes of their parent (`GraphDebugInfo.StackTrace`), an enum
has its values as attributes (`DataType.DT_FLOAT`). protobuf is imported at the first use.

The classes live in a descriptor pool of their own, so that the same process may also import
TensorFlow, or another package that registers the same names in protobuf's default pool.
"""

from __future__ import annotations

import importlib
from typing import Any

_PACKAGE = "tensorflow"


def _registry() -> Any:
    return importlib.import_module("tidefall.proto.registry")


def __getattr__(name: str) -> Any:
    # Messages and enums begin with a capital; anything else is a submodule being imported.
    value = _registry().lookup(f"{_PACKAGE}.{name}") if name[:1].isupper() else None
    if value is None:
        raise AttributeError(f"module {__name__!r} has no message or enum {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_registry().names(_PACKAGE)})
