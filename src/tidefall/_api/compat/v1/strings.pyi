# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.strings`."""

from collections.abc import Sequence
from tidefall import as_string as as_string
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from tidefall._api.strings import bytes_split as bytes_split
from tidefall._api.strings import format as format
from tidefall._api.strings import join as join
from tidefall._api.strings import lower as lower
from tidefall._api.strings import ngrams as ngrams
from tidefall._api.strings import regex_full_match as regex_full_match
from tidefall._api.strings import regex_replace as regex_replace
from tidefall._api.strings import strip as strip
from tidefall._api.strings import to_hash_bucket_fast as to_hash_bucket_fast
from tidefall._api.strings import to_hash_bucket_strong as to_hash_bucket_strong
from tidefall._api.strings import unicode_decode as unicode_decode
from tidefall._api.strings import unicode_decode_with_offsets as unicode_decode_with_offsets
from tidefall._api.strings import unicode_encode as unicode_encode
from tidefall._api.strings import unicode_script as unicode_script
from tidefall._api.strings import unicode_split as unicode_split
from tidefall._api.strings import unicode_split_with_offsets as unicode_split_with_offsets
from tidefall._api.strings import unicode_transcode as unicode_transcode
from tidefall._api.strings import unsorted_segment_join as unsorted_segment_join
from tidefall._api.strings import upper as upper
from typing import Any

def length(input: TensorLike, name: str | None = None, unit: str = 'BYTE') -> tf.Tensor:
    """`tf.strings.length` with TensorFlow 1's parameters."""
def reduce_join(inputs: TensorLike, axis: TensorLike | None = None, keep_dims: bool | None = None, separator: str = '', name: str | None = None, reduction_indices: Any = None, keepdims: bool | None = None) -> tf.Tensor:
    """`tf.strings.reduce_join` with TensorFlow 1's parameters."""
def split(input: Any = None, sep: Any = None, maxsplit: int = -1, result_type: str = 'SparseTensor', source: Any = None, name: str | None = None) -> Any:
    """Each string cut at a separator; see `tf.strings.split`."""
def substr(input: TensorLike, pos: Any, len: Any, name: str | None = None, unit: str = 'BYTE') -> tf.Tensor:
    """`tf.strings.substr` with TensorFlow 1's parameters."""
def to_hash_bucket(string_tensor: Any = None, num_buckets: int | None = None, name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.strings.to_hash_bucket` with TensorFlow 1's parameters."""
def to_number(string_tensor: Any = None, out_type: DTypeLike = tf.float32, name: str | None = None, input: TensorLike | None = None) -> tf.Tensor:
    """`tf.strings.to_number` with TensorFlow 1's parameters."""
