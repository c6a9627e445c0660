"""TensorArray; the expected values and errors are TensorFlow 2.21's."""

import sys

import numpy as np
import pytest

import tidefall as tf

MODES = ["eager", "graph", "xla"]


def in_mode(mode, function):
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla")


@pytest.mark.parametrize("mode", MODES)
def test_written_elements_are_stacked_and_the_rest_is_zero(mode):
    def write(x):
        array = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
        array = array.write(0, x)
        array = array.write(1, x * 2)
        return array.stack(), array.read(1), array.gather([1, 0]), array.size()

    stacked, read, gathered, size = in_mode(mode, write)(tf.constant([1.0, 2.0]))
    assert stacked.numpy().tolist() == [[1, 2], [2, 4], [0, 0]]
    assert read.numpy().tolist() == [2, 4]
    assert gathered.numpy().tolist() == [[2, 4], [1, 2]]
    assert int(size) == 3


@pytest.mark.parametrize("mode", MODES)
def test_unstack_scatter_concat_and_split(mode):
    def work(x):
        array = tf.TensorArray(tf.int32, size=2).unstack(x)
        spread = tf.TensorArray(tf.int32, size=3).scatter([2, 0], x)
        pieces = tf.TensorArray(tf.int32, size=2, infer_shape=False).split(x[0], [1, 1])
        return array.concat(), spread.stack(), pieces.read(1)

    joined, spread, piece = in_mode(mode, work)(tf.constant([[1, 2], [3, 4]]))
    assert joined.numpy().tolist() == [1, 2, 3, 4]
    assert spread.numpy().tolist() == [[3, 4], [0, 0], [1, 2]]
    assert piece.numpy().tolist() == [2]


@pytest.mark.parametrize("mode", ["eager", "graph"])
def test_an_array_of_dynamic_size_grows(mode):
    def grow():
        array = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
        array = array.write(0, 1.0)
        array = array.write(3, 2.0)
        return array.stack(), array.size()

    stacked, size = in_mode(mode, grow)()
    assert stacked.numpy().tolist() == [1, 0, 0, 2]
    assert int(size) == 4


@pytest.mark.parametrize("mode", MODES)
def test_gradients_of_write_read_and_stack(mode):
    def written(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            array = tf.TensorArray(tf.float32, size=3, clear_after_read=False)
            array = array.write(0, x)
            array = array.write(2, x * x)
            y = tf.reduce_sum(array.stack() * 3.0) + array.read(0)[0]
        return tape.gradient(y, x)

    def read(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            array = tf.TensorArray(tf.float32, size=2, clear_after_read=False).unstack(x)
            y = array.read(0) * 2.0 + array.read(1) * array.read(1)
        return tape.gradient(y, x)

    x = tf.constant([1.0, 2.0])
    assert in_mode(mode, written)(x).numpy().tolist() == [10, 15]
    assert in_mode(mode, read)(x).numpy().tolist() == [2, 4]


@pytest.mark.parametrize("mode", ["eager", "graph"])
def test_gradient_of_concat(mode):
    def joined(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            array = tf.TensorArray(tf.float32, size=2, infer_shape=False)
            array = array.write(0, x)
            array = array.write(1, tf.concat([x, x], 0))
            y = array.concat() * tf.range(6.0)
        return tape.gradient(y, x)

    assert in_mode(mode, joined)(tf.constant([1.0, 2.0])).numpy().tolist() == [6, 9]


WRONG = [
    (lambda: tf.TensorArray(tf.float32), ValueError, "Size must be declared"),
    (
        lambda: tf.TensorArray(tf.float32, 3).write(3, 1.0),
        tf.errors.OutOfRangeError,
        "not resizeable",
    ),
    (lambda: tf.TensorArray(tf.float32, 3).write(-1, 1.0), tf.errors.OutOfRangeError, "negative"),
    (lambda: tf.TensorArray(tf.float32, 3).read(9), tf.errors.OutOfRangeError, "array size is: 3"),
    (
        lambda: tf.TensorArray(tf.int32, 2).write(0, 1.5),
        tf.errors.InvalidArgumentError,
        "trying to write dtype float32",
    ),
    (
        lambda: tf.TensorArray(tf.float32, 2, element_shape=[2]).write(0, [1.0, 2.0, 3.0]),
        ValueError,
        "Incompatible shape",
    ),
    (lambda: tf.TensorArray(tf.int32, 2).unstack([1, 2, 3]), ValueError, "static size 2"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_element_is_cleared_by_reading_it():
    array = tf.TensorArray(tf.float32, 1).write(0, 1.0)
    array.read(0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="cleared after a previous read"):
        array.read(0)


@pytest.mark.parametrize("mode", MODES)
def test_arrays_pass_through_loops_and_keep_their_element_shape(mode):
    shapes = []

    def loop(x):
        array = tf.TensorArray(tf.float32, size=4)
        _, array = tf.while_loop(
            lambda i, a: i < 4,
            lambda i, a: (i + 1, a.write(i, x * tf.cast(i, tf.float32))),
            [tf.constant(0), array],
        )
        shapes.append(array.stack().shape.as_list())
        return array.stack()

    result = in_mode(mode, loop)(tf.constant([1.0, 2.0]))
    assert result.numpy().tolist() == [[0, 0], [1, 2], [2, 4], [3, 6]]
    assert shapes == [[4, 2]]


def test_arrays_are_arguments_and_results_of_functions():
    @tf.function
    def append(array, x):
        return array.write(1, x)

    array = tf.TensorArray(tf.float32, size=2, element_shape=[]).write(0, 1.0)
    assert append(array, tf.constant(5.0)).stack().numpy().tolist() == [1, 5]
    assert array.stack().numpy().tolist() == [1, 0]


def test_spec():
    spec = tf.TensorArraySpec([2], tf.int32)
    assert repr(spec) == "TensorArraySpec(TensorShape([2]), tf.int32, False, True)"
    assert spec.value_type is tf.TensorArray
    assert np.array_equal(spec._component_specs, [tf.TensorSpec([], tf.variant)])
    wider = spec.most_specific_common_supertype([tf.TensorArraySpec([3], tf.int32)])
    assert wider == tf.TensorArraySpec([None], tf.int32)


def test_arrays_and_datasets_are_no_tensors():
    assert not tf.is_tensor(tf.TensorArray(tf.float32, 1))
    assert not tf.is_tensor(tf.data.Dataset.range(1))
    assert tf.is_tensor(tf.ragged.constant([[1]]))
    assert tf.is_tensor(tf.sparse.from_dense([1]))


def test_split_needs_as_many_pieces_as_elements():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not equal to the size of lengths"):
        tf.TensorArray(tf.float32, 3, infer_shape=False).split([1.0, 2.0, 3.0], [1, 2])


def a_list(values, dtype=tf.float32):
    return tf.raw_ops.TensorListFromTensor(tensor=tf.constant(values, dtype), element_shape=-1)


def stacked(handle):
    return tf.raw_ops.TensorListStack(
        input_handle=handle, element_shape=-1, element_dtype=tf.float32
    ).numpy()


WAYS = pytest.mark.parametrize("way", [lambda f: f, tf.function], ids=["eager", "host"])


@WAYS
def test_lists_are_joined(way):
    join = way(lambda a, b: tf.raw_ops.TensorListConcatLists(
        input_a=a, input_b=b, element_dtype=tf.float32
    ))  # fmt: skip
    assert stacked(join(a_list([1.0, 2.0]), a_list([3.0]))).tolist() == [1.0, 2.0, 3.0]
    batches = tf.stack([a_list([1.0]), a_list([2.0])]), tf.stack([a_list([3.0]), a_list([4.0])])
    assert stacked(join(*batches)[1]).tolist() == [2.0, 4.0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="input_b"):
        join(a_list([1.0]), a_list([3], tf.int32))


@WAYS
def test_a_row_is_pushed_to_each_list(way):
    push = way(lambda a, x: tf.raw_ops.TensorListPushBackBatch(input_handles=a, tensor=x))
    batch = tf.stack([a_list([1.0, 2.0]), a_list([5.0])])
    pushed = push(batch, tf.constant([7.0, 8.0]))
    assert stacked(pushed[0]).tolist() == [1.0, 2.0, 7.0]
    assert stacked(pushed[1]).tolist() == [5.0, 8.0]
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
        push(batch, tf.constant([7.0, 8.0, 9.0]))


def test_the_shape_is_known_after_more_writes_than_python_recurses():
    @tf.function(autograph=False)
    def pushed():
        array = tf.raw_ops.EmptyTensorList(
            element_shape=[2], max_num_elements=-1, element_dtype=tf.float32
        )
        for _ in range(sys.getrecursionlimit()):
            array = tf.raw_ops.TensorListPushBack(input_handle=array, tensor=[1.0, 2.0])
        return tf.raw_ops.TensorListPopBack(
            input_handle=array, element_shape=-1, element_dtype=tf.float32
        )[1]

    assert pushed.get_concrete_function().outputs[0].shape == [2]
