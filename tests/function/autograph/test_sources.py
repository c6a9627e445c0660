"""Where the source of a function comes from, and what is not converted."""

from __future__ import annotations

import functools
import gc
import linecache
import subprocess
import sys
import textwrap
import types

import pytest

import tidefall as tf
from tidefall.base.config import config
from tidefall.function.autograph import conversion
from tidefall.function.autograph.calls import call
from tidefall.function.autograph.conversion import is_converted
from tidefall.function.autograph.rules import is_library

SIGN = """
def sign(x):
    if x > 0:
        return 1
    return -1
"""


def module_of(source, filename, register):
    """A namespace made by running source text, as a notebook does with a cell."""
    if register:
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace = {"__name__": "__main__", "tf": tf}
    exec(compile(source, filename, "exec"), namespace)
    return namespace


def test_cells_of_a_notebook():
    namespace = module_of(SIGN, "<ipython-input-7-0123456789ab>", register=True)
    function = tf.function(namespace["sign"])
    assert [int(function(tf.constant(x))) for x in (3, -3)] == [1, -1]


def test_a_cell_that_is_run_again_with_other_code():
    first = module_of(SIGN, "<ipython-input-8>", register=True)["sign"]
    assert int(tf.function(first)(tf.constant(3))) == 1
    second = module_of(SIGN.replace("1", "5"), "<ipython-input-8>", register=True)["sign"]
    assert [int(tf.function(second)(tf.constant(x))) for x in (3, -3)] == [5, -5]


def test_without_source_it_runs_unconverted_with_a_warning(caplog):
    sign = module_of(SIGN, "<string>", register=False)["sign"]
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError), caplog.at_level("WARNING"):
        tf.function(sign)(tf.constant(3))
    (record,) = caplog.records
    assert "AutoGraph could not transform" in record.message
    assert "the source code of <string> is not available" in record.message
    assert "do_not_convert" in record.message
    # Python values need no conversion.
    assert int(tf.function(sign)(3)) == 1


def test_the_warning_comes_once_for_each_function(caplog):
    double = module_of("def double(x):\n    return x + x\n", "<string>", register=False)["double"]
    with caplog.at_level("WARNING"):
        for dtype in (tf.int32, tf.float32):
            assert int(tf.function(double)(tf.constant(2, dtype))) == 4
    assert len(caplog.records) == 1


def test_a_file_that_has_changed(tmp_path, caplog):
    file = tmp_path / "changed.py"
    file.write_text(SIGN)
    namespace = {"__name__": "changed"}
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    file.write_text("# something else\n" * 7)
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError), caplog.at_level("WARNING"):
        tf.function(namespace["sign"])(tf.constant(3))
    assert "has it changed" in caplog.text


@pytest.mark.process
def test_a_script_read_from_standard_input_and_an_interactive_session():
    program = textwrap.dedent(
        """
        import tidefall as tf
        @tf.function
        def double(x):
            return x + x

        print("result", int(double(tf.constant(4))))
        """
    )
    done = subprocess.run(
        [sys.executable, "-i", "-q"], input=program, capture_output=True, text=True, check=False
    )
    assert "result 8" in done.stdout


def test_lambdas_on_one_line():
    first, second = (lambda x: x if x > 0 else -x), (lambda x: x * 2 if x > 0 else x * 3)
    results = [int(tf.function(f)(tf.constant(-2))) for f in (first, second)]
    assert results == [2, -6]


def test_nested_lambdas():
    outer = lambda x: (lambda y: y if y > x else x)(x + 1)  # noqa: E731
    assert int(tf.function(outer)(tf.constant(1))) == 2


def test_a_lambda_over_several_lines():
    function = tf.function(
        lambda x: (
            x + 1
            if x > 0
            # a comment in between
            else x - 1
        )
    )
    assert [int(function(tf.constant(x))) for x in (1, -1)] == [2, -2]


def test_strings_and_indentation_stay_as_they_are():
    def function(x):
        text = """a
  b
        c"""
        if x > 0:
            return tf.constant(text)
        return tf.constant("")

    assert tf.function(function)(tf.constant(1)).numpy() == function(1).numpy()


def test_decorated_functions_keep_defaults_closures_and_names():
    seen = []

    def noted(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            seen.append(function.__name__)
            return function(*args, **kwargs)

        return wrapper

    scale = 10

    @noted
    def scaled(x, by=2, *rest, plus=1, **named):
        if x > 0:
            return x * by * scale + plus + len(rest) + len(named)
        return x

    assert int(tf.function(scaled)(tf.constant(1))) == 21
    assert int(tf.function(scaled)(tf.constant(1), 3, 4, plus=5, other=6)) == 37
    assert set(seen) == {"scaled"}


def test_closures_and_globals_are_shared_not_copied():
    count = 0

    def bump(x):
        nonlocal count
        count += 1
        if x > 0:
            x = x + count
        return x

    converted = call(bump)
    assert is_converted(converted) and not is_converted(bump)
    assert converted(1) == 2
    assert count == 1
    assert converted.__globals__ is bump.__globals__
    assert converted.__closure__ and bump.__closure__
    assert bump.__closure__[0] in converted.__closure__


def test_conversion_happens_once_for_each_code_object(monkeypatch):
    made = []
    original = conversion.converted_tree
    monkeypatch.setattr(
        conversion, "converted_tree", lambda *a: made.append(a[0].name) or original(*a)
    )

    def maker(by):
        def scaled(x):
            if x > 0:
                return x * by
            return x

        return scaled

    results = [int(tf.function(maker(by))(tf.constant(2))) for by in (1, 2, 3)]
    assert results == [2, 4, 6]
    assert made == ["scaled"]


def test_code_that_is_gone_is_forgotten():
    def build():
        namespace = module_of(SIGN, "<ipython-input-9>", register=True)
        call(namespace["sign"])

    build()
    gc.collect()
    before = len(conversion._by_code)
    for _ in range(5):
        build()
    gc.collect()
    assert len(conversion._by_code) <= before


def test_one_trace_for_each_kind_of_arguments():
    calls = []

    @tf.function
    def function(x):
        calls.append(1)
        total = x
        for i in tf.range(3):
            if i > 0:
                total += x
        return total

    for value in (1, 2, 3):
        function(tf.constant(value))
    function(tf.constant(1.0))
    assert function.experimental_get_tracing_count() == len(calls) == 2


@pytest.mark.parametrize(
    "name, expected",
    [
        ("tidefall.base", True),
        ("numpy", True),
        ("keras.src.layers", True),
        ("functools", True),
        ("collections.abc", True),
        ("__main__", False),
        ("kerastuner", False),
        ("my.numpy", False),
    ],
)
def test_libraries(name, expected):
    assert is_library(name) is expected


def test_what_is_called_as_it_is():
    def generator():
        yield 1

    async def coroutine():
        pass

    class Plain:
        pass

    for callable_ in (generator, coroutine, Plain, print, tf.add, functools.reduce, tf.function):
        assert call(callable_) is callable_


def test_callable_objects_methods_and_partials_are_converted():
    class Scale:
        def __init__(self, by):
            self.by = by

        def __call__(self, x):
            if x > 0:
                return x * self.by
            return x

        def method(self, x):
            if x > 0:
                return x + self.by
            return x

        @staticmethod
        def static(x):
            return x if x > 0 else -x

        @classmethod
        def made(cls, x):
            if x > 0:
                return cls(2)(x)
            return x

    scale = Scale(3)

    @tf.function
    def function(x):
        return (
            scale(x),
            scale.method(x),
            Scale.static(x),
            Scale.made(x),
            functools.partial(scale.method)(x=x),
        )

    assert [int(v) for v in function(tf.constant(2))] == [6, 5, 2, 4, 5]
    assert int(tf.function(scale)(tf.constant(2))) == 6
    assert int(tf.function(scale.method)(tf.constant(-2))) == -2


def test_do_not_convert():
    @tf.autograph.experimental.do_not_convert
    def unconverted(x):
        return helper(x)

    def helper(x):
        if x > 0:
            return x
        return -x

    @tf.function
    def function(x):
        return unconverted(x)

    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        function(tf.constant(1))
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(unconverted)(tf.constant(1))
    assert int(tf.function(helper)(tf.constant(-1))) == 1


def test_autograph_false():
    def function(x):
        if x > 0:
            return x
        return -x

    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(function, autograph=False)(tf.constant(1))
    assert int(tf.function(function)(tf.constant(-1))) == 1


def test_run_functions_eagerly_runs_the_original():
    seen = []

    @tf.function
    def function(x):
        seen.append(sys._getframe().f_code)
        return x

    with config.override(functions_run_eagerly=True):
        function(tf.constant(1))
    assert seen == [function.python_function.__code__]


def test_functions_of_libraries_are_not_converted(monkeypatch):
    library = types.ModuleType("scipy.fake")
    exec(compile(SIGN, __file__, "exec"), library.__dict__)
    assert call(library.sign) is library.sign


@pytest.mark.process
def test_importing_loads_nothing_of_it():
    code = (
        "import sys, tidefall as tf; f = tf.function(lambda x: x); tf.autograph.set_verbosity(0)\n"
        "print([m for m in sys.modules if m.startswith('tidefall.function.autograph')])\n"
        "f(tf.constant(1)); print('tidefall.function.autograph.conversion' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert "conversion" not in first and "operators" not in first
    assert second == "True"
