"""Ragged tensors in text that is printed, eagerly and from graphs."""

import pytest

import tidefall as tf

ROWS = [[1.0, 2.0], [], [3.0]]


@pytest.mark.parametrize(
    ("summarize", "expected"),
    [(3, "[[1.000000, 2.000000], [], [3.000000]]"), (1, "[[1.000000, 2.000000], ..., [3.000000]]")],
)
def test_print_shows_rows(tmp_path, summarize, expected):
    path = f"file://{tmp_path}/out"
    rows = tf.ragged.constant(ROWS)
    tf.print("v", rows, {"k": [rows]}, output_stream=path, summarize=summarize)

    @tf.function
    def show(value):
        tf.print("v", value, {"k": [value]}, output_stream=path, summarize=summarize)

    show(rows)
    line = f"v {expected} {{'k': [{expected}]}}\n"
    assert (tmp_path / "out").read_text() == line * 2


def test_summarize_must_be_positive():
    with pytest.raises(ValueError, match="positive int, got 0"):
        tf.strings.format("{}", tf.ragged.constant([[1]]), summarize=0)


def test_row_partitions_pass_through_functions():
    partition = tf.experimental.RowPartition.from_row_lengths([1, 2])
    result = tf.function(lambda p: p)(partition)
    assert result.row_splits().numpy().tolist() == [0, 1, 3]
    spec = "RowPartitionSpec(nrows=2, nvals=None, uniform_row_length=None, dtype=tf.int64)"
    assert repr(partition._type_spec) == spec


def test_partition_types_reject_what_contradicts_itself():
    spec = type(tf.experimental.RowPartition.from_row_lengths([1])._type_spec)
    assert spec(nvals=6, uniform_row_length=2).nrows == 3
    with pytest.raises(ValueError, match="doesn't divide evenly"):
        spec(nvals=5, uniform_row_length=2)
