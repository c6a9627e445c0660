"""Names of packages around TensorFlow, and the modules of Tidefall that answer to them."""

from __future__ import annotations

import importlib.util
import os
from importlib.machinery import PathFinder

SATELLITES = {
    "tensorflow_data_validation": "tidefall.lifecycle.data_validation",
    "tensorflow_model_analysis": "tidefall.lifecycle.model_analysis",
    "tensorflow_model_optimization": "tidefall.lite.optimize",
    "tensorflow_transform": "tidefall.lifecycle.transform",
    "tf2onnx": "tidefall.compat.tf2onnx",
    "tfx": "tidefall.lifecycle.pipelines",
    "tfx_bsl": "tidefall.lifecycle.pipelines.components",
}

_TFDV, _GENERATORS = "tensorflow_data_validation", "statistics.generators"
_TOOLKIT = "tensorflow_model_optimization.python"
_RENAMED = {
    # The toolkit's guides take Keras from here.
    _TOOLKIT: "tidefall.lite.optimize",
    f"{_TOOLKIT}.core": "tidefall.lite.optimize",
    f"{_TOOLKIT}.core.keras": "tidefall.lite.optimize",
    f"{_TOOLKIT}.core.keras.compat": "tidefall.lite.optimize.models",
    **{
        f"tfx.{name}": f"tidefall.lifecycle.pipelines{'.' + found if found else ''}"
        for name, found in {
            "v1": "",
            "v1.components": "components",
            "v1.dsl": "dsl",
            "v1.proto": "proto",
            "v1.orchestration": "orchestration",
            "v1.types": "types",
            "v1.utils": "utils",
            "v1.types.standard_artifacts": "types.standard_artifacts",
            "components.trainer.executor": "components.trainer",
            "components.trainer.fn_args_utils": "components.fn_args",
            "components.transform.stats_options_util": "components.transform_statistics",
            "dsl.component": "dsl",
            "dsl.component.experimental": "dsl",
            "dsl.component.experimental.annotations": "dsl.function_components",
            "dsl.component.experimental.container_component": "dsl.container_components",
            "dsl.component.experimental.decorators": "dsl.function_components",
            "dsl.component.experimental.placeholders": "dsl.container_components",
            "dsl.components": "dsl",
            "dsl.components.base": "dsl",
            "dsl.components.base.base_component": "dsl.nodes",
            "dsl.components.base.base_executor": "dsl.nodes",
            "dsl.components.base.executor_spec": "dsl.nodes",
            "dsl.components.common": "dsl",
            "dsl.components.common.importer": "dsl.sources",
            "dsl.components.common.resolver": "dsl.sources",
            "dsl.experimental": "dsl",
            "dsl.experimental.latest_blessed_model_resolver": "dsl.sources",
            "dsl.input_resolution": "dsl",
            "dsl.input_resolution.strategies": "dsl",
            "dsl.input_resolution.strategies.latest_blessed_model_strategy": "dsl.sources",
            "orchestration.beam": "orchestration",
            "orchestration.beam.beam_dag_runner": "orchestration.local_dag_runner",
            "orchestration.data_types": "dsl.nodes",
            "orchestration.local": "orchestration",
            "orchestration.local.local_dag_runner": "orchestration.local_dag_runner",
            "orchestration.metadata": "dsl.pipeline",
            "orchestration.pipeline": "dsl.pipeline",
            "types.component_spec": "dsl.nodes",
            **{
                f"proto.{one}_pb2": "proto"
                for one in (
                    "bulk_inferrer",
                    "evaluator",
                    "example_diff",
                    "example_gen",
                    "infra_validator",
                    "pusher",
                    "range_config",
                    "trainer",
                    "transform",
                    "tuner",
                )
            },
        }.items()
    },
    "tfx_bsl.public": "tidefall.lifecycle.pipelines.components",
    "tfx_bsl.public.tfxio": "tidefall.lifecycle.pipelines.components.fn_args",
    "tfx_bsl.tfxio": "tidefall.lifecycle.pipelines.components.fn_args",
    **{
        f"{_TFDV}.{name}": f"tidefall.lifecycle.data_validation{'.' + found if found else ''}"
        for name, found in {
            "statistics.generators.lift_stats_generator": f"{_GENERATORS}.lift",
            "statistics.generators.partitioned_stats_generator": f"{_GENERATORS}.partitioned",
            "statistics.generators.stats_generator": "",
            "statistics.stats_options": "options",
            "types": "paths",
            "utils": "",
            "utils.example_weight_map": f"{_GENERATORS}.example_weights",
        }.items()
    },
    "tensorflow_transform.beam.impl": "tidefall.lifecycle.transform.beam",
    "tensorflow_transform.tf_metadata.dataset_metadata": "tidefall.lifecycle.transform.features",
    "tensorflow_transform.tf_metadata.schema_utils": "tidefall.lifecycle.transform.features",
}


def asks_for_keras_2() -> bool:
    """Whether `TF_USE_LEGACY_KERAS` says that `tf.keras` is Keras 2, the package tf_keras."""
    return os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")


def answered_by(name: str) -> str | None:
    """The module that answers to a name; None if there is none.

    >>> answered_by("tensorflow_model_optimization.sparsity.keras")
    'tidefall.lite.optimize.sparsity.keras'
    """
    first, dot, rest = name.partition(".")
    if first not in SATELLITES or _is_for_keras_2(first):
        return None
    found = _RENAMED.get(name, SATELLITES[first] + dot + rest)
    return found if importlib.util.find_spec(found) is not None else None


def _is_for_keras_2(package: str) -> bool:
    """Whether the package itself is meant: it works on Keras 2 alone, and that is asked for."""
    if package != "tensorflow_model_optimization" or not asks_for_keras_2():
        return False
    return PathFinder.find_spec(package) is not None


def is_satellite(name: str) -> bool:
    """Whether a module's name is below one of them."""
    return name.partition(".")[0] in SATELLITES
