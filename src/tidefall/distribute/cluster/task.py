"""A task of the cluster as another process sees it: what can be asked of it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from tidefall.base.errors import DeadlineExceededError, OpError, UnavailableError
from tidefall.data.service.rpc import Call, Peer, UnreachableError

SERVICE = "tidefall.distribute.Task"
ANSWER_SECONDS = 3.0
"""How long a healthy task may take to say that it is there."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource of a task.

    Attributes:
        task: the name of the task.
        incarnation: of the process that had it.
        number: which of its resources it is.
    """

    task: str
    incarnation: int
    number: int

    def plain(self) -> dict[str, Any]:
        """For a message."""
        return {"task": self.task, "incarnation": self.incarnation, "number": self.number}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Reference:
        """Out of a message."""
        return cls(plain["task"], plain["incarnation"], plain["number"])


def task_name(job: str, index: int) -> str:
    """The beginning of the names of a task's devices."""
    return f"/job:{job}/replica:0/task:{index}"


class Task:
    """A process of the cluster.

    Args:
        job, index: what it is.
        address: "host:port".

    Attributes:
        name: the beginning of the names of its devices.
    """

    def __init__(self, job: str, index: int, address: str):
        self.job = job
        self.index = index
        self.address = address
        self.name = task_name(job, index)
        self._peer = Peer(address, SERVICE, watched=True)
        self._gone: deque[Reference] = deque()

    def __repr__(self) -> str:
        return f"<Task {self.name} at {self.address}>"

    # ---- asking ----

    def begin(self, method: str, timeout: float | None = None, **fields: Any) -> Request:
        """Ask without waiting for the answer."""
        if self._gone:
            self._send_gone()
        return Request(self, self._peer.begin(method, timeout, **fields))

    def ask(self, method: str, timeout: float | None = None, **fields: Any) -> dict[str, Any]:
        """Ask, and wait for the answer.

        Raises:
            UnavailableError: the task does not answer; it is named.
            OpError: what the task raised.
        """
        return self.begin(method, timeout, **fields).result()

    def incarnation(self) -> int:
        """A number that the process drew when it began.

        Raises:
            UnavailableError: it does not answer.
        """
        return self.ask("hello", ANSWER_SECONDS)["incarnation"]

    def wait_until_there(self, seconds: float) -> int:
        """Its incarnation, once it answers.

        Raises:
            UnavailableError: it did not within this time.
        """
        try:
            return self._peer.insist("hello", seconds)["incarnation"]
        except OpError as error:
            raise UnavailableError(
                None,
                None,
                f"{self.name} at {self.address} did not come within {seconds:g} s. Start "
                f"tf.distribute.Server(cluster, job_name={self.job!r}, task_index={self.index}) "
                f"there, or see whether the address is right: {error.message}",
            ) from None

    def close(self) -> None:
        """End the connection."""
        self._peer.close()

    # ---- what lives there ----

    def forget(self, reference: Reference) -> None:
        """Let a resource go that nobody here refers to any more, with the next question.

        The collector of garbage calls this anywhere, in the middle of sending too.
        """
        self._gone.append(reference)

    def _send_gone(self) -> None:
        gone: list[dict[str, Any]] = []
        while self._gone:
            gone.append(self._gone.popleft().plain())
        try:
            self._peer.begin("forget", ANSWER_SECONDS, resources=gone)
        except OpError:
            return  # they are gone with their process


class Request:
    """A question on its way."""

    def __init__(self, task: Task, call: Call):
        self._task = task
        self._call = call

    def result(self) -> dict[str, Any]:
        """The answer; see `Task.ask`."""
        try:
            return self._call.result()
        except (UnreachableError, DeadlineExceededError) as error:
            raise UnavailableError(
                None,
                None,
                f"{self._task.name} at {self._task.address} does not answer: {error.message}",
            ) from None
