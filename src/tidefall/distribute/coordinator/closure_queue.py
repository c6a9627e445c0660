"""The queue of what is to be run, how much is running, and the error that stopped it."""

from __future__ import annotations

import threading
from collections import deque

from tidefall.base.logs import get_logger
from tidefall.distribute.coordinator.closure import Closure

MAX_QUEUED = 256 * 1024
"""How many closures are queued before `put` waits: they take memory."""


class ClosureQueue:
    """Closures in the order of scheduling, for the threads of all workers.

    The first error empties the queue, and is raised once.

    Args:
        capacity: how many closures are queued before `put` waits.
    """

    def __init__(self, capacity: int = MAX_QUEUED):
        self._capacity = capacity
        self._closures: deque[Closure] = deque()
        self._in_flight = 0
        self._error: BaseException | None = None
        self._is_stopped = False
        # Reentrant, as the garbage collector may stop the queue at any line.
        self._lock = threading.RLock()
        self._has_closures = threading.Condition(self._lock)
        self._has_room = threading.Condition(self._lock)
        self._is_settled = threading.Condition(self._lock)
        # Held while closures are waited for, so that those put meanwhile by other threads wait:
        # else a `join` might never end.
        self._admission = threading.Lock()

    # ---- of those who schedule ----

    def put(self, closure: Closure) -> None:
        """Add a closure, when there is room.

        Raises:
            Exception: that of a closure that failed; this one is not run then.
        """
        with self._admission, self._lock:
            self._has_room.wait_for(lambda: self._error or len(self._closures) < self._capacity)
            self._raise_if_failed()
            self._closures.append(closure)
            self._has_closures.notify()

    def join(self) -> None:
        """Wait until all closures have run.

        Raises:
            Exception: that of a closure that failed.
        """
        with self._admission, self._lock:
            self._is_settled.wait_for(lambda: self._error or self._all_done())
            self._raise_if_failed()

    def done(self) -> bool:
        """Whether all closures have run.

        Raises:
            Exception: that of a closure that failed.
        """
        with self._lock:
            self._raise_if_failed()
            return self._all_done()

    def _all_done(self) -> bool:
        return not self._closures and not self._in_flight

    def _raise_if_failed(self) -> None:
        """If there is an error, wait for what is still running; then raise it and forget it."""
        if self._error is None:
            return
        self._is_settled.wait_for(lambda: not self._in_flight)
        error, self._error = self._error, None
        if error is not None:  # else another thread raised it
            raise error

    # ---- of workers ----

    def get(self) -> Closure | None:
        """Wait for a closure, and take it; None when there will be no more."""
        with self._lock:
            self._has_closures.wait_for(lambda: self._closures or self._is_stopped)
            if self._is_stopped:
                return None
            self._in_flight += 1
            self._has_room.notify()
            return self._closures.popleft()

    def finish(self) -> None:
        """One closure less is running."""
        with self._lock:
            self._leave()

    def put_back(self, closure: Closure) -> None:
        """Let a closure that could not be run to its end be run next."""
        with self._lock:
            if self._error is not None or self._is_stopped:
                closure.cancel()
            else:
                self._closures.appendleft(closure)
                self._has_closures.notify()
            self._leave()

    def fail(self, closure: Closure, error: BaseException) -> None:
        """A closure failed: cancel all that are queued, and raise the error at the next call."""
        closure.fail(error)
        with self._lock:
            if self._error is None:
                self._error = error
                if self._closures:
                    get_logger().error(
                        "%s failed, %d functions that wait to be run are cancelled: %s: %s",
                        closure.name,
                        len(self._closures),
                        type(error).__name__,
                        error,
                    )
            self._cancel_queued()
            self._leave()

    def _leave(self) -> None:
        self._in_flight -= 1
        if not self._in_flight or self._error is not None:
            self._is_settled.notify_all()

    def _cancel_queued(self) -> None:
        while self._closures:
            self._closures.popleft().cancel()
        self._has_room.notify_all()

    def stop(self) -> None:
        """Let all workers go; what is queued is cancelled."""
        with self._lock:
            self._is_stopped = True
            self._cancel_queued()
            self._has_closures.notify_all()
            self._is_settled.notify_all()
