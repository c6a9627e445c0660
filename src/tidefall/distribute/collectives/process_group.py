"""`ProcessGroup`: synchronous training on several processes, none of which is special."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import ml_dtypes  # noqa: F401 - NumPy knows bfloat16 by name from then on
import numpy as np

from tidefall.base.config import config
from tidefall.base.errors import CancelledError, InvalidArgumentError, OpError
from tidefall.base.replica_group import Merge
from tidefall.distribute.collectives.links import LinkLost, Links
from tidefall.distribute.collectives.membership import Membership

Op = Literal["sum", "mean", "min", "max", "prod"]

_MERGE: dict[str, Merge] = {
    "sum": np.add,
    "mean": np.add,
    "min": np.minimum,
    "max": np.maximum,
    "prod": np.multiply,
}
PACK = 1 << 25
"""Bytes of the arrays that go as one message, unless something else is asked for."""


class ProcessGroup:
    """Processes that train together: a `ReplicaGroup` whose members meet over the network.

    All members come to the same calls in the same order. When one is lost, all others get
    UnavailableError from what they wait for and from all they try, until they `reform` the group.
    Then `index`, `size`, `members` and `generation` are new. A process that is made with the
    address of a lost one waits until the members come to their next `reform`.

    Args:
        addresses: "host:port" of all workers, the same list everywhere.
        rank: which of them this is; its own port is opened.
        key: those with another key are refused.
        timeout: seconds to wait for the others.
        collective_timeout: seconds that a collective may take while all members live; None for any
            time.
        finished: gives the addresses of workers that have ended; at the beginning they are not
            waited for.

    Raises:
        AlreadyExistsError: the port is taken.
        DeadlineExceededError: workers are missing; it names them.

    Attributes:
        index: this process's rank in the generation.
        size: how many members that has.

    >>> with ProcessGroup(["localhost:0"], 0) as group:
    ...     group.all_reduce(np.arange(3)), group.members, group.generation
    (array([0, 1, 2]), (0,), 1)
    """

    def __init__(
        self,
        addresses: Sequence[str],
        rank: int,
        *,
        key: str = "",
        timeout: float = 60.0,
        collective_timeout: float | None = None,
        finished: Callable[[], Collection[str]] = frozenset,
    ):
        if not 0 <= rank < len(addresses):
            raise InvalidArgumentError(
                None, None, f"`rank` is {rank}, but there are {len(addresses)} addresses."
            )
        self._membership = Membership(
            addresses, rank, key, config.heartbeat_ms / 1000, config.silence_ms / 1000, finished
        )
        self._collective_timeout = collective_timeout
        self._turn = threading.Lock()
        self._links: Links | None = None
        try:
            self.reform(timeout)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ProcessGroup:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    fixed = False

    @property
    def applicants(self) -> list[int]:
        """The workers that ask to join at the next `reform`."""
        return self._membership.applicants

    @property
    def workers(self) -> int:
        """How many workers there are in all, whether they are members or not."""
        return self._membership.workers

    @property
    def generation(self) -> int:
        """How many times the group was formed."""
        return self._membership.view.generation

    @property
    def members(self) -> tuple[int, ...]:
        """The workers that belong to this generation, in the order of their ranks."""
        return self._membership.view.members

    @property
    def shares_memory(self) -> bool:
        """Whether all members are on one host, so that large arrays need no network."""
        return self._reduction.shares_memory

    # ---- membership ----

    def reform(self, timeout: float = 60.0) -> None:
        """Form the next generation of the members that live and of those that ask to join.

        All of them come here: after an error, or where new ones shall be let in.

        Args:
            timeout: seconds to wait for them.

        Raises:
            DeadlineExceededError: members that live did not come; it names them.
            AbortedError: the others went on without this process.
        """
        self._membership.interrupt()
        with self._turn:
            if self._links is not None:
                self._links.close()
            self._links, self._reduction = self._membership.form(timeout, self._collective_timeout)
            view = self._membership.view
            self.index = view.members.index(self._membership.worker)
            self.size = len(view.members)

    def cancel(self, reason: str = "it was cancelled") -> None:
        """Break this generation from any thread: here collectives raise CancelledError, elsewhere
        AbortedError, until the group forms again.

        Args:
            reason: for the message.
        """
        name = self._membership.name(self._membership.worker)
        self._membership.cancel(
            CancelledError(None, None, f"The collectives were cancelled: {reason}."),
            f"The collectives were cancelled by {name}: {reason}.",
        )

    def close(self) -> None:
        """Leave the group; the others lose this member at once."""
        self._membership.close()
        with self._turn:
            if self._links is not None:
                self._links.close()

    # ---- collectives ----

    def all_reduce(
        self, value: Any, merge: Merge | Op = "sum", *, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Combine an array of each member, element by element in the order of the ranks.

        Args:
            value: this member's; all are of one shape and dtype.
            merge: "sum", "mean", "min", "max" or "prod", or a ufunc of two arrays.
            out: where to put the result: a contiguous array of that shape and dtype. It may be the
                value, whose content is undefined after an error then.

        Raises:
            InvalidArgumentError: shapes, dtypes or operations differ; it names the members.
            UnavailableError: a member is gone; it names it.
            AbortedError: another member broke this generation, or this one was left out.
            CancelledError: `cancel` was called here.
        """
        name = merge if isinstance(merge, str) else getattr(merge, "__name__", "merge")
        if isinstance(merge, str) and merge not in _MERGE:
            raise InvalidArgumentError(
                None, None, f"`merge` is {merge!r}, but must be one of {', '.join(_MERGE)}."
            )
        function = _MERGE[merge] if isinstance(merge, str) else merge
        given = np.asarray(value)
        if out is not None and not (
            out.shape == given.shape and out.dtype == given.dtype and out.flags.c_contiguous
        ):
            raise InvalidArgumentError(
                None, None, f"`out` must be contiguous, {given.dtype} of shape {given.shape}."
            )
        with np.errstate(all="ignore"):  # infinities and NaNs are results like others
            with self._collective():
                total = self._reduction.all_reduce(given, function, name, out)
            if merge == "mean":
                divide = np.floor_divide if total.dtype.kind in "iu" else np.true_divide
                divide(total, np.asarray(self.size, total.dtype), out=total)
        return total

    def all_reduce_packed(
        self, values: Sequence[Any], merge: Merge | Op = "sum", bytes_per_pack: int = PACK
    ) -> list[np.ndarray]:
        """Combine many arrays as `all_reduce` does, in few messages.

        Args:
            values: this member's.
            merge: see `all_reduce`.
            bytes_per_pack: how much is sent at once; a larger array goes by itself.

        >>> with ProcessGroup(["localhost:0"], 0) as group:
        ...     group.all_reduce_packed([np.ones(2), np.zeros((1, 1))])
        [array([1., 1.]), array([[0.]])]
        """
        arrays = [np.asarray(value) for value in values]
        results: list[Any] = [None] * len(arrays)
        for pack in _packs(arrays, bytes_per_pack or PACK):
            if len(pack) == 1:
                results[pack[0]] = self.all_reduce(arrays[pack[0]], merge)
                continue
            packed = np.concatenate([arrays[i].reshape(-1) for i in pack])
            total = self.all_reduce(packed, merge, out=packed)
            start = 0
            for i in pack:
                results[i] = total[start : start + arrays[i].size].reshape(arrays[i].shape)
                start += arrays[i].size
        return results

    def all_gather(self, value: Any) -> list[np.ndarray]:
        """The arrays of all members, in their order; they may differ in their first dimension.

        Raises:
            InvalidArgumentError: they differ otherwise.
            OpError: see `all_reduce`.
        """
        with self._collective():
            return self._reduction.all_gather(np.asarray(value))

    def broadcast_from(self, rank: int, arrays: Sequence[Any]) -> list[np.ndarray]:
        """The arrays of one member.

        Args:
            rank: whose.
            arrays: what it gives; those of the others are not looked at.

        Raises:
            InvalidArgumentError: there is no such rank, or the members name different ones.
            OpError: see `all_reduce`.
        """
        if not 0 <= rank < self.size:
            raise InvalidArgumentError(None, None, f"There is no rank {rank} among {self.size}.")
        with self._collective():
            return self._reduction.broadcast(rank, [np.asarray(each) for each in arrays])

    def broadcast(self, value: Any, root: int = 0) -> np.ndarray:
        """The array of one member; see `broadcast_from`."""
        return self.broadcast_from(root, [value])[0]

    def barrier(self) -> None:
        """Go on when all members came here."""
        self.all_gather(np.empty(0, np.uint8))

    def newest(self, step: int) -> tuple[int, int]:
        """The newest finished step that a member has, and the lowest rank that has it.

        Args:
            step: this member's; -1 if it has none.

        >>> with ProcessGroup(["localhost:0"], 0) as group:
        ...     group.newest(7)
        (7, 0)
        """
        steps = [int(each) for each in self.all_gather(np.int64(step))]
        return max(steps), steps.index(max(steps))

    @contextmanager
    def _collective(self) -> Generator[None]:
        """One at a time; what breaks one breaks the generation."""
        with self._turn:
            error = self._membership.broken()
            if error is not None:
                raise error
            try:
                yield
            except InvalidArgumentError:
                raise  # by all members, before they exchanged anything
            except LinkLost as lost:
                error = self._membership.error()
                self._membership.cancel(error, str(error))
                raise error from lost
            except BaseException as error:
                name = self._membership.name(self._membership.worker)
                own = (
                    error if isinstance(error, OpError) else CancelledError(None, None, str(error))
                )
                self._membership.cancel(own, f"A collective failed on {name}: {error}")
                raise


def _packs(arrays: Sequence[np.ndarray], size: int) -> list[list[int]]:
    """Which arrays go together: those of one dtype, in order."""
    packs: list[list[int]] = []
    room: dict[np.dtype, tuple[list[int], int]] = {}
    for i, array in enumerate(arrays):
        pack, held = room.get(array.dtype, ([], size))
        if not pack or held + array.nbytes > size:
            pack, held = [], 0
            packs.append(pack)
        pack.append(i)
        room[array.dtype] = (pack, held + array.nbytes)
    return packs
