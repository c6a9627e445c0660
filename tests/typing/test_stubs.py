"""The stubs are what the generator makes, have every public name, and the sources' parameters."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.typing import stub_tree
from tidefall._index import EXPORTS
from tidefall.api.stubs.surface_names import Surface, read_surface


@cache
def surface() -> Surface:
    return read_surface()


@pytest.mark.process
def test_the_stubs_are_current():
    """Asked of a new process: tests that ran in this one may have added names."""
    command = [sys.executable, "-m", "tidefall.api.stubs", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", sorted(surface().namespaces))
def test_a_namespace_has_all_its_names(path):
    names = set(surface().namespaces[path])
    found = set(stub_tree.module(path))
    assert names - found == set()
    assert {n for n in found - names if not n.startswith("_")} == set()


def test_every_name_of_the_index_is_there():
    missing = []
    for name in EXPORTS.keys() - {"raw_ops"}:  # which is a module
        try:
            stub_tree.definition(name)
        except (KeyError, FileNotFoundError):
            missing.append(name)
    assert not missing


def functions() -> list[str]:
    values = surface().values.items()
    return sorted(name for name, value in values if inspect.isfunction(value))


def classes() -> list[str]:
    values = surface().values.items()
    return sorted(
        name
        for name, value in values
        if isinstance(value, type) and surface().home(value) == name
        if not hasattr(value, "DESCRIPTOR") and not hasattr(value, "_fields")
    )


def test_functions_have_their_parameters():
    wrong = []
    for name in functions():
        wrong += differences(name, stub_tree.definition(name), surface().values[name])
    assert not wrong, "\n".join(wrong)


def test_methods_have_their_parameters():
    wrong = []
    for name in classes():
        (node,) = stub_tree.definition(name)
        assert isinstance(node, ast.ClassDef)
        for method, found in stub_tree.names_in(node.body).items():
            value = vars(surface().values[name]).get(method)
            value = getattr(value, "__func__", value)
            special = method.startswith("__") and method not in ("__init__", "__call__")
            if inspect.isfunction(value) and not special:
                wrong += differences(f"{name}.{method}", found, value)
    assert not wrong, "\n".join(wrong)


def differences(
    name: str, found: stub_tree.Definition, function: Callable[..., Any]
) -> Iterator[str]:
    """How a definition, or all the overloads of one, differ from the function itself."""
    nodes = [node for node in found if isinstance(node, ast.FunctionDef)]
    wanted = inspect.signature(function).parameters
    seen: set[str] = set()
    for node in nodes:
        given = list(stub_tree.parameters(node))
        seen.update(parameter for parameter, _, _ in given)
        order = [parameter for parameter, _, _ in given]
        if order != [parameter for parameter in wanted if parameter in order]:
            yield f"{name}: {order}, not {list(wanted)}"
            continue
        for parameter, kind, default in given:
            real = wanted[parameter]
            if len(nodes) == 1 and kind != real.kind.description:
                yield f"{name}: {parameter} is {kind}"
            if len(nodes) == 1 and (default is None) != (real.default is real.empty):
                yield f"{name}: the default of {parameter}"
            if default is not None and not is_default(default, real.default):
                yield f"{name}: {parameter} = {ast.unparse(default)}, not {real.default!r}"
    if seen != set(wanted):
        yield f"{name}: {sorted(seen)}, not {list(wanted)}"


def is_default(default: ast.expr, real: Any) -> bool:
    """Whether a default of the stub is the real one, where the stub says it."""
    said = stub_tree.literal(default)
    if said is not ...:
        return said == real and type(said) is type(real)
    *parents, last = ast.unparse(default).removeprefix("tf.").split(".")
    if ast.unparse(default) == "..." or not parents:
        return ast.unparse(default) == "..." or surface().values.get(last) is real
    return getattr(surface().values[".".join(parents)], last) is real
