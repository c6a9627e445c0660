"""Texts that are split only to be looked up stay packed, and nobody sees a difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.graph.passes.pipeline import optimize
from tidefall.native.library import enabled, status

pytestmark = pytest.mark.skipif(not enabled(), reason=f"native kernels: {status().reason}")

WORDS = ["", "[UNK]", "the", "cat", "sat", "mat"]
LINES = [b"The cat sat", b"on the MAT!", b"", b"the " * 30, "é cat".encode(), b"\x00 mat\xff"]


def _table(mutable: bool = False) -> Any:
    if mutable:
        table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 1)
        table.insert(WORDS, list(range(len(WORDS))))
        return table
    pairs = tf.lookup.KeyValueTensorInitializer(WORDS, list(range(len(WORDS))), value_dtype="int64")
    return tf.lookup.StaticHashTable(pairs, 1)


def _optimized(function: Any, *specs: Any) -> Any:
    return optimize(tf.function(function).get_concrete_function(*specs).graph)


def _ops(graph: Any) -> set[str]:
    return {node.type for node in graph.nodes}


SPEC = tf.TensorSpec([None], tf.string)


def _lowered(x: Any) -> Any:
    return tf.strings.regex_replace(tf.strings.lower(x), "[!,]", "")


PREPARED = {
    "as it is": lambda x: x,
    "lower": tf.strings.lower,
    "without": lambda x: tf.strings.regex_replace(x, "[!,]", ""),
    "lower, without": _lowered,
    "without, lower": lambda x: tf.strings.lower(tf.strings.regex_replace(x, "[T!]", "")),
    "another replacement": lambda x: tf.strings.regex_replace(x, "[!,]", "at"),
    "unicode": lambda x: tf.strings.lower(x, encoding="utf-8"),
}


@pytest.mark.parametrize("prepare", PREPARED.values(), ids=PREPARED)
def test_results_are_the_same(prepare: Any) -> None:
    table = _table()

    def function(x: Any) -> Any:
        words = tf.strings.split(prepare(x))
        found = table.lookup(words)
        masked = tf.where(tf.equal(words.values, "cat"), np.int64(-5), found.values)
        return found.to_tensor(shape=[None, 4]), found.with_values(masked).to_tensor(9)

    assert "_SplitTexts" in _ops(_optimized(function, SPEC))
    found = tf.function(function)(tf.constant(LINES))
    for one, expected in zip(found, function(tf.constant(LINES)), strict=True):
        np.testing.assert_array_equal(one, expected)
    empty = tf.function(function, input_signature=[SPEC])(tf.constant([], tf.string))
    assert [one.shape.as_list() for one in empty] == [[0, 4], [0, 0]]


def test_text_vectorization_is_packed() -> None:
    with_kernels, without = [], []
    for native, results in ((True, with_kernels), (False, without)):
        with config.override(native=native):
            layer = tf.keras.layers.TextVectorization(max_tokens=9, output_sequence_length=5)
            layer.adapt(LINES[:4])
            lines = tf.data.Dataset.from_tensor_slices(LINES).batch(4)
            results += [batch.numpy() for batch in lines.map(layer)]
            graph = _optimized(layer, SPEC)
            assert ("_VectorizeTexts" in _ops(graph)) is native
            assert ("StringSplitV2" in _ops(graph)) is not native
            assert "SelectV2" not in _ops(graph) or not native
    for one, other in zip(with_kernels, without, strict=True):
        np.testing.assert_array_equal(one, other)


TO_ROWS = {
    "as wide as the longest": lambda words: words.to_tensor(),
    "of a width": lambda words: words.to_tensor(shape=[None, 4]),
    "filled up": lambda words: words.to_tensor(-9, shape=[None, 40]),
    "no columns": lambda words: words.to_tensor(shape=[None, 0]),
}


@pytest.mark.parametrize("prepare", PREPARED.values(), ids=PREPARED)
@pytest.mark.parametrize("to_rows", TO_ROWS.values(), ids=TO_ROWS)
def test_rows_are_made_at_once(to_rows: Any, prepare: Any) -> None:
    table = _table()

    def function(x: Any) -> Any:
        return to_rows(table.lookup(tf.strings.split(prepare(x))))

    assert "_VectorizeTexts" in _ops(_optimized(function, SPEC))
    traced = tf.function(function, input_signature=[SPEC])
    for lines in (LINES, [], [b"", b" "], [b"mat"]):
        given = tf.constant(lines, tf.string)
        expected = function(given)
        found = traced(given)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        with config.override(native=False):  # the graph stays as it is
            np.testing.assert_array_equal(traced(given), expected)


NOT_AT_ONCE = {
    "words are counted": lambda words: (words.to_tensor(), words.row_lengths()),
    "of so many rows": lambda words: words.to_tensor(shape=[2, 4]),
    "of values that others read": lambda words: (words.to_tensor(), words.values),
    "as floats": lambda words: tf.cast(words, tf.float32).to_tensor(),
}


@pytest.mark.parametrize("to_rows", NOT_AT_ONCE.values(), ids=NOT_AT_ONCE)
def test_rows_of_what_others_read_take_steps(to_rows: Any) -> None:
    table = _table()

    def function(x: Any) -> Any:
        return to_rows(table.lookup(tf.strings.split(x)))

    assert "_VectorizeTexts" not in _ops(_optimized(function, SPEC))
    given = tf.constant(LINES)
    found = tf.nest.flatten(tf.function(function)(given))
    for one, other in zip(found, tf.nest.flatten(function(given)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_packed_graph_runs_without_kernels() -> None:
    table = _table()
    function = tf.function(lambda x: table.lookup(tf.strings.split(x)).values)
    expected = function(tf.constant(LINES)).numpy()
    with config.override(native=False):
        np.testing.assert_array_equal(function(tf.constant(LINES)), expected)


LEFT_ALONE = {
    "parts are returned": lambda table, x: (lambda s: (table.lookup(s), s.values))(
        tf.strings.split(x)
    ),
    "parts are joined": lambda table, x: (
        lambda s: (table.lookup(s), tf.strings.reduce_join(s, 1))
    )(tf.strings.split(x)),
    "rows are read": lambda table, x: (lambda s: (table.lookup(s), s.value_rowids()))(
        tf.strings.split(x)
    ),
    "another separator": lambda table, x: table.lookup(tf.strings.split(x, "t")),
    "not at all blanks": lambda table, x: table.lookup(tf.strings.split(x, maxsplit=1)),
}


@pytest.mark.parametrize("function", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_parts_that_others_read_are_strings(function: Any) -> None:
    table = _table()
    traced = lambda x: function(table, x)  # noqa: E731
    assert "StringSplitV2" in _ops(_optimized(traced, SPEC))
    found = tf.nest.flatten(tf.function(traced)(tf.constant(LINES)), expand_composites=True)
    wanted = tf.nest.flatten(traced(tf.constant(LINES)), expand_composites=True)
    for one, expected in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, expected)


def test_tables_that_change_are_left_alone() -> None:
    table = _table(mutable=True)
    traced = lambda x: table.lookup(tf.strings.split(x)).to_tensor()  # noqa: E731
    assert "StringSplitV2" in _ops(_optimized(traced, SPEC))
    function = tf.function(traced)
    assert function(tf.constant(["cat dog"])).numpy().tolist() == [[3, 1]]
    table.insert(["dog"], [7])
    assert function(tf.constant(["cat dog"])).numpy().tolist() == [[3, 7]]


def test_a_table_that_is_not_filled_says_so() -> None:
    with tf.Graph().as_default():
        table = _table()
        found = table.lookup(tf.strings.split(tf.constant(["a b"]))).to_tensor()
        with (
            tf.compat.v1.Session() as session,
            pytest.raises(tf.errors.FailedPreconditionError, match="not initialized"),
        ):
            session.run(found)
