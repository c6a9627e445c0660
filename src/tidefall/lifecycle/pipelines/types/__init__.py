"""What steps pass to each other: artifacts by type, and the channels they go through.

Read `artifact.py`, then `standard_artifacts.py` for the files of each type.
"""

from __future__ import annotations

import importlib
from typing import Any

from tidefall.lifecycle.pipelines.types import artifact, channel, standard_artifacts
from tidefall.lifecycle.pipelines.types.artifact import (
    Artifact,
    Property,
    PropertyType,
    ValueArtifact,
)
from tidefall.lifecycle.pipelines.types.channel import Channel, OutputChannel

BaseChannel = Channel
_NODES = ("BaseComponent", "BaseNode", "ComponentSpec")

__all__ = ["Artifact", "BaseChannel", "Channel", "OutputChannel", "Property", "PropertyType",
           "ValueArtifact", "artifact", "channel", "standard_artifacts"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _NODES:
        return getattr(importlib.import_module("tidefall.lifecycle.pipelines.dsl.nodes"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
