"""What a model says of a batch of rows: Arrow columns to tensors, and its answers back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.transform.column_tensors import arrow_tensor


class ScoringModel:
    """One signature of a SavedModel.

    Args:
        folder: of the SavedModel.
        signature: which of its signatures.

    Attributes:
        inputs: the specs of what it takes, by name.
        takes_examples: whether that is one text for each row, a serialized Example.

    Raises:
        InvalidArgumentError: there is no such signature.
    """

    def __init__(self, folder: str, signature: str):
        import tidefall as tf

        self._model = tf.saved_model.load(folder)
        call = self._model.signatures.get(signature)
        if call is None:
            known = sorted(self._model.signatures)
            raise invalid(f"{folder} has no signature {signature!r}; it has {known}")
        self._call, self.name = call, signature
        self.inputs: dict[str, Any] = call.structured_input_signature[1]
        spec = next(iter(self.inputs.values()), None)
        self.takes_examples = (
            len(self.inputs) == 1 and spec is not None
            and spec.dtype == tf.string and spec.shape.rank == 1
        )  # fmt: skip

    def check_columns(self, names: Sequence[str], place: str) -> None:
        """See that a table has what the signature takes.

        Raises:
            InvalidArgumentError: it lacks columns.
        """
        lacking = sorted({*self.inputs} - {*names})
        if lacking and not self.takes_examples:
            raise invalid(
                f"{place}: the signature {self.name!r} takes {sorted(self.inputs)}, and the "
                f"columns {lacking} are not there. There are {sorted(names)}"
            )

    def answers(self, batch: Any, place: str) -> dict[str, Any]:
        """Ask about rows.

        Args:
            batch: an Arrow record batch with the columns the signature takes, or, for a signature
                that takes Examples, any.
            place: of the batch, for messages.

        Returns:
            Arrow arrays by the name of the output.

        Raises:
            InvalidArgumentError: a column does not fit, or an output has not a value for each row.
        """
        import tidefall as tf

        names = batch.schema.names
        if self.takes_examples and not {*self.inputs} <= {*names}:
            (name,) = self.inputs
            given = {name: tf.constant(examples_of(batch), tf.string)}
        else:
            given = {
                name: arrow_tensor(place, name, spec, batch.column(names.index(name)))
                for name, spec in self.inputs.items()
            }
        found = {key: value.numpy() for key, value in self._call(**given).items()}
        return {key: _column(key, value, batch.num_rows, place) for key, value in found.items()}


def _column(key: str, value: np.ndarray, rows: int, place: str) -> Any:
    import pyarrow as pa

    if not value.ndim or len(value) != rows:
        raise invalid(
            f"{place}: the output {key!r} has the shape {value.shape} for {rows} rows; each row "
            "needs one"
        )
    if value.ndim == 2 and value.shape[1] == 1:
        value = value[:, 0]
    kind = pa.binary() if value.dtype == object else None
    array = pa.array(np.ascontiguousarray(value).reshape(-1), kind)
    for size in reversed(value.shape[1:]):
        array = pa.FixedSizeListArray.from_arrays(array, size)
    return array


def examples_of(batch: Any) -> list[bytes]:
    """A serialized Example for each row of an Arrow record batch.

    Integers and booleans become int64 lists, other numbers float lists, texts bytes lists; a null
    is a feature without values.
    """
    from tidefall.proto import Example

    columns = {name: batch.column(i).to_pylist() for i, name in enumerate(batch.schema.names)}
    examples = []
    for row in range(batch.num_rows):
        example = Example()
        for name, values in columns.items():
            fill_feature(example.features.feature[name], values[row])
        examples.append(example.SerializeToString())
    return examples


def fill_feature(feature: Any, value: Any) -> None:
    """Put a value, or a list of values, into a Feature."""
    values = np.ravel(value).tolist() if isinstance(value, list) else [value]
    values = [one for one in values if one is not None]
    if not values:
        feature.SetInParent()
    elif isinstance(values[0], (bool, int)):
        feature.int64_list.value.extend(map(int, values))
    elif isinstance(values[0], float):
        feature.float_list.value.extend(values)
    else:
        feature.bytes_list.value.extend(
            one if isinstance(one, bytes) else str(one).encode() for one in values
        )
