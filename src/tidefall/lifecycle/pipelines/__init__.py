"""Pipelines: from data to a model that is served, step by step, with a memory of what was made.

Components and functions enter a `dsl.Pipeline`; `orchestration.LocalDagRunner` runs it; artifacts,
and their story in the metadata store, leave. The names are those of TFX's `tfx.v1`, whose import
name `tfx` is answered with this package where the alias is on. Read `dsl/nodes.py`, then
`orchestration/local_dag_runner.py`.

    from tidefall import pipelines as tfx

    examples = tfx.components.CsvExampleGen(input_base="data")
    statistics = tfx.components.StatisticsGen(examples=examples.outputs["examples"])
    pipeline = tfx.dsl.Pipeline("taxi", "runs", components=[examples, statistics])
    tfx.orchestration.LocalDagRunner().run(pipeline)
"""

from __future__ import annotations

import importlib
from typing import Any

_SUBMODULES = ("components", "dsl", "orchestration", "proto", "types", "utils")

__version__ = "1.21.0"
"""The version of TFX whose interface this is."""

__all__ = sorted(_SUBMODULES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name == "v1":  # `from tfx import v1 as tfx`
        return importlib.import_module(__name__)
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
