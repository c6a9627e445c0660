"""The vocabulary of a column, in a file that is an asset of the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.transform.accumulators.vocabulary import (
    Choice,
    LabelledVocabulary,
    Vocabulary,
)
from tidefall.lifecycle.transform.analyzers import file_of_analyzer
from tidefall.lifecycle.transform.tensors import checked, rows_of, values_of
from tidefall.lifecycle.transform.tracing import current_trace

FILE_FORMATS = ("text", "tfrecord_gzip")


def vocabulary(
    x: Any, *, top_k: int | None = None, frequency_threshold: float | None = None,
    vocab_filename: str | None = None, store_frequency: bool | None = False,
    reserved_tokens: Iterable[str] | Any = None, weights: Any = None, labels: Any = None,
    use_adjusted_mutual_info: bool = False, min_diff_from_avg: float | None = None,
    coverage_top_k: int | None = None, coverage_frequency_threshold: float | None = None,
    key_fn: Callable[[Any], Any] | None = None, fingerprint_shuffle: bool | None = False,
    file_format: str = "text", name: str | None = None,
) -> Any:  # fmt: skip
    r"""Write the distinct values of a column to a file, the most frequent first.

    Values of equal frequency stand in descending order. In text files empty strings and those with
    line breaks are left out.

    Args:
        x: strings or integers, in a tensor of any kind.
        top_k: how many to keep; None for all.
        frequency_threshold: the least frequency to keep.
        vocab_filename: the name of the file; by default one is made up.
        store_frequency: whether a line says the frequency, a space, and the value.
        reserved_tokens: strings that come first, whether they occur or not.
        weights: numbers of the shape of the values of `x`: frequencies are sums of them.
        labels: integers `[batch]`: the order and thresholds are by mutual information with them, in
            bits. A row should have each value at most once. `weights` are then `[batch]`.
        use_adjusted_mutual_info: subtract the information that chance would give.
        min_diff_from_avg: labels that occur with a value nearly as often as by chance, by less than
            this, count as chance. None for 2 to 25, by the number of rows.
        coverage_top_k: keep as well the most frequent ones of each key.
        coverage_frequency_threshold: of them, those of at least this frequency.
        key_fn: a function from a value, as bytes, to its key.
        fingerprint_shuffle: order by a hash instead.
        file_format: "text", or "tfrecord_gzip" for a compressed file of records, which may hold any
            string.
        name: a name for the operation.

    Returns:
        The name of the file, an eager scalar string; give it to `apply_vocabulary`, or to tables of
        `tf.lookup`.

    Raises:
        ValueError: arguments that do not go together, or values of another kind.
    """
    with tf.name_scope(name or "vocabulary"):
        x = checked(x, "vocabulary")
        if x.dtype != tf.string and not x.dtype.is_integer:
            raise ValueError(f"vocabulary wants strings or integers, got {x.dtype.name}")
        _check(top_k, frequency_threshold, coverage_top_k, coverage_frequency_threshold, key_fn)
        if file_format not in FILE_FORMATS:
            raise ValueError(f"file_format should be one of {FILE_FORMATS}, got {file_format!r}")
        if labels is not None and not labels.dtype.is_integer:
            raise ValueError(f"vocabulary wants integer labels, got {labels.dtype.name}")
        choice = Choice(
            top_k=None if top_k is None else int(top_k),
            frequency_threshold=frequency_threshold or (0 if labels is None else -float("inf")),
            coverage_top_k=coverage_top_k,
            coverage_frequency_threshold=coverage_frequency_threshold or 0,
            key_fn=key_fn, fingerprint_shuffle=bool(fingerprint_shuffle),
            store_frequency=bool(store_frequency), reserved_tokens=_tokens(reserved_tokens),
            is_text=file_format == "text", is_string=x.dtype == tf.string,
            by_information=labels is not None, adjusted=use_adjusted_mutual_info,
            min_diff_from_avg=min_diff_from_avg,
        )  # fmt: skip
        inputs = [tf.reshape(values_of(x), [-1])]
        make: Callable[[], Any]
        if labels is not None:
            if isinstance(labels, tf.SparseTensor):
                labels = tf.sparse.to_dense(labels)
            inputs += [rows_of(x), tf.reshape(labels, [-1])]
            make = _maker(LabelledVocabulary, choice)
        else:
            make = _maker(Vocabulary, choice)
        if weights is not None:
            inputs.append(tf.reshape(values_of(checked(weights, "vocabulary's weights")), [-1]))
        trace = current_trace("vocabulary")
        file = vocab_filename or trace.unique(
            "vocab_frequency_vocabulary" if store_frequency else "vocab_vocabulary"
        )
        scalar = tf.TensorSpec([], tf.int64)
        return file_of_analyzer(
            "vocabulary", make, (choice.by_information, len(inputs)), inputs, [scalar] * 2, file,
            b"1 -1\n" if store_frequency else b"-1\n",
            "" if choice.is_text else ".tfrecord.gz",
        )  # fmt: skip


def _maker(kind: Any, choice: Choice) -> Callable[[], Any]:
    return lambda: kind(choice)


def _tokens(tokens: Any) -> tuple[bytes, ...]:
    if tokens is None:
        return ()
    if tf.is_tensor(tokens):
        tokens = tokens.numpy().tolist()
    return tuple(t.encode() if isinstance(t, str) else bytes(t) for t in tokens)


def _check(
    top_k: Any, threshold: Any, coverage_top_k: Any, coverage_threshold: Any, key_fn: Any
) -> None:
    for name, value in (("top_k", top_k), ("coverage_top_k", coverage_top_k)):
        if value is not None and int(value) <= 0:
            raise ValueError(f"{name} should be positive, got {value!r}")
    for name, value in (
        ("frequency_threshold", threshold), ("coverage_frequency_threshold", coverage_threshold),
    ):  # fmt: skip
        if value is not None and float(value) < 0:
            raise ValueError(f"{name} should not be negative, got {value!r}")
    coverage = bool(coverage_top_k or coverage_threshold)
    if coverage != bool(key_fn):
        raise ValueError(
            "key_fn goes together with coverage_top_k or coverage_frequency_threshold: got "
            f"key_fn={key_fn!r} and coverage_top_k={coverage_top_k!r}, "
            f"coverage_frequency_threshold={coverage_threshold!r}"
        )
