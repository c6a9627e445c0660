"""Graphs of TensorFlow 1 imported into functions: their variables become the function's."""

import pytest

import tidefall as tf

v1 = tf.compat.v1


@pytest.fixture
def saved(tmp_path):
    """A graph `y = x * v`, and a checkpoint in which v is 3."""
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [], "x")
        v = tf.Variable(3.0, name="v")
        untrained = tf.Variable(1.0, name="u", trainable=False)
        tf.multiply(x, v * untrained, name="y")
        with v1.Session() as session:
            session.run([v.initializer, untrained.initializer])
            saver = v1.train.Saver()
            saver.export_meta_graph(str(tmp_path / "graph.pb"), as_text=True)
            saver.save(session, str(tmp_path / "values"))
    return tmp_path


def test_variables_of_an_imported_graph_are_restored_and_shared(saved):
    wrapped = v1.wrap_function(
        lambda: v1.train.import_meta_graph(str(saved / "graph.pb")) and None, []
    )
    assert [v.name for v in wrapped.variables] == ["v:0", "u:0"]
    assert [v.name for v in wrapped.trainable_variables] == ["v:0"]
    v1.train.Saver(wrapped.variables).restore(sess=None, save_path=str(saved / "values"))
    function = wrapped.prune(feeds="x:0", fetches="y:0")
    assert float(function(tf.constant(5.0))) == 15.0
    wrapped.variables[0].assign(10.0)
    assert float(function(tf.constant(5.0))) == 50.0


def test_variables_that_have_no_value_yet_say_so(saved):
    wrapped = v1.wrap_function(
        lambda: v1.train.import_meta_graph(str(saved / "graph.pb")) and None, []
    )
    function = wrapped.prune(feeds="x:0", fetches="y:0")
    with pytest.raises(tf.errors.FailedPreconditionError, match="Could not find variable v"):
        function(tf.constant(5.0))
