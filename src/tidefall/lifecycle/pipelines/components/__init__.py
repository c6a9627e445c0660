"""The standard components: from files to a model that is served.

Channels enter their constructors and leave as `outputs`. Each file has a component's spec, its
executor, which does the work, and the component. Read `statistics_gen.py` first.
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".bulk_inferrer": ("BulkInferrer",),
    ".evaluator": ("Evaluator",),
    ".example_gen": ("CsvExampleGen", "ImportExampleGen", "ParquetExampleGen", "SqlExampleGen"),
    ".fn_args": ("DataAccessor", "FnArgs"),
    ".infra_validator": ("InfraValidator",),
    ".pusher": ("Pusher",),
    ".statistics_gen": ("ExampleValidator", "ImportSchemaGen", "SchemaGen", "StatisticsGen"),
    ".trainer": ("Trainer", "Tuner", "TunerFnResult"),
    ".transform": ("Transform",),
}

# `from tfx_bsl.public import tfxio`
__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME, modules={"tfxio": ".fn_args"})
