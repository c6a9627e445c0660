"""Random programs as messages: read and written again they are equal, and run the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tidefall as tf
from tests.random_programs.generator import generate
from tests.random_programs.program import Program
from tidefall.base.state import graph_scope
from tidefall.graph.codec.function_library import FunctionLibrary
from tidefall.graph.codec.graph_def import Library, function_to_proto
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.verifier import verify
from tidefall.runtime.graph_function import GraphFunction
from tidefall.runtime.host.plan import HostPlan

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
SEEDS = given(st.integers(0, 100_000))
SETTINGS = settings(max_examples=20, deadline=None, derandomize=True)


class Traced:
    """A program traced once: its graph, and what it gives."""

    def __init__(self, program: Program):
        self.program = program
        self.variables = [tf.Variable(v) for v in program.variables]
        specs = [
            tf.TensorSpec(a.shape if program.known_shapes else [None] * a.ndim, a.dtype)
            for a in program.arguments
        ]

        def run(*arguments: Any) -> Any:
            return program(self.variables, *arguments)

        self.concrete = tf.function(run, autograph=False).get_concrete_function(*specs)
        self.graph = self.concrete.graph

    def values(self, graph: FuncGraph) -> list[np.ndarray]:
        """What a graph with the same inputs gives, and then the variables."""
        for variable, value in zip(self.variables, self.program.variables, strict=True):
            variable.assign(value)
        captured = [t.storage for t in self.concrete.captured_inputs]
        outputs = HostPlan(graph).run([*self.program.arguments, *captured])
        return [*map(np.asarray, outputs), *(v.numpy() for v in self.variables)]


def _same(expected: list[np.ndarray], found: list[np.ndarray]) -> None:
    for a, b in zip(expected, found, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@SETTINGS
@SEEDS
def test_graph_defs(seed: int) -> None:
    traced = Traced(generate(seed))
    message = traced.graph.as_graph_def()
    again = FuncGraph("again")
    with graph_scope(again):
        tf.import_graph_def(message, name="")
    written = again.as_graph_def()
    assert list(written.node) == list(message.node)
    tf.test.assert_equal_graph_def(message, written)
    again.arguments = [again.get_tensor_by_name(t.name) for t in traced.graph.inputs]
    again.outputs = [again.get_tensor_by_name(t.name) for t in traced.graph.outputs]
    verify(again)
    _same(traced.values(traced.graph), traced.values(again))


@SETTINGS
@SEEDS
def test_function_defs(seed: int) -> None:
    traced = Traced(generate(seed))
    messages = _messages(GraphFunction("program", traced.graph))
    hints = [None] * len(traced.program.arguments) + list(traced.concrete.captured_inputs)
    read = FunctionLibrary(messages.values(), GraphFunction).function("program", hints)
    verify(read.graph)
    assert _messages(read) == messages
    _same(traced.values(traced.graph), traced.values(read.graph))


def _messages(function: Any) -> dict[str, Any]:
    """The FunctionDefs of a function and of those it calls, by name."""
    library = Library()
    function_to_proto(function, library)
    return {message.signature.name: message for message in library.functions()}
