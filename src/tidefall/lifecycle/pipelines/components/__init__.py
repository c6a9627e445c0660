"""The standard components: from files to a model that is served.

Channels enter their constructors and leave as `outputs`. Each file has a component's spec, its
executor, which does the work, and the component. Read `statistics_gen.py` first.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "bulk_inferrer": ("BulkInferrer",),
    "evaluator": ("Evaluator",),
    "example_gen": ("CsvExampleGen", "ImportExampleGen", "ParquetExampleGen", "SqlExampleGen"),
    "fn_args": ("DataAccessor", "FnArgs"),
    "infra_validator": ("InfraValidator",),
    "pusher": ("Pusher",),
    "statistics_gen": ("ExampleValidator", "ImportSchemaGen", "SchemaGen", "StatisticsGen"),
    "trainer": ("Trainer", "Tuner", "TunerFnResult"),
    "transform": ("Transform",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}
__all__ = sorted(_MODULE_OF)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name == "tfxio":  # `from tfx_bsl.public import tfxio`
        return importlib.import_module(f"{__name__}.fn_args")
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
