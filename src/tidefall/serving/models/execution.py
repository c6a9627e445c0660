"""How a loaded model is run: at once, or with other requests in a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tidefall.base import errors
from tidefall.serving.models.prediction import run_checked
from tidefall.serving.models.servable import Arrays, Servable, Signature


class QueueFullError(errors.ResourceExhaustedError):
    """Too many requests wait already. The model was not asked, so it is not to blame."""


@dataclass(frozen=True, slots=True)
class BatchRun:
    """What a request's batch was like.

    Args:
        began: when it ran, on the clock of `time.perf_counter`.
        seconds: how long it ran.
        requests: how many requests, or parts of large ones, it held.
        rows: how many rows they had.
        size: how many rows were run, padding included.
    """

    began: float
    seconds: float
    requests: int
    rows: int
    size: int


class Done(Protocol):
    """Takes the outputs, or the error there was instead."""

    def __call__(
        self, outputs: Arrays | None, error: Exception | None, batch: BatchRun | None = None, /
    ) -> None:
        """Called once, on any thread; `batch` is what the request ran in, if it was one."""
        ...


class Executor(Protocol):
    """Runs the signatures of one loaded version."""

    def start(
        self, signature: Signature, inputs: Arrays, deadline: float | None, done: Done
    ) -> None:
        """Runs a signature now or later. Never raises; `done` is called once, on any thread.

        Args:
            signature: one of the version's.
            inputs: one array per input, checked against the signature.
            deadline: when nobody waits for the answer any more, on the clock of `time.monotonic`.
            done: takes the outputs or the error.
        """
        ...

    def prepare(self, signature: Signature, inputs: Arrays) -> None:
        """Makes a signature ready for the numbers of rows it will be run with, where those are not
        the requests' own.

        Args:
            signature: one of the version's.
            inputs: one array per input, of which the first row shows what rows are like.
        """
        ...

    def close(self) -> None:
        """Ends what the executor has started; called after the last request is done."""
        ...


class Immediately:
    """Runs each request by itself, on the thread that brings it."""

    def start(
        self, signature: Signature, inputs: Arrays, deadline: float | None, done: Done
    ) -> None:
        """Runs the signature and calls `done` before it returns."""
        try:
            outputs = run_checked(signature, inputs)
        except Exception as error:  # noqa: BLE001 - it is handed on.
            done(None, error)
        else:
            done(outputs, None)

    def prepare(self, signature: Signature, inputs: Arrays) -> None:
        """Nothing: requests run as they come."""

    def close(self) -> None:
        """Nothing was started."""


ExecutorFactory = Callable[[str, Path, Servable], Executor]
"""Makes what runs a loaded version, of the model's name, the version's directory and its servable.
Raises where the model cannot be run the way it is to be; it has not been loaded then."""


def immediately(name: str, path: Path, servable: Servable) -> Executor:
    """Runs each request by itself: an `ExecutorFactory`."""
    return Immediately()
