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
    from tidefall.serving.models.config import LoadSettings, ModelConfig
    from tidefall.serving.models.policies import All, Latest, Specific
    from tidefall.serving.models.servable import FunctionServable, Servable, Signature, TensorInfo
    from tidefall.serving.process import ServerProcess
    from tidefall.serving.server import ModelServer

__all__ = [
    "All",
    "Client",
    "FunctionServable",
    "HttpSettings",
    "Latest",
    "Limits",
    "LoadSettings",
    "ModelConfig",
    "ModelServer",
    "Servable",
    "ServerProcess",
    "Signature",
    "Specific",
    "TensorInfo",
]

# A client needs no server and a server no client; each is imported when it is asked for.
_HOMES = {
    "All": "models.policies",
    "Client": "client",
    "FunctionServable": "models.servable",
    "HttpSettings": "http.server",
    "Latest": "models.policies",
    "Limits": "http.parser",
    "LoadSettings": "models.config",
    "ModelConfig": "models.config",
    "ModelServer": "server",
    "Servable": "models.servable",
    "ServerProcess": "process",
    "Signature": "models.servable",
    "Specific": "models.policies",
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
