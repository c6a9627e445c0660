"""BulkInferrer: predictions for all examples, going on where it was killed."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from typing import Any

from tidefall.lifecycle.pipelines.components.files import message, serving_model, split_files
from tidefall.lifecycle.pipelines.components.signatures import ExampleSignature
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

_BATCH, _BATCHES = 256, 32


class BulkInferrerSpec(ComponentSpec):
    """What BulkInferrer takes and gives."""

    PARAMETERS = dict.fromkeys(("model_spec", "data_spec"), ExecutionParameter(optional=True))
    INPUTS = {  # noqa: RUF012
        "examples": ChannelParameter(types.Examples),
        "model": ChannelParameter(types.Model),
        "model_blessing": ChannelParameter(types.ModelBlessing, optional=True),
    }
    OUTPUTS = {"inference_result": ChannelParameter(types.InferenceResult)}  # noqa: RUF012


class BulkInferrerExecutor(BaseExecutor):
    """Writes parts; a part that is there is not made again."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        (result,) = output_dict["inference_result"]
        blessing = input_dict.get("model_blessing")
        if blessing and not os.path.exists(os.path.join(blessing[0].uri, "BLESSED")):
            result.set_string_custom_property("reason", "the model was not blessed")
            return
        names = list(message("ModelSpec", exec_properties, "model_spec").model_signature_name)
        if len(names) > 1:
            raise unimplemented("BulkInferrer with several signatures")
        model = serving_model(single(input_dict["model"], "model"))
        signature = ExampleSignature(model, *names)
        wanted = list(message("DataSpec", exec_properties, "data_spec").example_splits)
        files = [
            path
            for examples in input_dict["examples"]
            for split in examples.splits
            if not wanted or split in wanted
            for path in split_files(examples, split)
        ]
        if not files:
            raise invalid(f"BulkInferrer: no split is called {wanted}")
        folder = self.state_dir or f"{result.uri}.parts"
        os.makedirs(folder, exist_ok=True)
        parts = [_part(folder, i, chunk, signature) for i, chunk in enumerate(_chunks(files))]
        for index, part in enumerate(parts):
            name = f"prediction_logs-{index:05d}-of-{len(parts):05d}.gz"
            shutil.copyfile(part, os.path.join(result.uri, name))


def _chunks(files: list[str]) -> Iterator[list[bytes]]:
    from tidefall.io.records.tfrecord import read_records

    records = (record for path in files for record in read_records(path, "GZIP"))
    while chunk := list(itertools.islice(records, _BATCH * _BATCHES)):
        yield chunk


def _part(folder: str, index: int, records: list[bytes], signature: ExampleSignature) -> str:
    import tidefall as tf

    path = os.path.join(folder, f"{index:06d}.gz")
    if os.path.exists(path):
        return path
    with tf.io.TFRecordWriter(f"{path}.tmp", "GZIP") as writer:
        for start in range(0, len(records), _BATCH):
            batch = records[start : start + _BATCH]
            outputs = signature(batch)
            for row, record in enumerate(batch):
                said = {key: value[row : row + 1] for key, value in outputs.items()}
                writer.write(signature.log([record], said).SerializeToString())
    os.replace(f"{path}.tmp", path)
    return path


class BulkInferrer(BaseComponent):
    """Predictions for examples: `PredictionLog`s in `prediction_logs-*.gz`.

    Args:
        examples: Examples.
        model: a Model whose signature takes serialized Examples.
        model_blessing: nothing is done where it is not good.
        data_spec: a `DataSpec`: which splits; all by default.
        model_spec: a `ModelSpec`: which signature.
        output_example_spec: not supported.
    """

    SPEC_CLASS, EXECUTOR_SPEC = BulkInferrerSpec, BulkInferrerExecutor

    def __init__(
        self,
        examples: Any,
        model: Any = None,
        model_blessing: Any = None,
        data_spec: Any = None,
        model_spec: Any = None,
        output_example_spec: Any = None,
    ):
        if output_example_spec is not None:
            raise unimplemented("BulkInferrer(output_example_spec=...)")
        super().__init__(
            BulkInferrerSpec(
                examples=examples,
                model=model,
                model_blessing=model_blessing,
                data_spec=data_spec,
                model_spec=model_spec,
            )
        )
