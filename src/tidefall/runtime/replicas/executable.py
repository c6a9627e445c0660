"""How the replicas of a function are run: as threads at first, as one program when that pays.

The decision is that of `TierPolicy` for any program. Replicas with inputs of different shapes, the
last part of an epoch for one, are threads.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tidefall.base.errors import OpError
from tidefall.base.run_state import RunState
from tidefall.runtime.debugging.checks import needs_host
from tidefall.runtime.policy import tiers
from tidefall.runtime.program import Program, analyse
from tidefall.runtime.replicas.threads import Rows, ThreadReplicas

if TYPE_CHECKING:
    from tidefall.runtime.replicas.spmd import SpmdReplicas

_log = logging.getLogger("tidefall.runtime")
_executables: WeakKeyDictionary[Any, dict[tuple[str, ...], ReplicatedExecutable]] = (
    WeakKeyDictionary()
)


def executable_of(function: Any, devices: tuple[str, ...]) -> ReplicatedExecutable:
    """What runs a function once on each of these devices; made when first asked for."""
    found = _executables.setdefault(function, {})
    if devices not in found:
        found[devices] = ReplicatedExecutable(function, devices)
    return found[devices]


class ReplicatedExecutable:
    """Runs the replicas of a function.

    Args:
        function: what one replica does.
        devices: full names of the replicas' devices.
    """

    def __init__(self, function: Any, devices: Sequence[str]):
        self._threads = ThreadReplicas(function)
        self._program: Program = analyse(function.graph, function.name)
        self._devices = devices
        self._spmd: SpmdReplicas | None = None
        # One program runs once on each device.
        self._stays = needs_host(function.graph) or len(set(devices)) < len(devices)
        self._seconds: dict[Any, float] = {}
        self._budget = tiers.policy.budget(None, background=False)

    def run(self, rows: Rows, states: Sequence[RunState]) -> list[list[Any]]:
        """Run the replicas.

        Args:
            rows: the inputs of each.
            states: what the nodes of each keep from run to run.

        Returns:
            The outputs of each.
        """
        tier = tiers.current_tier()
        arrays = self._program.arrays
        shapes = [tuple([row[i].shape for i in arrays]) for row in rows]
        apart = self._stays or tier == "host" or any(own != shapes[0] for own in shapes)
        if apart or self._write_the_same(rows):
            return self._threads.run(rows, states)
        spent = self._seconds.get(shapes[0], 0.0)
        if tier == "xla" or spent > self._budget:
            executable = self._compiled(rows[0])
            if executable is not None:
                return executable.run(rows, states)
        start = perf_counter()
        results = self._threads.run(rows, states)
        self._seconds[shapes[0]] = spent + perf_counter() - start
        return results

    def _write_the_same(self, rows: Rows) -> bool:
        """Whether replicas change one variable, made outside of the strategy's scope, say. In one
        program each would change a value of its own."""
        return any(rows[0][i] is row[i] for i in self._program.writes for row in rows[1:])

    def _compiled(self, values: Sequence[Any]) -> SpmdReplicas | None:
        if self._spmd is None:
            from tidefall.runtime.replicas.spmd import SpmdReplicas, obstacle

            name = self._program.name
            why = obstacle(self._program, values)
            if not why:
                try:
                    self._spmd = SpmdReplicas(self._program, self._devices)
                    _log.info("%s runs as one program on %d devices", name, len(self._devices))
                except OpError as error:
                    why = error.message
            if why:
                self._stays = True
                _log.info("the replicas of %s stay threads: %s", name, why)
        return self._spmd
