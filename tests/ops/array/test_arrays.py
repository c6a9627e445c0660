"""What records of array ops do not show: handles, nodes of graphs, sharing, recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf
from tidefall.op import raw
from tidefall.tensor.tensor import TypedTensor

FEW = settings(max_examples=40, deadline=None, derandomize=True, database=None)


class _Thing:
    """Stands for what is behind a resource handle."""


KEEPERS: dict[str, Callable[[Any], Any]] = {
    "identity": tf.identity,
    "identity_n": lambda x: tf.identity_n([x])[0],
    "stop_gradient": tf.stop_gradient,
    "ensure_shape": lambda x: tf.ensure_shape(x, []),
    "reshape": lambda x: tf.reshape(tf.reshape(x, [1]), []),
    "squeeze": lambda x: tf.squeeze(tf.expand_dims(x, 0)),
    "stack and index": lambda x: tf.stack([x, x])[1],
    "stack and unstack": lambda x: tf.unstack(tf.stack([x, x]))[0],
    "gather": lambda x: tf.gather(tf.stack([x, x]), 1),
    "gather_nd": lambda x: tf.gather_nd(tf.stack([x, x]), [1]),
    "where": lambda x: tf.where(True, x, x),
}


class TestHandles:
    """Resources and variants pass through as the Python objects they are."""

    @pytest.mark.parametrize("name", KEEPERS)
    @pytest.mark.parametrize("dtype", [tf.resource, tf.variant], ids=["resource", "variant"])
    def test_the_object_comes_back(self, name: str, dtype: Any) -> None:
        thing = _Thing()
        result = KEEPERS[name](TypedTensor(thing, dtype))
        assert result.storage is thing
        assert result.dtype == dtype
        assert result.shape == []

    def test_several_have_a_shape(self) -> None:
        handles = tf.stack([TypedTensor(_Thing(), tf.resource) for _ in range(3)])
        assert handles.shape == [3]
        assert tf.shape(handles).numpy().tolist() == [3]
        assert tf.concat([handles, handles[:1]], 0).shape == [4]


NODES: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "x[1:]": (lambda x: x[1:], ["StridedSlice"]),
    "tf.shape": (tf.shape, ["Shape"]),
    "tf.stack": (lambda x: tf.stack([x, x]), ["Pack"]),
    "tf.concat": (lambda x: tf.concat([x, x], 0), ["ConcatV2"]),
    "tf.concat of one": (lambda x: tf.concat([x], 0), ["Identity"]),
    "tf.split": (lambda x: tf.split(x, 3, 1), ["Split"]),
    "tf.split by sizes": (lambda x: tf.split(x, [1, 2], 1), ["SplitV"]),
    "tf.transpose": (tf.transpose, ["Transpose"]),
    "tf.pad": (lambda x: tf.pad(x, [[1, 0], [0, 0]]), ["Pad"]),
    "tf.pad with a value": (lambda x: tf.pad(x, [[1, 0], [0, 0]], constant_values=2), ["PadV2"]),
    "tf.gather": (lambda x: tf.gather(x, [0]), ["GatherV2"]),
    "tf.where": (lambda x: tf.where(x > 0, x, 0.0), ["Greater", "SelectV2"]),
    "tf.linalg.diag": (tf.linalg.diag, ["MatrixDiagV3"]),
    "tf.sort": (tf.sort, ["Neg", "TopKV2", "Neg"]),
    "tf.zeros_like": (tf.zeros_like, ["ZerosLike"]),
    "tf.repeat to a size": (lambda x: tf.broadcast_to(x, [2, 1, 3]), ["BroadcastTo"]),
}


@pytest.mark.parametrize("name", NODES)
def test_graphs_hold_the_ops_of_tensorflow(name: str) -> None:
    call, expected = NODES[name]
    graph = tf.Graph()
    with graph.as_default():
        call(raw.Placeholder(dtype=tf.float32, shape=[None, 3]))
    found = [node.type for node in graph.get_operations()]
    assert [kind for kind in found if kind not in ("Placeholder", "Const")] == expected


@pytest.mark.parametrize("call", [tf.shape, tf.size, tf.rank, tf.zeros_like, tf.ones_like])
def test_what_a_static_shape_tells_is_a_constant(call: Callable[[Any], Any]) -> None:
    with tf.Graph().as_default():
        x = raw.Placeholder(dtype=tf.float32, shape=[2, 3])
        assert call(x).op.type == "Const"
        assert tf.get_static_value(call(x)) is not None


def test_large_fills_stay_small_in_a_graph() -> None:
    with tf.Graph().as_default():
        assert tf.zeros([999]).op.type == "Const"
        assert tf.zeros([1000]).op.type == "Fill"


SAME: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: tf.reshape(x, [3, -1]),
    "transpose": tf.transpose,
    "expand_dims": lambda x: tf.expand_dims(x, 1),
    "squeeze": lambda x: tf.squeeze(x[None]),
    "concat": lambda x: tf.concat([x, x], 1),
    "stack": lambda x: tf.stack([x, x], 1),
    "unstack": lambda x: tf.unstack(x, axis=1)[1],
    "split": lambda x: tf.split(x, 3, 1)[2],
    "repeat": lambda x: tf.repeat(x, 2, axis=0),
    "tile": lambda x: tf.tile(x, [2, 1]),
    "gather": lambda x: tf.gather(x, tf.constant([2, 0, 2]), axis=1),
    "boolean_mask": lambda x: tf.boolean_mask(x, tf.constant([True, False])),
    "broadcast_to": lambda x: tf.broadcast_to(x, [2, 2, 3]),
    "slice": lambda x: tf.slice(x, [0, 1], [2, 2]),
    "getitem": lambda x: x[:, ::-1],
    "where": lambda x: tf.where(tf.constant([True, False, True]), x, x * 2.0),
}


@pytest.mark.parametrize("name", SAME)
def test_a_tape_changes_no_value_and_sees_every_call(name: str) -> None:
    """Calls that nothing records take a short way; watched ones must not."""
    x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    plain = SAME[name](x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        watched = SAME[name](x)
        other = SAME[name](tf.constant(x.numpy()))
    np.testing.assert_array_equal(watched.numpy(), plain.numpy())
    np.testing.assert_array_equal(other.numpy(), plain.numpy())
    assert tape.gradient(watched, x) is not None


def test_results_may_share_memory_but_readers_get_copies() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    for view in (tf.reshape(x, [4]), tf.transpose(x), tf.squeeze(x[None]), tf.identity(x)):
        read = view.numpy()
        read[...] = 0.0
    assert x.numpy().tolist() == [[1.0, 2.0], [3.0, 4.0]]


@given(st.data())
@FEW
def test_reshape_infers_the_missing_size(data: Any) -> None:
    array = data.draw(arrays.arrays(np.int32, arrays.array_shapes(max_dims=3, max_side=4)))
    shape = list(data.draw(st.permutations(array.shape)))
    shape[data.draw(st.integers(0, len(shape) - 1))] = -1
    np.testing.assert_array_equal(tf.reshape(array, shape).numpy(), array.reshape(shape))


@given(st.data())
@FEW
def test_scatter_undoes_gather(data: Any) -> None:
    array = data.draw(arrays.arrays(np.int32, arrays.array_shapes(min_dims=1, max_dims=3)))
    depth = data.draw(st.integers(1, array.ndim))
    places = np.argwhere(np.ones(array.shape[:depth], bool))
    picked = tf.gather_nd(array, places)
    np.testing.assert_array_equal(tf.scatter_nd(places, picked, array.shape).numpy(), array)
    again = tf.tensor_scatter_nd_update(tf.zeros_like(array), places, picked)
    np.testing.assert_array_equal(again.numpy(), array)


@given(st.data())
@FEW
def test_stitch_undoes_partition(data: Any) -> None:
    values = data.draw(arrays.arrays(np.int32, st.integers(1, 8)))
    parts = data.draw(arrays.arrays(np.int32, len(values), elements=st.integers(0, 2)))
    places = tf.dynamic_partition(tf.range(len(values)), parts, 3)
    rows = tf.dynamic_partition(values, parts, 3)
    np.testing.assert_array_equal(tf.dynamic_stitch(places, rows).numpy(), values)


@given(st.integers(1, 4), st.integers(1, 4), st.data())
@FEW
def test_bands_of_diagonals_go_in_and_out(rows: int, cols: int, data: Any) -> None:
    low = data.draw(st.integers(1 - rows, cols - 1))
    high = data.draw(st.integers(low, cols - 1))
    align = data.draw(st.sampled_from(["LEFT_LEFT", "LEFT_RIGHT", "RIGHT_LEFT", "RIGHT_RIGHT"]))
    matrix = np.arange(1, rows * cols + 1).reshape(rows, cols).astype(np.int32)
    packed = tf.linalg.diag_part(matrix, k=(low, high), align=align)
    again = tf.linalg.set_diag(tf.zeros_like(matrix), packed, k=(low, high), align=align)
    offset = np.arange(cols)[None] - np.arange(rows)[:, None]
    expected = np.where((offset >= low) & (offset <= high), matrix, 0)
    np.testing.assert_array_equal(again.numpy(), expected)


@given(st.data())
@FEW
def test_top_k_keeps_the_first_of_equal_elements(data: Any) -> None:
    rows = data.draw(
        arrays.arrays(np.int32, (2, data.draw(st.integers(1, 90))), elements=st.integers(0, 6))
    )
    k = data.draw(st.integers(0, rows.shape[1]))
    values, indices = tf.math.top_k(rows, k)
    order = np.argsort(-rows, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices.numpy(), order)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(rows, order, 1))


@given(arrays.arrays(np.int8, st.integers(0, 20)))
@FEW
def test_unique_lists_values_in_order_of_appearance(values: np.ndarray) -> None:
    y, idx, count = tf.unique_with_counts(values)
    assert y.numpy().tolist() == list(dict.fromkeys(values.tolist()))
    np.testing.assert_array_equal(tf.gather(y, idx).numpy(), values)
    assert int(tf.reduce_sum(count)) == len(values)


def test_infinite_and_undefined_numbers_are_told_apart() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="step 3 : Tensor had Inf and NaN"):
        tf.debugging.check_numerics([float("inf"), float("nan")], "step 3")


def test_group_waits_for_its_inputs() -> None:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.constant(1.0)
        node = tf.group(x, tf.no_op())
    assert [n.type for n in node.control_inputs] == ["Const", "NoOp"]
    assert tf.group(tf.constant(1.0)) is None


def test_the_value_of_a_variable_is_not_static() -> None:
    assert tf.get_static_value(tf.Variable(1)) is None
