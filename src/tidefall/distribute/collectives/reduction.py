"""How arrays are combined over the connections of a generation.

Every algorithm combines element by element in the order of the ranks, so the result has the same
bits whichever is used, on all members, every time. Up to `SMALL` bytes each sends all to all
others. Above, each member combines the part that is its own, and gives it to the others: over
shared memory where all are on one host, else over the connections. That sends as little as a ring
does, but in two steps however many members there are.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError
from tidefall.base.replica_group import Merge
from tidefall.distribute.collectives.links import Links
from tidefall.distribute.collectives.shared_memory import SharedMemory, combined, share_memory

SMALL = 1 << 15
"""Bytes of an array that is sent whole to all others."""


class Reduction:
    """The collectives of one generation, as one member sees them.

    Args:
        rank: this member.
        links: to the others.

    Raises:
        LinkLost: a member is gone.
    """

    def __init__(self, rank: int, links: Links):
        self._rank = rank
        self._size = len(links.ranks) + 1
        self._links = links
        self._shared: SharedMemory | None = share_memory(rank, links) if links.ranks else None

    @property
    def shares_memory(self) -> bool:
        """Whether large arrays go through shared memory."""
        return self._shared is not None

    def all_reduce(
        self, value: np.ndarray, merge: Merge, name: str, out: np.ndarray | None
    ) -> np.ndarray:
        """Combine an array of each member.

        Args:
            value: this member's.
            merge: combines two.
            name: of the operation.
            out: where to put the result, contiguous; it may be the value.

        Raises:
            InvalidArgumentError: the members gave arrays of different kinds.
            LinkLost: a member is gone.
        """
        result = np.empty(value.shape, value.dtype) if out is None else out
        if self._size == 1:
            result[...] = value
            return result
        value = np.ascontiguousarray(value).reshape(value.shape)
        meta = json.dumps([name, value.dtype.name, value.shape]).encode()
        small = value.nbytes <= SMALL
        flat = value.reshape(-1)
        found = self._links.messages(meta, flat.view(np.uint8) if small else b"")
        self._check_same(meta, {rank: theirs for rank, (theirs, _) in found.items()})
        target = result.reshape(-1)
        if small:
            parts = [
                flat if rank == self._rank else np.frombuffer(found[rank][1], value.dtype)
                for rank in range(self._size)
            ]
            target[:] = combined(parts, merge)
        elif self._shared is not None:
            self._shared.all_reduce(flat, merge, self._links, target)
        else:
            self._scattered(flat, merge, target)
        return result

    def _scattered(self, flat: np.ndarray, merge: Merge, result: np.ndarray) -> None:
        """Combine the own part of all arrays, and exchange the parts."""
        bounds = [flat.size * i // self._size for i in range(self._size + 1)]
        parts = [flat[a:b] for a, b in itertools.pairwise(bounds)]
        others = self._links.ranks
        theirs = {rank: np.empty_like(parts[self._rank]) for rank in others}
        self._links.exchange(
            {rank: parts[rank].view(np.uint8) for rank in others},
            {rank: array.view(np.uint8) for rank, array in theirs.items()},
        )
        own = result[bounds[self._rank] : bounds[self._rank + 1]]
        own[:] = combined(
            [theirs.get(rank, parts[self._rank]) for rank in range(self._size)], merge
        )
        self._links.exchange(
            dict.fromkeys(others, own.view(np.uint8)),
            {rank: result[bounds[rank] : bounds[rank + 1]].view(np.uint8) for rank in others},
        )

    def all_gather(self, value: np.ndarray) -> list[np.ndarray]:
        """The arrays of all members; they may differ in their first dimension.

        Raises:
            InvalidArgumentError: they differ otherwise.
            LinkLost: a member is gone.
        """
        value = np.ascontiguousarray(value).reshape(value.shape)
        same = json.dumps(["all_gather", value.dtype.name, value.ndim, value.shape[1:]]).encode()
        rows = b"" if value.ndim == 0 else str(len(value)).encode()
        found = self._links.messages(same + b"\n" + rows, value.reshape(-1).view(np.uint8))
        metas = {rank: meta.partition(b"\n")[::2] for rank, (meta, _) in found.items()}
        self._check_same(same, {rank: meta for rank, (meta, _) in metas.items()})
        result = []
        for rank in range(self._size):
            if rank == self._rank:
                result.append(value.copy())
            else:
                first = [int(metas[rank][1])] if metas[rank][1] else []
                theirs = np.frombuffer(found[rank][1], value.dtype)
                result.append(theirs.reshape(first + list(value.shape[1:])))
        return result

    def broadcast(self, root: int, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The arrays of one member; what the others give does not matter.

        Raises:
            InvalidArgumentError: the members name different roots.
            LinkLost: a member is gone.
        """
        own = [np.ascontiguousarray(each).reshape(each.shape) for each in arrays]
        same = json.dumps(["broadcast", root]).encode()
        kinds = [[each.dtype.name, each.shape] for each in own] if self._rank == root else []
        found = self._links.messages(same + b"\n" + json.dumps(kinds).encode())
        metas = {rank: meta.partition(b"\n")[::2] for rank, (meta, _) in found.items()}
        self._check_same(same, {rank: meta for rank, (meta, _) in metas.items()})
        if self._rank == root:
            result = [each.copy() for each in own]
        else:
            result = [np.empty(shape, dtype) for dtype, shape in json.loads(metas[root][1])]
        for each in result:
            data = each.reshape(-1).view(np.uint8)
            if self._rank == root:
                self._links.exchange(dict.fromkeys(self._links.ranks, data), {})
            else:
                self._links.exchange({}, {root: data})
        return result

    def _check_same(self, own: bytes, others: dict[int, bytes]) -> None:
        if all(theirs == own for theirs in others.values()):
            return
        told: list[Any] = [others.get(rank, own) for rank in range(self._size)]
        told = [f"replica {rank}: {meta.decode()}" for rank, meta in enumerate(told)]
        raise InvalidArgumentError(
            None,
            None,
            "The replicas disagree about the collective, its dtype or its shape: "
            f"{', '.join(told)}.",
        )
