"""Evaluator: metrics of a model, and whether they are good enough: `BLESSED` or `NOT_BLESSED`."""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

from tidefall.lifecycle.pipelines.components.files import (
    listed,
    schema_path,
    serving_model,
    split_files,
)
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import invalid, unimplemented
from tidefall.lifecycle.pipelines.types import standard_artifacts as types
from tidefall.lifecycle.pipelines.types.artifact import single
from tidefall.lifecycle.pipelines.utils.proto_utils import json_to_proto

_ANALYSIS = "tidefall.lifecycle.model_analysis"


class EvaluatorSpec(ComponentSpec):
    """What Evaluator takes and gives."""

    PARAMETERS = dict.fromkeys(("eval_config", "example_splits"), ExecutionParameter(optional=True))
    INPUTS = {  # noqa: RUF012
        "examples": ChannelParameter(types.Examples),
        "model": ChannelParameter(types.Model),
        "baseline_model": ChannelParameter(types.Model, optional=True),
        "schema": ChannelParameter(types.Schema, optional=True),
    }
    OUTPUTS = {  # noqa: RUF012
        "evaluation": ChannelParameter(types.ModelEvaluation),
        "blessing": ChannelParameter(types.ModelBlessing),
    }


def _analysis() -> Any:
    module = importlib.import_module(_ANALYSIS)
    if not hasattr(module, "run_model_analysis"):
        raise unimplemented("Evaluator: the analysis of models (`run_model_analysis`)")
    return module


class EvaluatorExecutor(BaseExecutor):
    """Runs model analysis on the examples, with the baseline where there is one."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        tfma = _analysis()
        (evaluation,), (blessing,) = output_dict["evaluation"], output_dict["blessing"]
        baseline = input_dict.get("baseline_model") or []
        config = json_to_proto(exec_properties["eval_config"], tfma.EvalConfig())
        config = tfma.utils.update_eval_config_with_defaults(
            config, has_baseline=bool(baseline), rubber_stamp=True
        )
        candidate = single(input_dict["model"], "model")
        models = [
            tfma.default_eval_shared_model(
                eval_saved_model_path=serving_model(baseline[0] if spec.is_baseline else candidate),
                model_name=spec.name,
                eval_config=config,
            )
            for spec in config.model_specs
            if baseline or not spec.is_baseline
        ]
        schema = None
        if input_dict.get("schema"):
            from tidefall.lifecycle import data_validation as tfdv

            schema = tfdv.load_schema_text(schema_path(input_dict["schema"][0]))
        splits = listed(exec_properties, "example_splits") or ["eval"]
        files = [p for one in input_dict["examples"] for s in splits for p in split_files(one, s)]
        tfma.run_model_analysis(
            eval_shared_model=models[0] if len(models) == 1 else models,
            eval_config=config,
            data_location=files,
            output_path=evaluation.uri,
            schema=schema,
        )
        result = tfma.load_validation_result(evaluation.uri)
        blessed = int(result is None or result.validation_ok)
        flag = "BLESSED" if blessed else "NOT_BLESSED"
        open(os.path.join(blessing.uri, flag), "wb").close()
        blessing.set_int_custom_property("blessed", blessed)
        blessing.set_string_custom_property("current_model", candidate.uri)
        blessing.set_int_custom_property("current_model_id", candidate.id)
        if baseline:
            blessing.set_string_custom_property("baseline_model", baseline[0].uri)
            blessing.set_int_custom_property("baseline_model_id", baseline[0].id)


class Evaluator(BaseComponent):
    """Metrics of a model by slices, and whether they keep to their thresholds.

    Args:
        examples: Examples.
        model: a Model.
        baseline_model: the Model that changes are measured from; may be none yet.
        feature_slicing_spec, fairness_indicator_thresholds, module_file, module_path: not
            supported; an `EvalConfig` says the same.
        example_splits: which splits; "eval" by default.
        eval_config: an `EvalConfig` of model analysis.
        schema: a Schema.
    """

    SPEC_CLASS, EXECUTOR_SPEC = EvaluatorSpec, EvaluatorExecutor

    def __init__(
        self,
        examples: Any,
        model: Any = None,
        baseline_model: Any = None,
        feature_slicing_spec: Any = None,
        fairness_indicator_thresholds: Any = None,
        example_splits: list[str] | None = None,
        eval_config: Any = None,
        schema: Any = None,
        module_file: str | None = None,
        module_path: str | None = None,
    ):
        if feature_slicing_spec or fairness_indicator_thresholds or module_file or module_path:
            raise unimplemented("Evaluator without an EvalConfig, and with functions of a module")
        if eval_config is None:
            raise invalid("Evaluator takes an eval_config: an EvalConfig of model analysis")
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                schema=schema,
                eval_config=eval_config,
                example_splits=json.dumps(example_splits or []),
            )
        )
