"""Converted Python that has nothing to do with tensors does what it did before."""

from __future__ import annotations

import importlib.util
import inspect
import types

import pytest

from tidefall.function.autograph.conversion import convert


def functions_of(owner, module):
    """The functions of a module or class: where they are kept, and under which name."""
    for name, value in list(vars(owner).items()):
        if isinstance(value, types.FunctionType) and value.__module__ == module:
            yield owner, name, value
        elif isinstance(value, type) and value.__module__ == module and value is not owner:
            yield from functions_of(value, module)


def converted_copy(name):
    """A second copy of a module, all its functions converted."""
    spec = importlib.util.find_spec(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    changed = 0
    for owner, key, function in functions_of(module, name):
        made = convert(function)
        changed += made is not function
        setattr(owner, key, made)
    assert changed > 5
    return importlib.import_module(name), module


TEXT = "The quick brown fox, who'd jumped over\n  the lazy dog, sat down-hearted.  And then?"


def wrapped(module):
    return module.fill(TEXT, width=20), module.shorten(TEXT, 30), module.indent(TEXT, "> ")


def compared(module):
    matcher = module.SequenceMatcher(None, TEXT, TEXT.replace("fox", "ox").upper().lower())
    close = module.get_close_matches("appel", ["ape", "apple", "peach", "puppy"])
    return matcher.get_opcodes(), round(matcher.ratio(), 9), close


def split(module):
    parts = module.split('a \'b c\' "d\\"e" # no\n f', comments=True)
    return parts, module.quote("it's"), module.join(parts)


def computed(module):
    a, b = module.Fraction("3.25"), module.Fraction(-7, 3)
    return [str(v) for v in (a + b, a * b, a // b, a % b, a**-2, round(a), a < b, a == 3.25)]


def summarized(module):
    data = [1.5, 2.0, 2.0, 7.25, -3.0]
    return module.mean(data), module.median_low(data), module.mode(data), module.quantiles(data)


def printed(module):
    months = module.TextCalendar(firstweekday=6)
    return months.formatyear(2024, m=4), module.monthrange(2023, 2), module.isleap(1900)


def parsed(module):
    parser = module.ArgumentParser(prog="p", exit_on_error=False)
    parser.add_argument("--number", type=int, default=3, choices=range(5))
    parser.add_argument("names", nargs="*")
    found = parser.parse_args(["--number=4", "a", "b"])
    return vars(found), parser.format_help()


@pytest.mark.parametrize(
    "name, use",
    [
        ("textwrap", wrapped),
        ("difflib", compared),
        ("shlex", split),
        ("fractions", computed),
        ("statistics", summarized),
        ("calendar", printed),
        ("argparse", parsed),
    ],
)
def test_the_standard_library(name, use):
    original, converted = converted_copy(name)
    assert use(converted) == use(original)


@pytest.mark.parametrize("name", ["tarfile", "inspect", "configparser", "mailbox"])
def test_everything_in_a_large_module_can_be_converted(name):
    module = importlib.import_module(name)
    functions = [f for _, _, f in functions_of(module, name)]
    made = [convert(f) for f in functions]
    left = [f for f, m in zip(functions, made, strict=True) if m is f]
    assert len(functions) > 50
    assert all(inspect.isgeneratorfunction(f) or "<string>" in f.__code__.co_filename for f in left)


def test_exceptions_pass_through_as_they_are():
    def function(values, log):
        for value in values:
            try:
                if value < 0:
                    raise ValueError(value)
                if value == 0:
                    return "zero"
            except ValueError as error:
                log.append(error.args[0])
                if value < -5:
                    raise KeyError("low") from error
                continue
            else:
                log.append("fine")
            finally:
                log.append("done")
        return "end"

    converted = convert(function)
    assert converted is not function
    for values in ([1, -1, 2], [1, 0, 3], [-7, 1], []):
        results = []
        for run in (function, converted):
            log = []
            try:
                results.append((run(values, log), log))
            except KeyError as error:
                results.append((repr(error), repr(error.__cause__), log))
        assert results[0] == results[1]


def test_loops_take_no_more_than_they_need():
    def function(iterator):
        for value in iterator:
            if value == 2:
                break
        else:
            return "all"
        return next(iterator)

    assert convert(function)(iter(range(9))) == 3
    assert convert(function)(iter([1])) == "all"


def test_variables_that_come_and_go():
    def function(flag):
        if flag:
            found = 1
        try:
            return found
        except UnboundLocalError:
            return "missing"

    assert [convert(function)(flag) for flag in (True, False)] == [1, "missing"]

    def deleted(values):
        for value in values:
            if value > 1:
                del value
                break
        return "value" in locals()

    assert [convert(deleted)(v) for v in ([1, 2], [1])] == [False, True]
