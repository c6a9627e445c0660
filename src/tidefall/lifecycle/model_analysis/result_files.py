"""Result files: eval_config.json, and TFRecord files of metrics, plots and validations."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.io.file_systems.whole_files import whole_file
from tidefall.io.records.tfrecord import encode_record, read_records
from tidefall.lifecycle.data_validation.failures import damaged, missing, unimplemented
from tidefall.lifecycle.model_analysis.metrics.matrices import Matrices
from tidefall.lifecycle.model_analysis.slice_values import SliceValues
from tidefall.lifecycle.model_analysis.slicing import serialize

VERSION = "0.48.0"
"""The version of TensorFlow Model Analysis whose files these are."""
CONFIG_FILE = "eval_config.json"
_SHARD = r"(-\d+-of-\d+)?(\.\w+)?"
_RESULTS = re.compile("(metrics|plots|attributions|validations)" + _SHARD)


def write_results(
    output_path: str,
    config: Any,
    values: Sequence[SliceValues],
    validation: Any,
    data_location: str = "",
    file_format: str = "",
    model_locations: Mapping[str, str] | None = None,
) -> None:
    """Write what an evaluation came to, each file whole or not at all.

    What an earlier evaluation left in the folder goes first, so that nothing of it is read with
    this one; the configuration comes last.

    Args:
        output_path: a folder.
        config: the `EvalConfig`.
        values: of slices.
        validation: the `ValidationResult`; None where no model was evaluated.
        data_location: where the data came from, to be shown.
        file_format: of the data, to be shown.
        model_locations: of models, to be shown.
    """
    from google.protobuf import json_format

    from tidefall.proto import evaluation

    os.makedirs(output_path, exist_ok=True)
    run = evaluation.EvalRun(
        eval_config=config, version=VERSION, data_location=data_location, file_format=file_format,
        model_locations=model_locations or {"": ""},
    )  # fmt: skip
    records = {
        "metrics": [metrics_message(one) for one in values],
        "plots": [plots_message(one) for one in values if one.plots],
        "attributions": [attributions_message(one) for one in values if one.attributions],
        "validations": [] if validation is None else [validation],
    }
    for name in os.listdir(output_path):
        if name == CONFIG_FILE or _RESULTS.fullmatch(name):
            os.remove(os.path.join(output_path, name))
    disabled = set(config.options.disabled_outputs.values)
    for name, messages in records.items():
        if f"{name}.tfrecord" in disabled or name in disabled or (not messages and name != "plots"):
            continue
        path = os.path.join(output_path, f"{name}-00000-of-00001.tfrecord")
        with whole_file(path) as file:
            for message in messages:
                file.write(encode_record(message.SerializeToString()))
    if CONFIG_FILE not in disabled:
        with whole_file(os.path.join(output_path, CONFIG_FILE)) as file:
            file.write(json_format.MessageToJson(run).encode())


def _set_slice(message: Any, one: SliceValues) -> None:
    if one.is_cross:
        message.cross_slice_key.baseline_slice_key.CopyFrom(serialize(one.key[0]))
        message.cross_slice_key.comparison_slice_key.CopyFrom(serialize(one.key[1]))
    else:
        message.slice_key.CopyFrom(serialize(one.key))


def metrics_message(one: SliceValues) -> Any:
    """A slice's metrics as `MetricsForSlice`."""
    from tidefall.proto import evaluation

    found = evaluation.MetricsForSlice()
    _set_slice(found, one)
    if one.error:
        error = found.metric_keys_and_values.add()
        error.key.name = "__ERROR__"
        error.value.debug_message = one.error
    for key, value in one.metrics.items():
        pair = found.metric_keys_and_values.add(key=key.to_proto(), value=value_message(value))
        interval = one.intervals.get(key)
        if interval is not None:
            bounds = pair.confidence_interval
            bounds.lower_bound.double_value.value = interval.lower
            bounds.upper_bound.double_value.value = interval.upper
            bounds.standard_error.double_value.value = interval.standard_error
            bounds.degrees_of_freedom.value = interval.degrees_of_freedom
    return found


def plots_message(one: SliceValues) -> Any:
    """A slice's plots as `PlotsForSlice`."""
    from tidefall.proto import evaluation

    found = evaluation.PlotsForSlice()
    _set_slice(found, one)
    for key, value in one.plots.items():
        found.plot_keys_and_values.add(key=key.to_proto(), value=value)
    return found


def attributions_message(one: SliceValues) -> Any:
    """A slice's attributions as `AttributionsForSlice`."""
    from tidefall.proto import evaluation

    found = evaluation.AttributionsForSlice()
    _set_slice(found, one)
    for key, values in one.attributions.items():
        pair = found.attributions_keys_and_values.add(key=key.to_proto())
        for feature, value in values.items():
            pair.values[feature].CopyFrom(value_message(value))
    return found


def value_message(value: Any) -> Any:
    """A metric's value as `MetricValue`."""
    from tidefall.proto import evaluation

    found = evaluation.MetricValue()
    if isinstance(value, float):
        found.double_value.value = value
    elif isinstance(value, np.ndarray) and value.dtype == object:
        found.array_value.data_type = found.array_value.BYTES
        found.array_value.shape.extend(value.shape)
        found.array_value.bytes_values.extend(_bytes(one) for one in value.ravel())
    elif isinstance(value, np.ndarray):
        found.array_value.data_type = found.array_value.FLOAT64
        found.array_value.shape.extend(value.shape)
        found.array_value.float64_values.extend(value.ravel().tolist())
    elif isinstance(value, Matrices):
        found.confusion_matrix_at_thresholds.CopyFrom(value.to_message())
    else:
        found.multi_class_confusion_matrix_at_thresholds.CopyFrom(value)
    return found


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def read_messages(output_path: str, name: str, kind: str, file_format: str) -> Iterator[Any]:
    """The messages of result files.

    Args:
        output_path: the folder, or what the files' names begin with.
        name: "metrics", "plots", "attributions" or "validations".
        kind: the message.
        file_format: "tfrecord", or "" for any ending.

    Raises:
        NotFoundError: there is no such folder.
        DataLossError: a file holds something else.
    """
    from google.protobuf.message import DecodeError

    from tidefall.proto import evaluation

    if file_format not in ("", "tfrecord"):
        raise unimplemented(f"result files of format {file_format!r}; expected 'tfrecord'")
    folder, names = output_path, re.escape(name) + _SHARD
    if not os.path.isdir(output_path):
        folder, start = os.path.split(output_path)
        names = re.escape(start) + ".*"
    if not os.path.isdir(folder or "."):
        raise missing(f"no evaluation at {output_path}")
    files = [f for f in sorted(os.listdir(folder or ".")) if re.fullmatch(names, f)]
    for file in files:
        path = os.path.join(folder, file)
        for number, record in enumerate(read_records(path)):
            try:
                yield getattr(evaluation, kind).FromString(record)
            except DecodeError as error:
                raise damaged(f"{path}, record {number}: no {kind}: {error}") from None


def read_run(output_path: str) -> Any:
    """The `EvalRun` of a folder; an empty one where there is none.

    Raises:
        DataLossError: the file holds something else.
    """
    from google.protobuf import json_format

    from tidefall.proto import evaluation

    path = os.path.join(output_path, CONFIG_FILE)
    if not os.path.exists(path):
        return evaluation.EvalRun()
    with open(path, encoding="utf-8") as file:
        try:
            return json_format.Parse(file.read(), evaluation.EvalRun())
        except (json_format.ParseError, UnicodeDecodeError) as error:
            raise damaged(f"{path} is no EvalRun: {error}") from None
