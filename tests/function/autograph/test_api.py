"""tf.autograph's own functions."""

from __future__ import annotations

import pytest

import tidefall as tf
from tidefall.base.config import config


def scaled(x, by=2):
    """Twice."""
    if x > 0:
        return x * by
    return x


def test_to_code():
    code = tf.autograph.to_code(scaled)
    assert code.startswith("def tf__scaled(x, by=")
    assert "ag__.if_(x > 0, ag__then_1, ag__else_1, ('ag__result',))" in code
    compile(code, "code", "exec")


def test_to_code_of_functions_methods_and_lambdas():
    class Model(tf.Module):
        @tf.function
        def call(self, x):
            for i in tf.range(x):
                self.total = i
            return self.total

    code = tf.autograph.to_code(Model.call)
    assert "ag__.attribute('self.total', lambda: self, 'total')" in code
    assert tf.autograph.to_code(Model().call) == code
    assert "ag__.if_exp(x > 0, lambda: x, lambda: -x, 'x > 0')" in tf.autograph.to_code(
        lambda x: x if x > 0 else -x
    )


def test_straight_code_stays_as_it_is():
    def straight(x, *args, key=None, **kwargs):
        y = x + 1
        return y * 2

    lines = tf.autograph.to_code(straight).splitlines()
    assert lines[1:] == ["    y = x + 1", "    return y * 2"]


def test_to_graph():
    converted = tf.autograph.to_graph(scaled)
    assert converted(3) == 6
    graph = tf.Graph()
    with graph.as_default():
        result = converted(tf.constant(3), by=5)
    assert result.op.type in ("If", "StatelessIf")


@pytest.mark.parametrize("convert", [tf.autograph.to_code, tf.autograph.to_graph])
def test_what_has_no_source(convert):
    namespace = {}
    exec("def unknown(x):\n    return x\n", namespace)
    for function in (len, namespace["unknown"]):
        with pytest.raises(ValueError, match="source code"):
            convert(function)


def test_verbosity(capsys):
    def told(x):
        if x > 0:
            return x
        return -x

    with config.override(autograph_verbosity=0, autograph_to_stdout=False):
        tf.autograph.set_verbosity(1, alsologtostdout=True)
        tf.function(told)(tf.constant(1))
    assert "Converting test_verbosity.<locals>.told" in capsys.readouterr().out


def test_trace(capsys):
    @tf.function
    def function(x):
        tf.autograph.trace("traced", x.dtype)
        return x

    for value in (1, 2):
        function(tf.constant(value))
    assert capsys.readouterr().out == "traced <dtype: 'int32'>\n"


def test_print_shows_tensors_while_tracing_as_tensorflow_does(capsys):
    @tf.function
    def function(x):
        print("x is", x)  # noqa: T201
        return x

    function(tf.constant(1))
    assert capsys.readouterr().out == 'x is Tensor("x:0", shape=(), dtype=int32)\n'


def test_assert_over_tensors_checks_at_run_time():
    @tf.function
    def function(x, low=0):
        assert low < 5, "python"
        assert x > low, ("too small", x)
        return x

    assert int(function(tf.constant(3))) == 3
    with pytest.raises(tf.errors.InvalidArgumentError, match="too small"):
        function(tf.constant(-3))
    with pytest.raises(AssertionError, match="python"):
        function(tf.constant(3), low=7)
    assert int(function(tf.constant(3))) == 3
