"""Connections to the other processes of a group: greetings, messages, signs of life.

Every two processes hold one control connection; the higher worker calls the lower one, again and
again while it is away. Two threads serve them: one listens, reads, sends heartbeats and notices
silence, the other calls. What happens is told to the group (`membership.py`), under its lock.
Connections for data (`links.py`) are made here too, as the port and the greeting are the same.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tidefall.base.errors import AlreadyExistsError
from tidefall.base.logs import get_logger
from tidefall.distribute.collectives import wire

_GREETING = 1.0  # seconds that strangers have to say who they are
_STRANGERS = 64  # connections at a time that have not said it

Role = Literal["control", "data"]
Decision = Literal["admit", "expel", "listen"]


@dataclass
class Peer:
    """The control connection to another process.

    Attributes:
        worker: which it is.
        life: which process it is: another one may come back in its place.
        generation: the latest generation that it has the view of.
        ready: the generation it wants to leave behind; None while it does not.
        heard: when it last said something.
    """

    worker: int
    life: str
    connection: socket.socket
    decoder: wire.Decoder
    generation: int
    ready: int | None = None
    heard: float = field(default_factory=time.monotonic)

    def send(self, message: wire.Message) -> bool:
        """Whether it went out; messages are small, so only a dead or sleeping one takes none."""
        data = wire.encode(message)
        try:
            return self.connection.send(data, socket.MSG_DONTWAIT) == len(data)
        except OSError:
            return False


@dataclass
class _Stranger:
    """A connection that did not say yet whose it is."""

    connection: socket.socket
    address: str
    decoder: wire.Decoder = field(default_factory=lambda: wire.Decoder(wire.MAGIC))
    since: float = field(default_factory=time.monotonic)


class Group(Protocol):
    """What peers ask and tell the group, always under its lock."""

    def standing(self) -> tuple[int, list[int]]:
        """This process's generation, and the members of it that are not lost."""
        ...

    def is_left(self) -> bool:
        """Whether nobody is to be called any more."""
        ...

    def is_urgent(self) -> bool:
        """Whether those who are away are awaited."""
        ...

    def admit(self, greeting: wire.Message) -> Decision:
        """What to do with one who has greeted: make it a peer, tell it that the group went on
        without it, or listen to it say that to this process.

        Raises:
            WireError: it is refused, and why.
        """
        ...

    def joined(self, peer: Peer) -> None:
        """There is a new peer."""
        ...

    def handle(self, peer: Peer, message: wire.Message) -> None:
        """A message of a peer.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        ...

    def expelled(self, by: str) -> None:
        """Another one says that the group went on without this process."""
        ...

    def lose(self, worker: int, why: str) -> None:
        """The connection to a peer has failed."""
        ...

    def quiet(self, seconds: Mapping[int, float]) -> None:
        """For how long nothing was heard of each peer."""
        ...


class Peers:
    """The control connections of one process, as the module says.

    Args:
        addresses: "host:port" of all workers.
        worker: which of them this is.
        digest: what members have in common and others do not know.
        group: who is told of everything.
        changed: its lock; it is notified where connections for data arrive.
        heartbeat: seconds between signs of life.
        silence: seconds without one after which a process is lost.

    Attributes:
        life: which process this is.
        connected: the peers by worker.
        arrived: connections for data by generation, worker and life.

    Raises:
        AlreadyExistsError: the port is taken.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        worker: int,
        digest: str,
        group: Group,
        changed: threading.Condition,
        heartbeat: float,
        silence: float,
    ):
        self.life = f"{time.time_ns():x}-{id(self):x}"
        self.connected: dict[int, Peer] = {}
        self.arrived: dict[tuple[int, int, str], socket.socket] = {}
        self._addresses = list(addresses)
        self._worker = worker
        self._digest = digest
        self._group = group
        self._changed = changed
        self._heartbeat = heartbeat
        self._silence = silence
        self._is_closed = False
        self._strangers: list[_Stranger] = []
        self._listener = self._listen()
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._threads = [
            threading.Thread(target=run, name=f"tidefall group {name}", daemon=True)
            for name, run in (("monitor", self._monitor), ("caller", self._call_lower))
        ]

    def start(self) -> None:
        """Listen and call from now on."""
        for thread in self._threads:
            thread.start()

    def name(self, worker: int) -> str:
        """A worker, as messages have it."""
        return f"worker {worker} ({self._addresses[worker]})"

    def tell(self, message: wire.Message, workers: Collection[int] | None = None) -> None:
        """Send a message to some peers, or to all."""
        for worker, peer in list(self.connected.items()):
            if workers is None or worker in workers:
                peer.send(message)

    def part(self, worker: int) -> Peer:
        """Forget a peer, and return it to be closed."""
        return self.connected.pop(worker)

    def part_all(self) -> None:
        """Close the connections to all peers."""
        for peer in self.connected.values():
            peer.connection.close()
        self.connected.clear()

    def forget_before(self, generation: int) -> None:
        """Close the connections for data of generations that are gone."""
        for key in [key for key in self.arrived if key[0] < generation]:
            self.arrived.pop(key).close()

    def close(self) -> None:
        """Stop the threads, and close everything."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._wake.send(b".")
        for thread in self._threads:
            thread.join()
        with self._changed:
            for stranger in self._strangers:
                stranger.connection.close()
            for connection in [*self.arrived.values(), self._listener, self._wake, self._woken]:
                connection.close()
            self.part_all()

    # ---- greeting ----

    def call(self, worker: int, role: Role) -> tuple[socket.socket, wire.Message, wire.Decoder]:
        """A connection to a worker, its greeting, and what decodes the rest.

        Raises:
            OSError: it does not answer.
            WireError: somebody else does.
        """
        host, _, port = self._addresses[worker].rpartition(":")
        connection = socket.create_connection((host.strip("[]"), int(port)), _GREETING)
        try:
            if connection.getsockname() == connection.getpeername():
                raise ConnectionRefusedError  # a port that nobody has may be given to the caller
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(self._greeting(role))
            greeting, decoder = wire.read_greeting(connection, _GREETING)
            self._check_greeting(greeting)
            if greeting["worker"] != worker:
                raise wire.WireError(f"it is worker {greeting['worker']}, not {worker}")
            return connection, greeting, decoder
        except BaseException:
            connection.close()
            raise

    def _greeting(self, role: Role) -> bytes:
        with self._changed:
            generation, members = self._group.standing()
            return wire.MAGIC + wire.encode(
                {
                    "role": role,
                    "key": self._digest,
                    "worker": self._worker,
                    "life": self.life,
                    "generation": generation,
                    "members": members,
                }
            )

    def _check_greeting(self, greeting: wire.Message) -> None:
        if greeting.get("key") != self._digest:
            raise wire.WireError("it belongs to another cluster, or has another key")
        kinds = {"role": str, "worker": int, "life": str, "generation": int, "members": list}
        if any(type(greeting.get(name)) is not kind for name, kind in kinds.items()):
            raise wire.WireError("its greeting is incomplete")
        if not 0 <= greeting["worker"] < len(self._addresses) or greeting["worker"] == self._worker:
            raise wire.WireError(f"it says that it is worker {greeting['worker']}")

    # ---- the threads ----

    def _listen(self) -> socket.socket:
        host, _, port = self._addresses[self._worker].rpartition(":")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), int(port)))
            listener.listen(128)
        except OSError as error:
            listener.close()
            raise AlreadyExistsError(
                None, None, f"{self.name(self._worker)} cannot listen on port {port}: {error}"
            ) from error
        listener.setblocking(False)
        return listener

    def _monitor(self) -> None:
        seen = beat = time.monotonic()
        while True:
            with self._changed:
                if self._is_closed:
                    return
                sources: dict[int, Any] = {
                    self._listener.fileno(): None,
                    self._woken.fileno(): None,
                }
                for each in [*self.connected.values(), *self._strangers]:
                    sources[each.connection.fileno()] = each
            poll = select.poll()
            for number in sources:
                poll.register(number, select.POLLIN)
            events = poll.poll(self._heartbeat * 250)
            with self._changed:
                if self._is_closed:
                    return
                with suppress(BlockingIOError):
                    self._woken.recv(1024)
                for number, _ in events:
                    source = sources[number]
                    if isinstance(source, Peer) and self.connected.get(source.worker) is source:
                        self._read(source)
                    elif isinstance(source, _Stranger) and source in self._strangers:
                        self._meet(source)
                self._accept()
                now = time.monotonic()
                if now - seen > self._silence / 2:  # it was this process that slept
                    for peer in self.connected.values():
                        peer.heard = now
                seen = now
                if now - beat >= self._heartbeat:
                    beat = now
                    self.tell({"type": "beat"})
                self._group.quiet({w: now - p.heard for w, p in self.connected.items()})
                for stranger in list(self._strangers):
                    if now - stranger.since > _GREETING:
                        self._refuse(stranger, "it did not say who it is")

    def _call_lower(self) -> None:
        while True:
            with self._changed:
                if self._is_closed or self._group.is_left():
                    return
                absent = [w for w in range(self._worker) if w not in self.connected]
            for worker in absent:
                try:
                    connection, greeting, decoder = self.call(worker, "control")
                except OSError:
                    continue
                except wire.WireError as error:
                    get_logger().warning("%s was called, but %s.", self.name(worker), error)
                    continue
                with self._changed:
                    stranger = _Stranger(connection, self._addresses[worker], decoder)
                    self._strangers.append(stranger)
                    self._admit(stranger, greeting)
                self._wake.send(b".")
            with self._changed:
                self._changed.wait_for(
                    lambda: self._is_closed, 0.05 if self._group.is_urgent() else self._heartbeat
                )

    def _accept(self) -> None:
        while len(self._strangers) < _STRANGERS:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            self._strangers.append(_Stranger(connection, f"{address[0]}:{address[1]}"))

    def _meet(self, stranger: _Stranger) -> None:
        try:
            data = stranger.connection.recv(4096, socket.MSG_DONTWAIT)
            if not data:
                raise wire.WireError("it was closed at once")
            for message in stranger.decoder.feed(data):
                if message.get("type") == "expelled":
                    self._group.expelled(stranger.address)
                    return
                self._check_greeting(message)
                if stranger not in self._strangers:
                    raise wire.WireError("it says more than its greeting")
                stranger.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stranger.connection.settimeout(_GREETING)
                stranger.connection.sendall(self._greeting(message["role"]))
                if message["role"] == "control":
                    self._admit(stranger, message)
                else:
                    self._strangers.remove(stranger)
                    key = (message["generation"], message["worker"], message["life"])
                    self.arrived[key] = stranger.connection
                    self._changed.notify_all()
        except BlockingIOError:
            pass
        except (OSError, wire.WireError) as error:
            self._refuse(stranger, str(error))

    def _refuse(self, stranger: _Stranger, why: str) -> None:
        if stranger in self._strangers:
            self._strangers.remove(stranger)
        stranger.connection.close()
        get_logger().warning("A connection with %s is refused: %s.", stranger.address, why)

    def _admit(self, stranger: _Stranger, greeting: wire.Message) -> None:
        """Make a peer of one who has greeted, unless the group went on without it."""
        try:
            decision = self._group.admit(greeting)
        except wire.WireError as error:
            self._refuse(stranger, str(error))
            return
        if decision == "expel":
            stranger.connection.sendall(wire.encode({"type": "expelled"}))
            self._refuse(stranger, "the group went on without it")
        if decision != "admit":
            return
        self._strangers.remove(stranger)
        stranger.connection.setblocking(False)
        peer = Peer(
            greeting["worker"],
            greeting["life"],
            stranger.connection,
            stranger.decoder,
            greeting["generation"],
        )
        self.connected[peer.worker] = peer
        self._group.joined(peer)

    def _read(self, peer: Peer) -> None:
        try:
            data = peer.connection.recv(1 << 16, socket.MSG_DONTWAIT)
            if not data:
                raise ConnectionResetError("its connection was closed")
            peer.heard = time.monotonic()
            for message in peer.decoder.feed(data):
                if self.connected.get(peer.worker) is not peer:
                    return  # it left: what it says after that, of others too, does not count
                self._group.handle(peer, message)
        except BlockingIOError:
            pass
        except (OSError, wire.WireError) as error:
            if self.connected.get(peer.worker) is peer:
                self._group.lose(peer.worker, str(error))
        except (KeyError, TypeError, ValueError) as error:
            if self.connected.get(peer.worker) is peer:
                self._group.lose(peer.worker, f"it sent what is no message: {error!r}")
