"""`Dataset.save` and `Dataset.load`: the elements of a dataset in files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tidefall import surface
from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.errors import DataLossError, NotFoundError
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    source,
    transformation,
)
from tidefall.data.engine.functions import Runner, StructuredFunction, unpacked
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import UNKNOWN, Node
from tidefall.data.engine.settings import started
from tidefall.data.sources.file_sources import text
from tidefall.data.state.element_codec import to_bytes, type_of
from tidefall.data.state.saving import save_dataset_v2_op
from tidefall.data.state.shards import file_compression, read_shards, shard_number, traced_reader
from tidefall.io.file_systems.os_errors import errors_from_os
from tidefall.io.file_systems.paths import local_path
from tidefall.io.file_systems.whole_files import WholeFile
from tidefall.io.records.snapshot_files import RunWriter, read_metadata
from tidefall.op.effects import ANYTHING, WRITES_OUTSIDE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.runtime.graph_function import GraphFunction
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_SPEC = "dataset_spec.pb"
_WAIT_SECONDS = 1.0


# ---- writing ----


def _save(
    source: Any,
    path: Any,
    captured: Sequence[Any],
    *,
    shard_func: GraphFunction,
    compression: Any,
    use_shard_func: bool,
) -> tuple[()]:
    node = node_of(source)
    shard_of = Runner(shard_func, captured) if use_shard_func else None
    writer = RunWriter(local_path(text(path)), "", file_compression(text(compression)))
    types: list[int] = []
    try:
        for element in started(node):
            shard = shard_number(shard_of(element), "Dataset.save") if shard_of else 0
            types = types or [type_of(value) for value in element]
            writer.write(shard, to_bytes(element))
        writer.finish(types, count_is_told=True)
    finally:
        writer.discard()
    return ()


save_dataset_op = op(
    "SaveDataset",
    shape=lambda c: [],
    host=_save,
    effects=ANYTHING | WRITES_OUTSIDE,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


@transformation("save")
def save(
    self: DatasetV2,
    path: Any,
    compression: str | None = None,
    shard_func: Callable[..., Any] | None = None,
    checkpoint_args: Any = None,
) -> Any:
    """Write all elements to files, in TensorFlow's format; `Dataset.load` reads them.

    Nothing that was saved at the same place before is touched until all elements are written; if
    anything goes wrong, no file is left behind, but with `checkpoint_args`.

    Args:
        path: a folder; made if it is not there.
        compression: None, "GZIP" or "SNAPPY".
        shard_func: takes an element and returns the number of the file it goes to, scalar int64;
            everything goes to one file by default.
        checkpoint_args: arguments of a `tf.train.CheckpointManager`, but for the checkpoint: it
            keeps how far saving came, so that the same call in a later process goes on from there;
            `step_counter` counts elements. In eager code only.

    Returns:
        None; in a graph of TensorFlow 1 the node to run.

    Raises:
        ValueError: the dataset is infinite.
        tf.errors.InvalidArgumentError: `shard_func` returns something else.
        tf.errors.ResourceExhaustedError: the disk is full.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "numbers")
    >>> tf.data.Dataset.range(3).save(path)
    >>> list(tf.data.Dataset.load(path).as_numpy_iterator())
    [np.int64(0), np.int64(1), np.int64(2)]
    """
    function = shard_func or (lambda *element: np.int64(0))
    traced = StructuredFunction(function, "Dataset.save", unpacked(self.element_spec))
    folder = path if isinstance(path, Tensor) else local_path(path)
    arguments = [self._variant_tensor, convert_to_tensor(folder, dtypes.string), traced.captured]
    attrs: dict[str, Any] = {
        "shard_func": traced.function,
        "use_shard_func": shard_func is not None,
        "compression": compression or "",
    }
    is_known = not isinstance(path, Tensor) or not path.is_symbolic
    with _spec_written(local_path(path) if is_known else None, self.element_spec):
        if checkpoint_args and state.graph is None:
            variant = save_dataset_v2_op(*arguments, **attrs, **self._flat_structure)
            _save_in_parts(new_dataset(variant, self.element_spec, [self]), checkpoint_args)
            return None
        saved = save_dataset_op(*arguments, **attrs)
        return saved if state.graph is not None else None


def _save_in_parts(dataset: DatasetV2, checkpoint_args: dict[str, Any]) -> None:
    """Go over a dataset that is written along the way, from where a checkpoint says it stood."""
    if "checkpoint" in checkpoint_args:
        raise ValueError(
            "'Invalid `checkpoint_args`. `checkpoint_args` are not allowed to include 'checkpoint'."
        )
    # Checkpoints are made of what is here, and so stand above it.
    train = surface.namespace("train")
    iterator = iter(dataset)
    checkpoint = train.Checkpoint(iterator=iterator)
    manager = train.CheckpointManager(checkpoint, **checkpoint_args)
    checkpoint.restore(manager.latest_checkpoint)
    steps = checkpoint_args.get("step_counter")
    for _ in iterator:
        if steps is not None:
            steps.assign_add(1)
        manager.save(check_interval=True)


@contextmanager
def _spec_written(folder: str | None, spec: Any) -> Iterator[None]:
    """Write the element spec, which takes its place once the elements are written."""
    from tidefall.io.codecs.structured import encode

    if folder is None:
        yield
        return
    data = encode(spec).SerializeToString()
    path = os.path.join(folder, _SPEC)
    try:
        os.makedirs(folder, exist_ok=True)
        whole = WholeFile(path)
    except OSError as error:
        raise errors_from_os(error, folder) from None
    try:
        try:
            whole.file.write(data)
        except OSError as error:
            raise errors_from_os(error, path) from None
        yield
        whole.place()
    finally:
        whole.discard()


# ---- reading ----


class LoadNode(Node):
    """The elements of a saved dataset."""

    def __init__(self, elements: Node, count: int):
        self.inputs = (elements,)
        self.count = count

    def make_iterator(self) -> ElementIterator:
        return self.inputs[0].make_iterator()

    def cardinality(self) -> int:
        return self.count


def _load(
    path: Any,
    captured: Sequence[Any],
    *,
    output_types: Sequence[DType],
    compression: Any,
    reader_func: GraphFunction,
) -> Node:
    folder = local_path(text(path))
    metadata = read_metadata(folder)
    if metadata is None:
        raise NotFoundError(None, None, f"Could not find metadata file [{folder}]")
    types = [dtype.as_datatype_enum for dtype in output_types]
    elements = read_shards(
        folder, metadata, file_compression(text(compression)), types, Runner(reader_func, captured)
    )
    return LoadNode(elements, UNKNOWN if metadata.elements is None else metadata.elements)


load_dataset_op = dataset_op("LoadDataset", _load)


@source("load")
def load(
    path: Any,
    element_spec: Any = None,
    compression: str | None = None,
    reader_func: Callable[..., Any] | None = None,
    wait: bool = False,
) -> DatasetV2:
    """The elements that `Dataset.save` wrote, here or in TensorFlow.

    Args:
        path: the folder.
        element_spec: the element spec; by default the one that was saved along.
        compression: the one it was saved with.
        reader_func: takes a dataset with a dataset for each file, and returns a dataset; by default
            as many files as there are processors are read by turns.
        wait: if nothing was saved there yet, wait until it is, however long that takes.

    Raises:
        tf.errors.NotFoundError: nothing was saved there.
        tf.errors.DataLossError: a file is damaged; mostly while iterating.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "numbers")
    >>> tf.data.Dataset.range(4).save(path, shard_func=lambda x: x % 2)
    >>> dataset = tf.data.Dataset.load(path, reader_func=lambda files: files.flat_map(lambda f: f))
    >>> list(dataset.as_numpy_iterator())
    [np.int64(0), np.int64(2), np.int64(1), np.int64(3)]
    """
    while wait and not _is_there(path, element_spec):
        time.sleep(_WAIT_SECONDS)
    spec = _read_spec(local_path(path)) if element_spec is None else element_spec
    traced = traced_reader(reader_func, "Dataset.load", spec)
    structure = traced.output.spec
    folder = path if isinstance(path, Tensor) else local_path(path)
    probe = new_dataset(None, spec)
    variant = load_dataset_op(
        convert_to_tensor(folder, dtypes.string),
        traced.captured,
        compression=compression or "",
        reader_func=traced.function,
        **probe._flat_structure,
    )
    return new_dataset(variant, structure.element_spec, kind=shown_name(load_dataset_op))


def _is_there(path: Any, element_spec: Any) -> bool:
    folder = local_path(path)
    has_spec = element_spec is not None or os.path.exists(os.path.join(folder, _SPEC))
    return has_spec and read_metadata(folder) is not None


def _read_spec(folder: str) -> Any:
    from google.protobuf.message import DecodeError

    from tidefall.io.codecs.structured import decode
    from tidefall.proto import StructuredValue

    path = os.path.join(folder, _SPEC)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        raise NotFoundError(
            None, None, f"tf.data snapshot element_spec file not found: {path}."
        ) from None
    try:
        return decode(StructuredValue.FromString(data))
    except DecodeError as error:
        raise DataLossError(None, None, f"{path} is damaged: {error}") from None


@export("data.experimental.save")
def experimental_save(
    dataset: DatasetV2,
    path: Any,
    compression: str | None = None,
    shard_func: Callable[..., Any] | None = None,
    checkpoint_args: Any = None,
) -> None:
    """Write all elements of a dataset to files; see `Dataset.save`.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.data.experimental.save(tf.data.Dataset.range(3), folder)
    >>> [int(x) for x in tf.data.Dataset.load(folder)]
    [0, 1, 2]
    """
    save(dataset, path, compression, shard_func, checkpoint_args)


@export("data.experimental.load")
def experimental_load(
    path: Any,
    element_spec: Any = None,
    compression: str | None = None,
    reader_func: Callable[..., Any] | None = None,
) -> DatasetV2:
    """The elements of a saved dataset; see `Dataset.load`.

    >>> import tempfile
    >>> import tidefall as tf
    >>> folder = tempfile.mkdtemp()
    >>> tf.data.experimental.save(tf.data.Dataset.range(3).batch(2), folder)
    >>> [batch.numpy().tolist() for batch in tf.data.experimental.load(folder)]
    [[0, 1], [2]]
    """
    return load(path, element_spec, compression, reader_func)
