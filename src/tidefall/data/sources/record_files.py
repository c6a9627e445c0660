"""`tf.data.experimental.TFRecordWriter`: the elements of a dataset as a TFRecord file."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.data.dataset import DatasetV2, node_of
from tidefall.data.engine.settings import started
from tidefall.data.sources.file_sources import text
from tidefall.io.file_systems.file_system import replace_file
from tidefall.io.file_systems.paths import local_path
from tidefall.io.records.tfrecord import RecordWriter
from tidefall.op.effects import ANYTHING, WRITES_OUTSIDE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import NO_EXTERNAL_STATE
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec


def _write(dataset: Any, filename: Any, compression_type: Any) -> tuple[()]:
    node = node_of(dataset)
    iterator = started(node)
    path = local_path(text(filename))

    def fill(file: Any) -> None:
        with RecordWriter(file, text(compression_type)) as writer:
            writer.path = path
            for (record,) in iterator:
                writer.write(record[()])

    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        fill(path)  # a pipe or a device
    else:
        replace_file(path, fill)
    return ()


write_records_op = op(
    "DatasetToTFRecord",
    shape=lambda c: [],
    host=_write,
    effects=ANYTHING | WRITES_OUTSIDE,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


@export("data.experimental.TFRecordWriter")
class TFRecordWriterOfDatasets:
    """Writes datasets of strings to a TFRecord file.

    Args:
        filename: the file; replaced if it is there, once all records are written.
        compression_type: "", "GZIP" or "ZLIB".

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> path = os.path.join(tempfile.mkdtemp(), "data.tfrecord")
    >>> dataset = tf.data.Dataset.from_tensor_slices(["a", "b"])
    >>> tf.data.experimental.TFRecordWriter(path).write(dataset)
    >>> list(tf.data.TFRecordDataset(path).as_numpy_iterator())
    [b'a', b'b']
    """

    def __init__(self, filename: Any, compression_type: Any = None):
        self._filename = convert_to_tensor(filename, dtypes.string)
        compression = "" if compression_type is None else compression_type
        self._compression_type = convert_to_tensor(compression, dtypes.string)

    def write(self, dataset: DatasetV2) -> Any:
        """Write the elements of a dataset.

        Args:
            dataset: its elements are string scalars.

        Raises:
            TypeError: it is no dataset, or one of something else.
        """
        if not isinstance(dataset, DatasetV2):
            raise TypeError(
                f"Invalid `dataset.` Expected a `tf.data.Dataset` object but got {type(dataset)}."
            )
        spec = dataset.element_spec
        if not isinstance(spec, TensorSpec) or spec.dtype != dtypes.string or spec.shape.rank != 0:
            raise TypeError(
                "Invalid `dataset`. Expected a `dataset` that produces scalar `tf.string` "
                f"elements, but got a dataset which produces elements {spec}."
            )
        return write_records_op(dataset._variant_tensor, self._filename, self._compression_type)
