"""The threads of the gRPC server: few that run, more where some of them wait.

gRPC's server keeps a thread for each request from its head to its reply. With as many threads as
requests they stand in each other's way (measured: 530 us a request with 64 of them, 350 with 4);
with few, a request that waits for its batch, or for a client that sends slowly, keeps others out.
So a thread needs a permit to take requests, and one that waits hands its permit on.

gRPC's asyncio server has no thread for a request, and was measured beside this one with the digits
model (2026-11, two processors, 64 calls under way). It answers 1.4 times as many requests where a
batch is waited for, 2,440 a second against 1,710, and half as many where the model runs at once,
780 against 1,570: each request then goes from the loop to a thread and back. Echoing a message
without a model, it does 0.6 to 0.8 times as many.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, cast

_logger = logging.getLogger("tidefall.serving")
_LOOK_SECONDS = 0.05
_LOOK_FOR_END_SECONDS = 1.0

_Job = tuple[Future[Any], Callable[[], Any]]
_GO_ON = object()


class _Worker(threading.local):
    """What the present thread knows of its own request."""

    has_permit = False


class RequestThreads(Executor):
    """An executor for gRPC's server.

    Args:
        running: how many threads work at the same time.
        most: how many threads there are at most, waiting ones among them.
    """

    def __init__(self, running: int, most: int) -> None:
        self._most = max(running, most)
        # Requests to work on; _GO_ON where a thread wants to go on with the one it has.
        self._jobs: SimpleQueue[_Job | object | None] = SimpleQueue()
        self._permits: SimpleQueue[bool] = SimpleQueue()
        self._mine = _Worker()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        # Threads that wait for a permit, less the permits that wait for a thread.
        self._parked = 0
        # Threads whose permits were taken, and which want one to go on; they come first.
        self._returning: deque[threading.Event] = deque()
        # By thread: since when it has waited for the rest of a request.
        self._receiving: dict[int, float] = {}
        self._overdue: set[int] = set()
        self._stopping = threading.Event()
        for _ in range(running):
            self._hand_on()
        self._watcher = threading.Thread(
            target=self._watch, name="tidefall-grpc-watch", daemon=True
        )
        self._watcher.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Runs a function on one of the threads, soon."""
        future: Future[Any] = Future()
        self._jobs.put((future, lambda: fn(*args, **kwargs)))
        return future

    def received(self) -> None:
        """Says that the present thread has the whole of its request, and wants to work."""
        if not self._end_of_receiving():
            return
        mine = threading.Event()
        with self._lock:
            if self._parked < 0:
                self._permits.get_nowait()
                self._parked += 1
                return
            self._returning.append(mine)
        # Threads without work hold their permits, so one of those is asked for it.
        self._jobs.put(_GO_ON)
        while not mine.wait(_LOOK_FOR_END_SECONDS) and not self._stopping.is_set():
            pass

    def step_aside(self) -> None:
        """Says that the present thread is going to wait, so that another one may work."""
        if self._mine.has_permit:
            self._mine.has_permit = False
            self._hand_on()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the threads once they are done with what they have.

        Args:
            wait: whether to wait for them, five seconds at most.
            cancel_futures: as in `concurrent.futures.Executor`; what has not begun is never
                dropped.
        """
        self._stopping.set()
        with self._lock:
            threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
            self._permits.put(True)
        deadline = time.monotonic() + 5.0
        for thread in (*threads, self._watcher) if wait else ():
            thread.join(max(0.0, deadline - time.monotonic()))

    # --- the threads ------------------------------------------------------------------------------

    def _hand_on(self) -> None:
        """Gives a permit to a thread that waits for one, or to a new one."""
        with self._lock:
            if self._returning:
                self._returning.popleft().set()
                return
            thread: threading.Thread | None = None
            if self._parked <= 0 and len(self._threads) < self._most:
                name = f"tidefall-grpc-{len(self._threads)}"
                thread = threading.Thread(target=self._work, name=name, daemon=True)
                self._threads.add(thread)
            else:
                self._parked -= 1
            self._permits.put(True)
        if thread is not None:
            thread.start()

    def _work(self) -> None:
        me = threading.get_ident()
        while not self._stopping.is_set():
            self._permits.get()
            self._mine.has_permit = True
            self._work_with_permit(me)
            with self._lock:
                self._parked += 1

    def _work_with_permit(self, me: int) -> None:
        while self._mine.has_permit:
            job = self._jobs.get()
            if job is None:
                return
            if job is _GO_ON:
                self._let_another_go_on()
                continue
            future, call = cast(_Job, job)
            with self._lock:
                self._receiving[me] = time.monotonic()
            try:
                future.set_result(call())
            except BaseException as error:
                _logger.exception("a gRPC request failed")
                future.set_exception(error)
            if self._end_of_receiving():  # It never came to `received`.
                self._mine.has_permit = False
            del job, future, call  # Or an idle thread keeps them.

    def _let_another_go_on(self) -> None:
        with self._lock:
            if self._returning:
                self._mine.has_permit = False
                self._returning.popleft().set()

    def _end_of_receiving(self) -> bool:
        """Whether the present thread's permit has been handed on while it waited."""
        me = threading.get_ident()
        with self._lock:
            self._receiving.pop(me, None)
            overdue = me in self._overdue
            self._overdue.discard(me)
        return overdue

    def _watch(self) -> None:
        """Takes the permits of threads that wait for slow clients."""
        while not self._stopping.wait(_LOOK_SECONDS):
            if not self._receiving or self._jobs.empty():
                continue
            limit = time.monotonic() - _LOOK_SECONDS
            with self._lock:
                late = [t for t, since in self._receiving.items() if since < limit]
                late = [thread for thread in late if thread not in self._overdue]
                self._overdue.update(late)
            for _ in late:
                self._hand_on()
