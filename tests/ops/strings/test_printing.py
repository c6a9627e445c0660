"""tf.print and tf.strings.format show what TensorFlow shows."""

import collections
import logging
import sys

import numpy as np
import pytest

import tidefall as tf

TEXTS = [
    (1, {}, "1"),
    (1.5, {}, "1.5"),
    (True, {}, "1"),
    ("a", {}, '"a"'),
    ([1, 2, 3], {}, "[1 2 3]"),
    (np.arange(10), {}, "[0 1 2 ... 7 8 9]"),
    (np.arange(7), {}, "[0 1 2 ... 4 5 6]"),
    (np.arange(10), {"summarize": 1}, "[0 ... 9]"),
    (np.arange(10), {"summarize": 0}, "[ ...]"),
    (np.arange(10), {"summarize": 5}, "[0 1 2 3 4 5 6 7 8 9]"),
    (np.arange(10), {"summarize": -1}, "[0 1 2 3 4 5 6 7 8 9]"),
    (np.zeros((3, 2)), {}, "[[0 0]\n [0 0]\n [0 0]]"),
    (np.arange(100).reshape(10, 10), {"summarize": 1}, "[[0 ... 9]\n ...\n [90 ... 99]]"),
    (np.arange(8).reshape(2, 2, 2), {}, "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]"),
    (np.zeros((0, 3)), {}, "[]"),
    (np.zeros((2, 0)), {}, "[\n ...]"),
    (["a", "b"], {}, '["a" "b"]'),
    ([b"\xc3\xbc", '"q"', "a\nb"], {}, '["ü" "\\"q\\"" "a\\nb"]'),
    ([1e20, 1.5, 0.1], {}, "[1e+20 1.5 0.1]"),
    (np.float64([0.1, 1 / 3]), {}, "[0.1 0.33333333333333331]"),
    (np.float32(1 / 3), {}, "0.333333343"),
    (np.float16(1 / 3), {}, "0.333251953"),
    (12345678.0, {}, "12345678"),
    (-0.0, {}, "-0"),
    ([float("nan"), float("inf"), -float("inf")], {}, "[nan inf -inf]"),
    (1 + 2j, {}, "?"),
    (np.uint8(200), {}, "200"),
]


@pytest.mark.parametrize("value, options, expected", TEXTS, ids=lambda v: repr(v)[:20])
def test_tensors_as_text(value, options, expected):
    tensor = tf.constant(value)
    assert tf.strings.format("{}", tensor, **options).numpy().decode() == expected
    traced = tf.function(lambda x: tf.strings.format("<{}>", x, **options))
    assert traced(tensor).numpy().decode() == f"<{expected}>"


def test_templates():
    assert tf.strings.format("a {} b {} c", (1, 2.5)).numpy() == b"a 1 b 2.5 c"
    assert tf.strings.format("a %d b", [1], placeholder="%d").numpy() == b"a 1 b"
    assert tf.strings.format("x", ()).numpy() == b"x"
    with pytest.raises(ValueError, match="expects 1 tensors, but the inputs only has 2"):
        tf.strings.format("a {} b", (1, 2))


Point = collections.namedtuple("Point", "x y")
PRINTED = [
    (lambda: ("a", 1, 2.5), {}, "a 1 2.5\n"),
    (lambda: (tf.constant([1, 2]),), {}, "[1 2]\n"),
    (lambda: (tf.constant("x"),), {}, "x\n"),
    (lambda: ("a", tf.constant("x")), {}, 'a "x"\n'),
    (lambda: ([1, "a", tf.constant(3)],), {}, "[1, 'a', 3]\n"),
    (lambda: ({"b": tf.constant(1), "a": [2, 3]},), {}, "{'a': [2, 3], 'b': 1}\n"),
    (lambda: (Point(1, tf.constant(2)),), {}, "Point(x=1, y=2)\n"),
    (lambda: (None, True, (1,), 1e10), {}, "None True (1,) 10000000000.0\n"),
    (lambda: (tf.range(10),), {"summarize": 2}, "[0 1 ... 8 9]\n"),
    (lambda: (1, 2), {"sep": ",", "end": "!"}, "1,2!"),
    (lambda: ("{}", 1), {}, "{} 1\n"),
    (lambda: ("{}", {}, tf.constant(1)), {}, "{} {} 1\n"),
    (lambda: (), {}, "\n"),
    (lambda: (np.arange(3), np.float32(1.5)), {}, "array([0, 1, 2]) np.float32(1.5)\n"),
    (lambda: (tf.Variable([1.0, 2]), tf.Variable(3)), {}, "[1 2] 3\n"),
    (lambda: (b"bytes", [None], {1}, range(3)), {}, "b'bytes' [None] {1} [0, 1, 2]\n"),
]


@pytest.mark.parametrize("make, options, expected", PRINTED)
def test_printed(make, options, expected, capsys):
    assert tf.print(*make(), output_stream=sys.stdout, **options) is None
    assert capsys.readouterr().out == expected


def test_a_function_prints_each_time_it_runs(capsys):
    @tf.function
    def show(x):
        node = tf.print("x is", x, {"a": x, "b": 2}, summarize=1)
        assert node.type == "PrintV2"
        assert node.inputs[0].op.attrs["template"] == "x is {} {'a': {}, 'b': 2}"
        return x

    show(tf.range(5))
    show(tf.range(5))
    assert capsys.readouterr().err == "x is [0 ... 4] {'a': [0 ... 4], 'b': 2}\n" * 2


def test_other_streams(tmp_path, caplog):
    stream = f"file://{tmp_path}/log"
    tf.print(1, output_stream=stream)
    tf.print(2, output_stream=stream)
    assert (tmp_path / "log").read_text() == "1\n2\n"
    with caplog.at_level(logging.INFO, "tensorflow"):
        tf.print(3, output_stream=tf.compat.v1.logging.info, end="")
        tf.print(4, output_stream=logging.ERROR, end="")
    assert [(r.levelname, r.message) for r in caplog.records] == [("INFO", "3"), ("ERROR", "4")]


def test_bad_calls():
    with pytest.raises(ValueError, match=r"Unsupported output stream.*'foo'"):
        tf.print(1, output_stream="foo")
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        tf.print(1, bad=3)


def test_compiled_functions_cannot_print():
    show = tf.function(lambda x: tf.print(x), jit_compile=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="PrintV2"):
        show(tf.constant(1))
