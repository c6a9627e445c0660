"""A function of a SavedModel, whose graph is read when it is first called or traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidefall.function.concrete import ConcreteFunction
from tidefall.runtime.graph_function import GraphFunction

_OF_THE_GRAPH = frozenset({"graph", "graph_function", "_output_dtypes"})


class LoadedFunction(ConcreteFunction):
    """A concrete function that knows its signature before it has a graph.

    Args:
        name: its name in the file.
        jit_compile: whether XLA must compile it.
        signature: `(args, kwargs)` of TensorSpecs and Python values, and what is returned likewise;
            None where the file has none, as in parts of a graph of TensorFlow 1.
        read: reads the graph, sets what else follows from it, and returns the function made of it.
    """

    def __init__(
        self,
        name: str,
        jit_compile: bool,
        signature: Any,
        read: Callable[[LoadedFunction], GraphFunction],
    ):
        self._describe(name, jit_compile)
        self._input_specs, self.output_specs = signature
        self._read: Any = read

    def __getattr__(self, name: str) -> Any:
        # Called for what is not there yet; later on nothing stands between a call and the graph.
        if name not in _OF_THE_GRAPH:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if self._read is not None:
            function = self._read(self)
            self._set_graph(function)
            self._read = None
        return self.__dict__[name]

    @property
    def structured_input_signature(self) -> Any:
        return self._input_specs

    @property
    def structured_outputs(self) -> Any:
        specs = self.output_specs
        return self.graph.structured_outputs if specs is None else specs
