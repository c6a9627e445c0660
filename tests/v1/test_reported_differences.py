"""Programs that gave something else than on TensorFlow 2.21; the values are TensorFlow's."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import tidefall as tf

v1 = tf.compat.v1


def _run(build):
    with tf.Graph().as_default(), v1.Session() as session:
        return session.run(build())


def _constant_in_cond():
    c = tf.constant(2.0)
    return tf.gradients(tf.cond(tf.constant(True), lambda: c * 3, lambda: c), c)[0]


def _constant_in_loop():
    c = tf.constant(2.0)
    loop = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * c), [0, tf.constant(1.0)])
    return tf.gradients(loop[1], c)[0]


def _bias_twice():
    x, b = tf.ones([4, 3, 2, 2]), tf.ones([3])
    y = tf.nn.bias_add(x, b, data_format="NCHW")
    return tf.gradients(tf.gradients(y * y, b)[0], b)[0]


@pytest.mark.parametrize(
    ("build", "expected"),
    [(_constant_in_cond, 3.0), (_constant_in_loop, 12.0), (_bias_twice, [32.0] * 3)],
)
def test_gradients_in_graphs(build, expected):
    np.testing.assert_array_equal(_run(build), expected)


def test_gradients_by_constants_in_functions():
    @tf.function
    def slope():
        c = tf.constant(2.0)
        return tf.gradients(tf.cond(tf.constant(True), lambda: c * 3, lambda: c), c)[0]

    assert float(slope()) == 3.0


@pytest.mark.parametrize("batch", [0, 1])
def test_the_gradient_of_a_gather_of_unknown_rank(batch):
    params, indices = tf.random.normal([2, 3, 4]), tf.constant([[0, 1], [1, 2]])

    def slope(params, indices):
        with tf.GradientTape() as tape:
            tape.watch(params)
            y = tf.gather(params, indices, batch_dims=batch, axis=1)
            y = y * y
        return tf.convert_to_tensor(tape.gradient(y, params))

    unknown = tf.function(
        slope, input_signature=[tf.TensorSpec(None), tf.TensorSpec(None, tf.int32)]
    )
    np.testing.assert_allclose(unknown(params, indices), slope(params, indices), rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mask_along_an_axis_that_is_a_tensor(axis):
    mask = [True, False]
    run = tf.function(lambda at: tf.boolean_mask([[1, 2], [3, 4]], mask, axis=at))
    expected = np.compress(mask, [[1, 2], [3, 4]], axis)
    np.testing.assert_array_equal(run(tf.constant(axis)), expected)
    fixed = tf.function(lambda: tf.boolean_mask([[1, 2], [3, 4]], mask, axis=tf.constant(axis)))
    np.testing.assert_array_equal(fixed(), expected)


def test_rows_that_are_gathered_have_sparse_gradients():
    for x in (tf.Variable([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[1.0, 2.0], [3.0, 4.0]])):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.gather_nd(x, [[1]])
        slope = tape.gradient(y, x)
        assert isinstance(slope, tf.IndexedSlices)
        np.testing.assert_array_equal(tf.convert_to_tensor(slope), [[0, 0], [1, 1]])


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"\x00a\x00b", "UTF-16"),
        (b"\xff\xfea\x00b\x00", "UTF-16"),
        (b"\xfe\xff\x00a\x00b", "UTF-16"),
        (b"\x00\x00\x00a\x00\x00\x00b", "UTF-32"),
    ],
)
def test_byte_order(data, encoding):
    assert tf.strings.unicode_transcode([data], encoding, "UTF-8").numpy()[0] == b"ab"


def test_python_functions_give_composite_tensors():
    spec = tf.RaggedTensorSpec([None, None], tf.int32)

    def run():
        return tf.py_function(lambda: tf.ragged.constant([[1], [2, 3]]), [], Tout=spec)

    for made in (run(), tf.function(run)()):
        assert made.to_list() == [[1], [2, 3]]


def test_old_forms_of_functions():
    chosen = v1.where([True, False], [[1, 2], [3, 4]], [[5, 6], [7, 8]])
    np.testing.assert_array_equal(chosen, [[1, 2], [7, 8]])
    assert v1.image.draw_bounding_boxes(tf.zeros([1, 4, 4, 3]), [[[0.0, 0.0, 1.0, 1.0]]]).shape
    guess, truth = (v1.SparseTensorValue([[0, 0]], [n], [1, 1]) for n in (1, 2))
    np.testing.assert_array_equal(tf.edit_distance(guess, truth), [1.0])
    np.testing.assert_array_equal(tf.sparse.to_dense(guess), [[1]])
    assert v1.wrap_function(lambda x: x + 1, [3])().numpy() == 4
    with tf.Graph().as_default():
        assert v1.FIFOQueue(10, tf.float32, ()).shapes == [tf.TensorShape([])]
        assert v1.FIFOQueue(10, tf.float32, (3, 2)).shapes == [tf.TensorShape([3, 2])]


def test_bound_arguments_may_be_given_again():
    traced = tf.function(lambda x, n: x * n).get_concrete_function(tf.TensorSpec([]), 2)
    assert float(traced(x=tf.constant(3.0), n=2)) == 6.0
    with pytest.raises(TypeError, match="traced for 2"):
        traced(x=tf.constant(3.0), n=3)


def test_images_of_unknown_rank_are_transposed():
    run = tf.function(tf.image.transpose, input_signature=[tf.TensorSpec(None)])
    for shape in ([2, 3, 1], [4, 2, 3, 1]):
        x = tf.random.normal(shape)
        np.testing.assert_array_equal(run(x), tf.image.transpose(x))


def test_edges_for_many_elements_at_once():
    def bucket(x):
        return tf.raw_ops.Bucketize(input=x, boundaries=[0.0, 1.0])

    made = tf.vectorized_map(bucket, tf.constant([[0.5, 2.0]]), fallback_to_while_loop=False)
    np.testing.assert_array_equal(made, [[1, 2]])


class Leaf(tf.experimental.ExtensionType):
    parent: Tree | None
    value: tf.Tensor


class Tree(tf.experimental.ExtensionType):
    value: tf.Tensor


def test_fields_of_a_class_that_comes_later():
    leaf = Leaf(Tree([1, 2]), 3.0)
    assert isinstance(leaf.parent.value, tf.Tensor) and float(leaf.value) == 3.0
    assert float(tf.function(lambda x: x.value * 2)(leaf)) == 6.0
    with pytest.raises(TypeError, match="parent"):
        Leaf(5, 3.0)


def test_files_by_old_names(tmp_path):
    gfile, path = v1.gfile, str(tmp_path / "a" / "b")
    gfile.MakeDirs(path)
    with gfile.FastGFile(path + "/x.txt", "w") as file:
        file.write("text")
    gfile.Copy(oldpath=path + "/x.txt", newpath=path + "/y.txt")
    gfile.Rename(path + "/y.txt", path + "/z.txt")
    assert gfile.ListDirectory(path) == ["x.txt", "z.txt"]
    assert gfile.Glob(path + "/*.txt") == [path + "/x.txt", path + "/z.txt"]
    assert gfile.Exists(path) and gfile.IsDirectory(path)
    assert gfile.Stat(path + "/x.txt").length == 4
    assert [found[2] for found in gfile.Walk(path)] == [["x.txt", "z.txt"]]
    gfile.Remove(path + "/x.txt")
    gfile.DeleteRecursively(path)
    gfile.MkDir(path)
    assert gfile.ListDirectory(path) == []


def test_logging_by_old_names(caplog):
    with caplog.at_level(logging.INFO, "tensorflow"):
        for i in range(5):
            v1.logging.log_every_n(v1.logging.INFO, "every %d", 2, i)
            v1.logging.log_first_n(v1.logging.INFO, "first %d", 2, i)
        v1.logging.log_if(v1.logging.INFO, "never", False)
        v1.logging.log(v1.logging.WARN, "once")
    assert caplog.messages == ["every 0", "first 0", "first 1", "every 2", "every 4", "once"]
    v1.logging.flush()


def test_flags_take_old_names():
    flags = v1.flags
    values = flags.FlagValues()
    flags.DEFINE_integer("steps", default_value=3, docstring="how many", flag_values=values)
    values(["program", "--steps=5"])
    assert values.steps == 5
    assert v1.app.flags.FLAGS is flags.FLAGS


class Sessions(tf.test.TestCase):
    def test_sessions(self):
        with tf.Graph().as_default(), self.session() as session:
            x = v1.placeholder(tf.float32, [2])
            self.assertAllEqual(session.run(x * 2, {x: [1, 2]}), [2, 4])
            self.assertAllEqual(self.evaluate(tf.constant(3.0) + 1), 4.0)

    def test_the_cached_session_stays(self):
        with tf.Graph().as_default():
            with self.test_session() as first:
                pass
            with self.cached_session() as second:
                assert first is second
            self.assertAllEqual(self.evaluate(tf.constant([2.0])), [2.0])

    def test_eagerly(self):
        with self.cached_session() as session:
            assert session.run(tf.constant(3)) == 3
            with pytest.raises(ValueError, match="cannot be fed"):
                session.run(tf.constant(3), {"x": 2})
