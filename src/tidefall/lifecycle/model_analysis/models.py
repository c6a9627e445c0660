"""Models that are evaluated: where they lie and how they are loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tidefall.lifecycle.data_validation.failures import invalid, missing, unimplemented

_EVAL = "eval"


class ModelLoader(NamedTuple):
    """How a model is loaded.

    Attributes:
        construct_fn: a function without arguments that returns a SavedModel's object or a Keras
            model.
        tags: not used.
    """

    construct_fn: Callable[[], Any]
    tags: Sequence[str] = ()


class EvalSharedModel(NamedTuple):
    """A model to evaluate.

    Attributes:
        model_path: the folder of a SavedModel, or a file of Keras (`.keras`, `.h5`).
        model_loader: loads it in place of that.
        model_name: which model spec it is the model of.
        is_baseline: whether changes are measured from it.
        rubber_stamp: whether a first model is blessed without a baseline.
        add_metrics_callbacks, include_default_metrics, example_weight_key, additional_fetches,
            model_type, resource_hints, backend_config_proto: as TensorFlow Model Analysis names
            them; nothing looks at them here.
    """

    model_path: str | None = None
    add_metrics_callbacks: Sequence[Any] | None = None
    include_default_metrics: bool | None = True
    example_weight_key: str | Mapping[str, str] | None = None
    additional_fetches: Sequence[str] | None = None
    model_loader: ModelLoader | None = None
    model_name: str = ""
    model_type: str = ""
    rubber_stamp: bool = False
    is_baseline: bool = False
    resource_hints: Mapping[str, Any] | None = None
    backend_config_proto: Any = None


def default_eval_shared_model(
    eval_saved_model_path: str | os.PathLike[str],
    add_metrics_callbacks: Sequence[Any] | None = None,
    include_default_metrics: bool | None = True,
    example_weight_key: str | Mapping[str, str] | None = None,
    additional_fetches: Sequence[str] | None = None,
    blacklist_feature_fetches: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    model_name: str = "",
    eval_config: Any = None,
    custom_model_loader: ModelLoader | None = None,
    rubber_stamp: bool | None = False,
    resource_hints: Mapping[str, Any] | None = None,
    backend_config_proto: Any = None,
) -> EvalSharedModel:
    """Return a model to evaluate.

    Args:
        eval_saved_model_path: the folder of a SavedModel, or a file of Keras.
        add_metrics_callbacks: not possible; metrics are named in an `EvalConfig`.
        include_default_metrics: accepted; SavedModels keep no metrics of Keras 3.
        example_weight_key: not possible; the model spec says it.
        additional_fetches: not possible.
        blacklist_feature_fetches: not possible.
        tags: of the SavedModel; only "serve" is possible.
        model_name: the name of its model spec, where there are several.
        eval_config: an `EvalConfig`, which says whether it is the baseline.
        custom_model_loader: a `ModelLoader`.
        rubber_stamp: whether a first model is blessed without a baseline.
        resource_hints: accepted; there is nothing to hint at.
        backend_config_proto: accepted.

    Raises:
        InvalidArgumentError: the configuration has no spec of that name.
        UnimplementedError: an argument that is not possible is given.
    """
    for name, value in (
        ("add_metrics_callbacks", add_metrics_callbacks),
        ("additional_fetches", additional_fetches),
        ("blacklist_feature_fetches", blacklist_feature_fetches),
        ("example_weight_key; set it in the model_spec", example_weight_key),
    ):
        if value:
            raise unimplemented(f"default_eval_shared_model: {name}")
    if tags and _EVAL in tags:
        raise unimplemented("EvalSavedModels of Estimators (tag 'eval'); export a serving model")
    is_baseline, kind = False, ""
    if eval_config is not None and eval_config.model_specs:
        spec = spec_of(eval_config, model_name)
        is_baseline, kind = spec.is_baseline, spec.model_type
        if spec.signature_name == _EVAL:
            raise unimplemented("EvalSavedModels of Estimators (signature 'eval')")
    return EvalSharedModel(
        model_path=os.fspath(eval_saved_model_path),
        include_default_metrics=include_default_metrics,
        model_loader=custom_model_loader,
        model_name=model_name,
        model_type=kind,
        rubber_stamp=bool(rubber_stamp),
        is_baseline=is_baseline,
        resource_hints=resource_hints,
        backend_config_proto=backend_config_proto,
    )


def spec_of(eval_config: Any, model_name: str) -> Any:
    """Return a model's spec; the only one belongs to an unnamed model.

    Raises:
        InvalidArgumentError: there is none.
    """
    specs = list(eval_config.model_specs)
    if len(specs) == 1 and (not model_name or not specs[0].name):
        return specs[0]
    for spec in specs:
        if spec.name == model_name:
            return spec
    raise invalid(f"no model_spec is called {model_name!r}: {[spec.name for spec in specs]}")


def models_of(given: Any) -> list[EvalSharedModel]:
    """Return models as a list, with names where there are several.

    Args:
        given: None, an `EvalSharedModel`, a list, or a dictionary by name.

    Raises:
        ValueError: names are missing, or contradict the keys.
        TypeError: one is something else.
    """
    if given is None:
        return []
    if isinstance(given, Mapping):
        found = []
        for name, model in given.items():
            if model.model_name and name and name != model.model_name:
                raise ValueError(
                    f"the key {name!r} is not the name of its model, {model.model_name!r}"
                )
            found.append(model._replace(model_name=model.model_name or name))
    else:
        found = [given] if isinstance(given, EvalSharedModel) else list(given)
    for model in found:
        if not isinstance(model, EvalSharedModel):
            raise TypeError(f"expected an EvalSharedModel, received {type(model).__name__}")
    if len(found) > 1 and not all(model.model_name for model in found):
        raise ValueError("model_name is required when passing multiple EvalSharedModels")
    if len(found) == 1:
        found = [found[0]._replace(model_name="")]
    return found


def loaded(model: EvalSharedModel) -> Any:
    """Return the object of a SavedModel, or a Keras model.

    Raises:
        NotFoundError: there is none.
    """
    import tidefall as tf

    if model.model_loader is not None:
        return model.model_loader.construct_fn()
    path = model.model_path or ""
    if not os.path.exists(path):
        raise missing(f"no model at {path!r}")
    if path.endswith((".keras", ".h5")):
        return tf.keras.models.load_model(path, compile=False)
    return tf.saved_model.load(path)
