"""What a coordinator asks of the processes of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tidefall.function.concrete import ConcreteFunction


class Task(Protocol):
    """One process of a cluster.

    Attributes:
        name: such as "/job:ps/replica:0/task:0".
    """

    @property
    def name(self) -> str: ...

    def incarnation(self) -> int:
        """A number that the process drew when it began.

        Raises:
            UnavailableError: if it cannot be reached.
        """
        ...


class WorkerTask(Task, Protocol):
    """A process that runs functions."""

    def run(self, function: ConcreteFunction, inputs: Sequence[Any]) -> Sequence[Any]:
        """Run a function there.

        Args:
            function: the function.
            inputs: tensors for its flat arguments, then what it captured.

        Returns:
            Its flat outputs.

        Raises:
            UnavailableError: if a process was lost; the message names it.
            OpError: the function's own error.
        """
        ...

    def iterator(self, dataset: Any) -> Any:
        """Make an iterator over a dataset there."""
        ...
