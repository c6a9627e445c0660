"""Evaluator: metrics of a model, and whether they are good enough: `BLESSED` or `NOT_BLESSED`."""

from __future__ import annotations

import json
import os
from typing import Any

from tidefall.lifecycle.pipelines.components.files import listed, serving_model, split_files
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


class EvaluatorSpec(ComponentSpec):
    """What Evaluator takes and gives."""

    PARAMETERS = dict.fromkeys(
        ("eval_config", "example_splits", "fairness_indicator_thresholds"),
        ExecutionParameter(optional=True),
    )
    INPUTS = {  # noqa: RUF012
        "examples": ChannelParameter(types.Examples),
        "model": ChannelParameter(types.Model, optional=True),
        "baseline_model": ChannelParameter(types.Model, optional=True),
        "schema": ChannelParameter(types.Schema, optional=True),
    }
    OUTPUTS = {  # noqa: RUF012
        "evaluation": ChannelParameter(types.ModelEvaluation),
        "blessing": ChannelParameter(types.ModelBlessing),
    }


class EvaluatorExecutor(BaseExecutor):
    """Runs model analysis on the examples, with the baseline where there is one."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        from tidefall.lifecycle import model_analysis as tfma

        (evaluation,), (blessing,) = output_dict["evaluation"], output_dict["blessing"]
        candidate = single(input_dict["model"], "model") if input_dict.get("model") else None
        baselines = input_dict.get("baseline_model") or []
        baseline = single(baselines, "baseline_model") if baselines else None
        config = json_to_proto(exec_properties["eval_config"], tfma.EvalConfig())
        fairness = listed(exec_properties, "fairness_indicator_thresholds")
        if fairness:
            settings = json.dumps({"thresholds": fairness})
            metric = tfma.MetricConfig(class_name="FairnessIndicators", config=settings)
            config.metrics_specs.add(metrics=[metric])
        # A first model has nothing to be compared with: then changes are held against no one.
        complete = tfma.utils.update_eval_config_with_defaults(
            config, has_baseline=baseline is not None, rubber_stamp=True
        )
        if len(complete.model_specs) > 2:
            raise invalid(
                "Evaluator compares two models at most; eval_config has "
                f"{len(complete.model_specs)} model_specs"
            )
        models = []
        for spec in complete.model_specs:
            model = baseline if spec.is_baseline else candidate
            if model is not None:
                models.append(
                    tfma.default_eval_shared_model(
                        eval_saved_model_path=serving_model(model),
                        model_name=spec.name,
                        eval_config=complete,
                        rubber_stamp=baseline is None,
                    )
                )
        splits = listed(exec_properties, "example_splits") or ["eval"]
        files = [p for one in input_dict["examples"] for s in splits for p in split_files(one, s)]
        tfma.run_model_analysis(
            eval_shared_model=models or None,
            eval_config=config,
            data_location=files,
            file_format="tfrecords",
            output_path=evaluation.uri,
        )
        if tfma.utils.has_threshold(config):
            _bless(evaluation, blessing, candidate, baseline)


def _bless(evaluation: Any, blessing: Any, candidate: Any, baseline: Any) -> None:
    """Write `BLESSED` or `NOT_BLESSED`; without thresholds neither is there, as in TFX."""
    from tidefall.lifecycle import model_analysis as tfma

    blessed = int(tfma.load_validation_result(evaluation.uri).validation_ok)
    flag = "BLESSED" if blessed else "NOT_BLESSED"
    open(os.path.join(blessing.uri, flag), "wb").close()
    blessing.set_int_custom_property("blessed", blessed)
    for name, model in (("current_model", candidate), ("baseline_model", baseline)):
        if model is not None:
            blessing.set_string_custom_property(name, model.uri)
            blessing.set_int_custom_property(f"{name}_id", model.id)


class Evaluator(BaseComponent):
    """Metrics of a model by slices, and whether they keep to their thresholds.

    Args:
        examples: Examples.
        model: a Model; None where the examples hold predictions, which `prediction_key` names.
        baseline_model: the Model that changes are measured from; may be none yet.
        feature_slicing_spec, module_file, module_path: not supported.
        fairness_indicator_thresholds: thresholds of fairness indicators, which are added to the
            metrics.
        example_splits: which splits; "eval" by default.
        eval_config: an `EvalConfig` of model analysis.
        schema: a Schema; accepted, for what a model takes is in its signature.
    """

    SPEC_CLASS, EXECUTOR_SPEC = EvaluatorSpec, EvaluatorExecutor

    def __init__(
        self,
        examples: Any,
        model: Any = None,
        baseline_model: Any = None,
        feature_slicing_spec: Any = None,
        fairness_indicator_thresholds: list[float] | None = None,
        example_splits: list[str] | None = None,
        eval_config: Any = None,
        schema: Any = None,
        module_file: str | None = None,
        module_path: str | None = None,
    ):
        if feature_slicing_spec or module_file or module_path:
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
                fairness_indicator_thresholds=json.dumps(fairness_indicator_thresholds or []),
            )
        )
