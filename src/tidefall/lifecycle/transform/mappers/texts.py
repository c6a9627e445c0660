"""Tokens, and words counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.transform.analyzers import sum as sum_
from tidefall.lifecycle.transform.tensors import checked, values_of, with_values


def hash_strings(
    strings: Any, hash_buckets: int, key: Iterable[int] | None = None, name: str | None = None
) -> Any:
    """Return a number from 0 to hash_buckets - 1 for each string.

    Args:
        strings: strings, in a tensor of any kind.
        hash_buckets: how many numbers.
        key: two integers for a hash that cannot be steered from outside; None for a fast one.
        name: a name for the operation.

    Returns:
        An int64 tensor like `strings`.

    Raises:
        TypeError: `strings` holds something else.
    """
    strings = checked(strings, "hash_strings")
    if strings.dtype != tf.string:
        raise TypeError(f"hash_strings wants strings, got {strings.dtype.name}")
    values = values_of(strings)
    if key is None:
        hashed = tf.strings.to_hash_bucket_fast(values, hash_buckets, name=name)
    else:
        hashed = tf.strings.to_hash_bucket_strong(values, hash_buckets, list(key), name=name)
    return with_values(strings, hashed)


def segment_indices(segment_ids: Any, name: str | None = None) -> Any:
    """Return the place of each element within its segment.

    Args:
        segment_ids: integers `[n]`, ascending.
        name: a name for the operation.

    >>> from tidefall import transform as tft
    >>> tft.segment_indices([0, 0, 1, 1, 1, 2]).numpy().tolist()
    [0, 1, 0, 1, 2, 0]
    """
    with tf.name_scope(name or "segment_indices"):
        segment_ids = checked(segment_ids, "segment_indices")
        if segment_ids.shape.rank not in (None, 1):
            raise ValueError(f"segment_indices wants a vector, got shape {segment_ids.shape}")
        first = tf.searchsorted(segment_ids, segment_ids, side="left", out_type=tf.int64)
        places = tf.range(tf.size(segment_ids, tf.int64)) - first
        return tf.cast(places, segment_ids.dtype)


def _table(tokens: Any, what: str) -> Any:
    if not isinstance(tokens, tf.SparseTensor):
        raise TypeError(f"`{what}` wants a SparseTensor, got {type(tokens).__name__}")
    if tokens.shape.rank != 2:
        raise ValueError(f"`{what}` wants a tensor of rank 2, got shape {tokens.shape}")
    return tokens


def ngrams(
    tokens: Any, ngram_range: tuple[int, int], separator: str, name: str | None = None
) -> Any:
    """Return the sequences of neighbouring tokens of each row.

    Args:
        tokens: a SparseTensor of strings `[batch, longest]`.
        ngram_range: the least and the greatest length of a sequence.
        separator: what stands between the tokens of a sequence.
        name: a name for the operation.

    Returns:
        A SparseTensor `[batch, most]`: by the place of the first token, then by length.

    Raises:
        ValueError: lengths that are not at least 1 and ascending, or another rank.
    """
    with tf.name_scope(name or "ngrams"):
        tokens = _table(tokens, "ngrams")
        low, high = ngram_range
        if low < 1 or high < low:
            raise ValueError(f"ngram_range should be 1 <= least <= greatest, got {ngram_range!r}")
        rows, values = tokens.indices[:, 0], tokens.values
        count = tf.size(values)
        joined, valid = [], []
        so_far: Any = None
        for length in range(1, high + 1):
            moved = tf.pad(rows[length - 1 :], [[0, length - 1]], constant_values=-1)[:count]
            padding = tf.fill([length - 1], "")
            part = tf.concat([values[length - 1 :], padding], 0)[:count]
            so_far = part if length == 1 else tf.strings.join([so_far, part], separator)
            if length >= low:
                joined.append(so_far)
                valid.append(tf.equal(moved, rows))
        keep = tf.stack(valid, 1)
        kept = tf.boolean_mask(tf.stack(joined, 1), keep)
        row_of = tf.boolean_mask(tf.tile(rows[:, None], [1, high + 1 - low]), keep)
        return _sparse_rows(kept, row_of, tokens.dense_shape[0])


def _sparse_rows(values: Any, rows: Any, batch: Any) -> Any:
    """A SparseTensor whose rows begin at the left, from values and ascending rows."""
    places = segment_indices(rows)
    widest = tf.maximum(tf.reduce_max(places), -1) + 1
    return tf.SparseTensor(tf.stack([rows, places], 1), values, tf.stack([batch, widest]))


def bag_of_words(
    tokens: Any, ngram_range: tuple[int, int], separator: str, name: str | None = None
) -> Any:
    """Return the distinct sequences of neighbouring tokens of each row. See `ngrams`."""
    with tf.name_scope(name or "bag_of_words"):
        return deduplicate_tensor_per_row(ngrams(tokens, ngram_range, separator))


def word_count(tokens: Any, name: str | None = None) -> Any:
    """Return how many tokens each row has, int64 `[batch]`.

    Args:
        tokens: a SparseTensor or RaggedTensor.
        name: a name for the operation.

    Raises:
        ValueError: `tokens` is neither.
    """
    with tf.name_scope(name or "word_count"):
        if isinstance(tokens, tf.RaggedTensor):
            lengths = tokens.row_lengths()
            inner = tokens.values
            return (
                lengths
                if not isinstance(inner, tf.RaggedTensor)
                else tf.reduce_sum(tokens.with_values(inner.row_lengths()), 1)
            )
        if isinstance(tokens, tf.SparseTensor):
            counts = tf.math.unsorted_segment_sum(
                tf.ones_like(tokens.indices[:, 0]), tokens.indices[:, 0], tokens.dense_shape[0]
            )
            return tf.ensure_shape(counts, [tokens.shape[0]])
        raise ValueError(
            f"word_count wants a SparseTensor or RaggedTensor, got {type(tokens).__name__}"
        )


def deduplicate_tensor_per_row(input_tensor: Any, name: str | None = None) -> Any:
    """Return the distinct values of each row, in the order in which they come first.

    Args:
        input_tensor: a Tensor or SparseTensor of rank 1 or 2.
        name: a name for the operation.

    Returns:
        A SparseTensor `[batch, most]`.
    """
    with tf.name_scope(name or "deduplicate_tensor_per_row"):
        x = checked(input_tensor, "deduplicate_tensor_per_row")
        if x.shape.rank is None or x.shape.rank > 2:
            raise ValueError(f"deduplicate_tensor_per_row wants rank 1 or 2, got shape {x.shape}")
        if isinstance(x, tf.SparseTensor):
            if x.shape.rank == 1:
                return x
            values, rows, batch = x.values, x.indices[:, 0], x.dense_shape[0]
        else:
            batch = tf.shape(x, tf.int64)[0]
            width = 1 if x.shape.rank == 1 else tf.shape(x, tf.int64)[1]
            values = tf.reshape(x, [-1])
            rows = tf.repeat(tf.range(batch), width)
        _, kind = tf.unique(values, tf.int64)
        kinds = tf.reduce_max(tf.concat([kind, [0]], 0)) + 1
        pairs, at = tf.unique(rows * kinds + kind, tf.int64)
        first = tf.math.unsorted_segment_min(
            tf.range(tf.size(at, tf.int64)), at, tf.size(pairs, tf.int64)
        )
        return _sparse_rows(tf.gather(values, first), tf.gather(rows, first), batch)


def tfidf(x: Any, vocab_size: Any, smooth: bool = True, name: str | None = None) -> tuple[Any, Any]:
    """Return the distinct terms of each row, and how much each says about it.

    A term's weight is its share of the row's terms times 1 + log((rows + 1) / (rows with it + 1)),
    or without smoothing 1 + log(rows / rows with it).

    Args:
        x: a SparseTensor of term numbers `[batch, longest]`, taken modulo `vocab_size`.
        vocab_size: how many terms there are.
        smooth: whether 1 is added to both counts.
        name: a name for the operation.

    Returns:
        Two SparseTensors `[batch, most]`: the terms, ascending, and the weights, float32.
    """
    with tf.name_scope(name or "tfidf"):
        rows, terms, counts, batch = _term_counts(x, vocab_size, "tfidf")
        lengths = tf.math.unsorted_segment_sum(counts, rows, batch)
        share = tf.cast(counts, tf.float64) / tf.cast(tf.gather(lengths, rows), tf.float64)
        inverse = _inverse_document_frequency(terms, vocab_size, batch, smooth, 1.0)
        weights = tf.cast(share, tf.float32) * tf.gather(inverse, terms)
        return _sparse_rows(terms, rows, batch), _sparse_rows(weights, rows, batch)


def _term_counts(x: Any, vocab_size: Any, what: str) -> tuple[Any, Any, Any, Any]:
    """The rows and terms that occur together, ascending, and how often; and the batch size."""
    x, size = _table(x, what), tf.cast(vocab_size, tf.int64)
    terms = tf.math.floormod(tf.cast(x.values, tf.int64), size)
    pairs = tf.sort(x.indices[:, 0] * size + terms)
    found, _, counts = tf.unique_with_counts(pairs, tf.int64)
    return found // size, tf.math.floormod(found, size), counts, x.dense_shape[0]


def _document_frequency(terms: Any, vocab_size: Any) -> Any:
    size = tf.cast(vocab_size, tf.int64)
    return sum_(
        tf.math.unsorted_segment_sum(tf.ones_like(terms), terms, size)[None],
        reduce_instance_dims=False,
    )


def _inverse_document_frequency(
    terms: Any, vocab_size: Any, batch: Any, smooth: bool, baseline: float
) -> Any:
    frequency = tf.cast(_document_frequency(terms, vocab_size), tf.float32)
    corpus = tf.cast(sum_(batch[None]), tf.float32)
    if smooth:
        return tf.math.log((corpus + 1.0) / (1.0 + frequency)) + baseline
    return tf.math.log(corpus / frequency) + baseline


def document_frequency(x: Any, vocab_size: Any, name: str | None = None) -> Any:
    """Return for each term of `x` in how many rows of all data it occurs.

    Args:
        x: a SparseTensor of term numbers `[batch, longest]`.
        vocab_size: how many terms there are.
        name: a name for the operation.

    Returns:
        An int64 SparseTensor like `x`.
    """
    with tf.name_scope(name or "document_frequency"):
        _, terms, _, _ = _term_counts(x, vocab_size, "document_frequency")
        each = tf.math.floormod(tf.cast(x.values, tf.int64), tf.cast(vocab_size, tf.int64))
        return with_values(x, tf.gather(_document_frequency(terms, vocab_size), each))


def idf(
    x: Any, vocab_size: Any, smooth: bool = True, add_baseline: bool = True, name: str | None = None
) -> Any:
    """Return the inverse document frequency of each term of `x`: see `tfidf`.

    Returns:
        A float32 SparseTensor like `x`; without `add_baseline`, 1 less.
    """
    with tf.name_scope(name or "idf"):
        _, terms, _, batch = _term_counts(x, vocab_size, "idf")
        inverse = _inverse_document_frequency(
            terms, vocab_size, batch, smooth, 1.0 if add_baseline else 0.0
        )
        each = tf.math.floormod(tf.cast(x.values, tf.int64), tf.cast(vocab_size, tf.int64))
        return with_values(x, tf.gather(inverse, each))
