"""How much memory the messages of all requests may take together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import grpc


class MessageMemory:
    """Counts the bytes of messages from when gRPC has read one until its request is answered.

    What gRPC keeps of messages that have only begun to arrive is not counted: nothing tells of it.

    Args:
        limit: how many there may be. A message that finds no other is taken whatever its length.
    """

    def __init__(self, limit: int) -> None:
        self.held = 0
        self._limit = limit
        self._lock = threading.Lock()

    def reader(
        self, parse: Callable[[bytes], Any], on_refusal: Callable[[], None]
    ) -> Callable[[bytes], Any]:
        """What reads the messages for a `method`.

        Args:
            parse: makes a message of bytes, or says with what it returns that they are none.
            on_refusal: is told where there is no room for one.
        """

        def read(data: bytes) -> _Held:
            held = _Held(self)
            if not self._take(len(data)):
                on_refusal()
                return held
            held.size = len(data)
            held.message = parse(data)
            return held

        return read

    def method(self, method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """A method that takes what `reader` read, from one that takes messages."""

        def call(held: _Held, context: Any) -> Any:
            if held.message is None:
                message = (
                    f"the requests in work take {self.held} bytes of memory, of at most "
                    f"{self._limit}; try again later"
                )
                return context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
            return method(held.message, context)

        return call

    def _take(self, size: int) -> bool:
        with self._lock:
            if self.held and self.held + size > self._limit:
                return False
            self.held += size
            return True

    def give_back(self, size: int) -> None:
        """Counts a message no longer."""
        with self._lock:
            self.held -= size


class _Held:
    """A message and its share of the memory, which it gives back when nobody holds it any more.

    So nothing is lost where gRPC drops a message that it has read, as it does when the client goes.
    """

    __slots__ = ("_memory", "message", "size")

    def __init__(self, memory: MessageMemory) -> None:
        self._memory = memory
        self.message: Any = None
        self.size = 0

    def __del__(self) -> None:
        self._memory.give_back(self.size)
