# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.io`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
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
from tidefall._api.io import gfile as gfile
import types
from typing import Any
from typing import NamedTuple
from typing import overload

class FixedLenFeature(NamedTuple):
    """A feature of one shape in all examples, parsed to a dense tensor."""
    shape: Any
    dtype: Any
    default_value: Any = None
class FixedLenSequenceFeature(NamedTuple):
    """A feature with any number of rows of one shape, padded to the longest of the batch."""
    shape: Any
    dtype: Any
    allow_missing: Any = False
    default_value: Any = None
class RaggedFeature(NamedTuple):
    """A feature with any number of values, parsed to a `tf.RaggedTensor`."""
    dtype: Any
    value_key: Any = None
    partitions: Any = ()
    row_splits_dtype: Any = tf.int32
    validate: Any = False
class SparseFeature(NamedTuple):
    """A sparse tensor that examples hold as a feature of positions and a feature of values."""
    index_key: Any
    value_key: Any
    dtype: Any
    size: Any
    already_sorted: Any = False
class TFRecordOptions:
    """How a TFRecord file is compressed."""
    compression_type: Any
    flush_mode: int | None
    input_buffer_size: int | None
    output_buffer_size: int | None
    window_bits: int | None
    compression_level: int | None
    compression_method: int | None
    mem_level: int | None
    compression_strategy: int | None
    compression_type_map: dict
    def __init__(self, compression_type: Any = None, flush_mode: int | None = None, input_buffer_size: int | None = None, output_buffer_size: int | None = None, window_bits: int | None = None, compression_level: int | None = None, compression_method: int | None = None, mem_level: int | None = None, compression_strategy: int | None = None) -> None: ...
    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """The name of a compression: "", "GZIP" or "ZLIB"."""
class TFRecordWriter:
    """Writes a TFRecord file."""
    def __init__(self, path: Any, options: Any = None) -> None: ...
    def write(self, record: bytes | str) -> None:
        """Append one record."""
    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
    def close(self) -> None:
        """Finish the file. Closing again does nothing."""
    def __enter__(self) -> tf.io.TFRecordWriter: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: types.TracebackType | None) -> None: ...
class VarLenFeature(NamedTuple):
    """A feature with any number of values, parsed to a `tf.SparseTensor`."""
    dtype: Any
@overload
def decode_base64(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def decode_base64(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Strings from web-safe base64, with or without "=" at the end."""
@overload
def decode_compressed(bytes: TensorLike, compression_type: str = '', name: str | None = None) -> tf.Tensor: ...
@overload
def decode_compressed(bytes: TensorLike | tf.__internal__.CompositeTensor, compression_type: str = '', name: str | None = None) -> Any:
    """Decompress strings."""
def decode_csv(records: TensorLike, record_defaults: Any, field_delim: str = ',', use_quote_delim: bool = True, na_value: str = '', select_cols: Any = None, name: str | None = None) -> list[tf.Tensor]:
    """Lines of comma-separated values (RFC 4180) as one tensor for each column."""
def decode_json_example(json_examples: TensorLike, name: str | None = None) -> tf.Tensor:
    """Serialized `tf.train.Example` messages from the same in protobuf's JSON form."""
def decode_proto(bytes: TensorLike, message_type: str, field_names: Any, output_types: Any, descriptor_source: Any = 'local://', message_format: str = 'binary', sanitize: bool = False, name: str | None = None) -> Any:
    """Take fields out of serialized protocol buffer messages."""
def decode_raw(input_bytes: TensorLike, out_type: DTypeLike, little_endian: bool = True, fixed_length: Any = None, name: str | None = None) -> tf.Tensor:
    """Bytes as numbers."""
def deserialize_many_sparse(serialized_sparse: TensorLike, dtype: DTypeLike, rank: int | None = None, name: str | None = None) -> tf.SparseTensor:
    """The sparse tensor whose rows were serialized."""
@overload
def encode_base64(input: TensorLike, pad: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def encode_base64(input: TensorLike | tf.__internal__.CompositeTensor, pad: bool = False, name: str | None = None) -> Any:
    """Strings in web-safe base64 ("-" and "_" instead of "+" and "/")."""
def encode_proto(sizes: TensorLike, values: Sequence[TensorLike], field_names: Any, message_type: str, descriptor_source: Any = 'local://', name: str | None = None) -> tf.Tensor:
    """Make serialized protocol buffer messages of the values of their fields."""
def match_filenames_once(pattern: TensorLike, name: str | None = None) -> Any:
    """A variable with the files that match patterns when it is initialized."""
def matching_files(pattern: TensorLike, name: str | None = None) -> tf.Tensor:
    """The files that match one or more patterns."""
def parse_example(serialized: TensorLike, features: Any, example_names: TensorLike | None = None, name: str | None = None) -> dict[Any, Any]:
    """Parse serialized `tf.train.Example` messages into tensors."""
def parse_sequence_example(serialized: TensorLike, context_features: Any = None, sequence_features: Any = None, example_names: TensorLike | None = None, name: str | None = None) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
    """Parse serialized `tf.train.SequenceExample` messages into tensors."""
def parse_single_example(serialized: TensorLike, features: Any, example_names: TensorLike | None = None, name: str | None = None) -> dict[Any, Any]:
    """Parse one serialized `tf.train.Example` message into tensors."""
def parse_single_sequence_example(serialized: TensorLike, context_features: Any = None, sequence_features: Any = None, example_name: TensorLike | None = None, name: str | None = None) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Parse one serialized `tf.train.SequenceExample` message into tensors."""
def parse_tensor(serialized: TensorLike, out_type: DTypeLike, name: str | None = None) -> tf.Tensor:
    """The tensor in a serialized `TensorProto` message."""
def read_file(filename: TensorLike, name: str | None = None) -> tf.Tensor:
    """The whole content of a file."""
def serialize_many_sparse(sp_input: Any, out_type: DTypeLike = tf.string, name: str | None = None) -> Any:
    """The rows of a sparse tensor, each as `tf.io.serialize_sparse` gives it."""
def serialize_sparse(sp_input: Any, out_type: DTypeLike = tf.string, name: str | None = None) -> Any:
    """A sparse tensor as a vector of three: its positions, values and shape, each serialized."""
def serialize_tensor(tensor: Any, name: str | None = None) -> tf.Tensor:
    """A tensor as a serialized `TensorProto` message."""
def write_file(filename: TensorLike, contents: TensorLike, name: str | None = None) -> tf.Operation | None:
    """Write a file, and the folders above it where they are missing."""
def write_graph(graph_or_graph_def: Any, logdir: Any, name: str, as_text: bool = True) -> str:
    """Write a graph to a file, as a `GraphDef` message."""
