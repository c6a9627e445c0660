"""TFX's artifact types, and where their files lie."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from typing import Any

from tidefall.lifecycle.pipelines.failures import missing
from tidefall.lifecycle.pipelines.types.artifact import (
    Artifact,
    Property,
    PropertyType,
    ValueArtifact,
)

_SPAN = Property(PropertyType.INT)
_SPLITS = Property(PropertyType.STRING)


class _Split(Artifact):
    """Data in splits: `Split-<name>/` folders below `uri`."""

    PROPERTIES = {"span": _SPAN, "split_names": _SPLITS}  # noqa: RUF012

    @property
    def splits(self) -> list[str]:
        return json.loads(self.split_names) if self.split_names else []

    @splits.setter
    def splits(self, names: Sequence[str]) -> None:
        if isinstance(names, str):
            raise TypeError(f"splits takes a list of names, got {names!r}")
        self.split_names = json.dumps(list(names))

    def path(self, *, split: str) -> str:
        """Return the folder of a split.

        Raises:
            NotFoundError: there is no such split.
        """
        if split not in self.splits:
            raise missing(f"{self!r} has no split {split!r}; it has {self.splits}")
        return os.path.join(self.uri, f"Split-{split}")


class Examples(_Split):
    """Training data: gzip'ed TFRecords of Examples in `Split-<name>/`."""

    TYPE_NAME = "Examples"
    PROPERTIES = {"span": _SPAN, "version": _SPAN, "split_names": _SPLITS}  # noqa: RUF012


class ExampleStatistics(_Split):
    """Statistics: `Split-<name>/FeatureStats.pb`."""

    TYPE_NAME = "ExampleStatistics"


class ExampleAnomalies(_Split):
    """Anomalies: `Split-<name>/SchemaDiff.pb`."""

    TYPE_NAME = "ExampleAnomalies"


def _plain(name: str, words: str) -> type[Artifact]:
    return type(name, (Artifact,), {"TYPE_NAME": name, "__doc__": words, "__module__": __name__})


ExamplesDiff = _plain("ExamplesDiff", "How two sets of examples differ.")
InferenceResult = _plain("InferenceResult", "Predictions: `prediction_logs-*.gz`.")
InfraBlessing = _plain("InfraBlessing", "`INFRA_BLESSED` or `INFRA_NOT_BLESSED`.")
Model = _plain("Model", "A model: `Format-Serving/saved_model.pb`.")
ModelRun = _plain("ModelRun", "What a training wrote beside its model: logs, checkpoints.")
ModelBlessing = _plain("ModelBlessing", "An empty file `BLESSED` or `NOT_BLESSED`.")
ModelEvaluation = _plain("ModelEvaluation", "Metrics, plots and validations of a model.")
PushedModel = _plain("PushedModel", "A copy of the model that was pushed.")
Schema = _plain("Schema", "`schema.pbtxt`.")
TransformCache = _plain("TransformCache", "What analyzers found in each file.")
TransformGraph = _plain("TransformGraph", "A transform's graph and metadata.")
HyperParameters = _plain("HyperParameters", "`best_hyperparameters.txt`.")
TunerResults = _plain("TunerResults", "`tuner_results.json`.")


class Bytes(ValueArtifact):
    """Bytes in a file."""

    TYPE_NAME = "Bytes"

    def encode(self, value: Any) -> bytes:
        return bytes(_checked(value, bytes))

    def decode(self, serialized_value: bytes) -> bytes:
        return serialized_value


class String(ValueArtifact):
    """A text, in UTF-8."""

    TYPE_NAME = "String"

    def encode(self, value: Any) -> bytes:
        return _checked(value, str).encode()

    def decode(self, serialized_value: bytes) -> str:
        return serialized_value.decode()


class Boolean(ValueArtifact):
    """True or False, as "1" or "0"."""

    TYPE_NAME = "Boolean"

    def encode(self, value: Any) -> bytes:
        return b"1" if _checked(value, bool) else b"0"

    def decode(self, serialized_value: bytes) -> bool:
        return int(serialized_value) != 0


class Integer(ValueArtifact):
    """An integer, in decimal."""

    TYPE_NAME = "Integer"

    def encode(self, value: Any) -> bytes:
        return str(_checked(value, int)).encode()

    def decode(self, serialized_value: bytes) -> int:
        return int(serialized_value)


class Float(ValueArtifact):
    """A float, in decimal; "Infinity", "-Infinity" and "NaN"."""

    TYPE_NAME = "Float"

    def encode(self, value: Any) -> bytes:
        number = _checked(value, float)
        if math.isnan(number):
            return b"NaN"
        if math.isinf(number):
            return b"Infinity" if number > 0 else b"-Infinity"
        return str(number).encode()

    def decode(self, serialized_value: bytes) -> float:
        return float(serialized_value)


class JsonValue(ValueArtifact):
    """A value of dicts, lists, texts and numbers."""

    TYPE_NAME = "JsonValue"

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, sort_keys=True).encode()

    def decode(self, serialized_value: bytes) -> Any:
        return json.loads(serialized_value)


def _checked(value: Any, wanted: type) -> Any:
    if not isinstance(value, wanted):
        raise TypeError(f"expected a {wanted.__name__}, got {value!r}")
    return value


def value_artifact_for(python_type: Any) -> type[ValueArtifact] | None:
    """Return the type of artifact that holds a Python type; None if there is none."""
    held = {int: Integer, float: Float, str: String, bytes: Bytes, bool: Boolean,
            dict: JsonValue, list: JsonValue}  # fmt: skip
    return held.get(python_type)
