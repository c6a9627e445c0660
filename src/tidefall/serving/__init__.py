"""The model server: TensorFlow Serving's protocols over models of this library.

Three ways to run one: `python -m tidefall.serving` on a command line, `ServerProcess` for a child
process that never outlives its parent, `ModelServer` inside this process. `Client` talks to any
of them, and to TensorFlow Serving.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidefall.serving.client import Client
    from tidefall.serving.http.parser import Limits
    from tidefall.serving.http.server import HttpSettings
    from tidefall.serving.models.model import ModelConfig
    from tidefall.serving.models.servable import FunctionServable, Servable, Signature, TensorInfo
    from tidefall.serving.models.versions import Latest
    from tidefall.serving.process import ServerProcess
    from tidefall.serving.server import ModelServer

__all__ = [
    "Client",
    "FunctionServable",
    "HttpSettings",
    "Latest",
    "Limits",
    "ModelConfig",
    "ModelServer",
    "Servable",
    "ServerProcess",
    "Signature",
    "TensorInfo",
]

# A client needs no server and a server no client; each is imported when it is asked for.
_HOMES = {
    "Client": "client",
    "FunctionServable": "models.servable",
    "HttpSettings": "http.server",
    "Latest": "models.versions",
    "Limits": "http.parser",
    "ModelConfig": "models.model",
    "ModelServer": "server",
    "Servable": "models.servable",
    "ServerProcess": "process",
    "Signature": "models.servable",
    "TensorInfo": "models.servable",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
