"""Where code runs; and functions that refuse what they cannot do, or mark what they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tidefall as tf


def test_inside_functions() -> None:
    found: list[Any] = []

    @tf.function
    def traced() -> None:
        found.append((tf.inside_function(), tf.get_current_name_scope()))
        with tf.init_scope():
            found.append(tf.inside_function())

    with tf.name_scope("outside"):
        traced()
    assert found == [(True, ""), False]
    assert not tf.inside_function()
    with tf.Graph().as_default():
        assert not tf.inside_function()


def test_name_scopes() -> None:
    assert tf.get_current_name_scope() == ""
    with tf.name_scope("q"):
        assert tf.get_current_name_scope() == "q"
    with tf.Graph().as_default(), tf.name_scope("a"), tf.name_scope("b"):
        assert tf.get_current_name_scope() == "a/b"


def test_symbolic_tensors() -> None:
    for value in (tf.constant(1), tf.Variable(1.0), 3, None, tf.keras.Input([2])):
        assert not tf.is_symbolic_tensor(value)
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [])
        assert tf.is_symbolic_tensor(x)
        assert not tf.is_symbolic_tensor(tf.IndexedSlices(x, x))


def test_plugins(tmp_path: Path) -> None:
    with pytest.raises(tf.errors.NotFoundError, match="no_such"):
        tf.load_op_library("/no_such.so")
    with pytest.raises(FileNotFoundError):
        tf.load_library("/no_such.so")
    assert tf.load_library(str(tmp_path)) is None
    plugin = tmp_path / "libtfkernel.so"
    plugin.touch()
    with pytest.raises(tf.errors.UnimplementedError, match=r"C\+\+ runtime"):
        tf.load_library(str(tmp_path))
    with pytest.raises(tf.errors.NotFoundError, match="file too short"):
        tf.load_op_library(str(plugin))


def test_pinned_memory() -> None:
    with pytest.raises(tf.errors.FailedPreconditionError, match="cuda"):
        tf.check_pinned(tf.constant(1.0))


def _graph(number: float, extra: bool = True) -> Any:
    with tf.Graph().as_default() as graph:
        a = tf.constant(1.0, name="a")
        if extra:
            tf.add(a, number)
    return graph.as_graph_def()


def test_equal_graphs() -> None:
    turned = _graph(2.0)
    nodes = list(reversed(turned.node))
    del turned.node[:]
    turned.node.extend(nodes)
    tf.test.assert_equal_graph_def(_graph(2.0), turned)
    for expected, actual, words in (
        (_graph(2.0), _graph(3.0), "has attr 'value'"),
        (_graph(2.0), _graph(2.0, extra=False), "Did not find expected node"),
        (_graph(2.0, extra=False), _graph(2.0), "Found unexpected node"),
    ):
        with pytest.raises(AssertionError, match=words):
            tf.test.assert_equal_graph_def(expected, actual)
    with pytest.raises(TypeError, match="for actual, got NoneType"):
        tf.test.assert_equal_graph_def(_graph(2.0), None)


RESULTS = [
    (lambda x: x * 2.0, [2.0]),
    (lambda x: (x,), [1.0]),
    (lambda x: [x, x], [1.0, 1.0]),
    (lambda x: (x, [x, x]), (1.0, [1.0, 1.0])),
    (lambda x: {"a": x, "b": (x, x)}, {"a": 1.0, "b": (1.0, 1.0)}),
    (lambda x: (x, 2), [1.0, 2]),
]


@pytest.mark.parametrize(("computation", "expected"), RESULTS)
def test_compiled_computations(computation: Any, expected: Any) -> None:
    compiled = tf.xla.experimental.compile
    found = compiled(computation, [1.0])
    assert tf.nest.map_structure(lambda t: t.numpy(), found) == expected
    traced = tf.function(lambda x: compiled(computation, [x]))(tf.constant(1.0))
    assert tf.nest.map_structure(lambda t: t.numpy(), traced) == expected


def test_compiled_computations_in_sessions() -> None:
    compiled = tf.xla.experimental.compile
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [])
        found = compiled(lambda a, b: (a * b, a + b), [x, 2.0])
        assert [t.name for t in found] == ["output_0:0", "output_1:0"]
        assert session.run(found, {x: 3.0}) == [6.0, 5.0]
        assert compiled(lambda a: None, [x]).type == "NoOp"


def test_wrong_computations() -> None:
    for arguments in ((3, [1.0]), (lambda x: x, tf.constant(1.0)), (lambda x: None, [1.0])):
        with pytest.raises(TypeError):
            tf.xla.experimental.compile(*arguments)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.xla.experimental.compile(lambda x: tf.io.read_file(x), ["a"])


def test_jit_scopes_mark_nodes() -> None:
    scope = tf.xla.experimental.jit_scope
    with pytest.raises(RuntimeError, match="eager"), scope():
        pass
    with tf.Graph().as_default() as graph:
        with scope():
            a = tf.constant(1.0, name="a")
        with scope(compile_ops=lambda n: n.op == "AddV2", separate_compiled_gradients=True):
            tf.add(a, tf.constant(1.0, name="b"), name="c")
        tf.identity(a, name="d")
    marks = {
        n.name: (n.attr["_XlaScope"].s, n.attr["_XlaCompile"].b,
                 n.attr["_XlaSeparateCompiledGradients"].b)
        for n in graph.as_graph_def().node
    }  # fmt: skip
    assert marks == {
        "a": (b"jit_scope_0", True, False),
        "b": (b"jit_scope_1", False, True),
        "c": (b"jit_scope_1", True, True),
        "d": (b"", False, False),
    }
