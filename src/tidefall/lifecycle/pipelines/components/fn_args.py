"""What `run_fn` and `tuner_fn` are given: `FnArgs`, and a way to read examples."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tidefall.lifecycle.pipelines.components.files import message, schema_path, serving_model
from tidefall.lifecycle.pipelines.failures import invalid, unimplemented
from tidefall.lifecycle.pipelines.types.artifact import single


class TensorFlowDatasetOptions(NamedTuple):
    """How `DataAccessor.tf_dataset_factory` makes batches; the names are those of tfx_bsl."""

    batch_size: int
    drop_final_batch: bool = False
    num_epochs: int | None = None
    shuffle: bool = True
    shuffle_buffer_size: int = 10000
    shuffle_seed: int | None = None
    prefetch_buffer_size: int | None = None
    reader_num_threads: int | None = None
    parser_num_threads: int | None = None
    sloppy_ordering: bool = False
    label_key: str | None = None


class RecordBatchesOptions(NamedTuple):
    """How record batches are made; for code that names it."""

    batch_size: int
    drop_final_batch: bool = False
    num_epochs: int | None = None


class DataAccessor(NamedTuple):
    """Ways to read examples.

    Attributes:
        tf_dataset_factory: files or patterns, `TensorFlowDatasetOptions` and a schema to a dataset.
        record_batch_factory: raises: there is no TFXIO here.
        data_view_decode_fn: None.
    """

    tf_dataset_factory: Callable[..., Any]
    record_batch_factory: Callable[..., Any]
    data_view_decode_fn: Any = None


def examples_dataset(file_pattern: Any, options: Any, schema: Any = None) -> Any:
    """Return a dataset of batches of parsed Examples.

    Args:
        file_pattern: files or patterns of them.
        options: `TensorFlowDatasetOptions`.
        schema: the Schema that they keep to.

    Returns:
        A dataset of dicts; of (dict, label) pairs where the options name a label.
    """
    import tidefall as tf
    from tidefall.lifecycle.transform.features import schema_as_feature_spec

    if schema is None:
        raise invalid("tf_dataset_factory needs a schema to parse Examples by")
    spec = schema_as_feature_spec(schema).feature_spec
    patterns = [file_pattern] if isinstance(file_pattern, str) else list(file_pattern)
    files = sorted(path for pattern in patterns for path in tf.io.gfile.glob(pattern))
    if not files:
        raise invalid(f"no file is like {patterns}")
    data = tf.data.TFRecordDataset(files, compression_type="GZIP")
    if options.shuffle:
        data = data.shuffle(options.shuffle_buffer_size, seed=options.shuffle_seed)
    data = data.repeat(options.num_epochs).batch(options.batch_size, options.drop_final_batch)
    data = data.map(lambda records: tf.io.parse_example(records, spec))
    key = options.label_key
    if key is not None:
        if key not in spec:
            raise invalid(f"the schema has no label {key!r}; it has {sorted(spec)}")
        data = data.map(lambda row: ({k: v for k, v in row.items() if k != key}, row[key]))
    return data.prefetch(options.prefetch_buffer_size or 1)


def _no_record_batches(*_: Any) -> Any:
    raise unimplemented("DataAccessor.record_batch_factory")


@dataclass
class FnArgs:
    """What `run_fn` and `tuner_fn` are given; the names are TFX's."""

    working_dir: str | None = None
    train_files: Any = None
    eval_files: Any = None
    train_steps: int | None = None
    eval_steps: int | None = None
    schema_path: str | None = None
    schema_file: str | None = None
    transform_graph_path: str | None = None
    transform_output: str | None = None
    data_accessor: Any = None
    serving_model_dir: str | None = None
    eval_model_dir: str | None = None
    model_run_dir: str | None = None
    base_model: str | None = None
    hyperparameters: dict[str, Any] | None = None
    custom_config: dict[str, Any] | None = None


def common_fn_args(
    inputs: dict[str, list[Any]], parameters: dict[str, Any], working_dir: str | None = None
) -> FnArgs:
    """Return what training and tuning have in common."""
    train = message("TrainArgs", parameters, "train_args")
    evaluate = message("EvalArgs", parameters, "eval_args")

    def patterns(splits: Any) -> list[str]:
        return [
            os.path.join(artifact.path(split=name), "*")
            for name in splits for artifact in inputs["examples"]
        ]  # fmt: skip

    graph = inputs.get("transform_graph")
    return FnArgs(
        working_dir=working_dir,
        train_files=patterns(list(train.splits) or ["train"]),
        eval_files=patterns(list(evaluate.splits) or ["eval"]),
        train_steps=train.num_steps or None,
        eval_steps=evaluate.num_steps or None,
        schema_path=schema_path(inputs["schema"][0]) if inputs.get("schema") else None,
        transform_graph_path=single(graph, "transform_graph").uri if graph else None,
        data_accessor=DataAccessor(examples_dataset, _no_record_batches),
        base_model=serving_model(inputs["base_model"][0]) if inputs.get("base_model") else None,
        custom_config=json.loads(parameters.get("custom_config") or "null"),
    )


dataset_options = sys.modules[__name__]
"""`from tfx_bsl.tfxio import dataset_options`: a module of that package is this one, too."""
