"""The threads that run the batches of all models."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Hashable, Sequence

from tidefall.base import errors
from tidefall.serving.batching.queues import NEVER, SignatureQueue, Task
from tidefall.serving.models.execution import QueueFullError

_logger = logging.getLogger("tidefall.serving")


class BatchScheduler:
    """Runs the batches of many queues on a fixed number of threads.

    The queues take turns, one batch each, so that a busy model does not starve the others. No lock
    is held while a batch runs.

    Args:
        threads: how many batches run at once.
        name: the beginning of the threads' names.
    """

    def __init__(self, threads: int, name: str = "batch_threads") -> None:
        self._changed = threading.Condition()
        self._turns: deque[SignatureQueue] = deque()  # Queues in which requests wait.
        self._idle = 0
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True)
            for index in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def lock(self) -> threading.Condition:
        """Guards the queues and their policies."""
        return self._changed

    @property
    def waiting(self) -> int:
        """How many rows wait, in all queues."""
        with self._changed:
            return sum(queue.waiting for queue in self._turns)

    def submit(self, queue: SignatureQueue, tasks: Sequence[tuple[Hashable, Task]]) -> None:
        """Puts a request into a queue, in one part or several.

        Raises:
            QueueFullError: too many requests wait there.
            UnavailableError: the server is stopping.
        """
        rows = sum(task.rows for _, task in tasks)
        with self._changed:
            if self._stopping:
                raise errors.UnavailableError(None, None, "the server is stopping")
            # A request larger than the queue may still have an empty one to itself.
            if queue.waiting and queue.waiting + rows > queue.capacity:
                raise QueueFullError(
                    None,
                    None,
                    "The batch scheduling queue to which this task was submitted is full: "
                    f"{queue.waiting} rows wait, of at most {queue.capacity}; try again later",
                )
            was_empty = queue.is_empty
            news = False
            for key, task in tasks:
                news = queue.add(key, task) or news
            if was_empty:
                self._turns.append(queue)
            if news and self._idle:
                self._changed.notify()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            queue, tasks = job
            try:
                queue.run(tasks)
            except Exception:  # Must not cost the pool a thread.
                _logger.exception("running a batch failed")
            finally:
                with self._changed:
                    queue.running -= 1
            del job, queue, tasks  # Or an idle thread would keep the last batch in memory.

    def _next(self) -> tuple[SignatureQueue, list[Task]] | None:
        """Waits for a batch to run; None once the scheduler has stopped and nothing waits."""
        with self._changed:
            while True:
                now = time.monotonic()
                soonest = NEVER
                for queue in self._turns:
                    due, key = queue.next_due()
                    if due <= now or (self._stopping and due < NEVER):
                        return queue, self._take(queue, key)
                    soonest = min(soonest, due)
                if self._stopping and not self._turns:
                    return None
                self._idle += 1
                # With a batch of one signature under way, its end is what others wait for.
                self._changed.wait(None if soonest == NEVER else soonest - now)
                self._idle -= 1

    def _take(self, queue: SignatureQueue, key: Hashable) -> list[Task]:
        tasks = queue.take(key)
        queue.running += 1
        self._turns.remove(queue)
        if not queue.is_empty:
            self._turns.append(queue)
        if self._turns and self._idle:
            self._changed.notify()  # What still waits needs a thread that knows its time.
        return tasks

    def stop(self, timeout: float = 5.0) -> None:
        """Runs what waits at once, then ends the threads; gives up after `timeout` seconds."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
