"""TFRecord files of Examples or SequenceExamples as a source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tidefall.base import errors
from tidefall.io.records.tfrecord import read_records
from tidefall.lifecycle.data_validation.failures import damaged, invalid
from tidefall.lifecycle.data_validation.sources.examples import (
    examples_to_batch,
    is_sequence,
    sequences_to_batch,
)
from tidefall.lifecycle.data_validation.sources.files import identity, is_gzip, matching
from tidefall.lifecycle.data_validation.sources.shards import Progressed, Shard, Source

_RECORDS = 4096
_BYTES = 8 << 20


class RecordSource:
    """Examples in TFRecord files; some thousand records are a shard.

    Args:
        location: names or patterns.
        compression: "AUTO", "GZIP" or "".
        sequences: whether they are SequenceExamples; by default, whether the first record of each
            file is one.

    Raises:
        NotFoundError: there is no such file.
    """

    def __init__(self, location: Any, compression: str = "AUTO", sequences: bool | None = None):
        self.files = matching(location)
        self.names: Sequence[str] = ()
        self.size = sum(os.path.getsize(path) for path in self.files)
        self._compression, self._sequences = compression, sequences

    def shards(self, known: Progressed | None = None) -> Iterator[Shard]:
        """One for each few thousand records."""
        for path in self.files:
            automatic = self._compression.upper() == "AUTO"
            kind = ("GZIP" if is_gzip(path) else "") if automatic else self._compression
            yield from self._shards_of(path, kind)

    def _shards_of(self, path: str, compression: str) -> Iterator[Shard]:
        about, total = identity(path), os.path.getsize(path)
        sequences = self._sequences
        gathered: list[bytes] = []
        size = first = 0
        records = read_records(path, compression)
        while True:
            try:
                record = next(records, None)
            except errors.DataLossError as error:
                number = first + len(gathered)
                raise damaged(f"{path}, record {number}: {error.message}") from None
            if record is not None:
                if sequences is None:
                    sequences = is_sequence(record)
                gathered.append(record)
                size += len(record)
            if gathered and (record is None or len(gathered) >= _RECORDS or size >= _BYTES):
                told = min(size, total // 16) if compression else size
                yield RecordShard(path, first, gathered, bool(sequences), f"{about}:{first}", told)
                first += len(gathered)
                gathered, size = [], 0
            if record is None:
                return

    def retyped(self, texts: Iterable[str], only: bool) -> Source:
        """Not possible: records say their types."""
        raise invalid(
            f"{self.files[0]} and others: features {sorted(texts)} hold values of several types"
        )


class RecordShard:
    """Some records of a file.

    Attributes:
        records: serialized.
    """

    counts_rows = True
    skipped = 0

    def __init__(
        self, path: str, first: int, records: list[bytes], sequences: bool, key: str, size: int
    ):
        self.key, self.size, self.place = key, size, f"{path}, records from {first}"
        self.records, self._sequences = records, sequences

    def notes(self) -> dict[str, Any]:
        """Nothing: a file of records is read from its beginning."""
        return {}

    def batches(self) -> Iterator[Any]:
        """The records, as one batch."""
        parse = sequences_to_batch if self._sequences else examples_to_batch
        yield parse(self.records, self.place)
