# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.io`."""

from collections.abc import Iterator
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1 import decode_csv as decode_csv
from tidefall._api.compat.v1 import parse_example as parse_example
from tidefall._api.compat.v1 import parse_single_example as parse_single_example
from tidefall._api.compat.v1.io import gfile as gfile
from tidefall._api.image import decode_and_crop_jpeg as decode_and_crop_jpeg
from tidefall._api.image import decode_bmp as decode_bmp
from tidefall._api.image import decode_gif as decode_gif
from tidefall._api.image import decode_image as decode_image
from tidefall._api.image import decode_jpeg as decode_jpeg
from tidefall._api.image import decode_jxl as decode_jxl
from tidefall._api.image import decode_png as decode_png
from tidefall._api.image import decode_webp as decode_webp
from tidefall._api.image import encode_jpeg as encode_jpeg
from tidefall._api.image import encode_png as encode_png
from tidefall._api.image import extract_jpeg_shape as extract_jpeg_shape
from tidefall._api.image import is_jpeg as is_jpeg
from tidefall._api.io import FixedLenFeature as FixedLenFeature
from tidefall._api.io import FixedLenSequenceFeature as FixedLenSequenceFeature
from tidefall._api.io import RaggedFeature as RaggedFeature
from tidefall._api.io import SparseFeature as SparseFeature
from tidefall._api.io import TFRecordOptions as TFRecordOptions
from tidefall._api.io import TFRecordWriter as TFRecordWriter
from tidefall._api.io import VarLenFeature as VarLenFeature
from tidefall._api.io import decode_base64 as decode_base64
from tidefall._api.io import decode_compressed as decode_compressed
from tidefall._api.io import decode_json_example as decode_json_example
from tidefall._api.io import decode_proto as decode_proto
from tidefall._api.io import deserialize_many_sparse as deserialize_many_sparse
from tidefall._api.io import encode_base64 as encode_base64
from tidefall._api.io import encode_proto as encode_proto
from tidefall._api.io import match_filenames_once as match_filenames_once
from tidefall._api.io import matching_files as matching_files
from tidefall._api.io import parse_sequence_example as parse_sequence_example
from tidefall._api.io import parse_single_sequence_example as parse_single_sequence_example
from tidefall._api.io import parse_tensor as parse_tensor
from tidefall._api.io import read_file as read_file
from tidefall._api.io import serialize_tensor as serialize_tensor
from tidefall._api.io import write_file as write_file
from tidefall._api.io import write_graph as write_graph
from tidefall._api.queue import PaddingFIFOQueue as PaddingFIFOQueue
from tidefall._api.queue import PriorityQueue as PriorityQueue
from tidefall._api.queue import QueueBase as QueueBase
from tidefall._api.queue import RandomShuffleQueue as RandomShuffleQueue
from typing import Any

class TFRecordCompressionType:
    """Numbers of the ways in which records are compressed, as `TFRecordOptions` took them."""
    NONE: int
    ZLIB: int
    GZIP: int
def decode_raw(input_bytes: TensorLike | None = None, out_type: DTypeLike | None = None, little_endian: bool = True, name: str | None = None, bytes: Any = None) -> tf.Tensor:
    """`tf.io.decode_raw` with TensorFlow 1's parameters."""
def serialize_many_sparse(sp_input: Any, name: str | None = None, out_type: DTypeLike = tf.string) -> Any:
    """`tf.io.serialize_many_sparse` with TensorFlow 1's parameters."""
def serialize_sparse(sp_input: Any, name: str | None = None, out_type: DTypeLike = tf.string) -> Any:
    """`tf.io.serialize_sparse` with TensorFlow 1's parameters."""
def tf_record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """Read a TFRecord file record by record; `tf.data.TFRecordDataset` is the newer way."""
