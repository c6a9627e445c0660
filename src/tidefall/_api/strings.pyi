# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.strings`."""

from collections.abc import Sequence
from tidefall import as_string as as_string
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import TensorLike
from typing import Any

def bytes_split(input: Any, name: str | None = None) -> tf.RaggedTensor:
    """The single bytes of each string."""
def format(template: str, inputs: Any, placeholder: str = '{}', summarize: int = 3, name: str | None = None) -> tf.Tensor:
    """Text with the values of tensors in it."""
def join(inputs: Sequence[Any], separator: str = '', name: str | None = None) -> tf.Tensor:
    """Strings of several tensors joined element by element."""
def length(input: Any, unit: str = 'BYTE', name: str | None = None) -> tf.Tensor:
    """The length of each string."""
def lower(input: Any, encoding: str = '', name: str | None = None) -> tf.Tensor:
    """Strings in lower case."""
def ngrams(data: Any, ngram_width: Any, separator: str = ' ', pad_values: Any = None, padding_width: int | None = None, preserve_short_sequences: bool = False, name: str | None = None) -> tf.RaggedTensor:
    """Runs of neighbouring strings, joined."""
def reduce_join(inputs: Any, axis: Any = None, keepdims: bool = False, separator: str = '', name: str | None = None) -> tf.Tensor:
    """Strings joined along dimensions."""
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> tf.Tensor:
    """Whether each string, from its first to its last byte, matches a regular expression."""
def regex_replace(input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None) -> tf.Tensor:
    """Strings in which what matches a regular expression is replaced."""
def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> tf.RaggedTensor:
    """Each string cut at a separator."""
def strip(input: Any, name: str | None = None) -> tf.Tensor:
    """Strings without the blanks of ASCII at both ends."""
def substr(input: Any, pos: Any, len: Any, unit: str = 'BYTE', name: str | None = None) -> tf.Tensor:
    """A part of each string."""
def to_hash_bucket(input: Any, num_buckets: int, name: str | None = None) -> tf.Tensor:
    """A number below `num_buckets` for each string, by an old hash; prefer `to_hash_bucket_fast`."""
def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> tf.Tensor:
    """A number below `num_buckets` for each string, by FarmHash's Fingerprint64."""
def to_hash_bucket_strong(input: Any, num_buckets: int, key: Sequence[int], name: str | None = None) -> tf.Tensor:
    """A number below `num_buckets` for each string, by SipHash with a secret key."""
def to_number(input: Any, out_type: DTypeLike = tf.float32, name: str | None = None) -> tf.Tensor:
    """The numbers that strings spell."""
def unicode_decode(input: Any, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> tf.RaggedTensor:
    """The code points of each string."""
def unicode_decode_with_offsets(input: Any, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """The code points of each string, and where in it they begin."""
def unicode_encode(input: Any, output_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> tf.Tensor:
    """The strings that sequences of code points spell."""
def unicode_script(input: Any, name: str | None = None) -> tf.Tensor:
    """The script that each code point belongs to."""
def unicode_split(input: Any, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> tf.RaggedTensor:
    """The characters of each string."""
def unicode_split_with_offsets(input: Any, input_encoding: str, errors: str = 'replace', replacement_char: int = 65533, name: str | None = None) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    """The characters of each string, and where in it they begin."""
def unicode_transcode(input: Any, input_encoding: str, output_encoding: str, errors: str = 'replace', replacement_char: int = 65533, replace_control_characters: bool = False, name: str | None = None) -> tf.Tensor:
    """Strings in another encoding."""
def unsorted_segment_join(inputs: TensorLike, segment_ids: Any, num_segments: Any, separator: str = '', name: str | None = None) -> tf.Tensor:
    """The strings of each segment, joined."""
def upper(input: Any, encoding: str = '', name: str | None = None) -> tf.Tensor:
    """Strings in upper case."""
