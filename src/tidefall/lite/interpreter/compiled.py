"""Running a model: operator after operator in NumPy, or compiled by XLA where that pays.

A subgraph is compiled as a whole when all its operators compute on floats by kernels that take jax
arrays too, and shapes do not depend on values. That takes about as long as some hundred runs of a
small model, so it is done when a model has been run for that long in NumPy.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.lite.interpreter import native
from tidefall.lite.interpreter.program import Bound, Graph, Program
from tidefall.lite.interpreter.registry import TRACEABLE
from tidefall.lite.interpreter.tensors import TensorInfo
from tidefall.lite.interpreter.tracing import fold, trace, with_callees
from tidefall.lite.schema import TensorType

_SECONDS = 0.25
_SECONDS_PER_OPERATOR = 0.004
"""What compiling is thought to take: once this went into NumPy, compiled runs will pay."""
_SECONDS_TO_IMPORT = 0.75
"""What it takes longer where jax has not been imported yet."""
_LEAST_RUNS = 3
_TRIALS = 8
"""Compiled runs of which the fastest is held against the fastest in NumPy."""
_CONVOLUTIONS = 4
"""Where at least one operator in so many is a convolution, these take most of the time."""
_LARGE = 4096
"""Constants of more elements are given to the program; smaller ones are part of it."""
_TYPES = frozenset(
    {
        TensorType.FLOAT32, TensorType.FLOAT16, TensorType.INT32, TensorType.BOOL,
        TensorType.UINT32, TensorType.BFLOAT16,
    }
)  # fmt: skip
"""Types that computed tensors may have; XLA computes in 32 bits here."""


class _Entry:
    """What is known of a subgraph for inputs of certain shapes.

    Args:
        wait: how many seconds runs in NumPy must have taken; None if it cannot be compiled.
    """

    def __init__(self, wait: float | None):
        self.wait = wait
        self.spent = 0.0
        self.runs = 0
        self.best = math.inf
        self.compiled: Any = None
        self.trials = 0
        self.best_compiled = math.inf


class Compiler:
    """Runs subgraphs, and compiles those that are run often.

    Args:
        program: the model.
        enabled: whether it may compile.
    """

    def __init__(self, program: Program, enabled: bool):
        self.program = program
        self.enabled = enabled and importlib.util.find_spec("jax") is not None
        self._entries: dict[Any, _Entry] = {}

    def is_compiled(self, index: int) -> bool:
        """Whether a subgraph has been compiled for inputs of some shapes."""
        return any(
            key[0] == index and entry.compiled is not None for key, entry in self._entries.items()
        )

    def run(self, index: int, inputs: Sequence[Any], keep: list[Any] | None) -> list[Any]:
        """Run a subgraph; as `Program.run`."""
        if not self.enabled or keep is not None:
            return self.program.run(index, inputs, keep)
        key = (index, *(each.shape for each in inputs))
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(_wait(self.program, index))
        if entry.compiled is not None:
            return self._run_compiled(entry, inputs)
        if entry.wait is None:
            return self.program.run(index, inputs)
        if entry.spent >= entry.wait and entry.runs >= _LEAST_RUNS:
            found = self._compile(entry, index, inputs)
            if found is not None:
                return found
        started = time.perf_counter()
        found = self.program.run(index, inputs)
        took = time.perf_counter() - started
        entry.spent += took
        entry.best = min(entry.best, took)
        entry.runs += 1
        return found

    def bound(self, index: int, inputs: Sequence[Any]) -> Bound | None:
        """As `Program.bound`, where there is nothing to compile."""
        entry = self._entries.get((index, *(each.shape for each in inputs)))
        if entry is not None and (entry.wait is not None or entry.compiled is not None):
            return None
        return self.program.bound(index, inputs)

    def _run_compiled(self, entry: _Entry, inputs: Sequence[Any]) -> list[Any]:
        """A compiled run. The first ones are timed: what is slower than NumPy is given up."""
        if entry.trials >= _TRIALS:
            return [np.asarray(each) for each in entry.compiled(*inputs)]
        started = time.perf_counter()
        found = [np.asarray(each) for each in entry.compiled(*inputs)]
        entry.best_compiled = min(entry.best_compiled, time.perf_counter() - started)
        entry.trials += 1
        if entry.trials == _TRIALS and entry.best_compiled > entry.best:
            entry.compiled = entry.wait = None
        return found

    def _compile(self, entry: _Entry, index: int, inputs: Sequence[Any]) -> list[Any] | None:
        """Compile, and the outputs of the first run; None if values decide shapes after all."""
        import jax

        graph = self.program.graphs[index]
        try:
            constants, steps = fold(graph)
            large = {
                number: jax.device_put(value)
                for number, value in constants.items()
                if value.size > _LARGE and value.dtype.kind == "f"
            }
            compiled = (
                jax.jit(lambda large, *values: trace(graph, steps, {**constants, **large}, values))
                .lower(large, *inputs)
                .compile()
            )
        except (jax.errors.JAXTypeError, TypeError, ValueError, IndexError, RuntimeError):
            entry.wait = None
            return None
        entry.compiled = functools.partial(compiled, large)
        return [np.asarray(each) for each in entry.compiled(*inputs)]


def _wait(program: Program, index: int) -> float | None:
    """How long to run a subgraph in NumPy; None for ever."""
    graph = program.graphs[index]
    written = {number for step in graph.steps for number in step.outputs}
    if not graph.steps or not set(graph.outputs) <= written or _is_mostly_convolutions(graph):
        return None
    graphs = with_callees(program, index)
    if not all(_is_traceable(each) for each in graphs):
        return None
    importing = 0.0 if "jax" in sys.modules else _SECONDS_TO_IMPORT
    count = sum(len(each.steps) for each in graphs)
    return _SECONDS + importing + _SECONDS_PER_OPERATOR * count


def _is_traceable(graph: Graph) -> bool:
    """Whether all that a subgraph does can be compiled, as far as types tell."""
    if any(tensor.is_variable for tensor in graph.tensors):
        return False
    for step in graph.steps:
        if step.node.operator not in TRACEABLE:
            return False
        tensors = [each for each in step.node.inputs if each is not None]
        if any(_is_integer_weight(each) for each in tensors) or any(
            not _is_float(graph.tensors[number]) for number in step.outputs
        ):
            return False
    return all(_is_float(graph.tensors[each]) for each in graph.inputs)


def _is_mostly_convolutions(graph: Graph) -> bool:
    """Whether the native kernels do most of a subgraph, with weights that were packed once.

    Compiled programs lay the weights out in each run, and gain little by fusing the rest. Medians
    in ms of some hundred runs, compiled and here in turns, on a processor with AVX-512: a digits
    model 0.35 and 0.17; MobileNetV2 10.0 and 10.3; EfficientNet-Lite0 12.0 and 12.0, on two threads
    15.9 and 12.2.
    """
    count = sum("CONV_2D" in step.node.operator for step in graph.steps)
    return native.available() and count * _CONVOLUTIONS >= len(graph.steps)


def _is_float(tensor: TensorInfo) -> bool:
    return tensor.type in _TYPES and not (tensor.is_quantized and tensor.dtype.kind in "iu")


def _is_integer_weight(tensor: TensorInfo) -> bool:
    """Whether a tensor stands for real numbers by integers, which kernels handle in NumPy only."""
    return tensor.is_quantized and tensor.dtype.kind in "iu"
