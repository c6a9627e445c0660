"""The back end for programs that XLA cannot take whole: the host runs them, with calls of those
parts that XLA can take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tidefall.base.errors import UnimplementedError
from tidefall.graph.func_graph import FuncGraph
from tidefall.runtime.backend import Aval, Executable, Shardings
from tidefall.runtime.debugging.checks import optimized
from tidefall.runtime.host.plan import HostPlan
from tidefall.runtime.partitioned.partition import partition
from tidefall.runtime.program import Program, analyse


class Cluster:
    """A part of a graph: what the `f` attribute of the call that stands for it refers to."""

    jit_compile = False

    def __init__(self, name: str, graph: FuncGraph, executable: Executable):
        self.name = name
        self.graph = graph
        self.run = executable.run


class PartitionedBackend:
    """Divides programs (see `partition.py`).

    Args:
        make: makes what runs one part, by itself.
    """

    def __init__(self, make: Callable[[Program], Executable]):
        self._make = make

    def compile(
        self,
        program: Program,
        avals: Sequence[Aval] | None = None,
        shardings: Shardings | None = None,
    ) -> PartitionedExecutable:
        """A program with its parts for XLA; see `Backend.compile`.

        Raises:
            UnimplementedError: if no part is worth a call, or for shardings.
        """
        if shardings is not None:
            raise UnimplementedError(
                None,
                None,
                f"{program.name} cannot run on several devices: {program.obstacle}. Programs that "
                "are divided between the host and XLA take no shardings.",
            )
        clusters: list[Cluster] = []

        def cluster(name: str, graph: FuncGraph) -> Cluster:
            made = Cluster(name, graph, self._make(analyse(graph, name)))
            clusters.append(made)
            return made

        graph = partition(program.graph, cluster)
        if graph is None:
            raise UnimplementedError(
                None, None, f"{program.name} has no part that is worth a call of compiled code."
            )
        return PartitionedExecutable(optimized(graph), clusters)


class PartitionedExecutable(HostPlan):
    """A program on the host that calls parts of it, each of which may be compiled.

    Attributes:
        clusters: the parts.
    """

    def __init__(self, graph: FuncGraph, clusters: Sequence[Cluster]):
        super().__init__(graph)
        self.clusters = tuple(clusters)
