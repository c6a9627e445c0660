"""What a model says of a batch: through a signature, or a Keras model's own call.

A signature with one input of strings takes serialized Examples; other inputs are features by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.model_analysis.inputs import as_array
from tidefall.lifecycle.model_analysis.lite_models import LiteModel, lite_file
from tidefall.lifecycle.model_analysis.models import EvalSharedModel, loaded
from tidefall.lifecycle.model_analysis.rows import Rows

BATCH = 1024
"""Rows that a model sees at once, where its spec does not say `inference_batch_size`."""
_CONVENTIONAL = ("logistic", "predictions", "probabilities", "logits")
_SUFFIX = "_input"


@dataclass(frozen=True)
class Call:
    """A function of a model.

    Attributes:
        name: what errors call it.
        inputs: their `TensorSpec`s by name.
        function: from tensors by name to what it returns.
    """

    name: str
    inputs: Mapping[str, Any]
    function: Callable[[dict[str, Any]], Any]

    def __call__(self, rows: Rows, transformed: Mapping[str, Any]) -> Any:
        """Return what it says of rows.

        Args:
            rows: the rows.
            transformed: features that a preprocessing function made of them.
        """
        import tidefall as tf

        given = {}
        for name, spec in self.inputs.items():
            column = _column_name(name, rows, transformed)
            if column is None and len(self.inputs) == 1 and spec.dtype == tf.string:
                given[name] = tf.constant(list(rows.examples()), tf.string)
            elif column is None:
                raise invalid(
                    f"{self.name} takes {name!r}; the data have {sorted(rows.batch.schema.names)}"
                    + (f", preprocessing makes {sorted(transformed)}" if transformed else "")
                )
            elif column in transformed:
                given[name] = transformed[column]
            else:
                given[name] = _tensor(rows.batch.column(column), column, spec)
        return self.function(given)


def _column_name(name: str, rows: Rows, transformed: Mapping[str, Any]) -> str | None:
    names = {*transformed, *rows.batch.schema.names}
    # Keras 2 calls a layer's input so.
    short = name.removesuffix(_SUFFIX)
    return next((one for one in (name, short) if one in names), None)


def _tensor(column: Any, name: str, spec: Any) -> Any:
    """A column as a tensor of a spec's dtype and rank."""
    import tidefall as tf

    if isinstance(spec, tf.RaggedTensorSpec):
        rows = [[] if row is None else row for row in column.to_pylist()]
        return tf.ragged.constant(rows, spec.dtype, ragged_rank=spec.ragged_rank)
    values = as_array(column, name)
    if spec.dtype == tf.string:
        texts = ["" if value is None else value for value in values.ravel()]
        values = np.array(texts, object).reshape(values.shape)
    elif values.dtype.kind not in "iufb":
        raise invalid(f"column {name!r} holds {values.dtype}, the model takes {spec.dtype.name}")
    elif values.dtype.kind == "f" and spec.dtype.is_integer and np.isnan(values).any():
        raise invalid(f"column {name!r}: rows have no value, and the model takes whole numbers")
    rank = spec.shape.rank
    if rank == 2 and values.ndim == 1:
        values = values[:, None]
    elif rank == 1 and values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return tf.constant(values, spec.dtype)


class Predictor:
    """A model, ready to be asked.

    Args:
        shared: the model.
        spec: its `ModelSpec`.

    Raises:
        NotFoundError: there is no such model.
        InvalidArgumentError: it has no such signature.
    """

    def __init__(self, shared: EvalSharedModel, spec: Any):
        if spec.model_type in ("tf_js", "tf_estimator", "tf_ranking"):
            raise unimplemented(f"model_spec {spec.name!r}: model_type {spec.model_type!r}")
        self._spec, self._place = spec, shared.model_path or "the model"
        self._batch = spec.inference_batch_size or BATCH
        if spec.model_type == "tf_lite" or self._place.endswith(".tflite"):
            if spec.preprocessing_function_names:
                raise invalid(f"model_spec {spec.name!r}: a Lite model has no preprocessing")
            lite = LiteModel(lite_file(self._place), spec.signature_name)
            self._call, self._preprocessing = Call("the model", lite.inputs, lite), []
            return
        self._model = loaded(shared)
        self._call = self._found(spec.signature_name)
        self._preprocessing = [self._found(n) for n in spec.preprocessing_function_names]

    def _found(self, name: str) -> Call:
        import tidefall as tf

        signatures = getattr(self._model, "signatures", None)
        if isinstance(self._model, tf.keras.Model) and not signatures:
            return self._keras_call(name)
        signatures = signatures or {}
        if not name:
            name = "predict" if "predict" in signatures else "serving_default"
        if name in signatures:
            call = signatures[name]
            inputs = call.structured_input_signature[1]
            return Call(f"signature {name!r}", inputs, lambda given: call(**given))
        function = getattr(self._model, name, None)
        concrete = getattr(function, "concrete_functions", None)
        if not concrete:
            raise invalid(
                f"{self._place} has no signature and no function {name!r}; its signatures are "
                f"{sorted(signatures)}"
            )
        (positional, named) = concrete[0].structured_input_signature
        if len(positional) == 1 and isinstance(positional[0], Mapping) and not named:
            return Call(f"function {name!r}", positional[0], lambda given: function(given))
        if len(positional) == 1 and isinstance(positional[0], tf.TensorSpec) and not named:
            return Call(
                f"function {name!r}",
                {positional[0].name or "examples": positional[0]},
                lambda given: function(next(iter(given.values()))),
            )
        raise unimplemented(
            f"function {name!r} of {self._place} takes {concrete[0].structured_input_signature}; "
            "export it as a signature"
        )

    def _keras_call(self, name: str) -> Call:
        import tidefall as tf

        model = self._model
        if name and name != "serving_default":
            raise invalid(
                f"{self._place} is a Keras model without signatures, {name!r} is asked for; "
                "export it as a SavedModel with that signature"
            )
        given = getattr(model, "input", None) if model.built else None
        if given is None:
            raise invalid(
                f"{self._place}: a Keras model whose inputs are not known; make it of "
                "`keras.Input`s, or export it with a signature"
            )
        named = isinstance(given, Mapping)
        tensors = list(given.values()) if named else given if isinstance(given, list) else [given]
        names = list(given) if named else [one.name for one in tensors]
        inputs = {
            key: tf.TensorSpec(one.shape, one.dtype)
            for key, one in zip(names, tensors, strict=True)
        }

        @tf.function(reduce_retracing=True)
        def function(values: dict[str, Any]) -> Any:
            parts = list(values.values())
            return model(values if named else parts if len(parts) > 1 else parts[0], training=False)

        return Call(f"model {model.name!r}", inputs, function)

    def __call__(self, rows: Rows) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Return what the model says of rows.

        Args:
            rows: the rows.

        Returns:
            Predictions by output, and features that preprocessing made: arrays, [rows, ...].

        Raises:
            InvalidArgumentError: the data do not fit, or the model gives another number of rows.
        """
        outputs: list[dict[str, np.ndarray]] = []
        features: list[dict[str, np.ndarray]] = []
        for start in range(0, rows.batch.num_rows, self._batch):
            part = rows.part(start, self._batch)
            transformed: dict[str, Any] = {}
            for call in self._preprocessing:
                found = call(part, transformed)
                if not isinstance(found, Mapping):
                    raise invalid(f"{call.name} gives no features by name, but {type(found)}")
                transformed |= found
            outputs.append(self._checked(_named(self._call(part, transformed)), part))
            features.append(_dense(transformed))
        return _joined(outputs), _joined(features)

    def _checked(self, found: dict[str, np.ndarray], part: Rows) -> dict[str, np.ndarray]:
        for name, value in found.items():
            if value.ndim == 0 or len(value) != part.batch.num_rows:
                raise invalid(
                    f"{self._call.name} of {self._place}, output {name!r}: shape {value.shape} for "
                    f"{part.batch.num_rows} rows"
                )
        key = self._spec.prediction_key
        if key and key not in found:
            raise invalid(
                f"{self._call.name} of {self._place} has no output {key!r}; it has "
                f"{sorted(found)}; prediction_key names one of them"
            )
        # Texts, such as names of classes, are predictions only where there is nothing else.
        numbers = [name for name, value in found.items() if value.dtype.kind not in "OSU"]
        usual = [name for name in _CONVENTIONAL if name in numbers]
        chosen = next(iter([key] if key else usual or (numbers if len(numbers) == 1 else [])), None)
        if chosen is not None and len(found) > 1:
            found = {**found, "": found[chosen]}
        return {"": found[key]} | found if key else found


def _named(found: Any) -> dict[str, np.ndarray]:
    if isinstance(found, Mapping):
        return {str(name): _array(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return {f"output_{place}": _array(value) for place, value in enumerate(found)}
    return {"": _array(found)}


def _array(value: Any) -> np.ndarray:
    """A tensor as an array; a ragged one as an object array of lists."""
    if not hasattr(value, "row_splits"):
        return np.asarray(value)
    rows = value.to_list()
    found = np.empty(len(rows), object)
    found[:] = rows
    return found


def _dense(tensors: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Tensors as arrays, without sparse ones, which have no values in a row."""
    return {
        name: _array(value)
        for name, value in tensors.items()
        if hasattr(value, "numpy") or hasattr(value, "row_splits")
    }


def _joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
