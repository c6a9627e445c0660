"""What runs a version whose requests are batched."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from tidefall.base import errors
from tidefall.serving.batching import assembly
from tidefall.serving.batching.automatic import LARGEST, AutomaticPolicy
from tidefall.serving.batching.fixed import FixedPolicy
from tidefall.serving.batching.parameters import BatchingParameters
from tidefall.serving.batching.preparation import prepare
from tidefall.serving.batching.queues import Batch, Policy, SignatureQueue, Task
from tidefall.serving.batching.scheduler import BatchScheduler
from tidefall.serving.models.execution import BatchRun, Done
from tidefall.serving.models.prediction import run_checked
from tidefall.serving.models.servable import Arrays, Servable, Signature

_logger = logging.getLogger("tidefall.serving")

BatchObserver = Callable[[Batch], None]
"""Is told of every batch after it ran."""

# Errors that are not the fault of what is in the batch: running it again would do no good.
_NOT_OF_INPUTS = (
    errors.CancelledError,
    errors.DeadlineExceededError,
    errors.ResourceExhaustedError,
    errors.UnavailableError,
)
_REFUTATIONS = 3
_MAX_PREPARED = 4


class BatchingExecutor:
    """Runs requests for the same signature together.

    All of it happens on the scheduler's threads. There, too, each by itself, run requests for
    signatures without rows, and requests whose inputs do not agree on a number of rows.

    Args:
        name: the model's name.
        path: the directory of the version, for messages.
        servable: the version.
        scheduler: runs the batches.
        parameters: sizes and times; None to find them for `latency_target`.
        latency_target: in seconds.
        observers: are told of every batch.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        servable: Servable,
        scheduler: BatchScheduler,
        parameters: BatchingParameters | None,
        latency_target: float,
        observers: Sequence[BatchObserver] = (),
    ) -> None:
        self._batchers: dict[int, _SignatureBatcher] = {}
        self._singles: dict[int, _SignatureBatcher] = {}
        limits = parameters or _AUTOMATIC
        alone = BatchingParameters(
            max_batch_size=1,
            max_enqueued_batches=min(limits.max_enqueued_batches * limits.batch_rows, 1_000_000),
        )
        for signature_name, signature in servable.signatures.items():
            where = f"{name} version {path.name}, signature {signature_name}"
            make = partial(
                _SignatureBatcher, name, signature_name, where, signature, scheduler, observers
            )
            # By identity: signatures hold dicts, so they cannot be keys, and they live as long.
            self._singles[id(signature)] = make(FixedPolicy(alone), alone, works=False)
            reason = assembly.why_unbatchable(signature)
            if not reason:
                policy = FixedPolicy(parameters) if parameters else AutomaticPolicy(latency_target)
                self._batchers[id(signature)] = make(policy, limits, works=True)
            elif signature.inputs:
                _logger.info("%s: requests are not batched: %s", where, reason)

    def start(
        self, signature: Signature, inputs: Arrays, deadline: float | None, done: Done
    ) -> None:
        """Puts a request into the queue of its signature."""
        batcher = self._batchers.get(id(signature))
        rows = assembly.count_rows(inputs) if batcher is not None and batcher.works else None
        if batcher is None or not rows:
            batcher, rows = self._singles[id(signature)], 1
        try:
            batcher.submit(inputs, rows, deadline, done)
        except errors.OpError as error:
            done(None, error)

    def prepare(self, signature: Signature, inputs: Arrays) -> None:
        """Compiles the signature for all sizes of batches of such rows."""
        batcher = self._batchers.get(id(signature))
        if batcher is not None and assembly.count_rows(inputs):
            batcher.prepare(inputs)

    def close(self) -> None:
        """Nothing waits any more: the last request is done."""


_AUTOMATIC = BatchingParameters(max_batch_size=LARGEST, max_enqueued_batches=8)


class _SignatureBatcher:
    """Makes batches of the requests for one signature."""

    def __init__(
        self,
        model: str,
        signature_name: str,
        where: str,
        signature: Signature,
        scheduler: BatchScheduler,
        observers: Sequence[BatchObserver],
        policy: Policy,
        limits: BatchingParameters,
        works: bool,
    ) -> None:
        self.works = works  # Until batches show that the model cannot take them.
        self._model, self._signature_name, self._where = model, signature_name, where
        self._signature = signature
        self._scheduler, self._policy, self.limits = scheduler, policy, limits
        self._observers = observers
        capacity = limits.max_enqueued_batches * limits.batch_rows
        self._queue = SignatureQueue(self._run, policy, capacity)
        self._refutations = 0
        self._ended = 0.0  # When the last batch was done.
        self._prepared: set[Hashable] = set()  # Shapes of rows.

    def submit(self, inputs: Arrays, rows: int, deadline: float | None, done: Done) -> None:
        """Puts a request into the queue.

        Raises:
            InvalidArgumentError: it has more rows than a request may have.
            ResourceExhaustedError: the queue is full.
        """
        limits, now = self.limits, time.monotonic()
        if limits.request_rows is not None and rows > limits.request_rows:
            message = (
                f"Task size {rows} is larger than maximum input batch size {limits.request_rows}"
            )
            raise errors.InvalidArgumentError(None, None, message)
        key = self._key(inputs)
        most = limits.batch_rows
        if rows <= most:
            tasks = [(key, Task(inputs, rows, deadline, done, now))]
        else:
            starts = range(0, rows, most)
            whole = _Whole(len(starts), done)
            tasks = [
                (
                    key,
                    Task(
                        assembly.cut(inputs, start, min(start + most, rows)),
                        min(most, rows - start),
                        deadline,
                        whole.part(index),
                        now,
                    ),
                )
                for index, start in enumerate(starts)
            ]
        self._scheduler.submit(self._queue, tasks)

    def _key(self, inputs: Arrays) -> Hashable:
        """What requests must have in common to share a batch."""
        if self.limits.pad_variable_length_inputs:
            return tuple([array.ndim for array in inputs.values()])
        return tuple([array.shape[1:] for array in inputs.values()])

    # --- on the scheduler's threads ---------------------------------------------------------------

    def _run(self, tasks: Sequence[Task]) -> None:
        now = time.monotonic()
        waiting = [task for task in tasks if task.deadline is None or task.deadline > now]
        if len(waiting) < len(tasks):
            late = errors.DeadlineExceededError(
                None, None, "the request's deadline passed while it waited for its batch"
            )
            for task in tasks:
                if task.deadline is not None and task.deadline <= now:
                    _finish(task, None, late)
        if not waiting:
            return
        if self.works:
            self._run_batch(waiting, now)
        else:
            self._run_singly(waiting)

    def _run_batch(self, tasks: Sequence[Task], now: float) -> None:
        rows = sum(task.rows for task in tasks)
        size, limit = self._policy.size(rows), self._policy.rows
        begin = time.perf_counter()
        try:
            inputs = assembly.join(
                [task.inputs for task in tasks],
                rows,
                size,
                self.limits.pad_variable_length_inputs,
            )
            outputs = run_checked(self._signature, inputs)
        except Exception as error:  # noqa: BLE001 - it is handed on.
            seconds = time.perf_counter() - begin
            run = BatchRun(begin, seconds, len(tasks), rows, size)
            self._after_failure(tasks, error, run)
            return
        seconds = time.perf_counter() - begin
        missing = assembly.rows_are_missing(outputs, size)
        if missing:
            self._give_up(missing)
            self._run_singly(tasks)
            return
        self._refutations = 0
        self._answer(tasks, outputs, BatchRun(begin, seconds, len(tasks), rows, size))
        self._tell(tasks, rows, size, limit, now, seconds)
        if self._signature.compiles and len(self._prepared) < _MAX_PREPARED:
            self._prepare_in_background(tasks[0].inputs)

    def _prepare_in_background(self, inputs: Arrays) -> None:
        from tidefall.runtime.policy import compile_service

        if compile_service.service.serves and self._is_new(inputs):
            compile_service.service.submit(partial(self._prepare, inputs))

    def prepare(self, inputs: Arrays) -> None:
        """Makes the model ready for all sizes of batches of such rows, unless it is already."""
        if self._is_new(inputs):
            self._prepare(inputs)

    def _is_new(self, inputs: Arrays) -> bool:
        key = tuple([array.shape[1:] for array in inputs.values()])
        is_new = key not in self._prepared
        self._prepared.add(key)
        return is_new

    def _prepare(self, inputs: Arrays) -> None:
        prepare(self._where, self._signature, inputs, self._policy, self._scheduler)

    def _answer(self, tasks: Sequence[Task], outputs: Arrays, run: BatchRun) -> None:
        start = 0
        for task in tasks:
            end = start + task.rows
            _finish(task, assembly.cut(outputs, start, end), None, run)
            start = end

    def _tell(
        self,
        tasks: Sequence[Task],
        rows: int,
        size: int,
        limit: int,
        now: float,
        seconds: float,
    ) -> None:
        first = tasks[0].enqueued
        ready = min(max(first, self._ended), now)
        joined = sum(task.enqueued > ready for task in tasks)
        batch = Batch(
            self._model,
            self._signature_name,
            len(tasks),
            rows,
            size,
            limit,
            now - first,
            now - ready,
            joined,
            seconds,
        )
        with self._scheduler.lock:
            self._ended = time.monotonic()
            self._policy.ran(batch)
        for observer in self._observers:
            try:
                observer(batch)
            except Exception:
                _logger.exception("an observer of batches failed")

    def _after_failure(self, tasks: Sequence[Task], error: Exception, run: BatchRun) -> None:
        """A batch failed: each request by itself shows whose fault it was."""
        alone = len(tasks) == 1 and tasks[0].rows == run.size
        if alone or isinstance(error, _NOT_OF_INPUTS):
            for task in tasks:
                _finish(task, None, error, run)
            return
        failed = self._run_singly(tasks)
        if failed:
            return
        # Nobody's fault. Models exported with a batch of one may take no other.
        self._refutations += 1
        if self._refutations >= _REFUTATIONS:
            self._give_up(f"{_REFUTATIONS} batches failed whose requests did not: {error}")

    def _run_singly(self, tasks: Sequence[Task]) -> int:
        """Runs each request by itself; returns how many failed."""
        failed = 0
        for task in tasks:
            outputs, error, begin = None, None, time.perf_counter()
            try:
                outputs = run_checked(self._signature, task.inputs)
            except Exception as failure:  # noqa: BLE001 - it is handed on.
                failed += 1
                error = failure
            seconds = time.perf_counter() - begin
            _finish(task, outputs, error, BatchRun(begin, seconds, 1, task.rows, task.rows))
        return failed

    def _give_up(self, reason: str) -> None:
        if self.works:
            self.works = False
            _logger.warning("%s: requests are not batched any more: %s", self._where, reason)


class _Whole:
    """Puts the answers for the parts of a large request together."""

    def __init__(self, parts: int, done: Done) -> None:
        self._answers: list[Arrays | None] = [None] * parts
        self._missing = parts
        self._error: Exception | None = None
        self._done = done
        self._lock = threading.Lock()

    def part(self, index: int) -> Done:
        """What takes the answer for one part."""

        def take(
            outputs: Arrays | None, error: Exception | None, run: BatchRun | None = None, /
        ) -> None:
            with self._lock:
                self._answers[index] = outputs
                self._error = self._error or error
                self._missing -= 1
                complete = not self._missing
            if complete:
                self._finish(run)

        return take

    def _finish(self, run: BatchRun | None) -> None:
        if self._error is not None:
            self._done(None, self._error, run)
            return
        answers = [answer for answer in self._answers if answer is not None]
        try:
            outputs = {
                name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]
            }
        except Exception as error:  # noqa: BLE001 - it is handed on.
            self._done(None, error, run)
        else:
            self._done(outputs, None, run)


def _finish(
    task: Task, outputs: Arrays | None, error: Exception | None, run: BatchRun | None = None
) -> None:
    try:
        task.done(outputs, error, run)
    except Exception:
        _logger.exception("answering a request failed")
