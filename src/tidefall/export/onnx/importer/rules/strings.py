"""Strings."""

from __future__ import annotations

from typing import Any

import numpy as np

import tidefall as tf
from tidefall.export.onnx.importer.registry import Call, onnx_op


@onnx_op("StringConcat")
def _concat(c: Call) -> Any:
    return tf.add(tf.convert_to_tensor(c[0]), tf.convert_to_tensor(c[1]))


@onnx_op("RegexFullMatch")
def _match(c: Call) -> Any:
    return tf.strings.regex_full_match(c[0], c.attr("pattern").decode())


@onnx_op("StringNormalizer")
def _normalizer(c: Call) -> Any:
    x = tf.convert_to_tensor(c[0], tf.string)
    how = c.attr("case_change_action", b"NONE")
    stop = list(c.attr("stopwords", []))
    sensitive = bool(c.attr("is_case_sensitive", 0))
    if stop:
        looked = x if sensitive else tf.strings.lower(x, "utf-8")
        words = stop if sensitive else [w.decode().lower().encode() for w in stop]
        hit = tf.reduce_any(looked[..., None] == tf.constant(words), -1)
        flat = tf.boolean_mask(x, ~hit)
        none = tf.equal(tf.size(flat), 0)
        flat = tf.cond(none, lambda: tf.constant([""]), lambda: flat)
        x = flat[None] if len(x.shape) == 2 else flat
    if how == b"LOWER":
        return tf.strings.lower(x, "utf-8")
    return tf.strings.upper(x, "utf-8") if how == b"UPPER" else tf.identity(x)


@onnx_op("StringSplit")
def _split(c: Call) -> Any:
    most = c.attr("maxsplit")
    separator = c.attr("delimiter", b"") or None
    if not isinstance(c[0], np.ndarray):
        x = tf.convert_to_tensor(c[0])
        parts = tf.strings.split(x, separator, -1 if most is None else most)
        return [parts.to_tensor(b""), tf.cast(parts.row_lengths(axis=parts.ragged_rank), tf.int64)]
    rows = [t.split(separator, -1 if most is None else most) for t in c[0].reshape(-1).tolist()]
    width = max((len(r) for r in rows), default=0)
    filled = np.array([r + [b""] * (width - len(r)) for r in rows], object)
    counts = np.array([len(r) for r in rows], np.int64)
    shape = c[0].shape
    return [
        tf.constant(filled.reshape(*shape, width), tf.string),
        tf.constant(counts.reshape(shape)),
    ]
