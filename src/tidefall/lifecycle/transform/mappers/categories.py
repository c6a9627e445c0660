"""Strings and integers to the numbers of a vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.transform.tensors import checked, values_of, with_values
from tidefall.lifecycle.transform.tracing import (
    file_name,
    set_range,
    table_from_file,
    trace_or_none,
)
from tidefall.lifecycle.transform.vocabularies import FILE_FORMATS, vocabulary


def compute_and_apply_vocabulary(
    x: Any, *, default_value: Any = -1, top_k: int | None = None,
    frequency_threshold: float | None = None, num_oov_buckets: int = 0,
    vocab_filename: str | None = None, weights: Any = None, labels: Any = None,
    use_adjusted_mutual_info: bool = False, min_diff_from_avg: float | None = 0.0,
    coverage_top_k: int | None = None, coverage_frequency_threshold: float | None = None,
    key_fn: Callable[[Any], Any] | None = None, fingerprint_shuffle: bool = False,
    file_format: str = "text", store_frequency: bool | None = False, reserved_tokens: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the place of each value in the vocabulary of its column, most frequent first.

    Args:
        x: strings or integers, in a tensor of any kind.
        default_value: what values outside of the vocabulary become.
        num_oov_buckets: above 0, they become instead one of so many numbers after the vocabulary,
            by a hash.
        name: a name for the operation.
        top_k, frequency_threshold, vocab_filename, weights, labels, use_adjusted_mutual_info,
            min_diff_from_avg, coverage_top_k, coverage_frequency_threshold, key_fn,
            fingerprint_shuffle, file_format, store_frequency, reserved_tokens: see `vocabulary`.

    Returns:
        An int64 tensor like `x`.

    In a preprocessing_fn:

        {"company": tft.compute_and_apply_vocabulary(inputs["company"], top_k=100)}
    """
    with tf.name_scope(name or "compute_and_apply_vocabulary"):
        x = checked(x, "compute_and_apply_vocabulary")
        if store_frequency and file_format == "text" and x.dtype == tf.string:
            # The file's columns are divided by spaces, so values may not have any.
            x = with_values(x, tf.strings.regex_replace(values_of(x), " ", "__SPACE__"))
        path = vocabulary(
            x, top_k=top_k, frequency_threshold=frequency_threshold,
            vocab_filename=vocab_filename, store_frequency=store_frequency, weights=weights,
            labels=labels, use_adjusted_mutual_info=use_adjusted_mutual_info,
            min_diff_from_avg=min_diff_from_avg, coverage_top_k=coverage_top_k,
            coverage_frequency_threshold=coverage_frequency_threshold, key_fn=key_fn,
            fingerprint_shuffle=fingerprint_shuffle, file_format=file_format,
            reserved_tokens=reserved_tokens,
        )  # fmt: skip
        return _apply(
            x, path, default_value, num_oov_buckets, None, file_format, bool(store_frequency)
        )


def apply_vocabulary(
    x: Any, deferred_vocab_filename_tensor: Any, *, default_value: Any = -1,
    num_oov_buckets: int = 0, lookup_fn: Callable[[Any, Any], tuple[Any, Any]] | None = None,
    file_format: str = "text", name: str | None = None,
) -> Any:  # fmt: skip
    """Return the place of each value in a vocabulary's file.

    Args:
        x: strings or integers, in a tensor of any kind.
        deferred_vocab_filename_tensor: what `vocabulary` returned, or the name of a file.
        default_value: what values outside of the vocabulary become.
        num_oov_buckets: above 0, they become one of so many numbers after the vocabulary.
        lookup_fn: a function from the values and the file's name to the result and the size of the
            vocabulary, in place of a lookup.
        file_format: of the file: "text" or "tfrecord_gzip".
        name: a name for the operation.

    Returns:
        An int64 tensor like `x`.
    """
    with tf.name_scope(name or "apply_vocabulary"):
        x = checked(x, "apply_vocabulary")
        return _apply(
            x, deferred_vocab_filename_tensor, default_value, num_oov_buckets, lookup_fn,
            file_format, False,
        )  # fmt: skip


def _apply(
    x: Any, path: Any, default: Any, oov_buckets: int, lookup_fn: Any, file_format: str,
    has_frequency: bool,
) -> Any:  # fmt: skip
    if x.dtype != tf.string and not x.dtype.is_integer:
        raise ValueError(f"a vocabulary is of strings or integers, got {x.dtype.name}")
    if file_format not in FILE_FORMATS:
        raise ValueError(f"file_format should be one of {FILE_FORMATS}, got {file_format!r}")
    if lookup_fn is not None:
        result, table_size = lookup_fn(x, path)
    else:
        if path is None or (isinstance(path, (bytes, str)) and not path):
            raise ValueError("deferred_vocab_filename_tensor should name a vocabulary's file")

        def make(name: str) -> Any:
            return _table(name, x.dtype, default, oov_buckets, file_format, has_frequency)

        table = make(file_name(path)) if trace_or_none() is None else table_from_file(path, make)
        values = values_of(x)
        if x.dtype not in (tf.string, tf.int64):
            values = tf.cast(values, tf.int64)
        result, table_size = with_values(x, table.lookup(values)), table.size()
    low = tf.constant(0, tf.int64)
    high = tf.cast(table_size, tf.int64) - 1
    if oov_buckets <= 0:
        low, high = tf.minimum(low, default), tf.maximum(high, default)
    set_range(values_of(result), low, high)
    return result


def _table(
    name: str, dtype: Any, default: Any, oov_buckets: int, file_format: str, has_frequency: bool
) -> Any:
    key_dtype = tf.string if dtype == tf.string else tf.int64
    index = tf.lookup.TextFileIndex
    if file_format == "tfrecord_gzip":
        initializer = _from_records(name, key_dtype, has_frequency)
    elif has_frequency:
        initializer = tf.lookup.TextFileInitializer(
            name, key_dtype, 1, tf.int64, index.LINE_NUMBER, delimiter=" "
        )
    else:
        initializer = tf.lookup.TextFileInitializer(
            name, key_dtype, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
        )
    if oov_buckets > 0:
        return tf.lookup.StaticVocabularyTable(initializer, oov_buckets, lookup_key_dtype=key_dtype)
    return tf.lookup.StaticHashTable(initializer, default)


def _from_records(name: str, key_dtype: Any, has_frequency: bool) -> Any:
    if name.endswith(".unknown"):
        entries = [b"-1"]
    else:
        records = tf.data.TFRecordDataset(name, compression_type="GZIP")
        entries = [record.numpy() for record in records]
    if has_frequency:
        entries = [entry.split(b" ", 1)[-1] for entry in entries]
    if not entries:
        raise invalid(f"the vocabulary {name} has no records")
    keys = entries if key_dtype == tf.string else [int(entry) for entry in entries]
    return tf.lookup.KeyValueTensorInitializer(
        tf.constant(keys, key_dtype), tf.range(len(keys), dtype=tf.int64)
    )


def get_num_buckets_for_transformed_feature(transformed_feature: Any) -> Any:
    """Return how many categories an integer feature has: its greatest number and one more, int64.

    Raises:
        ValueError: nothing is known of its range; it should come from a vocabulary or buckets.
    """
    trace = trace_or_none()
    values = values_of(checked(transformed_feature, "get_num_buckets_for_transformed_feature"))
    if trace is None or values.name not in trace.ranges:
        raise ValueError(
            "get_num_buckets_for_transformed_feature wants what a vocabulary or buckets gave, in "
            "the preprocessing_fn"
        )
    return tf.cast(trace.ranges[values.name][1] + 1, tf.int64)
