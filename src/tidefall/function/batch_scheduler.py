"""Calls from several threads, gathered into batches.

No thread belongs to a scheduler: the call that begins a batch waits until the batch is full or old
enough, and runs it for all that joined. So nothing is left behind when a program ends.
"""

from __future__ import annotations

import copy
import os
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tidefall.base.errors import CancelledError, FailedPreconditionError, UnavailableError
from tidefall.ops.common import invalid

Arrays = list[np.ndarray]
Run = Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class BatchOptions:
    """How batches are made.

    Attributes:
        threads: how many batches may run at once; as many as there are processors if not positive.
        most_rows: how many rows a call may have.
        timeout: seconds that a batch waits for more calls.
        allowed_sizes: numbers of rows a batch is padded to, rising; none allows all.
        most_waiting: how many batches may wait; any number if negative.
        splits: whether a call may be spread over several batches.
    """

    threads: int
    most_rows: int
    timeout: float
    allowed_sizes: tuple[int, ...]
    most_waiting: int
    splits: bool

    @property
    def batch_rows(self) -> int:
        """How many rows a batch has at most."""
        return self.allowed_sizes[-1] if self.splits and self.allowed_sizes else self.most_rows

    def check(self) -> None:
        """Raises InvalidArgumentError for options that cannot be met."""
        sizes = self.allowed_sizes
        if any(b <= a for a, b in pairwise(sizes)):
            raise invalid("allowed_batch_sizes entries must be monotonically increasing")
        if sizes and not self.splits and sizes[-1] != self.most_rows:
            raise invalid(
                "final entry in allowed_batch_sizes must equal max_batch_size when "
                "enable_large_batch_splitting is False"
            )
        if self.most_rows <= 0:
            raise invalid(f"max_batch_size must be positive; was {self.most_rows}")
        if self.batch_rows > self.most_rows:
            raise invalid(
                f"final entry in allowed_batch_sizes, {self.batch_rows}, must not be greater than "
                f"max_batch_size, {self.most_rows}"
            )
        if self.timeout < 0:
            raise invalid(
                f"batch_timeout_micros must be non-negative; was {round(self.timeout * 1e6)}"
            )
        if self.most_waiting == 0:
            raise invalid("max_enqueued_batches must be positive; was 0")


class _Part:
    """Rows of one call that are in one batch."""

    def __init__(self, inputs: Arrays, rows: int):
        self.inputs = inputs
        self.rows = rows
        self.outputs: Arrays = []


class _Batch:
    def __init__(self, run: Run, deadline: float):
        self.run = run
        self.deadline = deadline
        self.parts: list[_Part] = []
        self.rows = 0
        self.closed = False
        self.done = False
        self.error: BaseException | None = None

    def add(self, part: _Part) -> None:
        self.parts.append(part)
        self.rows += part.rows


class BatchScheduler:
    """Runs calls of one function in batches.

    Args:
        options: how to.
    """

    def __init__(self, options: BatchOptions):
        options.check()
        self._options = options
        self._changed = threading.Condition()
        self._waiting: deque[_Batch] = deque()
        self._free = options.threads if options.threads > 0 else os.cpu_count() or 1

    def call(self, inputs: Arrays, run: Run) -> Arrays:
        """The outputs for some rows, computed together with the rows of other calls.

        Args:
            inputs: arrays `[rows, ...]`.
            run: computes outputs `[rows, ...]` of whole batches, should this call begin one.

        Raises:
            InvalidArgumentError: for inputs that make no rows, or too many of them.
            UnavailableError: if too many batches wait.
            Whatever running the batch raises, in each of its calls.
        """
        rows = _count_rows(inputs)
        if rows > self._options.most_rows:
            raise invalid(
                f"Task size {rows} is larger than maximum input batch size "
                f"{self._options.most_rows}"
            )
        parts, joined, begun = self._enqueue(inputs, rows, run)
        helpers = [threading.Thread(target=self._lead, args=(batch,)) for batch in begun[:-1]]
        for helper in helpers:
            helper.start()
        if begun:
            self._lead(begun[-1])
        for helper in helpers:
            helper.join()
        self._wait_for(joined)
        return [np.concatenate(pieces) for pieces in zip(*(p.outputs for p in parts), strict=True)]

    # ---- joining batches ----

    def _enqueue(
        self, inputs: Arrays, rows: int, run: Run
    ) -> tuple[list[_Part], list[_Batch], list[_Batch]]:
        """The parts of a call, the batches they are in, and those that the call began."""
        parts: list[_Part] = []
        joined: list[_Batch] = []
        begun: list[_Batch] = []
        with self._changed:
            start = 0
            for size in self._sizes(rows):
                part = _Part([array[start : start + size] for array in inputs], size)
                start += size
                batch = self._open()
                if batch is None:
                    batch = _Batch(run, time.monotonic() + self._options.timeout)
                    self._waiting.append(batch)
                    begun.append(batch)
                batch.add(part)
                batch.closed = batch.rows >= self._options.batch_rows
                parts.append(part)
                joined.append(batch)
            self._changed.notify_all()
        return parts, joined, begun

    def _open(self) -> _Batch | None:
        """The batch that takes more rows, if there is one."""
        last = self._waiting[-1] if self._waiting else None
        return last if last is not None and not last.closed else None

    def _sizes(self, rows: int) -> list[int]:
        """How the rows of a call are divided; the open batch is closed if they do not fit in.

        Raises:
            UnavailableError: if they are more than the batches that may wait hold.
        """
        most = self._options.batch_rows
        batch = self._open()
        room = most - batch.rows if batch is not None else 0
        splits = self._options.splits
        usable = room if splits or rows <= room else 0
        fresh = self._options.most_waiting - len(self._waiting)
        if self._options.most_waiting >= 0 and rows > usable + max(fresh, 0) * most:
            raise UnavailableError(
                None,
                None,
                "The batch scheduling queue to which this task was submitted is full; task size is "
                f"{rows} but scheduling capacity is only {usable + max(fresh, 0) * most} "
                f"(num_enqueued_batches={len(self._waiting)}, "
                f"max_enqueued_batches={self._options.most_waiting})",
            )
        if not splits:
            if batch is not None and not usable:
                batch.closed = True
            return [rows]
        first = min(room, rows)
        whole, rest = divmod(rows - first, most)
        return [size for size in (first, *[most] * whole, rest) if size]

    # ---- running them ----

    def _lead(self, batch: _Batch) -> None:
        """Wait until a batch may run, and run it; whatever goes wrong is kept in it."""
        try:
            self._take(batch)
            try:
                self._run(batch)
            finally:
                with self._changed:
                    self._free += 1
        except BaseException as error:
            batch.error = error
            if not isinstance(error, Exception):  # the program is told to stop: others must know
                batch.error = CancelledError(None, None, f"The batch was interrupted: {error!r}")
                raise
        finally:
            with self._changed:
                if batch in self._waiting:
                    self._waiting.remove(batch)
                batch.closed = batch.done = True
                self._changed.notify_all()

    def _take(self, batch: _Batch) -> None:
        """Wait for the batch's turn: it takes calls until there is a thread to run it."""
        with self._changed:
            while True:
                left = batch.deadline - time.monotonic()
                ready = batch.closed or left <= 0
                if ready and self._free > 0 and self._waiting[0] is batch:
                    break
                self._changed.wait(None if ready else left)
            self._waiting.popleft()
            batch.closed = True
            self._free -= 1
            self._changed.notify_all()

    def _run(self, batch: _Batch) -> None:
        padding = self._padding(batch.rows)
        columns = zip(*(part.inputs for part in batch.parts), strict=True)
        outputs = batch.run([_joined(arrays, padding) for arrays in columns])
        for output in map(np.asarray, outputs):
            _check_output(output, batch.rows, padding)
            start = 0
            for part in batch.parts:
                part.outputs.append(output[start : start + part.rows])
                start += part.rows

    def _padding(self, rows: int) -> int:
        sizes = self._options.allowed_sizes
        place = bisect_left(sizes, rows)
        return sizes[place] - rows if place < len(sizes) else 0

    def _wait_for(self, batches: Sequence[_Batch]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: all(batch.done for batch in batches))
        for batch in batches:
            if batch.error is not None:
                raise _own(batch.error) from batch.error.__cause__


def _own(error: BaseException) -> BaseException:
    """A copy of an error, since each thread adds its own lines to what it raises."""
    try:
        return copy.copy(error)
    except TypeError:
        return error


def _count_rows(inputs: Arrays) -> int:
    """The number of rows that all inputs have."""
    shapes = "\n".join(
        f" - in__tensors_{i} has shape {list(a.shape)}" for i, a in enumerate(inputs)
    )
    if any(array.ndim == 0 for array in inputs):
        raise invalid(
            "Batching input tensors must have at least one dimension.\n"
            f"Below are the input tensors:\n{shapes}"
        )
    if len({len(array) for array in inputs}) != 1:
        raise invalid(
            "Batching input tensors supplied in a given op invocation must have equal "
            f"0th-dimension size.\nBelow are the input tensors:\n{shapes}"
        )
    return len(inputs[0])


def _joined(arrays: Sequence[np.ndarray], padding: int) -> np.ndarray:
    """The rows of all arrays, and copies of the very first row behind them."""
    if len({array.shape[1:] for array in arrays}) != 1:
        raise invalid(
            "Calls can be batched if their tensors agree in all dimensions but the first; received "
            f"{', '.join(str(list(array.shape)) for array in arrays)}."
        )
    return np.concatenate([*arrays, *[arrays[0][:1]] * padding])


def _check_output(output: np.ndarray, rows: int, padding: int) -> None:
    if output.ndim == 0:
        raise FailedPreconditionError(None, None, "Batched output tensor has 0 dimensions")
    if len(output) != rows + padding:
        raise FailedPreconditionError(
            None,
            None,
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            f"sizes of the input tensors. 0th dimension size: {len(output)}; batch size: {rows}; "
            f"padding size: {padding}",
        )
