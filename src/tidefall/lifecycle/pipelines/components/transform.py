"""Transform: the user's `preprocessing_fn` over examples."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

from tidefall.lifecycle.pipelines.components.files import message, schema_path, split_files
from tidefall.lifecycle.pipelines.components.transform_statistics import (
    STATISTICS_OUTPUTS,
    write_statistics,
)
from tidefall.lifecycle.pipelines.components.user_code import optional_function, user_function
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


class TransformSpec(ComponentSpec):
    """What Transform takes and gives."""

    PARAMETERS = dict.fromkeys(
        (
            "module_file",
            "preprocessing_fn",
            "splits_config",
            "custom_config",
            "stats_options_updater_fn",
        ),
        ExecutionParameter(optional=True),
    )
    INPUTS = {"examples": ChannelParameter(types.Examples),  # noqa: RUF012
              "schema": ChannelParameter(types.Schema),
              "analyzer_cache": ChannelParameter(types.TransformCache, optional=True)}  # fmt: skip
    OUTPUTS = {"transform_graph": ChannelParameter(types.TransformGraph),  # noqa: RUF012
               "transformed_examples": ChannelParameter(types.Examples, optional=True),
               "updated_analyzer_cache": ChannelParameter(types.TransformCache, optional=True),
               **{
                   key: ChannelParameter(type, optional=True)
                   for key, type in STATISTICS_OUTPUTS.items()
               }}  # fmt: skip


class TransformExecutor(BaseExecutor):
    """Analyzes the splits of `analyze`, transforms those of `transform`."""

    def Do(
        self, input_dict: dict[str, list[Any]], output_dict: dict[str, list[Any]],
        exec_properties: dict[str, Any],
    ) -> None:  # fmt: skip
        from tidefall.lifecycle import data_validation as tfdv
        from tidefall.lifecycle import transform as tft
        from tidefall.lifecycle.transform.beam import TransformedBatches
        from tidefall.lifecycle.transform.features import schema_as_feature_spec
        from tidefall.lifecycle.transform.sources import shards_of

        examples = input_dict["examples"]
        schema = tfdv.load_schema_text(schema_path(single(input_dict["schema"], "schema")))
        config = message("SplitsConfig", exec_properties, "splits_config")
        analyzed = list(config.analyze) or ["train"]
        every = list(examples[0].splits)
        function = user_function(exec_properties, "preprocessing_fn")
        custom = json.loads(exec_properties.get("custom_config") or "null")
        if custom:
            wanted = function
            function = lambda inputs: wanted(inputs, custom)  # noqa: E731
        cache_dir = None
        if output_dict.get("updated_analyzer_cache"):
            cache_dir = output_dict["updated_analyzer_cache"][0].uri
            if input_dict.get("analyzer_cache"):
                shutil.copytree(input_dict["analyzer_cache"][0].uri, cache_dir, dirs_exist_ok=True)
        graph = output_dict["transform_graph"][0].uri
        files = [path for one in examples for name in analyzed for path in split_files(one, name)]
        tft.analyze_and_transform(files, function, graph, schema=schema, cache_dir=cache_dir)
        output = tft.TFTransformOutput(graph)
        spec = schema_as_feature_spec(schema).feature_spec
        splits = list(config.transform) or every
        with contextlib.ExitStack() as stack:
            made = None
            if output_dict.get("transformed_examples"):
                (made,) = output_dict["transformed_examples"]
                made.splits, made.span = splits, examples[0].span
            elif output_dict.get("post_transform_stats"):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tidefall-"))
                made = types.Examples()
                made.uri, made.splits = folder, splits
            written = []
            for split in splits if made is not None else ():
                os.makedirs(made.path(split=split))
                wanted_files = [path for one in examples for path in split_files(one, split)]
                batches = TransformedBatches(output, shards_of(wanted_files, spec))
                written.append(_write(made.path(split=split), batches))
            if output_dict.get("pre_transform_stats"):
                updater = optional_function(exec_properties, "stats_options_updater_fn")
                schemas = schema, output.transformed_metadata.schema
                write_statistics(output_dict, schemas, (files, written), updater)


def _write(folder: str, batches: Any) -> str:
    import tidefall as tf
    from tidefall.lifecycle.transform.driver import serialized_examples

    path = os.path.join(folder, "transformed_examples-00000-of-00001.gz")
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        for batch in batches:
            for example in serialized_examples(batch):
                writer.write(example)
    return path


class Transform(BaseComponent):
    """Features by a graph, for training and for serving.

    Args:
        examples: Examples.
        schema: their Schema.
        module_file: a file with `preprocessing_fn(inputs)`.
        preprocessing_fn: in its place the path of a function.
        splits_config: a `SplitsConfig`: which splits are analyzed, and which transformed.
        analyzer_cache: a TransformCache of an earlier run.
        materialize: whether transformed examples are written.
        disable_analyzer_cache: whether no cache is written.
        force_tf_compat_v1: not supported.
        custom_config: a second argument of `preprocessing_fn`.
        disable_statistics: whether no statistics are written: by default schema and statistics of
            the analyzed examples, and schema, statistics and anomalies of the transformed ones.
        stats_options_updater_fn: the path of a function of a `StatsType` and `StatsOptions` that
            returns the options to use; by default the one of this name in module_file, if any.
    """

    SPEC_CLASS, EXECUTOR_SPEC = TransformSpec, TransformExecutor

    def __init__(
        self, examples: Any, schema: Any, module_file: Any = None, preprocessing_fn: Any = None,
        splits_config: Any = None, analyzer_cache: Any = None, materialize: bool = True,
        disable_analyzer_cache: bool = False, force_tf_compat_v1: bool = False,
        custom_config: Mapping[str, Any] | None = None, disable_statistics: bool = False,
        stats_options_updater_fn: str | None = None,
    ):  # fmt: skip
        if force_tf_compat_v1:
            raise unimplemented("Transform(force_tf_compat_v1=True)")
        if bool(module_file) + bool(preprocessing_fn) != 1:
            raise invalid("Transform takes one of module_file and preprocessing_fn")
        super().__init__(
            TransformSpec(
                examples=examples, schema=schema, module_file=module_file,
                preprocessing_fn=preprocessing_fn, splits_config=splits_config,
                analyzer_cache=analyzer_cache, transformed_examples=materialize,
                updated_analyzer_cache=not disable_analyzer_cache,
                custom_config=json.dumps(custom_config) if custom_config else None,
                stats_options_updater_fn=stats_options_updater_fn,
                **dict.fromkeys(STATISTICS_OUTPUTS, not disable_statistics),
            )
        )  # fmt: skip
