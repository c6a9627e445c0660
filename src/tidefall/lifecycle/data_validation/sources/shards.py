"""The interface of sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Shard(Protocol):
    """A part of a source that is read by one thread.

    Attributes:
        key: says the part and the state of its file; "" where that cannot be known.
        size: its bytes, for progress; of a file that is compressed, compressed ones.
        place: what errors call it.
        counts_rows: whether its rows are counted; not if another shard has their other columns.
        skipped: rows that `batches` has left out.
    """

    key: str
    size: int
    place: str
    counts_rows: bool
    skipped: int

    def batches(self) -> Iterator[Any]:
        """Its rows as Arrow record batches.

        Raises:
            OpError: something is wrong with them; the message names file, row and column.
        """
        ...

    def notes(self) -> dict[str, Any]:
        """What `Source.shards` must know to go on behind it; asked where it has a key."""
        ...


class Source(Protocol):
    """A table in parts."""

    @property
    def names(self) -> Sequence[str]:
        """The columns, where they are known beforehand."""
        ...

    @property
    def size(self) -> int:
        """Bytes of all shards together; 0 where that is unknown."""
        ...

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """The parts in order.

        Args:
            known: says which parts need not be read again.
        """
        ...

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """The same table with some columns read as text.

        Args:
            texts: their names.
            only: whether the others are left out.
        """
        ...


class Progressed(Protocol):
    """What is known of shards that were read before."""

    def get(self, key: str) -> dict[str, Any] | None:
        """What was noted with a shard; None if it was not read."""
        ...


class BatchShard:
    """Batches that are there already, or come from an iterator of somebody else."""

    counts_rows = True
    skipped = 0

    def __init__(self, batches: Iterable[Any], place: str, size: int = 0):
        self.key, self.size, self.place = "", size, place
        self._batches = batches

    def batches(self) -> Iterator[Any]:
        """The rows."""
        return iter(self._batches)

    def notes(self) -> dict[str, Any]:
        """Nothing."""
        return {}


class OneByOne:
    """A source whose batches come from one iterator: each is a shard of its own.

    Args:
        batches: Arrow record batches.
        names: the columns.
        place: what errors call it.
        size: bytes of all, if known.
    """

    def __init__(self, batches: Iterable[Any], names: Sequence[str], place: str, size: int = 0):
        self.names, self.size, self._place = names, size, place
        self._batches = batches

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """One for each batch."""
        for number, batch in enumerate(self._batches):
            yield BatchShard([batch], f"{self._place}, batch {number}", batch.nbytes)

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """Not possible: types are the table's own."""
        raise TypeError(f"{self._place}: columns {sorted(texts)} have values of several types")
