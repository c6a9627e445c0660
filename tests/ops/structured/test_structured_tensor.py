"""`tf.experimental.StructuredTensor`; the values are those TensorFlow gives."""

import pytest

import tidefall as tf

Structured = tf.experimental.StructuredTensor
Rows = tf.experimental.RowPartition


def people():
    return Structured.from_pyval([{"a": [1, 2], "b": {"c": "x"}}, {"a": [3], "b": {"c": "y"}}])


def nested():
    return Structured.from_pyval([[{"a": 1, "b": [1, 2]}], [{"a": 2, "b": []}, {"a": 3, "b": [4]}]])


def documents():
    return Structured.from_pyval([{"docs": [{"t": [1, 2]}, {"t": [3]}]}, {"docs": [{"t": [4]}]}])


X, Y = {"a": [1, 2], "b": {"c": b"x"}}, {"a": [3], "b": {"c": b"y"}}
MERGED = [{"a": 1, "b": [1, 2]}, {"a": 2, "b": []}, {"a": 3, "b": [4]}]

VALUES = {
    "python": (lambda: people(), [X, Y]),
    "scalar": (lambda: Structured.from_pyval({"a": 1, "b": [1, 2]}), {"a": 1, "b": [1, 2]}),
    "texts": (
        lambda: Structured.from_pyval({"a": "x", "b": [["y"], []]}),
        {"a": b"x", "b": [[b"y"], []]},
    ),
    "records-in-records": (
        lambda: Structured.from_pyval([{"a": [{"x": 1}, {"x": 2}]}, {"a": []}]),
        [{"a": [{"x": 1}, {"x": 2}]}, {"a": []}],
    ),
    "fields": (
        lambda: Structured.from_fields(
            {"x": [1, 2, 3], "y": tf.ragged.constant([[1], [2, 3], []])}, shape=[3]
        ),
        [{"x": 1, "y": [1]}, {"x": 2, "y": [2, 3]}, {"x": 3, "y": []}],
    ),
    "no-fields": (lambda: Structured.from_fields({}, shape=[2]), [{}, {}]),
    "first": (lambda: people()[0], X),
    "rest": (lambda: people()[1:], [Y]),
    "merged": (lambda: nested().merge_dims(0, 1), MERGED),
    "merged-from-behind": (lambda: nested().merge_dims(-2, -1), MERGED),
    "partitioned": (
        lambda: Structured.from_fields({"x": [1, 2, 3]}, shape=[3]).partition_outer_dimension(
            Rows.from_row_lengths([2, 1])
        ),
        [[{"x": 1}, {"x": 2}], [{"x": 3}]],
    ),
    "promoted": (
        lambda: documents().promote(("docs", "t"), "nt"),
        [
            {"docs": [{"t": [1, 2]}, {"t": [3]}], "nt": [1, 2, 3]},
            {"docs": [{"t": [4]}], "nt": [4]},
        ],
    ),
    "set": (lambda: people().with_updates({"z": [7, 8]}), [{**X, "z": 7}, {**Y, "z": 8}]),
    "set-inside": (
        lambda: people().with_updates({("b", "d"): [7, 8]}),
        [{"a": [1, 2], "b": {"c": b"x", "d": 7}}, {"a": [3], "b": {"c": b"y", "d": 8}}],
    ),
    "deleted": (
        lambda: people().with_updates({"a": None}), [{"b": {"c": b"x"}}, {"b": {"c": b"y"}}],
    ),
    "emptied": (
        lambda: people().with_updates({("b", "c"): None}),
        [{"a": [1, 2], "b": {}}, {"a": [3], "b": {}}],
    ),
    "changed": (
        lambda: people().with_updates({"a": lambda x: x * 2, ("b", "c"): lambda x: x + "!"}),
        [{"a": [2, 4], "b": {"c": b"x!"}}, {"a": [6], "b": {"c": b"y!"}}],
    ),
    "traced": (
        lambda: tf.function(lambda s: s.with_updates({"a": lambda x: x * 2}))(people()),
        [{"a": [2, 4], "b": {"c": b"x"}}, {"a": [6], "b": {"c": b"y"}}],
    ),
    "of-a-type": (
        lambda: Structured.from_pyval(
            [], typespec=Structured.Spec._from_fields_and_rank(
                {"a": tf.TensorSpec([None], tf.int32)}, 1
            ),
        ),
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values(name):
    make, expected = VALUES[name]
    made = make()
    assert isinstance(made, Structured)
    assert made.to_pyval() == expected


FIELDS = {
    "ragged": (lambda: people().field_value("a"), [[1, 2], [3]]),
    "path": (lambda: people().field_value(("b", "c")), [b"x", b"y"]),
    "row": (lambda: people()[0, "a"], [1, 2]),
    "column": (lambda: people()[:, "a"], [[1, 2], [3]]),
    "nested": (lambda: nested().field_value("a"), [[1], [2, 3]]),
    "promoted": (lambda: documents().promote(("docs", "t"), "n").field_value("n"),
                 [[1, 2, 3], [4]]),
    "typed": (
        lambda: Structured.from_pyval(
            [{"a": 1}], typespec=Structured.Spec._from_fields_and_rank(
                {"a": tf.TensorSpec([None], tf.float32)}, 1
            ),
        ).field_value("a"),
        [1.0],
    ),
    "no-records": (lambda: Structured.from_pyval([]), []),
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_fields(name):
    make, expected = FIELDS[name]
    found = make()
    assert (found.to_list() if hasattr(found, "to_list") else found.numpy().tolist()) == expected


ERRORS = {
    "no-field": (lambda: people().field_value("z"), KeyError, "z"),
    "no-path": (lambda: people().field_value(("a", "z")), KeyError, "not found"),
    "name-as-row": (lambda: people()["a"], TypeError, "valid indices"),
    "missing-key": (lambda: Structured.from_pyval([{"a": 1}, {"b": 2}]), KeyError, "'"),
    "mixed": (lambda: Structured.from_pyval([{"a": 1}, 5]), ValueError, "Expected dict or nested"),
    "none": (lambda: Structured.from_pyval([{"a": None}]), ValueError, "parsing path"),
    "sizes": (
        lambda: Structured.from_fields({"x": [1, 2], "y": [1, 2, 3]}, shape=[None]),
        ValueError, "shape of y",
    ),
    "rank": (
        lambda: Structured.from_fields({"x": [1]}, shape=[1, 1]), ValueError, "not compatible",
    ),
    "unknown-rank": (
        lambda: Structured.from_fields({"x": [1]}, shape=None), ValueError, "known rank",
    ),
    "number-as-name": (lambda: Structured.from_fields({1: [1]}, shape=[1]), TypeError, "key"),
    "name": (lambda: Structured.from_fields({"a b": [1]}, shape=[1]), ValueError, "not currently"),
    "nothing": (lambda: Structured.from_fields_and_rank({}, 1), ValueError, "at least one field"),
    "partition-scalar": (
        lambda: Structured.from_fields({"x": 1}).partition_outer_dimension(
            Rows.from_row_lengths([1])),
        ValueError, "rank at least 1",
    ),
    "partition-size": (
        lambda: people().partition_outer_dimension(Rows.from_row_lengths([2, 1])),
        tf.errors.InvalidArgumentError, "3 values",
    ),
    "partition-type": (
        lambda: people().partition_outer_dimension(3), TypeError, "must be a RowPartition",
    ),
    "merge-axis": (lambda: people().merge_dims(0, 1), ValueError, "out of bounds"),
    "merge-order": (lambda: nested().merge_dims(1, 0), ValueError, "less than or equal"),
    "promote-path": (lambda: documents().promote(("docs",), "n"), ValueError, "at least two"),
    "promote-field": (lambda: documents().promote(("docs", "z"), "n"), KeyError, "z"),
    "delete": (lambda: people().with_updates({"q": None}), ValueError, "cannot delete"),
    "both": (
        lambda: people().with_updates({"b": [1, 2], ("b", "c"): [1, 2]}), ValueError, "both parent",
    ),
    "size": (lambda: people().with_updates({"z": [7, 8, 9]}), ValueError, "failed"),
    "parent": (
        lambda: people().with_updates({("z", "c"): [1, 2]}), ValueError, "parent field",
    ),
    "change": (lambda: people().with_updates({"z": lambda x: x}), ValueError, "already exist"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, error, match = ERRORS[name]
    with pytest.raises(error, match=match):
        call()


def test_shapes_do_not_count_what_belongs_to_fields():
    assert people().shape == [2] and people().rank == 1
    assert nested().shape.as_list() == [2, None]
    assert nested().row_partitions[0].row_splits().numpy().tolist() == [0, 1, 3]
    assert int(people().nrows()) == 2
    assert people()._type_spec == people()._type_spec
    assert people()._type_spec.is_compatible_with(people())


def test_datasets_cut_and_stack_records():
    one = tf.data.Dataset.from_tensor_slices(people())
    assert [e.to_pyval() for e in one] == [X, Y]
    assert [e.to_pyval() for e in one.batch(2)] == [[X, Y]]
    assert [e.to_pyval() for e in tf.data.Dataset.from_tensors(people())] == [[X, Y]]
    deep = tf.data.Dataset.from_tensor_slices(nested())
    assert [e.to_pyval() for e in deep] == [MERGED[:1], MERGED[1:]]
    assert [e.to_pyval() for e in deep.batch(2)] == [[MERGED[:1], MERGED[1:]]]


def test_text_shows_fields_and_shape():
    shown = repr(people())
    assert '"a": <tf.RaggedTensor [[1, 2], [3]]>' in shown
    assert shown.endswith("    shape=(2,))>")
