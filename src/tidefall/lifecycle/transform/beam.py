"""The words of `tensorflow_transform.beam`, without Beam: pipes over data in memory and files.

    with tft_beam.Context(temp_dir=folder):
        (transformed, metadata), transform_fn = (
            (rows, raw_metadata) | tft_beam.AnalyzeAndTransformDataset(preprocessing_fn))
    transform_fn | tft_beam.WriteTransformFn("out")

Data are a list of dicts, or whatever `analyze_and_transform` takes. Transformed data are a list of
dicts where the data were one, else an iterable of batches.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid, unimplemented
from tidefall.lifecycle.data_validation.protos import write_text
from tidefall.lifecycle.transform.driver import (
    Analysis,
    analyze_and_transform,
    feature_rows,
    serialized_examples,
)
from tidefall.lifecycle.transform.export import replace_folder
from tidefall.lifecycle.transform.features import DatasetMetadata, schema_as_feature_spec
from tidefall.lifecycle.transform.output import TFTransformOutput, transformed_batches
from tidefall.lifecycle.transform.sources import BATCH_SIZE, shards_of

_CONTEXTS: ContextVar[tuple[Context, ...]] = ContextVar("transform_contexts", default=())


class Context:
    """Where temporary files go, and how many rows are looked at together.

    Args:
        temp_dir: a folder; by default one of the system's.
        desired_batch_size: rows in a batch.
        cache_dir: a folder for what analyzers found in each file.
        passthrough_keys, use_deep_copy_optimization, force_tf_compat_v1, save_options: not used;
            for code that gives them.
    """

    def __init__(
        self, temp_dir: str | None = None, desired_batch_size: int | None = None,
        passthrough_keys: Any = None, use_deep_copy_optimization: Any = None,
        force_tf_compat_v1: bool | None = None, save_options: Any = None,
        cache_dir: str | None = None,
    ):  # fmt: skip
        del passthrough_keys, use_deep_copy_optimization, force_tf_compat_v1, save_options
        self.temp_dir, self.cache_dir = temp_dir, cache_dir
        self.batch_size = desired_batch_size or BATCH_SIZE

    def __enter__(self) -> Context:
        _CONTEXTS.set((*_CONTEXTS.get(), self))
        return self

    def __exit__(self, *error: object) -> None:
        _CONTEXTS.set(_CONTEXTS.get()[:-1])


def _context() -> Context:
    contexts = _CONTEXTS.get()
    return contexts[-1] if contexts else Context()


class TransformFn:
    """A transform's graph, in a temporary directory until it is written somewhere."""

    def __init__(self, output: TFTransformOutput, folder: str):
        self.output, self.folder = output, folder

    def __or__(self, step: Any) -> Any:
        return step.__ror__(self)


class TransformedBatches:
    """Transformed data that are computed when they are asked for, batch by batch."""

    def __init__(self, output: TFTransformOutput, shards: Any):
        self._output, self._shards = output, shards

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield from transformed_batches(self._output, self._shards)


class _Step:
    """Something that stands at the right of a `|`."""

    def __init__(self, label: str | None = None):
        self._label = label

    def __ror__(self, left: Any) -> Any:
        # "Name" >> step is Beam's way to name a step.
        return self.expand(left)

    def __rrshift__(self, label: str) -> Any:
        self._label = label
        return self

    def expand(self, left: Any) -> Any:
        """Return what comes of the left side."""
        raise NotImplementedError


def _dataset(left: Any, what: str) -> tuple[Any, DatasetMetadata]:
    if not (isinstance(left, Sequence) and len(left) == 2):
        raise invalid(f"{what} wants (data, metadata) at its left, got {type(left).__name__}")
    data, metadata = left
    if not isinstance(metadata, DatasetMetadata):
        raise invalid(
            f"{what} wants a DatasetMetadata beside the data, got {type(metadata).__name__}"
        )
    return data, metadata


def _analyzed(left: Any, preprocessing_fn: Any, what: str) -> tuple[Analysis, str]:
    data, metadata = _dataset(left, what)
    context = _context()
    parent = context.temp_dir or tempfile.gettempdir()
    folder = os.path.join(parent, f"transform_{secrets.token_hex(8)}")
    analysis = analyze_and_transform(
        data, preprocessing_fn, folder, schema=metadata.schema, cache_dir=context.cache_dir,
        batch_size=context.batch_size,
    )  # fmt: skip
    return analysis, folder


def _transformed(data: Any, output: TFTransformOutput, schema: Any) -> Any:
    shards = shards_of(data, schema_as_feature_spec(schema).feature_spec, _context().batch_size)
    batches = TransformedBatches(output, shards)
    if isinstance(data, list) and not (data and isinstance(data[0], (str, os.PathLike))):
        return [row for batch in batches for row in feature_rows(batch)]
    return batches


class AnalyzeDataset(_Step):
    """Runs the analyzers: (data, metadata) to a `TransformFn`."""

    def __init__(self, preprocessing_fn: Any, pipeline: Any = None):
        super().__init__()
        del pipeline
        self._function = preprocessing_fn

    def expand(self, left: Any) -> TransformFn:
        analysis, folder = _analyzed(left, self._function, "AnalyzeDataset")
        return TransformFn(analysis.output, folder)


class AnalyzeAndTransformDataset(_Step):
    """Runs the analyzers and transforms: (data, metadata) to ((data, metadata), TransformFn)."""

    def __init__(self, preprocessing_fn: Any, output_record_batches: bool = False):
        super().__init__()
        if output_record_batches:
            raise unimplemented("AnalyzeAndTransformDataset(output_record_batches=True)")
        self._function = preprocessing_fn

    def expand(self, left: Any) -> Any:
        analysis, folder = _analyzed(left, self._function, "AnalyzeAndTransformDataset")
        data, metadata = left
        transformed = _transformed(data, analysis.output, metadata.schema)
        output = analysis.output
        return (transformed, output.transformed_metadata), TransformFn(output, folder)


class TransformDataset(_Step):
    """Transforms other data: ((data, metadata), TransformFn) to (data, metadata)."""

    def __init__(
        self, exclude_outputs: Sequence[str] | None = None, output_record_batches: bool = False
    ):
        super().__init__()
        if exclude_outputs or output_record_batches:
            raise unimplemented("TransformDataset with exclude_outputs or output_record_batches")

    def expand(self, left: Any) -> Any:
        if not (isinstance(left, Sequence) and len(left) == 2):
            raise invalid("TransformDataset wants ((data, metadata), transform_fn) at its left")
        dataset, transform_fn = left
        data, metadata = _dataset(dataset, "TransformDataset")
        output = transform_fn.output
        return _transformed(data, output, metadata.schema), output.transformed_metadata


class EncodeTransformedDataset(_Step):
    """(data, metadata) to serialized Examples, one for each row."""

    def expand(self, left: Any) -> list[bytes]:
        data, _ = _dataset(left, "EncodeTransformedDataset")
        if isinstance(data, TransformedBatches):
            return [example for batch in data for example in serialized_examples(batch)]
        return [serialized_row(row) for row in data]


def serialized_row(row: dict[str, Any]) -> bytes:
    """A row as a serialized Example."""
    batch = {name: tf.constant(np.asarray(value)[None]) for name, value in row.items()}
    return serialized_examples(batch)[0]


class WriteTransformFn(_Step):
    """Writes a `TransformFn` where `TFTransformOutput` reads it, whole or not at all."""

    def __init__(self, path: str):
        super().__init__()
        self._path = path

    def expand(self, left: Any) -> TransformFn:
        if isinstance(left, tuple):
            left = left[0]
        parent = os.path.dirname(os.path.abspath(self._path))
        os.makedirs(parent, exist_ok=True)
        temporary = os.path.join(parent, f".transform.{secrets.token_hex(4)}.tmp")
        try:
            shutil.copytree(left.folder, temporary)
            replace_folder(temporary, self._path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return left


class ReadTransformFn(_Step):
    """Reads what `WriteTransformFn` wrote: `None | ReadTransformFn(path)`."""

    def __init__(self, path: str):
        super().__init__()
        self._path = path

    def expand(self, left: Any) -> TransformFn:
        del left
        output = TFTransformOutput(self._path)
        return TransformFn(output, self._path)


class WriteMetadata(_Step):
    """Writes a DatasetMetadata as `schema.pbtxt` in a folder."""

    def __init__(self, path: str, pipeline: Any = None):
        super().__init__()
        del pipeline
        self._path = path

    def expand(self, left: Any) -> None:
        os.makedirs(self._path, exist_ok=True)
        write_text(left.schema, os.path.join(self._path, "schema.pbtxt"))


class AnalyzeDatasetWithCache(_Step):
    """Refused: a cache of Beam's. `Context(cache_dir=...)` keeps what was found in each file."""

    def __init__(self, *args: Any, **kwargs: Any):
        raise unimplemented("AnalyzeDatasetWithCache: use Context(cache_dir=...) over files")
