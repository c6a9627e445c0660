"""Who is in the group: connections to all others, signs of life, and agreement on the members.

Connections to the others, and what is heard of them, are `peers.py`'s. Collectives run in the
caller's threads on connections of their own (`links.py`), which are made anew for each generation
and are shut when it breaks.

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

import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from tidefall.base.errors import (
    AbortedError,
    CancelledError,
    DeadlineExceededError,
    OpError,
    UnavailableError,
)
from tidefall.base.logs import get_logger
from tidefall.distribute.collectives import wire
from tidefall.distribute.collectives.links import LinkLost, Links
from tidefall.distribute.collectives.peers import Decision, Peer, Peers
from tidefall.distribute.collectives.reduction import Reduction

_NEWS = 5.0  # seconds between messages about who is missing
_LOOK = 0.5  # seconds between looks at who has ended


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
        finished: gives the addresses of workers that have ended, and are not waited for.

    Raises:
        AlreadyExistsError: the port is taken.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        worker: int,
        key: str,
        heartbeat: float,
        silence: float,
        finished: Callable[[], Collection[str]] = frozenset,
    ):
        self.worker = worker
        self.view = View()
        self._addresses = list(addresses)
        self._finished = finished
        self._silence = silence
        self._changed = threading.Condition(threading.RLock())
        self._lost: dict[int, str] = {}
        self._silent: set[int] = set()  # those of the lost that may live and go on elsewhere
        self._expelled: set[tuple[int, str]] = set()
        self._proposed = View()
        self._ready = self._forming = self._closed = False
        self._removed = ""
        self._cancelled: OpError | None = None
        self._interrupt: Callable[[], None] = lambda: None
        digest = wire.cluster_digest(addresses, key)
        self._peers = Peers(addresses, worker, digest, self, self._changed, heartbeat, silence)
        self._connected = self._peers.connected
        self._peers.start()

    def name(self, worker: int) -> str:
        """A worker, as messages have it."""
        return self._peers.name(worker)

    # ---- what callers ask for ----

    @property
    def workers(self) -> int:
        """How many workers there are in all."""
        return len(self._addresses)

    @property
    def applicants(self) -> list[int]:
        """The workers that are no members and ask to be."""
        with self._changed:
            return [
                worker
                for worker, peer in self._connected.items()
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
                self._peers.tell({"type": "formed", "generation": self.view.generation})

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
            self._peers.tell(
                {"type": "cancel", "generation": self.view.generation, "message": message}
            )
            self._break()

    def close(self) -> None:
        """Leave, and stop the threads."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._peers.tell({"type": "leave"})
            self._break()
        self._peers.close()

    # ---- agreement ----

    def _agree(self, begin: float, timeout: float) -> View:
        news = begin + _NEWS
        with self._changed:
            self._ready = True
            self._peers.tell({"type": "ready", "generation": self.view.generation})
            while True:
                if self._closed or self._removed:
                    raise self.error()
                view = self._proposed
                missing: list[int] = []
                if view.generation <= self.view.generation:
                    latest = max(
                        [
                            self.view.generation,
                            *(p.generation for p in self._connected.values()),
                        ]
                    )
                    leaders = [w for w, p in self._connected.items() if p.generation == latest]
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
                self._changed.wait(min(begin + timeout, news, now + _LOOK) - now)

    def _waiting(self, missing: list[int], seconds: float) -> str:
        return (
            f"{self.name(self.worker)} has waited {seconds:.1f} s for "
            f"{', '.join(self.name(w) for w in missing)} to form a group."
        )

    def _missing(self, leader: int) -> list[int]:
        """Whom a leader waits for: in the beginning for all, then for all who still live."""
        if leader == self.worker:

            def absent(peer: Peer | None) -> bool:
                return peer is None or peer.ready is None
        else:

            def absent(peer: Peer | None) -> bool:
                return peer is None

        if self.view.generation == 0 and all(not p.generation for p in self._connected.values()):
            finished = self._finished()
            awaited = {w for w, at in enumerate(self._addresses) if at not in finished}
        else:
            awaited = {w for w in self.view.members if w not in self._lost}
            awaited |= {
                w
                for w, p in self._connected.items()
                if p.generation >= max(1, self.view.generation)
            }
        return [w for w in sorted(awaited - {self.worker}) if absent(self._connected.get(w))]

    def _next_view(self) -> View:
        lives = {w: p.life for w, p in self._connected.items() if p.ready is not None}
        lives[self.worker] = self._peers.life
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
        for peer in self._connected.values():
            if peer.worker in view.members and (peer.ready or 0) < view.generation:
                peer.ready = None
                peer.generation = max(peer.generation, view.generation)
        self._peers.forget_before(view.generation)
        if leading:
            self._peers.tell(
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
                    connection, greeting, _ = self._peers.call(worker, "data")
                    made[rank] = connection
                    if greeting.get("life") != life:
                        raise _Again
                elif worker > self.worker:
                    with self._changed:
                        key = (view.generation, worker, life)
                        while key not in self._peers.arrived:
                            self._check_joined(view)
                            if not self._changed.wait(max(end - time.monotonic(), 0)):
                                raise _Again
                        made[rank] = self._peers.arrived.pop(key)
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
        peer = self._connected.get(worker)
        return worker == self.worker or (peer is not None and peer.life == life)

    def _check_joined(self, view: View) -> None:
        """See that the members still are those of a view, and none of them forms another."""
        if self._closed or self._removed or self._lost or self._cancelled:
            raise _Again
        for peer in self._connected.values():
            if peer.worker in view.members and (peer.ready or 0) >= view.generation:
                raise _Again

    def _living(self) -> list[int]:
        return [w for w in self.view.members if w not in self._lost]

    # ---- what peers ask and tell ----

    def standing(self) -> tuple[int, list[int]]:
        """See `peers.Group`."""
        return self.view.generation, self._living()

    def is_left(self) -> bool:
        """See `peers.Group`."""
        return bool(self._removed)

    def is_urgent(self) -> bool:
        """See `peers.Group`."""
        return self._forming

    def admit(self, greeting: wire.Message) -> Decision:
        """See `peers.Group`."""
        worker, life = greeting["worker"], greeting["life"]
        if self._removed:
            raise wire.WireError(self._removed)
        if (worker, life) in self._expelled:
            theirs, own = greeting["members"], self._living()
            if (len(own), -min(own, default=0)) > (len(theirs), -min(theirs, default=0)):
                return "expel"
            return "listen"
        known = self._connected.get(worker)
        if known is not None:
            if known.life == life:
                raise wire.WireError(f"{self.name(worker)} is connected already")
            self.lose(worker, "it was started again")
        return "admit"

    def joined(self, peer: Peer) -> None:
        """See `peers.Group`."""
        if self._ready:
            peer.send({"type": "ready", "generation": self.view.generation})
        self._changed.notify_all()

    def expelled(self, by: str) -> None:
        """See `peers.Group`."""
        self._remove(_went_on(by))

    def handle(self, peer: Peer, message: wire.Message) -> None:
        """See `peers.Group`."""
        kind = message["type"]
        if kind == "ready":
            peer.ready = peer.generation = int(message["generation"])
        elif kind == "view":
            view = View(
                int(message["generation"]), tuple(message["members"]), tuple(message["lives"])
            )
            peer.generation = max(peer.generation, view.generation)
            peer.ready = None
            if view.generation > self._proposed.generation and self._peers.life in view.lives:
                self._proposed = view
        elif kind == "formed":
            if peer.ready is not None and peer.ready <= int(message["generation"]):
                peer.ready = None
        elif kind == "lost":
            worker, life = message["worker"], message["life"]
            known = self._connected.get(worker)
            if known is not None and known.life == life:
                self.lose(worker, message["why"], silent=bool(message["silent"]))
        elif kind == "cancel":
            if message["generation"] == self.view.generation and self._cancelled is None:
                self._cancelled = AbortedError(None, None, message["message"])
                self._break()
        elif kind == "expelled":
            self.expelled(self.name(peer.worker))
        elif kind == "leave":
            self.lose(peer.worker, "it left the group", interrupt=False)
        elif kind != "beat":
            raise ValueError(kind)
        self._changed.notify_all()

    # ---- what ends a generation ----

    def lose(self, worker: int, why: str, *, interrupt: bool = True, silent: bool = False) -> None:
        """Part with a process. What one sent that left on its own can still be received.

        Args:
            worker: which.
            why: for messages.
            interrupt: whether collectives are to end at once.
            silent: whether it may live, but cannot be heard.
        """
        peer = self._peers.part(worker)
        has_left = self._closed or bool(self._removed)  # who left has no say about the others
        if worker in self.view.members and worker not in self._lost and not has_left:
            self._lost[worker] = why
            self._expelled.add((worker, peer.life))
            if interrupt:
                peer.send({"type": "expelled"})
                self._peers.tell(
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

    def quiet(self, seconds: Mapping[int, float]) -> None:
        """Part with those of whom nothing is heard; with the group, where they are most of it.

        Those that are quiet already count: nobody is told to leave by one who has to leave itself.
        """
        if not any(quiet > self._silence for quiet in seconds.values()):
            return
        members = self.view.members
        silent = self._silent | {w for w, quiet in seconds.items() if quiet > self._silence / 2}
        if 2 * len(silent.intersection(members)) > len(members):
            names = ", ".join(self.name(worker) for worker in sorted(silent))
            self._remove(
                f"it hears nothing of {len(silent)} of {len(members)} members ({names}), who may "
                "go on without it"
            )
            return
        for worker, quiet in seconds.items():
            if quiet > self._silence:
                self.lose(worker, f"no sign of life for {self._silence:g} s", silent=True)

    def _remove(self, why: str) -> None:
        self._removed = (
            f"{self.name(self.worker)} is no member any more: {why}. A new ProcessGroup can join "
            "them."
        )
        self._peers.part_all()
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
            or any((p.ready or 0) >= max(1, self.view.generation) for p in self._connected.values())
        )
