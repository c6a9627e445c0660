"""What metrics see of a batch: labels, predictions and weights of each model and output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.model_analysis.keys import SubKey


@dataclass(frozen=True)
class Selection:
    """Whose labels and predictions, and how those of many classes become pairs.

    Attributes:
        model: the model's name.
        output: the output's.
        sub_key: a class, a rank, or the first ranks.
        aggregated: whether only the top k pairs stay; otherwise the others get -inf.
        class_weights: weights of classes, as sorted pairs.
        weighted: whether examples' weights count.
    """

    model: str = ""
    output: str = ""
    sub_key: SubKey | None = None
    aggregated: bool = False
    class_weights: tuple[tuple[int, float], ...] = ()
    weighted: bool = False


@dataclass(frozen=True)
class Pairs:
    """Labels and predictions one by one.

    Attributes:
        labels: float64 [rows] or [rows, classes].
        predictions: the same shape.
        weights: float64 that broadcasts to it; None for one each.
    """

    labels: np.ndarray
    predictions: np.ndarray
    weights: np.ndarray | None


class Inputs:
    """A batch with its predictions.

    Args:
        batch: an Arrow record batch.
        labels: arrays by (model, output), [rows] or [rows, classes].
        predictions: the same.
        weights: arrays [rows] by (model, output).
        attributions: arrays [rows] or [rows, values] by feature; of several outputs and models
            these by name. None where nothing gives them.
    """

    def __init__(
        self,
        batch: Any,
        labels: dict[tuple[str, str], np.ndarray],
        predictions: dict[tuple[str, str], np.ndarray],
        weights: dict[tuple[str, str], np.ndarray],
        attributions: Mapping[str, Any] | None = None,
    ):
        self.batch, self.rows = batch, int(batch.num_rows)
        self.all_labels, self.all_predictions, self.all_weights = labels, predictions, weights
        self._attributions = attributions
        self._pairs: dict[Selection, Pairs] = {}

    def labels(self, model: str = "", output: str = "") -> np.ndarray:
        """Labels, [rows] or [rows, classes]."""
        return _found(self.all_labels, model, output, "labels", "label_key")

    def class_labels(self, model: str = "", output: str = "") -> np.ndarray:
        """Labels, of which words are class ids where the model names its classes.

        A model names them in an output `all_classes`, or in `classes` beside `scores`: the names of
        all classes, in the order of its predictions, alike in each row.

        Returns:
            [rows] or [rows, classes]; a word that is none of the names is in no class, so labels
            are then 0 and 1 by class.
        """
        labels = self.labels(model, output)
        names = self._class_names(model)
        if labels.dtype.kind not in "OSU" or names is None:
            return labels
        numbers = {name: number for number, name in enumerate(names)}
        words = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
        ids = np.array([numbers.get(_word(one), -1) for one in words.tolist()], np.int64)
        if (ids >= 0).all():
            return ids
        found = np.zeros((len(ids), len(names)))
        known = np.flatnonzero(ids >= 0)
        found[known, ids[known]] = 1.0
        return found

    def _class_names(self, model: str) -> list[Any] | None:
        has_scores = self.has_output(model, "scores")
        for output in ("all_classes", "classes") if has_scores else ("all_classes",):
            names = self.all_predictions.get((model, output))
            if names is None or names.ndim != 2 or names.dtype.kind not in "OSU" or not len(names):
                continue
            if output == "all_classes" or (names == names[0]).all():
                return [_word(name) for name in names[0].tolist()]
        return None

    def predictions(self, model: str = "", output: str = "") -> np.ndarray:
        """Predictions, [rows] or [rows, classes]."""
        return _found(self.all_predictions, model, output, "predictions", "prediction_key")

    def has_output(self, model: str, output: str) -> bool:
        """Whether the model has an output of that name."""
        return (model, output) in self.all_predictions

    def weights(self, model: str = "", output: str = "") -> np.ndarray | None:
        """Examples' weights, [rows]; None for one each."""
        return self.all_weights.get((model, output), self.all_weights.get((model, "")))

    def attributions(self, model: str = "", output: str = "") -> dict[str, np.ndarray]:
        """What each feature gave to predictions: arrays [rows] or [rows, values] by feature.

        Raises:
            InvalidArgumentError: nothing gives them.
        """
        found: Any = self._attributions
        for name in (model, output):
            if name and isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
                found = found[name]
        if not isinstance(found, Mapping) or any(isinstance(v, Mapping) for v in found.values()):
            raise invalid(
                f"no attributions for model {model!r}, output {output!r}: an extractor of your own "
                "adds `attributions` to extracts, arrays by feature"
            )
        arrays = {name: np.asarray(value, np.float64) for name, value in found.items()}
        for name, values in arrays.items():
            if values.ndim not in (1, 2) or len(values) != self.rows:
                raise invalid(
                    f"attributions of {name!r}: shape {values.shape}, of {self.rows} rows"
                )
        return arrays

    def column(self, name: str) -> np.ndarray:
        """A feature as float64 [rows]; rows without a value are NaN."""
        return numeric(self.batch, name)

    def has_column(self, name: str) -> bool:
        """Whether the data have a column of that name."""
        return name in self.batch.schema.names

    def values(self, name: str) -> np.ndarray:
        """A column that may hold text or lists, as `values_of` has it."""
        return values_of(self.batch, name)

    def pairs(self, selection: Selection) -> Pairs:
        """Labels and predictions as a metric of two classes sees them; made once per batch."""
        found = self._pairs.get(selection)
        if found is None:
            found = self._pairs[selection] = self._make(selection)
        return found

    def _make(self, selection: Selection) -> Pairs:
        model, output = selection.model, selection.output
        labels, predictions = self.class_labels(model, output), self.predictions(model, output)
        weights = self.weights(model, output) if selection.weighted else None
        if predictions.ndim == 2 and predictions.shape[1] == 1:
            predictions = predictions[:, 0]
        if labels.ndim == 2 and (labels.shape[1] == 1 or predictions.ndim == 1):
            if labels.shape[1] != 1:
                raise invalid(
                    f"labels of shape {labels.shape} and predictions of shape {predictions.shape}: "
                    "expected the same number of classes, or class ids as labels"
                )
            labels = labels[:, 0]
        key = selection.sub_key
        if predictions.ndim == 1:
            if key is not None:
                raise invalid(
                    f"metric of {key}: predictions have one value per row; classes are needed"
                )
            return Pairs(_float(labels), _float(predictions), weights)
        labels = one_hot(labels, predictions.shape[1])
        predictions = _float(predictions)
        return _of_classes(labels, predictions, weights, selection)


def _of_classes(
    labels: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None, selection: Selection
) -> Pairs:
    key, classes = selection.sub_key, predictions.shape[1]
    if key is not None and key.class_id is not None:
        if not 0 <= key.class_id < classes:
            raise invalid(f"class_id {key.class_id}: predictions have {classes} classes")
        return Pairs(labels[:, key.class_id], predictions[:, key.class_id], weights)
    if key is not None and key.k is not None:
        if not 1 <= key.k <= classes:
            raise invalid(f"k {key.k}: predictions have {classes} classes")
        place = np.argsort(-predictions, axis=1, kind="stable")[:, key.k - 1][:, None]
        return Pairs(
            np.take_along_axis(labels, place, 1)[:, 0],
            np.take_along_axis(predictions, place, 1)[:, 0],
            weights,
        )
    table = None
    if selection.class_weights:
        row = np.zeros(classes)
        for class_id, weight in selection.class_weights:
            if 0 <= class_id < classes:
                row[class_id] = weight
        table = np.broadcast_to(row, predictions.shape)
    if key is not None and key.top_k is not None:
        top = np.argsort(-predictions, axis=1, kind="stable")[:, : key.top_k]
        if selection.aggregated:
            labels = np.take_along_axis(labels, top, 1)
            predictions = np.take_along_axis(predictions, top, 1)
            table = None if table is None else np.take_along_axis(table, top, 1)
        else:
            others = np.ones(predictions.shape, bool)
            np.put_along_axis(others, top, False, 1)
            predictions = np.where(others, -np.inf, predictions)
    spread = None if weights is None else np.broadcast_to(weights[:, None], predictions.shape)
    if table is not None:
        spread = table if spread is None else spread * table
    return Pairs(labels, predictions, spread)


def _word(value: Any) -> Any:
    """A word or a list of one as text."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list):
        return tuple(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def padded(rows: np.ndarray, whole: int, real: float) -> np.ndarray:
    """Return lists of numbers of different lengths as an array [rows, longest].

    Args:
        rows: object [rows] of lists; anything else is returned as it is.
        whole: what comes behind whole numbers.
        real: what comes behind others.
    """
    if rows.dtype != object or rows.ndim != 1:
        return rows
    parts = [np.asarray(row) for row in rows]
    if any(part.ndim != 1 or (part.size and part.dtype.kind not in "iufb") for part in parts):
        return rows
    kind = np.result_type(*[part for part in parts if part.size] or [np.int64])
    padding = real if kind.kind == "f" else whole
    found = np.full((len(parts), max(map(len, parts), default=0)), padding, kind)
    for row, part in enumerate(parts):
        found[row, : len(part)] = part
    return found


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Class ids [rows] as float64 [rows, classes]; what has classes already stays."""
    if labels.ndim == 2:
        if labels.shape[1] != classes:
            raise invalid(f"labels have {labels.shape[1]} classes, predictions {classes}")
        return _float(labels)
    if labels.dtype.kind not in "iufb":
        raise invalid(f"labels of dtype {labels.dtype}: expected class ids from 0 to {classes - 1}")
    found = np.zeros((len(labels), classes))
    known = np.isfinite(labels) if labels.dtype.kind == "f" else np.ones(len(labels), bool)
    ids = np.where(known, labels, 0).astype(np.int64)
    if len(ids) and (ids.min() < 0 or ids.max() >= classes):
        wrong = ids[(ids < 0) | (ids >= classes)][0]
        raise invalid(f"label {wrong}: predictions have {classes} classes, from 0")
    found[np.arange(len(labels)), ids] = 1.0
    found[~known] = np.nan
    return found


def _float(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "iufb":
        raise invalid(
            "expected numbers as labels and predictions, with as many in each row; received "
            f"{values.dtype}"
        )
    return values.astype(np.float64, copy=False)


def _found(
    arrays: dict[tuple[str, str], np.ndarray], model: str, output: str, what: str, setting: str
) -> np.ndarray:
    found = arrays.get((model, output))
    if found is None and not output:
        outputs = [key for key in arrays if key[0] == model]
        found = arrays[outputs[0]] if len(outputs) == 1 else None
    if found is None:
        found = arrays.get((model, ""))
    if found is None:
        known = sorted(o for m, o in arrays if m == model and o)
        raise invalid(
            f"no {what} for model {model!r}, output {output!r}"
            + (f"; outputs are {known}, choose with output_names" if known else "")
            + f"; set {setting} in its model_spec"
        )
    return found


def output_or_column(inputs: Inputs, model: str, key: str) -> np.ndarray:
    """An output of the model, or else a column of the data."""
    return inputs.predictions(model, key) if inputs.has_output(model, key) else inputs.values(key)


def numeric(batch: Any, name: str) -> np.ndarray:
    """A column of numbers or lists of numbers, [rows] or [rows, values].

    Raises:
        InvalidArgumentError: it is not there, or rows have different numbers of values.
    """
    if name not in batch.schema.names:
        raise invalid(f"the data have no column {name!r}; they have {sorted(batch.schema.names)}")
    found = as_array(batch.column(name), name)
    if found.dtype.kind not in "iufb":
        raise invalid(f"column {name!r} holds {found.dtype}, expected numbers")
    return found


def values_of(batch: Any, name: str) -> np.ndarray:
    """A column of labels or predictions, which may be text, or lists of different lengths.

    Returns:
        [rows] or [rows, values]; of dtype object where rows hold text or have different lengths.

    Raises:
        InvalidArgumentError: it is not there.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if name not in batch.schema.names:
        raise invalid(f"the data have no column {name!r}; they have {sorted(batch.schema.names)}")
    column = batch.column(name)
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        of_list = kind.value_type
        is_text = not (pa.types.is_integer(of_list) or pa.types.is_floating(of_list))
        lengths = np.asarray(pc.list_value_length(column).fill_null(0))  # type: ignore[attr-defined]
        if is_text or (len(lengths) and (lengths != lengths[0]).any() and lengths.max() > 1):
            found = np.empty(len(column), object)
            found[:] = [[] if row is None else row for row in column.to_pylist()]
            return found
    return as_array(column, name)


def as_array(column: Any, name: str) -> np.ndarray:
    """An Arrow column as an array: lists of one length become a second dimension."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if is_list or pa.types.is_fixed_size_list(kind):
        if column.null_count:
            if not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
                raise invalid(f"column {name!r}: {column.null_count} rows have no value")
            return _with_missing(column, name)
        lengths = np.asarray(pc.list_value_length(column))
        flat = as_array(pc.list_flatten(column), name)
        width = int(lengths[0]) if len(lengths) else 1
        if (lengths != width).any():
            low, high = int(lengths.min()), int(lengths.max())
            raise invalid(
                f"column {name!r}: rows have from {low} to {high} values, expected the same"
            )
        return flat if width == 1 else flat.reshape(len(lengths), width, *flat.shape[1:])
    return column.to_numpy(zero_copy_only=False)


def _with_missing(column: Any, name: str) -> np.ndarray:
    """One number in each row, NaN for none."""
    import pyarrow.compute as pc

    lengths = np.asarray(pc.list_value_length(column).fill_null(0))
    if (lengths > 1).any():
        raise invalid(f"column {name!r}: {column.null_count} rows have no value, others several")
    found = np.full(len(column), np.nan)
    found[lengths == 1] = pc.list_flatten(column).to_numpy(zero_copy_only=False)
    return found
