"""`Dataset.save` and `Dataset.load`: the elements of a dataset in files."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tidefall.core import dtypes
from tidefall.core.convert import convert_to_tensor
from tidefall.core.dtypes import DType
from tidefall.core.errors import (
    DataLossError,
    InvalidArgumentError,
    NotFoundError,
    UnimplementedError,
)
from tidefall.core.exports import export
from tidefall.core.op import NOT_DIFFERENTIABLE, op
from tidefall.core.tensor import Tensor
from tidefall.data.dataset import (
    DatasetV2,
    dataset_op,
    new_dataset,
    node_of,
    shown_name,
    source,
    transformation,
)
from tidefall.data.element_codec import to_bytes, type_of
from tidefall.data.elements import Element
from tidefall.data.file_sources import text
from tidefall.data.functions import Runner, StructuredFunction, unpacked
from tidefall.data.iterators import ElementIterator
from tidefall.data.node import UNKNOWN, Node
from tidefall.data.settings import started
from tidefall.data.shards import read_shards, shard_number, traced_reader
from tidefall.function.concrete import GraphFunction
from tidefall.io.bundle_writer import create_beside
from tidefall.io.paths import local_path
from tidefall.io.snapshot_files import COMPRESSIONS, RunWriter, read_metadata
from tidefall.io.tfrecord import errors_from_os

_SPEC = "dataset_spec.pb"


def file_compression(compression: Any, auto: str = "") -> str:
    """The name of a compression of saved elements; InvalidArgumentError if it is unknown."""
    name = "" if compression is None else str(compression).upper()
    name = {"AUTO": auto, "NONE": ""}.get(name, name)
    if name not in COMPRESSIONS:
        raise InvalidArgumentError(
            None,
            None,
            f"Unknown compression {compression!r} of saved elements; use one of "
            f"{('AUTO', *COMPRESSIONS)} or None.",
        )
    return name


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
    node = node_of(source, "SaveDataset")
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


class SaveNode(Node):
    """The input's elements, which are written to files along the way.

    The files count once an iteration has reached the end.
    """

    title = "save"

    def __init__(self, source: Node, path: str, compression: str, shard: Runner | None):
        self.inputs = (source,)
        self.functions = (shard,) if shard else ()
        self.path = path
        self.compression = compression
        self.shard = shard

    def make_iterator(self) -> ElementIterator:
        return _Saving(self)

    def cardinality(self) -> int:
        return self.inputs[0].cardinality()


class _Saving(ElementIterator):
    __slots__ = ("__weakref__", "_end", "_node", "_source", "_types", "_writer")

    def __init__(self, node: SaveNode):
        self._node = node
        self._source = node.inputs[0].make_iterator()
        self._types: list[int] = []
        self._writer = RunWriter(node.path, "", node.compression)
        self._end = weakref.finalize(self, self._writer.discard)

    def __next__(self) -> Element:
        if not self._end.alive:
            raise StopIteration
        try:
            element = next(self._source)
            shard = self._node.shard
            number = shard_number(shard(element), "Dataset.save") if shard else 0
            self._types = self._types or [type_of(value) for value in element]
            self._writer.write(number, to_bytes(element))
        except StopIteration:
            self._writer.finish(self._types, count_is_told=True)
            self._end()
            raise
        except BaseException:
            self._end()
            raise
        return element


def _save_v2(
    source: Any,
    path: Any,
    captured: Sequence[Any],
    *,
    shard_func: GraphFunction,
    compression: Any,
    use_shard_func: bool,
) -> Node:
    shard = Runner(shard_func, captured) if use_shard_func else None
    node = node_of(source, "SaveDatasetV2")
    return SaveNode(node, local_path(text(path)), file_compression(text(compression)), shard)


dataset_op("SaveDatasetV2", _save_v2)
save_dataset_op = op("SaveDataset", shape=lambda c: [], host=_save, gradient=NOT_DIFFERENTIABLE)


@transformation("save")
def save(
    self: DatasetV2,
    path: Any,
    compression: str | None = None,
    shard_func: Callable[..., Any] | None = None,
    checkpoint_args: Any = None,
) -> None:
    """Write all elements to files, in TensorFlow's format; `Dataset.load` reads them.

    Nothing that was saved at the same place before is touched until all elements are written; if
    anything goes wrong, no file is left behind.

    Args:
        path: a folder; made if it is not there.
        compression: None, "GZIP" or "SNAPPY".
        shard_func: takes an element and returns the number of the file it goes to, scalar int64;
            everything goes to one file by default.
        checkpoint_args: saving is never taken up in the middle; None.

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
    if checkpoint_args is not None:
        raise UnimplementedError(
            None,
            None,
            "Dataset.save(checkpoint_args=...): saving cannot be taken up in the middle in "
            "Tidefall yet. Leave the argument out.",
        )
    function = shard_func or (lambda *element: np.int64(0))
    traced = StructuredFunction(function, "Dataset.save", unpacked(self.element_spec))
    folder = path if isinstance(path, Tensor) else local_path(path)
    is_known = not isinstance(path, Tensor) or not path.is_symbolic
    with _spec_written(local_path(path) if is_known else None, self.element_spec):
        save_dataset_op(
            self._variant_tensor,
            convert_to_tensor(folder, dtypes.string),
            traced.captured,
            shard_func=traced.function,
            use_shard_func=shard_func is not None,
            compression=compression or "",
        )


@contextmanager
def _spec_written(folder: str | None, spec: Any) -> Iterator[None]:
    """Write the element spec, which takes its place once the elements are written."""
    from tidefall.io.structured import encode

    if folder is None:
        yield
        return
    data = encode(spec).SerializeToString()
    path = os.path.join(folder, _SPEC)
    try:
        os.makedirs(folder, exist_ok=True)
        temporary, file = create_beside(path)
    except OSError as error:
        raise errors_from_os(error, folder) from None
    try:
        try:
            with file:
                file.write(data)
        except OSError as error:
            raise errors_from_os(error, path) from None
        yield
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


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
        wait: waiting for a dataset that is being saved is not implemented; False.

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
    if wait:
        raise UnimplementedError(
            None, None, "Dataset.load(wait=True) is not implemented in Tidefall yet."
        )
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
    return new_dataset(variant, structure.element_spec, kind=shown_name("LoadDataset"))


def _read_spec(folder: str) -> Any:
    from google.protobuf.message import DecodeError

    from tidefall.io.structured import decode
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
    """Write all elements of a dataset to files; see `Dataset.save`."""
    save(dataset, path, compression, shard_func, checkpoint_args)


@export("data.experimental.load")
def experimental_load(
    path: Any,
    element_spec: Any = None,
    compression: str | None = None,
    reader_func: Callable[..., Any] | None = None,
) -> DatasetV2:
    """The elements of a saved dataset; see `Dataset.load`."""
    return load(path, element_spec, compression, reader_func)


@export("data.experimental.distributed_save")
def distributed_save(
    dataset: DatasetV2, path: Any, data_service_address: str, compression: str = "AUTO"
) -> Any:
    """Save a dataset with the workers of a data service, which Tidefall does not have.

    Raises:
        UnimplementedError: always. `Dataset.save` writes the same elements from one process.
    """
    raise UnimplementedError(
        None,
        None,
        "tf.data.experimental.distributed_save needs the tf.data service, which Tidefall does not "
        "have. Use `Dataset.save`.",
    )
