"""A program: a graph, and what those who run it have to know of it.

`analyse` finds it out once for each version of a graph. A program never changes; what its nodes
keep from run to run is in a `RunState`, and what it was compiled to is an `Executable`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tidefall.base import dtypes
from tidefall.graph.analysis import has_effects, random_sites, written_inputs
from tidefall.graph.func_graph import FuncGraph
from tidefall.graph.operation import Site
from tidefall.runtime.stateful import keeps_state
from tidefall.runtime.xla.compilable import blocking_ops, sharing_inputs

_NO_ARRAYS = frozenset({dtypes.resource, dtypes.variant, dtypes.string})


@dataclass(frozen=True, slots=True)
class Program:
    """A graph with the facts that executing it rests on.

    Attributes:
        graph: the graph; nobody changes it any more.
        name: its name, for messages.
        arrays: positions of the inputs that are arrays: their shapes are the call's signature.
        reads: positions of the inputs that are variables or other resources, which it only reads.
        writes: positions of those that it may assign to.
        may_share: positions of the inputs that may be given one and the same variable.
        random: the nodes that draw from a random stream, by the calls that lead to them.
        keeps_state: whether nodes keep anything between runs, a random stream or a queue, say.

    >>> import tidefall as tf
    >>> draw = tf.function(lambda x: x + tf.random.uniform([2]))
    >>> program = analyse(draw.get_concrete_function(tf.zeros([2])).graph)
    >>> program.arrays, program.writes, program.is_pure, program.keeps_state
    ((0,), (), False, True)
    """

    graph: FuncGraph
    name: str
    arrays: tuple[int, ...]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    may_share: tuple[int, ...]
    random: tuple[Site, ...]
    keeps_state: bool

    # What only matters to who compiles is found out when it is asked for: it takes a fifth of the
    # time that preparing the graph for the host does.

    @property
    def is_pure(self) -> bool:
        """Whether a run that nobody asked for would change nothing."""
        return not self.random and not self.graph.analysis(has_effects)

    @property
    def obstacle(self) -> str:
        """What keeps XLA from taking the whole graph, in words; empty if nothing does."""
        return self.graph.analysis(_obstacle)


def analyse(graph: FuncGraph, name: str | None = None) -> Program:
    """The program of a graph; found out again after a change of the graph.

    Args:
        graph: the graph of a function.
        name: the program's name; the graph's by default.
    """
    program = graph.analysis(_analyse)
    return program if name is None else replace(program, name=name)


def _analyse(graph: FuncGraph) -> Program:
    inputs = graph.inputs
    written = written_inputs(graph)
    random = random_sites(graph)
    return Program(
        graph=graph,
        name=graph.name,
        arrays=tuple(i for i, t in enumerate(inputs) if t.dtype not in _NO_ARRAYS),
        reads=tuple(
            i for i, t in enumerate(inputs) if t.dtype == dtypes.resource and i not in written
        ),
        writes=tuple(sorted(written)),
        may_share=tuple(sharing_inputs(graph)),
        random=tuple(random),
        keeps_state=keeps_state(graph),
    )


def _obstacle(graph: FuncGraph) -> str:
    kinds = sorted({node.type for node in blocking_ops(graph, checks=True)})
    if kinds:
        return f"XLA has no {', '.join(kinds)}"
    if any(t.dtype == dtypes.string for t in graph.inputs):
        return "it takes text"
    # Each length of a list would be a program of its own, and its elements copied for each call:
    # the body of a loop that takes from a list stays with the loop.
    takes_lists = any(t.dtype == dtypes.variant for t in graph.inputs)
    return "it takes a list or a dataset" if takes_lists else ""
