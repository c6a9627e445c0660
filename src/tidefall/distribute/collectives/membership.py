"""Who is in the group: connections to all others, signs of life, and agreement on the members.

Every two processes hold one control connection; the higher worker calls the lower one, again and
again while it is away. Two threads serve them: one listens, reads, sends heartbeats and notices
silence, the other calls. Collectives run in the caller's threads on connections of their own
(`links.py`), which are made anew for each generation and are shut when it breaks.

A member is in one of these states:

    forming   it told all that it is ready for the next generation, and awaits its leader's view
    joined    it has the view, and connects with its members; if one fails to, it is forming again
    running   all members of the view are connected: collectives work
    broken    a member is lost, or a collective was cancelled: all raise until it forms again
    removed   the others went on without it: all raise for good
    closed    it left

    forming -> joined -> running -> broken -> forming     any -> removed, closed

The leader is the lowest worker of those with the latest generation. It waits until each member of
its generation that is not lost is ready, and sends them, and whoever asks to join, the view of the
next one. If it fails amid that, some have the new view and some not: the ones with it now are those
with the latest generation, cannot connect with the lost one, and one of them leads the next round.

A member that finds another lost tells it so, in case it only slept, and tells everybody: so all
lose the same ones. Where a network is split, whoever hears nothing of more than half of the members
is removed, so that two parts never train on; halves both do, as one of two cannot tell a split from
a dead machine. When those meet again, the one with the lowest worker stays.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tidefall.base.errors import (
    AbortedError,
    AlreadyExistsError,
    CancelledError,
    DeadlineExceededError,
    OpError,
    UnavailableError,
)
from tidefall.base.logs import get_logger
from tidefall.distribute.collectives import wire
from tidefall.distribute.collectives.links import LinkLost, Links
from tidefall.distribute.collectives.reduction import Reduction

_GREETING = 1.0  # seconds that strangers have to say who they are
_STRANGERS = 64  # connections at a time that have not said it
_NEWS = 5.0  # seconds between messages about who is missing


@dataclass(frozen=True)
class View:
    """The members of a generation.

    Attributes:
        generation: its number; 0 before the first.
        members: the workers, in the order of their ranks.
        lives: for each, which process it is: another one may come back in its place.
    """

    generation: int = 0
    members: tuple[int, ...] = ()
    lives: tuple[str, ...] = ()


@dataclass
class _Peer:
    """The control connection to another process."""

    worker: int
    life: str
    connection: socket.socket
    decoder: wire.Decoder
    generation: int
    ready: int | None = None  # the generation it wants to leave behind
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


def _went_on(by: str) -> str:
    return f"it gave no sign of life, and the others went on without it, says {by}"


class _Again(Exception):
    """A generation could not be formed as its view says."""


class Membership:
    """One process's part in the group, as the module says.

    Args:
        addresses: "host:port" of all workers.
        worker: which of them this is.
        key: what members have in common and others do not know.
        heartbeat: seconds between signs of life.
        silence: seconds without one after which a process is lost.

    Raises:
        AlreadyExistsError: the port is taken.
    """

    def __init__(
        self, addresses: Sequence[str], worker: int, key: str, heartbeat: float, silence: float
    ):
        self.worker = worker
        self.view = View()
        self._addresses = list(addresses)
        self._digest = wire.cluster_digest(addresses, key)
        self._heartbeat = heartbeat
        self._silence = silence
        self._life = f"{time.time_ns():x}-{id(self):x}"
        self._changed = threading.Condition(threading.RLock())
        self._peers: dict[int, _Peer] = {}
        self._strangers: list[_Stranger] = []
        self._arrived: dict[tuple[int, int, str], socket.socket] = {}
        self._lost: dict[int, str] = {}
        self._silent: set[int] = set()  # those of the lost that may live and go on elsewhere
        self._expelled: set[tuple[int, str]] = set()
        self._proposed = View()
        self._ready = self._forming = self._closed = False
        self._removed = ""
        self._cancelled: OpError | None = None
        self._interrupt: Callable[[], None] = lambda: None
        self._listener = self._listen()
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._threads = [
            threading.Thread(target=run, name=f"tidefall group {name}", daemon=True)
            for name, run in (("monitor", self._monitor), ("caller", self._call_lower))
        ]
        for thread in self._threads:
            thread.start()

    def name(self, worker: int) -> str:
        """A worker, as messages have it."""
        return f"worker {worker} ({self._addresses[worker]})"

    # ---- what callers ask for ----

    @property
    def applicants(self) -> list[int]:
        """The workers that are no members and ask to be."""
        with self._changed:
            return [
                worker
                for worker, peer in self._peers.items()
                if peer.ready is not None and worker not in self.view.members
            ]

    def interrupt(self) -> None:
        """End the waits of the running generation."""
        with self._changed:
            self._interrupt()

    def broken(self) -> OpError | None:
        """Why collectives do not work now; None if they do."""
        with self._changed:
            return self.error(0.0) if self._is_broken() else None

    def form(self, timeout: float, collective_timeout: float | None) -> tuple[Links, Reduction]:
        """Agree with the others on the next generation, and connect with them.

        Args:
            timeout: seconds to wait for the others.
            collective_timeout: what collectives may take.

        Raises:
            DeadlineExceededError: somebody is missing; it says who.
            AbortedError: the others went on without this process.
        """
        begin = time.monotonic()
        with self._changed:
            self._interrupt()
            self._cancelled = None
            self._forming = True
        try:
            while True:
                view = self._agree(begin, timeout)
                links = None
                try:
                    links = self._connect(view)
                    reduction = Reduction(view.members.index(self.worker), links)
                    links.timeout = collective_timeout
                    return links, reduction
                except (_Again, LinkLost, DeadlineExceededError, OSError, wire.WireError):
                    if links is not None:
                        links.close()
                    if time.monotonic() > begin + timeout:
                        raise DeadlineExceededError(
                            None, None, f"No group could be formed in {timeout:g} s."
                        ) from None
                    time.sleep(0.01)
        finally:
            with self._changed:
                self._ready = self._forming = False
                self._tell({"type": "formed", "generation": self.view.generation})

    def error(self, patience: float = 1.0) -> OpError:
        """Why this generation is broken; waits a moment for the news, which may come late."""
        with self._changed:
            self._changed.wait_for(self._is_broken, patience)
            if self._closed:
                return CancelledError(None, None, "The process group is closed.")
            if self._removed:
                return AbortedError(None, None, self._removed)
            if self._lost:
                gone = ", ".join(f"{self.name(w)}: {why}" for w, why in sorted(self._lost.items()))
                return UnavailableError(
                    None, None, f"Members of generation {self.view.generation} are gone: {gone}."
                )
            if self._cancelled is not None:
                return self._cancelled
            return AbortedError(
                None, None, f"A member left generation {self.view.generation} to form the next one."
            )

    def cancel(self, error: OpError, message: str) -> None:
        """Break this generation: `error` here, AbortedError with the message elsewhere."""
        with self._changed:
            if self._cancelled is None:
                self._cancelled = error
            self._tell({"type": "cancel", "generation": self.view.generation, "message": message})
            self._break()

    def close(self) -> None:
        """Leave, and stop the threads."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._tell({"type": "leave"})
            self._break()
        self._wake.send(b".")
        for thread in self._threads:
            thread.join()
        with self._changed:
            for each in [*self._peers.values(), *self._strangers]:
                each.connection.close()
            for connection in [*self._arrived.values(), self._listener, self._wake, self._woken]:
                connection.close()
            self._peers.clear()

    # ---- agreement ----

    def _agree(self, begin: float, timeout: float) -> View:
        news = begin + _NEWS
        with self._changed:
            self._ready = True
            self._tell({"type": "ready", "generation": self.view.generation})
            while True:
                if self._closed or self._removed:
                    raise self.error()
                view = self._proposed
                missing: list[int] = []
                if view.generation <= self.view.generation:
                    latest = max(
                        [self.view.generation, *(p.generation for p in self._peers.values())]
                    )
                    leaders = [w for w, p in self._peers.items() if p.generation == latest]
                    if self.view.generation == latest:
                        leaders.append(self.worker)
                    missing = self._missing(min(leaders))
                    if self.worker == min(leaders) and not missing:
                        view = self._next_view()
                if view.generation > self.view.generation:
                    self._adopt(view)
                    return view
                now = time.monotonic()
                if now >= begin + timeout:
                    raise DeadlineExceededError(
                        None, None, self._waiting(missing or [min(leaders)], now - begin)
                    )
                if now >= news:
                    news = now + _NEWS
                    get_logger().warning(self._waiting(missing or [min(leaders)], now - begin))
                self._changed.wait(min(begin + timeout, news) - now)

    def _waiting(self, missing: list[int], seconds: float) -> str:
        return (
            f"{self.name(self.worker)} has waited {seconds:.1f} s for "
            f"{', '.join(self.name(w) for w in missing)} to form a group."
        )

    def _missing(self, leader: int) -> list[int]:
        """Whom a leader waits for: in the beginning for all, then for all who still live."""
        if leader == self.worker:

            def absent(peer: _Peer | None) -> bool:
                return peer is None or peer.ready is None
        else:

            def absent(peer: _Peer | None) -> bool:
                return peer is None

        if self.view.generation == 0 and all(not p.generation for p in self._peers.values()):
            awaited = set(range(len(self._addresses)))
        else:
            awaited = {w for w in self.view.members if w not in self._lost}
            awaited |= {
                w for w, p in self._peers.items() if p.generation >= max(1, self.view.generation)
            }
        return [w for w in sorted(awaited - {self.worker}) if absent(self._peers.get(w))]

    def _next_view(self) -> View:
        lives = {w: p.life for w, p in self._peers.items() if p.ready is not None}
        lives[self.worker] = self._life
        members = tuple(sorted(lives))
        return View(self.view.generation + 1, members, tuple(lives[w] for w in members))

    def _adopt(self, view: View) -> None:
        leading = view is not self._proposed
        self._ready = False
        self.view = view
        lives = zip(view.members, view.lives, strict=True)
        self._lost = {each[0]: "it was lost before" for each in lives if each in self._expelled}
        self._silent.clear()
        self._cancelled = None
        for peer in self._peers.values():
            if peer.worker in view.members and (peer.ready or 0) < view.generation:
                peer.ready = None
                peer.generation = max(peer.generation, view.generation)
        for key in [key for key in self._arrived if key[0] < view.generation]:
            self._arrived.pop(key).close()
        if leading:
            self._tell(
                {
                    "type": "view",
                    "generation": view.generation,
                    "members": view.members,
                    "lives": view.lives,
                },
                view.members,
            )

    # ---- connecting ----

    def _connect(self, view: View) -> Links:
        """The connections of a generation; the higher worker calls the lower one."""
        end = time.monotonic() + self._silence
        made: dict[int, socket.socket] = {}
        try:
            with self._changed:
                while not all(
                    self._has(*each) for each in zip(view.members, view.lives, strict=True)
                ):
                    self._check_joined(view)
                    if not self._changed.wait(max(end - time.monotonic(), 0)):
                        raise _Again
            for rank, (worker, life) in enumerate(zip(view.members, view.lives, strict=True)):
                if worker < self.worker:
                    with self._changed:
                        self._check_joined(view)
                    connection, greeting, _ = self._call(worker, "data")
                    made[rank] = connection
                    if greeting.get("life") != life:
                        raise _Again
                elif worker > self.worker:
                    with self._changed:
                        key = (view.generation, worker, life)
                        while key not in self._arrived:
                            self._check_joined(view)
                            if not self._changed.wait(max(end - time.monotonic(), 0)):
                                raise _Again
                        made[rank] = self._arrived.pop(key)
            with self._changed:
                self._check_joined(view)
                links = Links(made, self._silence)
                self._interrupt = links.shut
            return links
        except BaseException:
            for connection in made.values():
                connection.close()
            raise

    def _has(self, worker: int, life: str) -> bool:
        peer = self._peers.get(worker)
        return worker == self.worker or (peer is not None and peer.life == life)

    def _check_joined(self, view: View) -> None:
        """See that the members still are those of a view, and none of them forms another."""
        if self._closed or self._removed or self._lost or self._cancelled:
            raise _Again
        for peer in self._peers.values():
            if peer.worker in view.members and (peer.ready or 0) >= view.generation:
                raise _Again

    def _call(self, worker: int, role: str) -> tuple[socket.socket, wire.Message, wire.Decoder]:
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

    def _greeting(self, role: str) -> bytes:
        with self._changed:
            return wire.MAGIC + wire.encode(
                {
                    "role": role,
                    "key": self._digest,
                    "worker": self.worker,
                    "life": self._life,
                    "generation": self.view.generation,
                    "members": self._living(),
                }
            )

    def _check_greeting(self, greeting: wire.Message) -> None:
        if greeting.get("key") != self._digest:
            raise wire.WireError("it belongs to another cluster, or has another key")
        kinds = {"role": str, "worker": int, "life": str, "generation": int, "members": list}
        if any(type(greeting.get(name)) is not kind for name, kind in kinds.items()):
            raise wire.WireError("its greeting is incomplete")
        if not 0 <= greeting["worker"] < len(self._addresses) or greeting["worker"] == self.worker:
            raise wire.WireError(f"it says that it is worker {greeting['worker']}")

    def _living(self) -> list[int]:
        return [w for w in self.view.members if w not in self._lost]

    # ---- the threads ----

    def _listen(self) -> socket.socket:
        host, _, port = self._addresses[self.worker].rpartition(":")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), int(port)))
            listener.listen(128)
        except OSError as error:
            listener.close()
            raise AlreadyExistsError(
                None, None, f"{self.name(self.worker)} cannot listen on port {port}: {error}"
            ) from error
        listener.setblocking(False)
        return listener

    def _monitor(self) -> None:
        seen = beat = time.monotonic()
        while True:
            with self._changed:
                if self._closed:
                    return
                sources: dict[int, Any] = {
                    self._listener.fileno(): None,
                    self._woken.fileno(): None,
                }
                for each in [*self._peers.values(), *self._strangers]:
                    sources[each.connection.fileno()] = each
            poll = select.poll()
            for number in sources:
                poll.register(number, select.POLLIN)
            events = poll.poll(self._heartbeat * 250)
            with self._changed:
                if self._closed:
                    return
                with suppress(BlockingIOError):
                    self._woken.recv(1024)
                for number, _ in events:
                    source = sources[number]
                    if isinstance(source, _Peer) and self._peers.get(source.worker) is source:
                        self._read(source)
                    elif isinstance(source, _Stranger) and source in self._strangers:
                        self._meet(source)
                self._accept()
                now = time.monotonic()
                if now - seen > self._silence / 2:  # it was this process that slept
                    for peer in self._peers.values():
                        peer.heard = now
                seen = now
                if now - beat >= self._heartbeat:
                    beat = now
                    self._tell({"type": "beat"})
                self._lose_silent(now)
                for stranger in list(self._strangers):
                    if now - stranger.since > _GREETING:
                        self._refuse(stranger, "it did not say who it is")

    def _call_lower(self) -> None:
        while True:
            with self._changed:
                if self._closed or self._removed:
                    return
                absent = [w for w in range(self.worker) if w not in self._peers]
            for worker in absent:
                try:
                    connection, greeting, decoder = self._call(worker, "control")
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
                    lambda: self._closed, 0.05 if self._forming else self._heartbeat
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
                    self._remove(_went_on(stranger.address))
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
                    self._arrived[key] = stranger.connection
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
        worker, life = greeting["worker"], greeting["life"]
        if self._removed:
            self._refuse(stranger, self._removed)
            return
        if (worker, life) in self._expelled:
            theirs, own = greeting["members"], self._living()
            if (len(own), -min(own, default=0)) > (len(theirs), -min(theirs, default=0)):
                stranger.connection.sendall(wire.encode({"type": "expelled"}))
                self._refuse(stranger, f"generation {self.view.generation} is without it")
            return  # else it says so
        if worker in self._peers:
            if self._peers[worker].life == life:
                self._refuse(stranger, f"{self.name(worker)} is connected already")
                return
            self._lose(worker, "it was started again")
        self._strangers.remove(stranger)
        stranger.connection.setblocking(False)
        peer = _Peer(worker, life, stranger.connection, stranger.decoder, greeting["generation"])
        self._peers[worker] = peer
        if self._ready:
            peer.send({"type": "ready", "generation": self.view.generation})
        self._changed.notify_all()

    def _read(self, peer: _Peer) -> None:
        try:
            data = peer.connection.recv(1 << 16, socket.MSG_DONTWAIT)
            if not data:
                raise ConnectionResetError("its connection was closed")
            peer.heard = time.monotonic()
            for message in peer.decoder.feed(data):
                self._handle(peer, message)
        except BlockingIOError:
            pass
        except (OSError, wire.WireError) as error:
            if self._peers.get(peer.worker) is peer:
                self._lose(peer.worker, str(error))
        except (KeyError, TypeError, ValueError) as error:
            if self._peers.get(peer.worker) is peer:
                self._lose(peer.worker, f"it sent what is no message: {error!r}")

    def _handle(self, peer: _Peer, message: wire.Message) -> None:
        kind = message["type"]
        if kind == "ready":
            peer.ready = peer.generation = int(message["generation"])
        elif kind == "view":
            view = View(
                int(message["generation"]), tuple(message["members"]), tuple(message["lives"])
            )
            peer.generation = max(peer.generation, view.generation)
            peer.ready = None
            if view.generation > self._proposed.generation and self._life in view.lives:
                self._proposed = view
        elif kind == "formed":
            if peer.ready is not None and peer.ready <= int(message["generation"]):
                peer.ready = None
        elif kind == "lost":
            worker, life = message["worker"], message["life"]
            known = self._peers.get(worker)
            if known is not None and known.life == life:
                self._lose(worker, message["why"], silent=bool(message["silent"]))
        elif kind == "cancel":
            if message["generation"] == self.view.generation and self._cancelled is None:
                self._cancelled = AbortedError(None, None, message["message"])
                self._break()
        elif kind == "expelled":
            self._remove(_went_on(self.name(peer.worker)))
        elif kind == "leave":
            self._lose(peer.worker, "it left the group", interrupt=False)
        elif kind != "beat":
            raise ValueError(kind)
        self._changed.notify_all()

    # ---- what ends a generation ----

    def _lose(self, worker: int, why: str, *, interrupt: bool = True, silent: bool = False) -> None:
        """Part with a process. What one sent that left on its own can still be received.

        Args:
            worker: which.
            why: for messages.
            interrupt: whether collectives are to end at once.
            silent: whether it may live, but cannot be heard.
        """
        peer = self._peers.pop(worker)
        if worker in self.view.members and worker not in self._lost:
            self._lost[worker] = why
            self._expelled.add((worker, peer.life))
            if interrupt:
                peer.send({"type": "expelled"})
                self._tell(
                    {
                        "type": "lost",
                        "worker": worker,
                        "life": peer.life,
                        "why": why,
                        "silent": silent,
                    }
                )
                self._break()
            if silent:
                self._silent.add(worker)
        peer.connection.close()
        self._changed.notify_all()

    def _lose_silent(self, now: float) -> None:
        """Part with those of whom nothing is heard; with the group, where they are most of it.

        Those that are quiet already count: nobody is told to leave by one who has to leave itself.
        """
        quiet = {p.worker: now - p.heard for p in self._peers.values()}
        if not any(seconds > self._silence for seconds in quiet.values()):
            return
        members = self.view.members
        silent = self._silent | {w for w, seconds in quiet.items() if seconds > self._silence / 2}
        if 2 * len(silent.intersection(members)) > len(members):
            names = ", ".join(self.name(worker) for worker in sorted(silent))
            self._remove(
                f"it hears nothing of {len(silent)} of {len(members)} members ({names}), who may "
                "go on without it"
            )
            return
        for worker, seconds in quiet.items():
            if seconds > self._silence:
                self._lose(worker, f"no sign of life for {self._silence:g} s", silent=True)

    def _remove(self, why: str) -> None:
        self._removed = (
            f"{self.name(self.worker)} is no member any more: {why}. A new ProcessGroup can join "
            "them."
        )
        for peer in self._peers.values():
            peer.connection.close()
        self._peers.clear()
        self._break()

    def _break(self) -> None:
        self._interrupt()
        self._changed.notify_all()

    def _is_broken(self) -> bool:
        return bool(
            self._closed
            or self._removed
            or self._lost
            or self._cancelled
            or any((p.ready or 0) >= max(1, self.view.generation) for p in self._peers.values())
        )

    def _tell(self, message: wire.Message, members: Sequence[int] | None = None) -> None:
        for worker, peer in list(self._peers.items()):
            if members is None or worker in members:
                peer.send(message)
