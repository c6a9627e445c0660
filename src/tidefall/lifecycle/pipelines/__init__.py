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

from tidefall.base.exports import lazy_names

_MODULES = {
    "components": ".components",
    "dsl": ".dsl",
    "orchestration": ".orchestration",
    "proto": ".proto",
    "types": ".types",
    "utils": ".utils",
}

__version__ = "1.21.0"
"""The version of TFX whose interface this is."""

# `from tfx import v1 as tfx`
__getattr__, __dir__, __all__ = lazy_names(__name__, {}, modules={**_MODULES, "v1": __name__})
