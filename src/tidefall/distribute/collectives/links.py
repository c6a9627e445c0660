"""The connections that arrays travel on: one to each other member, all of them used at once.

They belong to one generation of the group. When it ends they are shut, which ends every wait.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

from tidefall.base.errors import DeadlineExceededError

_HEADER = struct.Struct("<IQ")  # bytes of what it is about, and of its content
_AT_ONCE = 1 << 20  # bytes of one send, so that receiving has its turn

Buffer = Any
"""What `memoryview` takes: bytes, or an array."""


class LinkLost(Exception):
    """The connection to a member ended.

    Attributes:
        rank: the member.
    """

    def __init__(self, rank: int):
        super().__init__(rank)
        self.rank = rank


class _Outgoing:
    """What is left to send to one member."""

    def __init__(self, parts: list[memoryview]):
        self.parts = [part for part in parts if len(part)]

    def step(self, link: socket.socket) -> bool:
        """Send what goes without waiting; whether all is sent."""
        while self.parts:
            part = self.parts[0]
            sent = link.send(part[:_AT_ONCE])
            if sent == len(part):
                del self.parts[0]
            else:
                self.parts[0] = part[sent:]
        return True


class _Incoming:
    """What is awaited from one member, of known length."""

    def __init__(self, view: memoryview):
        self.rest = view

    def step(self, link: socket.socket) -> bool:
        """Receive what is there; whether all is."""
        while self.rest:
            count = link.recv_into(self.rest)
            if not count:
                raise ConnectionResetError
            self.rest = self.rest[count:]
        return True


class _IncomingMessage(_Incoming):
    """A message, which says how long it is."""

    def __init__(self):
        self.header = bytearray(_HEADER.size)
        self.body = bytearray()
        self.meta_size = -1
        super().__init__(memoryview(self.header))

    def step(self, link: socket.socket) -> bool:
        return super().step(link) and (self.meta_size >= 0 or self._begin(link))

    def _begin(self, link: socket.socket) -> bool:
        self.meta_size, length = _HEADER.unpack(self.header)
        self.body = bytearray(self.meta_size + length)
        self.rest = memoryview(self.body)
        return super().step(link)


class Links:
    """The connections of one member to all others.

    Args:
        connections: by rank.
        timeout: seconds an exchange may take; None for as long as all live.
    """

    def __init__(self, connections: Mapping[int, socket.socket], timeout: float | None = None):
        self.ranks = sorted(connections)
        self._links = dict(connections)
        self.timeout = timeout
        for link in connections.values():
            link.setblocking(False)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def shut(self) -> None:
        """End every wait, here and at the other ends."""
        for link in self._links.values():
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Release the connections, once nobody uses them."""
        self.shut()
        for link in self._links.values():
            link.close()

    def messages(self, meta: bytes, payload: Buffer = b"") -> dict[int, tuple[bytes, memoryview]]:
        """Give all others a message, and take theirs: what it is about, and its content.

        Raises:
            LinkLost: a connection ended.
        """
        view = memoryview(payload).cast("B")
        head = _HEADER.pack(len(meta), len(view)) + meta
        if len(view) <= 1 << 16:
            parts = [memoryview(head + view.tobytes())]
        else:
            parts = [memoryview(head), view]
        incoming = {rank: _IncomingMessage() for rank in self.ranks}
        self._run({rank: _Outgoing(list(parts)) for rank in self.ranks}, dict(incoming))
        found = {}
        for rank, message in incoming.items():
            size = message.meta_size
            found[rank] = (bytes(message.body[:size]), memoryview(message.body)[size:])
        return found

    def exchange(self, sends: Mapping[int, Buffer], receives: Mapping[int, Buffer]) -> None:
        """Send and receive bytes, all at once.

        Args:
            sends: by rank.
            receives: where to put what comes from a rank; it is filled.

        Raises:
            LinkLost: a connection ended.
        """
        self._run(
            {rank: _Outgoing([memoryview(data).cast("B")]) for rank, data in sends.items()},
            {rank: _Incoming(memoryview(into).cast("B")) for rank, into in receives.items()},
        )

    def signal(self) -> None:
        """Go on when all others came here.

        Raises:
            LinkLost: a connection ended.
        """
        self.exchange(dict.fromkeys(self.ranks, b"."), {rank: bytearray(1) for rank in self.ranks})

    def _run(self, outgoing: dict[int, _Outgoing], incoming: dict[int, _Incoming]) -> None:
        end = None if self.timeout is None else time.monotonic() + self.timeout
        while True:
            for waiting in (outgoing, incoming):
                for rank in list(waiting):
                    try:
                        if waiting[rank].step(self._links[rank]):
                            del waiting[rank]
                    except BlockingIOError:
                        pass
                    except (OSError, ValueError) as error:
                        raise LinkLost(rank) from error
            if not outgoing and not incoming:
                return
            self._wait(outgoing, incoming, end)

    def _wait(
        self, outgoing: dict[int, _Outgoing], incoming: dict[int, _Incoming], end: float | None
    ) -> None:
        poll = select.poll()
        for rank in {*outgoing, *incoming}:
            wanted = (select.POLLOUT if rank in outgoing else 0) | (
                select.POLLIN if rank in incoming else 0
            )
            number = self._links[rank].fileno()
            if number < 0:
                raise LinkLost(rank)
            poll.register(number, wanted)
        left = None if end is None else max(end - time.monotonic(), 0) * 1000
        if not poll.poll(left):
            late = sorted({*outgoing, *incoming})
            raise DeadlineExceededError(
                None, None, f"No answer from rank {late} in {self.timeout:g} s, though they live."
            )
