"""How pipelines are written: nodes, channels between them, conditions.

Nodes enter `Pipeline`, sorted and checked ones leave it. Read `nodes.py` first, then
`function_components.py` for `@component`.
"""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

from tidefall.lifecycle.pipelines.dsl import placeholders
from tidefall.lifecycle.pipelines.dsl.container_components import create_container_component
from tidefall.lifecycle.pipelines.dsl.control import Cond, ForEach
from tidefall.lifecycle.pipelines.dsl.function_components import (
    InputArtifact,
    OutputArtifact,
    OutputDict,
    Parameter,
    component,
)
from tidefall.lifecycle.pipelines.dsl.nodes import RuntimeParameter
from tidefall.lifecycle.pipelines.dsl.pipeline import ExecutionMode, Pipeline, RunOptions
from tidefall.lifecycle.pipelines.dsl.sources import (
    Importer,
    LatestArtifactStrategy,
    LatestBlessedModelStrategy,
    Resolver,
    ResolverStrategy,
    SpanRangeStrategy,
)
from tidefall.lifecycle.pipelines.types.artifact import Artifact
from tidefall.lifecycle.pipelines.types.channel import Channel

components = SimpleNamespace(
    InputArtifact=InputArtifact, OutputArtifact=OutputArtifact, OutputDict=OutputDict,
    Parameter=Parameter, component=component,
)  # fmt: skip
experimental = SimpleNamespace(
    LatestArtifactStrategy=LatestArtifactStrategy,
    LatestBlessedModelStrategy=LatestBlessedModelStrategy, ResolverStrategy=ResolverStrategy,
    RunOptions=RunOptions, RuntimeParameter=RuntimeParameter, SpanRangeStrategy=SpanRangeStrategy,
    create_container_component=create_container_component,
)  # fmt: skip

__all__ = ["Artifact", "Channel", "Cond", "ExecutionMode", "ForEach", "Importer", "Pipeline",
           "Resolver", "components", "experimental", "placeholders"]  # fmt: skip

_OLD_MODULES = {
    "base_component": "nodes",
    "base_executor": "nodes",
    "executor_spec": "nodes",
    "importer": "sources",
    "latest_blessed_model_resolver": "sources",
    "latest_blessed_model_strategy": "sources",
    "resolver": "sources",
}
"""Modules of TFX that pipelines import from packages, and where their names are here."""


def __getattr__(name: str) -> Any:
    if name in _OLD_MODULES:
        return importlib.import_module(f"{__name__}.{_OLD_MODULES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
