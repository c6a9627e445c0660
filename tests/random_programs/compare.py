"""Runs a program every way there is and compares the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import tidefall as tf
from tests.random_programs.program import Program
from tidefall.base.config import config
from tidefall.graph.passes.pipeline import STEPS, optimize
from tidefall.graph.verifier import verify
from tidefall.runtime.host.plan import HostPlan

HOST_TOLERANCE = 2e-4
XLA_TOLERANCE = 5e-3
NARROWING = frozenset({"narrow_to_float16", "narrow_to_bfloat16"})
"""Steps that change results beyond rounding in float32: that is what they are for."""


class Disagreement(AssertionError):
    """Two ways of running a program gave different results."""


def check_program(program: Program, xla: bool = False, host: bool = True) -> None:
    """Run a random program every way, or without the host's."""

    def make() -> tuple[Callable[..., Any], list[Any]]:
        variables = [tf.Variable(v) for v in program.variables]
        return lambda *arguments: program(variables, *arguments), variables

    specs = [
        tf.TensorSpec(a.shape if program.known_shapes else [None] * a.ndim, a.dtype)
        for a in program.arguments
    ]
    try:
        check(make, program.arguments, specs, xla and not program.special, host)
    except Exception as error:
        raise (
            type(error)(f"{error}\n{program.text()}")
            if isinstance(error, AssertionError)
            else Disagreement(f"{type(error).__name__}: {error}\n{program.text()}")
        ) from error


def check(
    make: Callable[[], tuple[Callable[..., Any], list[Any]]],
    arguments: Sequence[np.ndarray],
    specs: Sequence[Any] | None = None,
    xla: bool = True,
    host: bool = True,
) -> None:
    """Compare eager results with those of the host (as traced, after each step, after all) and XLA.

    Args:
        make: returns a function of tensors, and the variables it uses, fresh each time.
        arguments: what to call it with.
        specs: what to trace it for; the arguments' own shapes by default.
        xla: whether to compile it, too.
        host: whether to run it on the host.
    """
    if specs is None:
        specs = [tf.TensorSpec(a.shape, a.dtype) for a in arguments]
    function, variables = make()
    expected = _arrays(function(*[tf.constant(a) for a in arguments]), variables)
    if host:
        _check_steps(make, arguments, specs, expected)
        _check_call(make, arguments, specs, expected, False)
    if xla:
        _check_call(make, arguments, specs, expected, True)


def _check_steps(make: Any, arguments: Any, specs: Any, expected: Any) -> None:
    """Run the graph as traced, and after steps of the optimizer."""
    with _unoptimized():
        function, variables = make()
        initial = [v.numpy() for v in variables]
        concrete = tf.function(function, autograph=False).get_concrete_function(*specs)
        verify(concrete.graph)
        for names in ([], *([s.name] for s in STEPS if s.name not in NARROWING), _all_steps()):
            for variable, value in zip(variables, initial, strict=True):
                variable.assign(value)
            graph = optimize(concrete.graph, only=names, nested=True, observe=_verified)
            values = [*arguments, *(t.storage for t in concrete.captured_inputs)]
            outputs = HostPlan(graph).run(values)
            what = "as traced" if not names else f"after {names[0] if len(names) == 1 else 'all'}"
            _compare(expected, [*outputs, *_values(variables)], HOST_TOLERANCE, what)


def _check_call(make: Any, arguments: Any, specs: Any, expected: Any, compiled: bool) -> None:
    function, variables = make()
    traced = tf.function(
        function, input_signature=specs, autograph=False, jit_compile=compiled or None
    )
    results = _arrays(traced(*[tf.constant(a) for a in arguments]), variables)
    tolerance = XLA_TOLERANCE if compiled else HOST_TOLERANCE
    _compare(expected, results, tolerance, "under XLA" if compiled else "called")


def _all_steps() -> list[str]:
    return [s.name for s in STEPS if s.name not in NARROWING]


def _verified(step: str, graph: Any) -> None:
    verify(graph)
    if graph.by_name != {node.name: node for node in graph.nodes}:
        raise Disagreement(f"after {step}: the names do not lead to the nodes of the graph")


@contextmanager
def _unoptimized() -> Iterator[None]:
    """Functions that run inside are not optimized by themselves; a memory budget is set."""
    options = {"disable_meta_optimizer": True, "memory_budget_bytes": 1}
    with config.override(optimizer_options=options):
        yield


def _values(variables: list[Any]) -> list[np.ndarray]:
    return [v.numpy() for v in variables]


def _arrays(results: Any, variables: list[Any]) -> list[np.ndarray]:
    flat = results if isinstance(results, (list, tuple)) else [results]
    return [*(np.asarray(t) for t in flat), *_values(variables)]


def _compare(expected: list[np.ndarray], found: Sequence[Any], tolerance: float, what: str) -> None:
    for i, (a, b) in enumerate(zip(expected, found, strict=True)):
        b = np.asarray(b)
        if a.dtype != b.dtype or a.shape != b.shape:
            raise Disagreement(f"{what}: result {i} is {b.dtype}{b.shape}, not {a.dtype}{a.shape}")
        same = (
            np.allclose(a, b, tolerance, tolerance, equal_nan=True)
            if a.dtype.kind == "f"
            else np.array_equal(a, b)
        )
        if not same:
            raise Disagreement(f"{what}: result {i} is\n{b}\nnot\n{a}")
