"""How programs are executed: what every back end offers, and what it makes of a program.

Three back ends: the host (`host.py`), XLA (`xla.py`), and the host with calls of compiled parts
(`partitioned.py`). `tiers.py` chooses among them as a program is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from tidefall.base.run_state import RunState
from tidefall.runtime.program import Program


class Aval(NamedTuple):
    """What is known of an argument before there is one: its shape, all static, and its dtype."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class Shardings:
    """How the arrays of a program lie on the devices of a mesh.

    A specification names for each dimension of an array the axis of the mesh that it is divided
    along, or None; shorter ones leave the rest whole, and `()` keeps all of the array on each
    device.

    Attributes:
        mesh: a `jax.sharding.Mesh`.
        inputs: a specification for each input of the program, variables (and what was captured)
            included. A variable that is assigned keeps its own.
        outputs: one for each output; None leaves them to the compiler.
    """

    mesh: Any
    inputs: tuple[tuple[Any, ...], ...]
    outputs: tuple[tuple[Any, ...], ...] | None = None


class Executable(Protocol):
    """A program that is ready to run."""

    def run(self, arguments: Sequence[Any], state: RunState | None = None, /) -> list[Any]:
        """Run once.

        Args:
            arguments: the values of the program's inputs: arrays, and the storage of variables.
            state: what its nodes keep from run to run; only asked for if the program keeps any.
                That of what runs in this thread by default.

        Returns:
            The values of its outputs.
        """
        ...


@runtime_checkable
class Lowerable(Protocol):
    """An executable that can show what it compiles."""

    def lowered(self, arguments: Sequence[Any]) -> Any:
        """The program for these arguments, a `jax.stages.Lowered`."""
        ...


class Backend(Protocol):
    """Makes programs ready to run."""

    def compile(
        self,
        program: Program,
        avals: Sequence[Aval] | None = None,
        shardings: Shardings | None = None,
    ) -> Executable:
        """Make a program ready to run.

        Args:
            program: the program.
            avals: what it will be called with, so that it can be compiled now; by default it is
                made ready in the first call with arguments of each combination of shapes.
            shardings: how its arrays lie on several devices.

        Raises:
            InvalidArgumentError: if the back end cannot take the program; the ops are named.
            UnimplementedError: if it cannot run on several devices.
        """
        ...
