"""Replicas as one program of XLA over all their devices (single program, multiple data)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from tidefall.base import dtypes
from tidefall.base.replica_group import compiling_along
from tidefall.base.run_state import RunState
from tidefall.composite.variables.storage import VariableStorage
from tidefall.runtime.program import Program
from tidefall.runtime.replicas.lanes import AXIS, Lanes, LaneStorage
from tidefall.runtime.replicas.threads import Rows
from tidefall.runtime.xla import random_streams
from tidefall.runtime.xla.compilable import blocking_ops
from tidefall.runtime.xla.executable import XlaExecutable
from tidefall.runtime.xla.jax_bridge import jax_device


def obstacle(program: Program, values: Sequence[Any]) -> str:
    """What keeps replicas of a program from being compiled together; empty if nothing does.

    Args:
        program: what one replica does.
        values: inputs of one replica.
    """
    inputs = program.graph.inputs
    if any(t.dtype in (dtypes.string, dtypes.variant) for t in inputs):
        return "it takes text, a list or a dataset"
    resources = (values[i] for i in (*program.reads, *program.writes))
    other = next((r for r in resources if not isinstance(r, VariableStorage)), None)
    if other is not None:
        return f"it takes a resource that is no variable: {type(other).__name__}"
    with compiling_along(AXIS):
        kinds = sorted({node.type for node in blocking_ops(program.graph, checks=True)})
    return f"XLA has no {', '.join(kinds)}" if kinds else ""


class SpmdReplicas:
    """Runs the replicas of a program as one program.

    Args:
        program: what one replica does.
        devices: full names of their devices.

    Raises:
        InvalidArgumentError: if XLA cannot take it, or a device is not there.
    """

    def __init__(self, program: Program, devices: Sequence[str]):
        self._program = program
        self._lanes = Lanes([jax_device(name) for name in devices])
        with compiling_along(AXIS):
            self._executable = _LaneExecutable(program, self._lanes)
        self._resources = sorted((*program.reads, *program.writes))
        self._storages: dict[int, LaneStorage] = {}

    @property
    def seconds(self) -> float:
        """How long the last compilation took."""
        return self._executable.seconds

    def run(self, rows: Rows, states: Sequence[RunState]) -> list[list[Any]]:
        """Run the replicas; see `ThreadReplicas.run`."""
        joined: list[Any] = [None] * len(rows[0])
        for i in self._resources:
            joined[i] = self._storage(i, [row[i] for row in rows])
        for i in self._program.arrays:
            joined[i] = self._lanes.join([row[i] for row in rows])
        outputs = self._executable.run_lanes(joined, states)
        parts = [self._lanes.part(output) for output in outputs]
        return [list(own) for own in zip(*parts, strict=True)] if parts else [[] for _ in rows]

    def _storage(self, index: int, storages: Sequence[VariableStorage]) -> LaneStorage:
        found = self._storages.get(index)
        if found is None or not found.is_of(storages):
            found = self._storages[index] = LaneStorage(self._lanes, storages)
        return found


class _LaneExecutable(XlaExecutable):
    """A compiled program whose random streams are those of several replicas."""

    def __init__(self, program: Program, lanes: Lanes):
        super().__init__(program, specialize=False, replicate=lanes.over_all)
        self._lanes = lanes
        self._of_states: WeakKeyDictionary[RunState, LaneStreams] = WeakKeyDictionary()

    def run_lanes(self, arguments: Sequence[Any], states: Sequence[RunState]) -> list[Any]:
        """Run with arrays of all devices, and the states of all replicas."""
        drawn: LaneStreams | None = None
        if self._random:
            drawn = self._of_states.get(states[0])
            if drawn is None:
                drawn = self._of_states[states[0]] = LaneStreams(self._lanes, self._random, states)
        return self._call(arguments, drawn)


class LaneStreams:
    """The random streams of several replicas, in place of `random_streams.ProgramStreams`."""

    def __init__(self, lanes: Lanes, sites: Sequence[Any], states: Sequence[RunState]):
        self._lanes = lanes
        self._streams = [random_streams.ProgramStreams(sites, state) for state in states]

    def positions(self) -> Any:
        """Where the streams of each replica stand."""
        return self._lanes.join([streams.positions() for streams in self._streams])

    def moved(self, positions: Any) -> None:
        """Take the positions that a call returned."""
        for streams, own in zip(self._streams, self._lanes.part(positions), strict=True):
            streams.moved(own)
