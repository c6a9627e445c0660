"""The user's functions for Tuner and Trainer: y = 2 x, learned with a rate that is searched."""

from __future__ import annotations

import json
import os

import keras
import keras_tuner

from tidefall import tune
from tidefall.lifecycle import data_validation as tfdv
from tidefall.lifecycle.pipelines.components.fn_args import TensorFlowDatasetOptions
from tidefall.lifecycle.pipelines.components.trainer import TunerFnResult

RATES = (0.0001, 0.02)


def model_of(choices):
    keras.utils.set_random_seed(1)
    x = keras.Input((1,), name="x")
    model = keras.Model({"x": x}, keras.layers.Dense(1, use_bias=False)(x))
    model.compile(keras.optimizers.SGD(choices.get("rate")), "mse")
    return model


class Searched(keras_tuner.HyperModel):
    def build(self, hp):
        return model_of(hp)

    def fit(self, hp, model, *args, **kwargs):
        if hp.get("rate") > 1.0:
            raise ValueError("this rate cannot be")
        return super().fit(hp, model, *args, **kwargs)


def data(fn_args, files):
    options = TensorFlowDatasetOptions(batch_size=8, shuffle=False, label_key="y")
    schema = tfdv.load_schema_text(fn_args.schema_path)
    return fn_args.data_accessor.tf_dataset_factory(files, options, schema)


def fit_arguments(fn_args):
    return {
        "x": data(fn_args, fn_args.train_files),
        "validation_data": data(fn_args, fn_args.eval_files),
        "steps_per_epoch": fn_args.train_steps,
        "validation_steps": fn_args.eval_steps,
        "shuffle": False,
        "verbose": 0,
    }


def optuna_tuner(fn_args):
    rates = fn_args.custom_config["rates"]
    sampler = tune.samplers.GridSampler({"rate": rates}, seed=0)
    tuner = tune.Tuner(
        lambda trial: model_of(trial.params), {"rate": rates}, sampler=sampler, trials=9,
        name="rates", store=fn_args.custom_config["store"], view="none",
    )  # fmt: skip
    # Datasets are made where the trial runs.
    return TunerFnResult(tuner, lambda trial: fit_arguments(fn_args))


def tuner_fn(fn_args):
    if "store" in (fn_args.custom_config or {}):
        return optuna_tuner(fn_args)
    choices = keras_tuner.HyperParameters()
    choices.Choice("rate", (fn_args.custom_config or {}).get("rates", RATES))
    tuner = keras_tuner.GridSearch(
        Searched(), "val_loss", hyperparameters=choices, directory=fn_args.working_dir,
        project_name="search",
    )  # fmt: skip
    return TunerFnResult(tuner, fit_arguments(fn_args))


def run_fn(fn_args):
    choices = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)
    model = model_of(choices)
    model.fit(
        data(fn_args, fn_args.train_files), steps_per_epoch=fn_args.train_steps, shuffle=False,
        verbose=0,
    )  # fmt: skip
    model.export(fn_args.serving_model_dir, verbose=False)
    with open(os.path.join(fn_args.model_run_dir, "rate.json"), "w", encoding="utf-8") as file:
        json.dump(choices.get("rate"), file)
