"""How a client reads an iteration: it asks the dispatcher for tasks, and workers for elements."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass

from tidefall.base.errors import (
    CancelledError,
    DeadlineExceededError,
    FailedPreconditionError,
    NotFoundError,
    OpError,
    UnavailableError,
)
from tidefall.data.engine.elements import Element
from tidefall.data.service.rpc import Call, Message, Peer
from tidefall.data.service.worker import local_addresses
from tidefall.data.state.element_codec import from_bytes
from tidefall.io.records import snappy_stream

PATIENCE = 60.0
"""Seconds that clients try to reach a dispatcher."""

_REFRESH_SECONDS = 0.2
_PAUSE_SECONDS = 0.1
_ROUND_SECONDS = 5.0
_KEEP_SECONDS = 5.0
_AHEAD = 16
_UNREACHABLE = (UnavailableError, DeadlineExceededError, CancelledError, NotFoundError)


@dataclass(frozen=True)
class Reading:
    """What is read.

    Attributes:
        address: the dispatcher's.
        iteration: the arguments of `Iteration` that say which one.
        consumer: the place among consumers who read in turns.
        ahead: how many elements may be on their way; -1 for any number.
        trainer: the name of the training program, for cached elements.
        is_local: only workers of this process are asked.
        is_owned: nobody else reads the job.
        compression: "" or "SNAPPY".
        types: DataType numbers of the components of an element.
    """

    address: str
    iteration: Message
    consumer: int
    ahead: int
    trainer: str
    is_local: bool
    is_owned: bool
    compression: str
    types: list[int]


class Session:
    """A client of an iteration, as the dispatcher knows it.

    Raises:
        UnavailableError: the dispatcher cannot be reached.
        OpError: there is no such dataset, or the job is another one.
    """

    def __init__(self, reading: Reading):
        self.reading = reading
        self._client = uuid.uuid4().hex
        self._dispatcher = Peer(reading.address)
        self._dispatcher.insist(
            "GetIteration", PATIENCE, client_id=self._client, iteration=reading.iteration
        )
        self._workers: dict[str, Peer] = {}
        self._answered = time.monotonic()

    def tasks(self) -> tuple[bool, dict[int, str]] | None:
        """Whether all is done, and the workers by task; None if the dispatcher does not answer.

        Raises:
            UnavailableError: it has not answered for long.
        """
        try:
            reply = self._dispatcher.call("ClientHeartbeat", 2.0, client_id=self._client)
        except (UnavailableError, DeadlineExceededError, CancelledError) as error:
            silent = time.monotonic() - self._answered
            if silent > PATIENCE:
                raise UnavailableError(
                    None,
                    None,
                    f"The tf.data service at {self.reading.address} could not be reached for "
                    f"{silent:.1f} s: {error.message}",
                ) from None
            return None
        self._answered = time.monotonic()
        tasks = dict(reply["tasks"])
        if self.reading.is_local:
            tasks = {number: one for number, one in tasks.items() if one in local_addresses}
            if reply["tasks"] and not tasks:
                raise FailedPreconditionError(
                    None,
                    None,
                    "Local reads or static sharding require local tf.data workers, but this "
                    "process has none. Start one here, or use `target_workers` ANY and another "
                    "sharding policy.",
                )
        return reply["is_finished"], tasks

    def worker(self, address: str) -> Peer:
        """The worker at an address."""
        if address not in self._workers:
            self._workers[address] = Peer(address)
        return self._workers[address]

    def ask(
        self, task: int, worker: str, round_number: int = -1, timeout: float | None = None
    ) -> Call:
        """Ask for an element of a task."""
        reading = self.reading
        return self.worker(worker).begin(
            "GetElement",
            timeout,
            task_id=task,
            consumer=reading.consumer,
            round=round_number,
            trainer=reading.trainer,
        )

    def element(self, reply: Message) -> Element | None:
        """The element in an answer; None at the end."""
        parts = reply["element"]
        if parts is None:
            return None
        if self.reading.compression:
            parts = [snappy_stream.decompress(part) for part in parts]
        return from_bytes(parts, self.reading.types, "an element of the tf.data service")

    def close(self) -> None:
        """Tell the dispatcher that nobody reads here any more."""
        try:
            is_last = self.reading.is_owned
            self._dispatcher.call("ReleaseClient", 1.0, client_id=self._client, is_last=is_last)
        except OpError:
            pass  # it finds out by itself
        for peer in (self._dispatcher, *self._workers.values()):
            peer.close()


def explained(error: OpError, worker: str) -> OpError:
    """The error of a pipeline, with the worker it ran at."""
    return error.restated(f"Failed to get element from worker {worker}: {error.message}")


class FirstComeReader:
    """Elements of all workers, as they come: a thread for each task asks ahead.

    A worker that does not answer holds nobody up: the dispatcher misses it, and its task goes.
    """

    def __init__(self, session: Session):
        self._session = session
        limit = session.reading.ahead
        self._limit = _AHEAD if limit < 0 else limit
        self._changed = threading.Condition()
        self._ready: deque[Element | OpError] = deque()
        self._asked = 0
        self._calls: dict[int, Call | None] = {}
        """The call under way for each task that is read; None between calls."""
        self._ended: set[int] = set()
        self._is_finished = False
        self._is_closed = False
        self._refresh = threading.Event()
        threading.Thread(target=self._watch, daemon=True, name="tf.data client").start()

    def next(self) -> Element:
        """The next element; StopIteration at the end."""
        with self._changed:
            while not self._ready:
                if self._is_closed or (self._is_finished and not self._calls):
                    raise StopIteration
                self._changed.wait(1.0)
            found = self._ready.popleft()
            self._changed.notify_all()
        if isinstance(found, OpError):
            raise found
        return found

    def close(self) -> None:
        """End; elements under way are lost. It does not wait: any thread may collect objects."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            calls = list(self._calls.values())
        self._refresh.set()
        for call in calls:
            if call is not None:
                call.cancel()

    # ---- tasks ----

    def _watch(self) -> None:
        """Follow the tasks of the iteration until there will be no more."""
        while not self._is_closed and not self._is_finished:
            try:
                found = self._session.tasks()
            except OpError as error:
                with self._changed:
                    self._ready.append(error)
                    self._is_finished = True
                    self._changed.notify_all()
                break
            if found is not None:
                self._follow(*found)
            if not self._is_finished:
                self._refresh.wait(_REFRESH_SECONDS)
                self._refresh.clear()
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or not self._calls)
        self._session.close()

    def _follow(self, is_finished: bool, tasks: dict[int, str]) -> None:
        with self._changed:
            gone = [call for number, call in self._calls.items() if number not in tasks]
            new = [n for n in tasks if n not in self._calls and n not in self._ended]
            for number in [n for n in self._calls if n not in tasks]:
                del self._calls[number]
            self._is_finished = is_finished
            if not is_finished:
                self._calls.update(dict.fromkeys(new))
            self._changed.notify_all()
        for call in gone:
            if call is not None:
                call.cancel()
        for number in () if is_finished else new:
            arguments = (number, tasks[number])
            threading.Thread(target=self._fetch, args=arguments, daemon=True).start()

    def _is_wanted(self, task: int) -> bool:
        return task in self._calls and not self._is_closed

    def _fetch(self, task: int, worker: str) -> None:
        """Ask for the elements of a task until there are no more, or nobody wants them."""
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: not self._is_wanted(task) or self._on_the_way() < self._limit
                )
                if not self._is_wanted(task):
                    return
                try:
                    call = self._calls[task] = self._session.ask(task, worker)
                except UnavailableError:
                    return  # the session was closed
                self._asked += 1
            found, is_over = self._outcome(call, worker)
            with self._changed:
                self._asked -= 1
                if found is not None:
                    self._ready.append(found)
                if self._is_wanted(task):
                    self._calls[task] = None
                    if is_over or (found is None and self._is_finished):
                        del self._calls[task]
                        self._ended.add(task)
                self._changed.notify_all()
            if is_over:
                self._refresh.set()
            elif found is None:
                time.sleep(_PAUSE_SECONDS)

    def _on_the_way(self) -> int:
        return self._asked + len(self._ready)

    def _outcome(self, call: Call, worker: str) -> tuple[Element | OpError | None, bool]:
        """What came of a call: an element, an error or neither; and whether the task is over."""
        try:
            element = self._session.element(call.result())
            return element, element is None
        except _UNREACHABLE:
            return None, False
        except OpError as error:
            return explained(error, worker), False


class RoundRobinReader:
    """One element of each round, all of a round's from one worker, worker after worker.

    All consumers see the same tasks: those of the workers that were there in the beginning.
    """

    def __init__(self, session: Session):
        self._session = session
        self._round = 0
        self._closed = threading.Event()
        self._tasks: list[tuple[int, str]] = []
        threading.Thread(target=self._keep, daemon=True, name="tf.data client").start()

    def _keep(self) -> None:
        """Stay known to the dispatcher until the end, however long a step of the consumer takes."""
        while not self._closed.wait(_KEEP_SECONDS):
            try:
                self._session.tasks()
            except OpError:
                pass  # whoever asks for an element learns of it
        self._session.close()

    def next(self) -> Element:
        """The next element."""
        while not self._tasks:
            self._tasks = sorted(self._live().items())
            if not self._tasks:
                time.sleep(_PAUSE_SECONDS)
        task, worker = self._tasks[self._round % len(self._tasks)]
        while True:
            try:
                call = self._session.ask(task, worker, self._round, _ROUND_SECONDS)
                element = self._session.element(call.result())
                break
            except _UNREACHABLE as error:
                self._check(task, worker, error)
                time.sleep(_PAUSE_SECONDS)
            except OpError as error:
                raise explained(error, worker) from None
        self._round += 1
        if element is None:
            raise StopIteration
        return element

    def _check(self, task: int, worker: str, error: OpError) -> None:
        """UnavailableError if a worker is gone: the others cannot give what it would have."""
        found = None if self._closed.is_set() else self._session.tasks()
        if found is not None and task not in found[1]:
            raise UnavailableError(
                None,
                None,
                f"Worker {worker} is gone, and coordinated reads need all workers that were there "
                f"when they began: {error.message}",
            )

    def _live(self) -> dict[int, str]:
        if self._closed.is_set():
            raise StopIteration
        found = self._session.tasks()
        return {} if found is None else found[1]

    def close(self) -> None:
        """End. It may be called while objects are collected, in any thread, so it does not wait."""
        self._closed.set()
