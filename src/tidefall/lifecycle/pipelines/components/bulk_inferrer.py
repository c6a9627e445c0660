"""BulkInferrer: predictions for all examples, going on where it was killed.

What breaks the schema of the model is put aside with the reasons.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from typing import Any

from tidefall.lifecycle.pipelines.components.files import (
    files_by_split,
    message,
    model_to_serve,
    read_examples,
)
from tidefall.lifecycle.pipelines.components.predictions import ExampleColumns, prediction_logs
from tidefall.lifecycle.pipelines.components.signatures import ExampleSignature
from tidefall.lifecycle.pipelines.dsl.nodes import (
    BaseComponent,
    BaseExecutor,
    ChannelParameter,
    ComponentSpec,
    ExecutionParameter,
)
from tidefall.lifecycle.pipelines.failures import unimplemented
from tidefall.lifecycle.pipelines.types import standard_artifacts as types

_BATCH, _BATCHES = 256, 32


class BulkInferrerSpec(ComponentSpec):
    """What BulkInferrer takes and gives."""

    PARAMETERS = dict.fromkeys(
        ("model_spec", "data_spec", "output_example_spec"), ExecutionParameter(optional=True)
    )
    INPUTS = {  # noqa: RUF012
        "examples": ChannelParameter(types.Examples),
        "model": ChannelParameter(types.Model),
        "model_blessing": ChannelParameter(types.ModelBlessing, optional=True),
    }
    OUTPUTS = {  # noqa: RUF012
        "inference_result": ChannelParameter(types.InferenceResult, optional=True),
        "output_examples": ChannelParameter(types.Examples, optional=True),
    }


class BulkInferrerExecutor(BaseExecutor):
    """Writes parts; a part that is there is not made again."""

    def Do(
        self,
        input_dict: dict[str, list[Any]],
        output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:
        ((result,),) = output_dict.values()
        blessing = input_dict.get("model_blessing")
        if blessing and not os.path.exists(os.path.join(blessing[0].uri, "BLESSED")):
            result.set_string_custom_property("reason", "the model was not blessed")
            return
        model = model_to_serve(input_dict)
        wanted = list(message("DataSpec", exec_properties, "data_spec").example_splits)
        files = files_by_split(input_dict, wanted, "BulkInferrer")
        folder = self.state_dir or f"{result.uri}.parts"
        schema = _schema_of(model)
        if "output_examples" in output_dict:
            spec = message("OutputExampleSpec", exec_properties, "output_example_spec")
            convert = ExampleColumns(model, spec)
            result.splits, result.span = [*files], input_dict["examples"][0].span
            for split, paths in files.items():
                os.makedirs(result.path(split=split))
                name = os.path.join(result.path(split=split), "prediction_examples")
                refused = os.path.join(result.uri, f"refused-{split}.jsonl")
                _write_parts(paths, os.path.join(folder, split), name, convert, schema, refused)
            return
        names = list(message("ModelSpec", exec_properties, "model_spec").model_signature_name)
        if len(names) > 1:
            raise unimplemented("BulkInferrer with several signatures and no output_example_spec")
        signature = ExampleSignature(model, *names)
        every = [path for paths in files.values() for path in paths]
        name = os.path.join(result.uri, "prediction_logs")
        refused = os.path.join(result.uri, "refused.jsonl")
        _write_parts(
            every,
            folder,
            name,
            lambda records: prediction_logs(signature, records),
            schema,
            refused,
        )


Convert = Callable[[list[bytes]], list[bytes]]


def _write_parts(
    files: list[str], folder: str, name: str, convert: Convert, schema: Any, refused: str
) -> None:
    """Write what is made of the records of files, in parts that are kept in a folder meanwhile.

    Args:
        files: of the records.
        folder: keeps parts.
        name: of the files to write, to which the number of the part is added.
        convert: makes of records what is written.
        schema: what records must keep to; None for anything.
        refused: the quarantine of those that do not; not made where all do.
    """
    os.makedirs(folder, exist_ok=True)
    records = read_examples(files)
    parts = []
    while chunk := list(itertools.islice(records, _BATCH * _BATCHES)):
        path = os.path.join(folder, f"{len(parts):06d}.gz")
        if not os.path.exists(path):
            _write_part(path, chunk, convert, schema, len(parts) * _BATCH * _BATCHES)
        parts.append(path)
    for index, part in enumerate(parts):
        shutil.copyfile(part, f"{name}-{index:05d}-of-{len(parts):05d}.gz")
    kept = [path for part in parts if os.path.exists(path := _quarantine_of(part))]
    if kept:
        with open(f"{refused}.tmp", "wb") as whole:
            for path in kept:
                with open(path, "rb") as file:
                    shutil.copyfileobj(file, whole)
        os.replace(f"{refused}.tmp", refused)


def _quarantine_of(part: str) -> str:
    return f"{part}.refused"


def _write_part(path: str, records: list[bytes], convert: Convert, schema: Any, first: int) -> None:
    """Write a part and, before it, what was refused: a part that is there has both."""
    import tidefall as tf
    from tidefall.lifecycle.data_validation import RecordDoor

    quarantine = _quarantine_of(path)
    for left in (quarantine, f"{quarantine}.tmp"):  # Of an attempt that was killed.
        if os.path.exists(left):
            os.remove(left)
    door = None
    if schema is not None:
        door = RecordDoor(schema, None, "quarantine", f"{quarantine}.tmp", first)
    with tf.io.TFRecordWriter(f"{path}.tmp", "GZIP") as writer:
        for start in range(0, len(records), _BATCH):
            chunk = records[start : start + _BATCH]
            chunk = chunk if door is None else door.admitted(chunk)
            for made in convert(chunk) if chunk else ():
                writer.write(made)
    if door is not None and door.refused:
        os.replace(f"{quarantine}.tmp", quarantine)
    os.replace(f"{path}.tmp", path)


def _schema_of(model: str) -> Any:
    """What the schema in a model demands of what it is asked; None if it has none."""
    from tidefall.base.errors import NotFoundError
    from tidefall.lifecycle.data_validation import attached_schema, served_part

    try:
        return served_part(attached_schema(model))
    except NotFoundError:
        return None


class BulkInferrer(BaseComponent):
    """Predictions for examples: `PredictionLog`s in `prediction_logs-*.gz`, or Examples.

    Examples that break the schema in the model, if it has one, are not asked about: they stand in
    `refused.jsonl`, with splits in `refused-SPLIT.jsonl`, each with its reasons.

    Args:
        examples: Examples.
        model: a Model whose signature takes serialized Examples.
        model_blessing: nothing is done where it is not good.
        data_spec: a `DataSpec`: which splits; all by default.
        model_spec: a `ModelSpec`: which signature.
        output_example_spec: an `OutputExampleSpec`: which outputs of which signatures become
            features of the examples, which the output `output_examples` then holds, by split, in
            place of `inference_result`.
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
        super().__init__(
            BulkInferrerSpec(
                examples=examples,
                model=model,
                model_blessing=model_blessing,
                data_spec=data_spec,
                model_spec=model_spec,
                output_example_spec=output_example_spec,
                inference_result=output_example_spec is None,
                output_examples=output_example_spec is not None,
            )
        )
