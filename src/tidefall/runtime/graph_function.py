"""Graphs with names: what nodes that call, branch and loop refer to, and how they are run."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from tidefall.base import nest, nest_nodes
from tidefall.base.composite import CompositeTensor
from tidefall.base.run_state import RunState, current_state
from tidefall.graph.func_graph import FuncGraph
from tidefall.runtime.backend import Executable
from tidefall.runtime.debugging.checks import needs_host
from tidefall.runtime.devices.node_placement import check_placement
from tidefall.runtime.policy.tiers import TieredExecutable, shared_plan
from tidefall.runtime.program import analyse
from tidefall.runtime.stateful import keeps_state
from tidefall.runtime.xla.compilable import sized_by_values
from tidefall.tensor.tensor import Tensor

_log = logging.getLogger("tidefall.function")


class GraphFunction:
    """A graph with a name: what the `f` attribute of a call node refers to.

    Attributes:
        prepared: what runs it; None until it is asked for.
        own_state: what its nodes keep between the calls of `call`, if they keep anything.
    """

    def __init__(self, name: str, graph: FuncGraph, jit_compile: bool = False):
        self.name = name
        self.graph = graph
        self.jit_compile = jit_compile
        self.prepared: Executable | None = None
        self.own_state: RunState | None = None
        self._state: RunState | None = None

    def call(self, values: Sequence[Any]) -> list[Any]:
        """Run it by itself with raw values (arrays, resources) of the graph's inputs: what its
        nodes keep from call to call is its own."""
        return (self.prepared or self.executable()).run(values, self.own_state)

    def run(self, values: Sequence[Any]) -> list[Any]:
        """Run as a part of what runs in this thread, which keeps what the nodes keep; by itself if
        there is none."""
        executable = self.prepared or self.executable()
        if self.own_state is not None:
            return executable.run(values, current_state() or self.own_state)
        return executable.run(values)

    @property
    def state(self) -> RunState:
        """What its nodes keep between the calls of `call`."""
        if self._state is None:
            self._state = RunState()
        return self._state

    def use(self, executable: Executable | None) -> None:
        """Run with another executable from now on; None: with one made at the next call."""
        is_stateful = executable is not None and keeps_state(self.graph)
        self.own_state = self.state if is_stateful else None
        self.prepared = executable

    def executable(self, shared: bool = False) -> Executable:
        """What runs the graph; made when first asked for.

        Args:
            shared: whether it may be that of another function whose graph computes the same.
        """
        found = self.prepared
        if found is None:
            found = self.prepare()
            if shared and isinstance(found, TieredExecutable):
                found = shared_plan(found)
            self.use(found)
        return found

    def prepare(self) -> Executable:
        """Make what is to run the graph."""
        check_placement(self.graph, self.name)
        if self.jit_compile and not needs_host(self.graph):
            if not sized_by_values(self.graph):
                from tidefall.runtime.xla.executable import XlaBackend

                return XlaBackend().compile(analyse(self.graph, self.name))
            _log.info("%s is not compiled: sizes in it depend on values", self.name)
        return TieredExecutable(analyse(self.graph, self.name))

    def with_graph(self, graph: FuncGraph) -> GraphFunction:
        """A function like this one with another graph."""
        return GraphFunction(self.name, graph, self.jit_compile)

    def __repr__(self) -> str:
        return f"<GraphFunction {self.name}>"


def rebuild_outputs(structure: Any, outputs: Sequence[Any]) -> Any:
    """Put flat outputs back into the structure a function returned while it was traced."""
    flat = iter(outputs)

    def rebuild(item: Any) -> Any:
        if isinstance(item, Tensor):
            return next(flat)
        if isinstance(item, CompositeTensor):
            spec = nest_nodes.spec_of(item)
            count = len(nest.flatten(item, expand_composites=True))
            components = [next(flat) for _ in range(count)]
            return nest.pack_sequence_as(spec, components, expand_composites=True)
        return item

    return nest.map_structure(rebuild, structure)
