"""Whether and how a server batches requests."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tidefall.serving.batching.executor import BatchingExecutor, BatchObserver
from tidefall.serving.batching.parameters import (
    PER_MODEL_FILE,
    BatchingParameters,
    read_parameters,
)
from tidefall.serving.batching.scheduler import BatchScheduler
from tidefall.serving.models.execution import Executor, Immediately
from tidefall.serving.models.servable import Servable


@dataclass(frozen=True, slots=True)
class BatchingSettings:
    """How requests are batched.

    Args:
        parameters: sizes and times; None to find them for `latency_target`.
        per_model: take them from `batching_params.pbtxt` in a version's directory instead; versions
            without that file are not batched. Threads are those of `parameters` all the same.
        latency_target: what 99 in 100 requests are to stay under, in seconds.
    """

    parameters: BatchingParameters | None = None
    per_model: bool = False
    latency_target: float = 0.05


class Batching:
    """The batching of one server: makes the executors of its models, and has their threads.

    Args:
        settings: sizes and times.
        observers: are told of every batch.
    """

    def __init__(self, settings: BatchingSettings, observers: Sequence[BatchObserver] = ()) -> None:
        self._settings = settings
        self._observers = list(observers)
        parameters = settings.parameters
        threads = parameters.num_batch_threads if parameters else os.cpu_count() or 1
        name = parameters.thread_pool_name if parameters else "batch_threads"
        self._scheduler = BatchScheduler(threads, name)

    def add_observer(self, observer: BatchObserver) -> None:
        """Has one more observer told of every batch, of the versions that are loaded from now."""
        self._observers.append(observer)

    @property
    def waiting(self) -> int:
        """How many rows wait for their batch."""
        return self._scheduler.waiting

    def executor(self, name: str, path: Path, servable: Servable) -> Executor:
        """What runs a loaded version: an `ExecutorFactory`.

        Raises:
            InvalidArgumentError: the version's own file of parameters makes no sense.
        """
        parameters = self._settings.parameters
        if self._settings.per_model:
            file = path / PER_MODEL_FILE
            if not file.is_file():
                return Immediately()
            parameters = read_parameters(file)
        return BatchingExecutor(
            name,
            path,
            servable,
            self._scheduler,
            parameters,
            self._settings.latency_target,
            self._observers,
        )

    @property
    def answers_later(self) -> bool:
        """Whether no executor runs a model on the thread that brings a request."""
        return not self._settings.per_model

    def stop(self) -> None:
        """Runs what waits, then ends the threads."""
        self._scheduler.stop()
