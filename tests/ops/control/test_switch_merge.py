"""Ops of TensorFlow 1 that loops are made of, called one by one; values and errors are its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tidefall as tf

raw = tf.raw_ops


def _array(size: int = 2, **attrs: Any) -> Any:
    return raw.TensorArrayV3(size=size, dtype=tf.float32, **attrs).handle


def _write(array: Any, index: int, value: Any) -> Any:
    return raw.TensorArrayWriteV3(handle=array, index=index, value=value, flow_in=0.0)


def _read(array: Any, index: int, dtype: Any = tf.float32) -> list[Any]:
    read = raw.TensorArrayReadV3(handle=array, index=index, flow_in=0.0, dtype=dtype)
    return read.numpy().tolist()


def _gather(array: Any, indices: Any, **attrs: Any) -> Any:
    indices = np.array(indices, np.int32)
    return raw.TensorArrayGatherV3(
        handle=array, indices=indices, flow_in=0.0, dtype=tf.float32, **attrs
    )


def _concat(array: Any, **attrs: Any) -> Any:
    return raw.TensorArrayConcatV3(handle=array, flow_in=0.0, dtype=tf.float32, **attrs)


def _scatter(array: Any, indices: Any, value: Any) -> Any:
    return raw.TensorArrayScatterV3(handle=array, indices=indices, value=value, flow_in=0.0)


def _split(array: Any, value: Any, lengths: Any) -> Any:
    return raw.TensorArraySplitV3(
        handle=array, value=value, lengths=np.array(lengths, np.int64), flow_in=0.0
    )


def _filled(*values: Any, **attrs: Any) -> Any:
    array = _array(len(values), **attrs)
    for i, value in enumerate(values):
        _write(array, i, value)
    return array


def test_elements_may_differ_in_shape() -> None:
    array = _filled([1.0, 2.0], [3.0])
    assert _read(array, 0) == [1.0, 2.0]
    assert _read(array, 1) == [3.0]


def test_what_was_never_written_is_zero_where_the_shape_is_known() -> None:
    assert _read(_array(element_shape=[2]), 1) == [0.0, 0.0]
    array = _array(identical_element_shapes=True)
    _write(array, 0, [1.0])
    assert _gather(array, [0, 1]).numpy().tolist() == [[1.0], [0.0]]


def test_whole_arrays() -> None:
    assert _gather(_filled(3.0, 4.0), [1, 0]).numpy().tolist() == [4.0, 3.0]
    value, lengths = _concat(_filled([1.0, 2.0], [3.0]))
    assert (value.numpy().tolist(), lengths.numpy().tolist()) == ([1.0, 2.0, 3.0], [2, 1])
    array = _array()
    _scatter(array, [1, 0], [[1.0], [2.0]])
    assert (_read(array, 0), _read(array, 1)) == ([2.0], [1.0])
    array = _array()
    _split(array, [1.0, 2.0, 3.0], [1, 2])
    assert (_read(array, 0), _read(array, 1)) == ([1.0], [2.0, 3.0])


def test_arrays_without_elements() -> None:
    assert _gather(_array(0), [], element_shape=[3, 2]).shape == [0, 3, 2]
    value, lengths = _concat(_array(0), element_shape_except0=[3, 2])
    assert (value.shape, lengths.shape) == ([0, 3, 2], [0])


def test_dynamic_size() -> None:
    array = _array(1, dynamic_size=True)
    _write(array, 3, [1.0])
    assert int(raw.TensorArraySizeV3(handle=array, flow_in=0.0)) == 4


def test_gradients_add_up() -> None:
    array = _filled([1.0, 2.0], [3.0, 4.0], clear_after_read=False)
    gradient = raw.TensorArrayGradV3(handle=array, flow_in=0.0, source="s").grad_handle
    assert _read(gradient, 0) == [0.0, 0.0]
    _write(gradient, 1, [1.0, 1.0])
    _write(gradient, 1, [2.0, 2.0])
    again = raw.TensorArrayGradV3(handle=array, flow_in=0.0, source="s").grad_handle
    assert _read(again, 1) == [3.0, 3.0]


def _after_reading() -> Any:
    array = _filled([1.0])
    _read(array, 0)
    return array


def _closed() -> Any:
    array = _array()
    raw.TensorArrayCloseV3(handle=array)
    return array


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {}
for _name, _call, _words in (
    ("written twice", lambda: _write(_filled([1.0]), 0, [1.0]), "already been written"),
    ("past the end", lambda: _write(_array(), 2, [1.0]), "not resizeable and size is: 2"),
    ("negative", lambda: _write(_array(), -1, [1.0]), "not resizeable"),
    ("wrong dtype", lambda: _write(_array(), 0, [1]), "trying to write dtype int32"),
    ("wrong shape", lambda: _write(_array(element_shape=[2]), 0, [1.0]), "incompatible"),
    ("other dtype read", lambda: _read(_filled([1.0]), 0, tf.int32), "requested dtype int32"),
    ("read twice", lambda: _read(_after_reading(), 0), "cleared after a previous read"),
    ("written after reading", lambda: _write(_after_reading(), 0, [1.0]), "already been read"),
    ("read past the end", lambda: _read(_array(), 5), "array size is: 2"),
    ("never written", lambda: _read(_array(), 0), "not fully defined"),
    ("closed", lambda: _write(_closed(), 0, [1.0]), "already been closed"),
    ("rows differ", lambda: _gather(_filled([1.0], [2.0, 3.0]), [0, 1]), "inconsistent shapes"),
    ("scalars", lambda: _concat(_filled(1.0)), "scalar shape at index 0"),
    ("scatter count", lambda: _scatter(_array(), [1], [[1.0], [2.0]]), "1 vs. 2"),
    ("scatter index", lambda: _scatter(_array(), [1, 2], [[1.0], [2.0]]), "(2 vs. 2)"),
    ("split sum", lambda: _split(_array(), [1.0, 2.0, 3.0], [1, 1]), "sum of lengths is 2"),
    ("split count", lambda: _split(_array(), [1.0, 2.0, 3.0], [3]), "(2 vs. 1)"),
):
    ERRORS[_name] = (_call, tf.errors.InvalidArgumentError, _words)
ERRORS["gather nothing"] = (lambda: _gather(_array(0), []), tf.errors.UnimplementedError, "zero")
ERRORS["concat nothing"] = (lambda: _concat(_array(0)), tf.errors.UnimplementedError, "zero")


@pytest.mark.parametrize("name", ERRORS)
def test_bad_use_of_arrays(name: str) -> None:
    call, kind, words = ERRORS[name]
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)


def test_stacks() -> None:
    stack = raw.StackV2(max_size=2, elem_type=tf.float32)
    for value in (1.0, 2.0):
        raw.StackPushV2(handle=stack, elem=value)
    with pytest.raises(tf.errors.InvalidArgumentError, match="overflowed"):
        raw.StackPushV2(handle=stack, elem=3.0)
    popped = [float(raw.StackPopV2(handle=stack, elem_type=tf.float32)) for _ in range(2)]
    assert popped == [2.0, 1.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="empty"):
        raw.StackPopV2(handle=stack, elem_type=tf.float32)
    raw.StackCloseV2(handle=stack)
    with pytest.raises(tf.errors.InvalidArgumentError, match="closed"):
        raw.StackPushV2(handle=stack, elem=3.0)


def test_eager_calls() -> None:
    false, true = raw.Switch(data=1.0, pred=True)
    assert (false.shape, true.numpy()) == ([0], 1.0)
    assert [t.numpy() for t in raw.Merge(inputs=[1.0, 2.0])] == [1.0, 0]
    assert raw.Enter(data=1.0, frame_name="f").numpy() == 1.0
    assert raw.LoopCond(input=True).numpy()


@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (lambda x: raw.Switch(data=x, pred=True), [[2, None], [2, None]]),
        (lambda x: raw.Merge(inputs=[x, np.ones((2, 3), np.float32)]), [[2, None], []]),
        (lambda x: raw.Merge(inputs=[x, np.ones(2, np.float32)]), [None, []]),
        (lambda x: [raw.Enter(data=x, frame_name="a")], [None]),
        (lambda x: [raw.Enter(data=x, frame_name="a", is_constant=True)], [[2, None]]),
        (lambda x: [raw.Exit(data=x), raw.NextIteration(data=x)], [[2, None], [2, None]]),
        (lambda x: [raw.StackV2(max_size=1, elem_type=tf.float32)], [[2]]),
        (lambda x: raw.TensorArrayV3(size=1, dtype=tf.float32), [[2], []]),
    ],
)  # fmt: skip
def test_static_shapes(make: Callable[[Any], Any], shapes: list[Any]) -> None:
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [2, None])
        assert [t.shape for t in make(x)] == [tf.TensorShape(s) for s in shapes]


def test_elements_of_a_known_array_have_its_shape() -> None:
    with tf.Graph().as_default():
        array = _array(element_shape=[2, 3])
        element = raw.TensorArrayReadV3(handle=array, index=0, flow_in=0.0, dtype=tf.float32)
        assert element.shape == [2, 3]
        assert _gather(array, [0, 1]).shape == [2, 2, 3]
