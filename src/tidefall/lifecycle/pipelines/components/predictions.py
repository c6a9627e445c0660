"""What a model says of records: as logs, or as features of the records themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.pipelines.components.signatures import ExampleSignature
from tidefall.lifecycle.pipelines.failures import invalid


def prediction_logs(signature: ExampleSignature, records: Sequence[bytes]) -> list[bytes]:
    """Return a serialized `PredictionLog` for each record."""
    outputs = signature(records)
    return [
        signature.log(
            [record], {key: value[row : row + 1] for key, value in outputs.items()}
        ).SerializeToString()
        for row, record in enumerate(records)
    ]


class ExampleColumns:
    """Adds what signatures of a model say to Examples, as an `OutputExampleSpec` wants it.

    Args:
        model: the folder of a SavedModel.
        spec: an `OutputExampleSpec`.

    Raises:
        InvalidArgumentError: it names no output, or a signature that the model has not.
    """

    def __init__(self, model: str, spec: Any):
        self._parts: list[tuple[ExampleSignature, list[tuple[str, str]]]] = []
        for columns in spec.output_columns_spec:
            names = _names(columns)
            if not names:
                raise invalid("OutputExampleSpec: an entry names no output and its column")
            signature = ExampleSignature(model, columns.signature_name or "serving_default")
            self._parts.append((signature, names))
        if not self._parts:
            raise invalid("OutputExampleSpec has no output_columns_spec")

    def __call__(self, records: Sequence[bytes]) -> list[bytes]:
        """Return the records with their new features."""
        import tidefall as tf

        examples = [tf.train.Example.FromString(record) for record in records]
        for signature, names in self._parts:
            outputs = signature(records)
            for key, column in names:
                if key not in outputs:
                    raise invalid(
                        f"signature {signature.name!r} has no output {key!r}; it has "
                        f"{sorted(outputs)}"
                    )
                for example, value in zip(examples, outputs[key], strict=True):
                    if column in example.features.feature:
                        raise invalid(f"the examples have a feature {column!r} already")
                    _fill(example.features.feature[column], np.asarray(value))
        return [example.SerializeToString() for example in examples]


def _names(columns: Any) -> list[tuple[str, str]]:
    """Which outputs become which columns; classifiers and regressors have TensorFlow's names."""
    if columns.HasField("predict_output"):
        return [
            (one.output_key, one.output_column) for one in columns.predict_output.output_columns
        ]
    if columns.HasField("regress_output"):
        return [("outputs", columns.regress_output.value_column)]
    classified = columns.classify_output
    found = [("classes", classified.label_column), ("scores", classified.score_column)]
    return [(key, column) for key, column in found if column]


def _fill(feature: Any, value: np.ndarray) -> None:
    flat = value.reshape(-1)
    if flat.dtype.kind in "iub":
        feature.int64_list.value.extend(flat.astype(np.int64).tolist())
    elif flat.dtype.kind == "f":
        feature.float_list.value.extend(flat.astype(np.float32).tolist())
    else:
        feature.bytes_list.value.extend(
            one if isinstance(one, bytes) else str(one).encode() for one in flat.tolist()
        )
