# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.strings`."""

from collections.abc import Sequence
from tidefall import as_string as as_string
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

def bytes_split(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> tf.RaggedTensor:
    """The single bytes of each string."""
def format(template: str, inputs: Any, placeholder: str = '{}', summarize: int = 3, name: str | None = None) -> tf.Tensor:
    """Text with the values of tensors in it."""
@overload
def join(inputs: Sequence[TensorLike], separator: str='', name: str | None=None) -> tf.Tensor:
    """Strings of several tensors joined element by element."""
@overload
def join(inputs: Sequence[Any], separator: str='', name: str | None=None) -> Any:
    """Strings of several tensors joined element by element."""
@overload
def length(input: TensorLike, unit: str = 'BYTE', name: str | None = None) -> tf.Tensor: ...
@overload
def length(input: TensorLike | tf.__internal__.CompositeTensor, unit: str = 'BYTE', name: str | None = None) -> Any:
    """The length of each string."""
@overload
def lower(input: TensorLike, encoding: str = '', name: str | None = None) -> tf.Tensor: ...
@overload
def lower(input: TensorLike | tf.__internal__.CompositeTensor, encoding: str = '', name: str | None = None) -> Any:
    """Strings in lower case."""
def ngrams(data: TensorLike | tf.__internal__.CompositeTensor, ngram_width: Any, separator: str = ' ', pad_values: Any = None, padding_width: int | None = None, preserve_short_sequences: bool = False, name: str | None = None) -> tf.RaggedTensor:
    """Runs of neighbouring strings, joined."""
@overload
def reduce_join(inputs: TensorLike, axis: TensorLike | None = None, keepdims: bool = False, separator: str = '', name: str | None = None) -> tf.Tensor: ...
@overload
def reduce_join(inputs: TensorLike | tf.__internal__.CompositeTensor, axis: TensorLike | tf.__internal__.CompositeTensor | None = None, keepdims: bool = False, separator: str = '', name: str | None = None) -> Any:
    """Strings joined along dimensions."""
@overload
def regex_full_match(input: TensorLike, pattern: Any, name: str | None = None) -> tf.Tensor: ...
@overload
def regex_full_match(input: TensorLike | tf.__internal__.CompositeTensor, pattern: Any, name: str | None = None) -> Any:
    """Whether each string, from its first to its last byte, matches a regular expression."""
@overload
def regex_replace(input: TensorLike, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None) -> tf.Tensor: ...
@overload
def regex_replace(input: TensorLike | tf.__internal__.CompositeTensor, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None) -> Any:
    """Strings in which what matches a regular expression is replaced."""
def split(input: TensorLike | tf.__internal__.CompositeTensor, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> tf.RaggedTensor:
    """Each string cut at a separator."""
@overload
def strip(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def strip(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Strings without the blanks of ASCII at both ends."""
@overload
def substr(input: TensorLike, pos: Any, len: Any, unit: str = 'BYTE', name: str | None = None) -> tf.Tensor: ...
@overload
def substr(input: TensorLike | tf.__internal__.CompositeTensor, pos: Any, len: Any, unit: str = 'BYTE', name: str | None = None) -> Any:
    """A part of each string."""
@overload
def to_hash_bucket(input: TensorLike, num_buckets: int, name: str | None = None) -> tf.Tensor: ...
@overload
def to_hash_bucket(input: TensorLike | tf.__internal__.CompositeTensor, num_buckets: int, name: str | None = None) -> Any:
    """A number below `num_buckets` for each string, by an old hash; prefer `to_hash_bucket_fast`."""
@overload
def to_hash_bucket_fast(input: TensorLike, num_buckets: int, name: str | None = None) -> tf.Tensor: ...
@overload
def to_hash_bucket_fast(input: TensorLike | tf.__internal__.CompositeTensor, num_buckets: int, name: str | None = None) -> Any:
    """A number below `num_buckets` for each string, by FarmHash's Fingerprint64."""
@overload
def to_hash_bucket_strong(input: TensorLike, num_buckets: int, key: Sequence[int], name: str | None = None) -> tf.Tensor: ...
@overload
def to_hash_bucket_strong(input: TensorLike | tf.__internal__.CompositeTensor, num_buckets: int, key: Sequence[int], name: str | None = None) -> Any:
    """A number below `num_buckets` for each string, by SipHash with a secret key."""
@overload
def to_number(input: TensorLike, out_type: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor: ...
@overload
def to_number(input: TensorLike | tf.__internal__.CompositeTensor, out_type: DTypeLike = tf.float32, name: str | None = None) -> Any:
    """The numbers that strings spell."""
def unicode_decode(input: TensorLike | tf.__internal__.CompositeTensor, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> tf.RaggedTensor:
    """The code points of each string."""
def unicode_decode_with_offsets(input: TensorLike | tf.__internal__.CompositeTensor, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """The code points of each string, and where in it they begin."""
@overload
def unicode_encode(input: TensorLike, output_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> tf.Tensor: ...
@overload
def unicode_encode(input: TensorLike | tf.__internal__.CompositeTensor, output_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> Any:
    """The strings that sequences of code points spell."""
@overload
def unicode_script(input: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def unicode_script(input: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """The script that each code point belongs to."""
def unicode_split(input: TensorLike | tf.__internal__.CompositeTensor, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> tf.RaggedTensor:
    """The characters of each string."""
def unicode_split_with_offsets(input: TensorLike | tf.__internal__.CompositeTensor, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """The characters of each string, and where in it they begin."""
@overload
def unicode_transcode(input: TensorLike, input_encoding: str, output_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> tf.Tensor: ...
@overload
def unicode_transcode(input: TensorLike | tf.__internal__.CompositeTensor, input_encoding: str, output_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> Any:
    """Strings in another encoding."""
def unsorted_segment_join(inputs: TensorLike, segment_ids: TensorLike, num_segments: TensorLike, separator: str = '', name: str | None = None) -> tf.Tensor:
    """The strings of each segment, joined."""
@overload
def upper(input: TensorLike, encoding: str = '', name: str | None = None) -> tf.Tensor: ...
@overload
def upper(input: TensorLike | tf.__internal__.CompositeTensor, encoding: str = '', name: str | None = None) -> Any:
    """Strings in upper case."""
