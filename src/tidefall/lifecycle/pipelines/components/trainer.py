"""Trainer and Tuner: the user's functions, and where what they make goes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from tidefall.lifecycle.pipelines import proto
from tidefall.lifecycle.pipelines.components.files import message
from tidefall.lifecycle.pipelines.components.fn_args import common_fn_args
from tidefall.lifecycle.pipelines.components.user_code import sent_by_value, user_function
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import invalid, missing, unimplemented
from tidefall.lifecycle.pipelines.types import standard_artifacts as types
from tidefall.lifecycle.tune.tuner import Tuner as OptunaTuner

_OPTIONAL = ExecutionParameter(optional=True)


def _optional(type: Any) -> ChannelParameter:
    return ChannelParameter(type, optional=True)


class TrainerSpec(ComponentSpec):
    """What Trainer takes and gives."""

    PARAMETERS = dict.fromkeys(
        ("train_args", "eval_args", "module_file", "run_fn", "custom_config"), _OPTIONAL
    )
    INPUTS = {  # noqa: RUF012
        "examples": ChannelParameter(types.Examples),
        "transform_graph": _optional(types.TransformGraph), "schema": _optional(types.Schema),
        "base_model": _optional(types.Model), "hyperparameters": _optional(types.HyperParameters),
        "statistics": _optional(types.ExampleStatistics),
    }  # fmt: skip
    OUTPUTS = {"model": ChannelParameter(types.Model),  # noqa: RUF012
               "model_run": ChannelParameter(types.ModelRun)}  # fmt: skip


class TrainerExecutor(BaseExecutor):
    """Calls `run_fn`."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        (model,), (model_run,) = output_dict["model"], output_dict["model_run"]
        arguments = common_fn_args(input_dict, exec_properties)
        arguments.transform_output = arguments.transform_graph_path
        arguments.schema_file = arguments.schema_path
        arguments.serving_model_dir = os.path.join(model.uri, "Format-Serving")
        arguments.eval_model_dir = os.path.join(model.uri, "Format-TFMA")
        arguments.model_run_dir = model_run.uri
        if input_dict.get("hyperparameters"):
            path = os.path.join(input_dict["hyperparameters"][0].uri, "best_hyperparameters.txt")
            with open(path, encoding="utf-8") as file:
                arguments.hyperparameters = json.load(file)
        user_function(exec_properties, "run_fn")(arguments)
        if not os.path.exists(arguments.serving_model_dir):
            raise missing(
                "Trainer: run_fn saved no model at fn_args.serving_model_dir, "
                f"{arguments.serving_model_dir}"
            )


class Trainer(BaseComponent):
    """A model that the user's `run_fn` trains.

    Args:
        statistics, examples, transform_graph, schema, base_model, hyperparameters: what it reads.
        transformed_examples: the same as examples, by its old name.
        module_file: a file with `run_fn(fn_args)`.
        run_fn: in its place the path of a function, "package.module.function".
        train_args, eval_args: `TrainArgs` and `EvalArgs`: steps and splits.
        custom_config: a dict for `run_fn`.
        custom_executor_spec: another executor.
    """

    SPEC_CLASS, EXECUTOR_SPEC = TrainerSpec, TrainerExecutor

    def __init__(
        self, statistics: Any = None, examples: Any = None, transformed_examples: Any = None,
        transform_graph: Any = None, schema: Any = None, base_model: Any = None,
        hyperparameters: Any = None, module_file: Any = None, run_fn: Any = None,
        train_args: Any = None, eval_args: Any = None,
        custom_config: Mapping[str, Any] | None = None, custom_executor_spec: Any = None,
    ):  # fmt: skip
        if bool(examples) + bool(transformed_examples) != 1:
            raise invalid("Trainer takes one of examples and transformed_examples")
        if bool(module_file) + bool(run_fn) != 1:
            raise invalid("Trainer takes one of module_file and run_fn")
        given = _spec_arguments(TrainerSpec, locals())
        given["examples"] = examples or transformed_examples
        super().__init__(TrainerSpec(**given), custom_executor_spec)


def _spec_arguments(spec: type[ComponentSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those arguments of a constructor that a spec takes, with the defaults that both have."""
    taken = {name: given[name] for name in (*spec.PARAMETERS, *spec.INPUTS)}
    return taken | {
        "train_args": given["train_args"] or proto.TrainArgs(),
        "eval_args": given["eval_args"] or proto.EvalArgs(),
        "custom_config": json.dumps(given["custom_config"] or {}, sort_keys=True),
    }


class TunerFnResult(NamedTuple):
    """What `tuner_fn` returns: a tuner, and the arguments of its `search`.

    Attributes:
        tuner: KerasTuner's, or a `tidefall.tune.Tuner`.
        fit_kwargs: of `search`; with `tidefall.tune` also a function from a trial to them.
    """

    tuner: Any
    fit_kwargs: Any


class TunerSpec(ComponentSpec):
    """What Tuner takes and gives."""

    PARAMETERS = dict.fromkeys(
        ("train_args", "eval_args", "tune_args", "module_file", "tuner_fn", "custom_config"),
        _OPTIONAL,
    )
    INPUTS = {  # noqa: RUF012
        "examples": ChannelParameter(types.Examples), "schema": _optional(types.Schema),
        "transform_graph": _optional(types.TransformGraph), "base_model": _optional(types.Model),
    }  # fmt: skip
    OUTPUTS = {"best_hyperparameters": ChannelParameter(types.HyperParameters),  # noqa: RUF012
               "tuner_results": ChannelParameter(types.TunerResults)}  # fmt: skip


class TunerExecutor(BaseExecutor):
    """Calls `tuner_fn`, and searches."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        (best,), (results,) = output_dict["best_hyperparameters"], output_dict["tuner_results"]
        # What a tuner writes there, it finds again after it was killed.
        folder = self.state_dir or f"{best.uri}.work"
        arguments = common_fn_args(input_dict, exec_properties, folder)
        function = user_function(exec_properties, "tuner_fn")
        made = function(arguments)
        parallel = message("TuneArgs", exec_properties, "tune_args").num_parallel_trials
        if isinstance(made.tuner, OptunaTuner):
            # Trials of other data or code are not trials of this search.
            name = f"{made.tuner.name}-{os.path.basename(folder)[:12]}"
            workers = parallel or made.tuner.workers
            tuner = replace(made.tuner, name=name, workers=workers)
            with sent_by_value(function):
                config, trials = _optuna_results(tuner.search_with(made.fit_kwargs))
        elif parallel > 1:
            raise unimplemented("Tuner(tune_args=...) with KerasTuner: trials beside each other")
        else:
            made.tuner.search(**made.fit_kwargs)
            config, trials = _keras_tuner_results(made.tuner)
        for artifact, name, value in (
            (best, "best_hyperparameters.txt", config),
            (results, "tuner_results.json", trials),
        ):
            with open(os.path.join(artifact.uri, name), "w", encoding="utf-8") as file:
                json.dump(value, file)


def _keras_tuner_results(tuner: Any) -> tuple[Any, list[dict[str, Any]]]:
    # KerasTuner fills up the best trials with failed ones.
    every = tuner.oracle.get_best_trials(len(tuner.oracle.trials))
    ended = [trial for trial in every if trial.status == "COMPLETED"]
    if not ended:
        said = next((trial.message for trial in every if trial.message), "there was no trial")
        raise missing(f"Tuner: no trial of tuner_fn's search ended well:\n{said[-2000:]}")
    trials = [
        {"trial_id": one.trial_id, "score": one.score, **one.hyperparameters.values}
        for one in ended
    ]
    return ended[0].hyperparameters.get_config(), trials


def _optuna_results(result: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The same of `tidefall.tune`; KerasTuner's `HyperParameters.from_config` reads the values."""
    if not result.best_trials:
        raise missing("Tuner: no trial of tuner_fn's search ended well")
    best = {trial.number for trial in result.best_trials}
    ended = [trial for trial in result.trials if trial.state.name == "COMPLETE"]
    ended.sort(key=lambda trial: (trial.number not in best, trial.number))
    trials = [{"trial_id": str(one.number), "score": one.values[0], **one.params} for one in ended]
    return {"space": [], "values": ended[0].params}, trials


class Tuner(BaseComponent):
    """The best hyperparameters, by the user's `tuner_fn`.

    Args:
        examples, schema, transform_graph, base_model: what it reads.
        module_file: a file with `tuner_fn(fn_args)`, which returns a `TunerFnResult`.
        tuner_fn: in its place the path of a function.
        train_args, eval_args: `TrainArgs` and `EvalArgs`.
        tune_args: `TuneArgs`: with `tidefall.tune`, how many trials run at once.
        custom_config: a dict for `tuner_fn`.
    """

    SPEC_CLASS, EXECUTOR_SPEC = TunerSpec, TunerExecutor

    def __init__(
        self, examples: Any, schema: Any = None, transform_graph: Any = None,
        base_model: Any = None, module_file: str | None = None, tuner_fn: str | None = None,
        train_args: Any = None, eval_args: Any = None, tune_args: Any = None,
        custom_config: Mapping[str, Any] | None = None,
    ):  # fmt: skip
        if bool(module_file) + bool(tuner_fn) != 1:
            raise invalid("Tuner takes one of module_file and tuner_fn")
        super().__init__(TunerSpec(**_spec_arguments(TunerSpec, locals())))
