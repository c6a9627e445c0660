"""A schema at the door of whoever reads serialized Examples: batch scoring."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tidefall.base.errors import DataLossError, InvalidArgumentError
from tidefall.io.records.quarantine import Quarantine, Reason, in_base64
from tidefall.lifecycle.data_validation.contract.rows import RowContract
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.sources.examples import (
    SEQUENCE,
    examples_to_batch,
    sequences_to_batch,
)

ON_ERROR = ("fail", "drop", "quarantine")


class RecordDoor:
    """Lets serialized Examples through, or not, and counts.

    Args:
        schema: a `Schema`. With a feature `##SEQUENCE##` records are SequenceExamples.
        environment: one of its environments; all features by default. `served_part` makes the
            schema of a model one of what it is asked.
        on_error: "fail", "drop", or "quarantine".
        quarantine_path: the file of the quarantine.
        first: the number of the first record, for messages.

    Attributes:
        rows: how many records were seen.
        refused: how many of them were refused.

    Raises:
        ValueError: `on_error` is none of these, or a quarantine has no file.

    >>> from tidefall.proto import Example, metadata
    >>> schema = metadata.Schema()
    >>> age = schema.feature.add(name="age", type=metadata.FeatureType.INT)
    >>> age.int_domain.min = 0
    >>> example = Example()
    >>> example.features.feature["age"].int64_list.value.append(-1)
    >>> door = RecordDoor(schema, on_error="drop")
    >>> len(door.admitted([b"", example.SerializeToString()])), door.refused
    (1, 1)
    """

    def __init__(
        self,
        schema: Any,
        environment: str | None = None,
        on_error: str = "fail",
        quarantine_path: str | os.PathLike[str] | None = None,
        first: int = 0,
    ):
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error: expected one of {ON_ERROR}, received {on_error!r}")
        if (on_error == "quarantine") != (quarantine_path is not None):
            raise ValueError("on_error='quarantine' and quarantine_path go together")
        self._contract = RowContract(schema, environment)
        self._fails = on_error == "fail"
        self._quarantine = None if quarantine_path is None else Quarantine(quarantine_path)
        has_lists = any(feature.name == SEQUENCE for feature in schema.feature)
        self._parse = sequences_to_batch if has_lists else examples_to_batch
        self._first = first
        self.rows = self.refused = 0

    def admitted(self, records: Sequence[bytes]) -> list[bytes]:
        """Return the records that keep to the schema.

        Raises:
            InvalidArgumentError: one does not, and that is to fail.
            OSError: the quarantine cannot be written.
        """
        first = self._first + self.rows
        try:
            reasons = self._reasons(records, first)
        except (InvalidArgumentError, DataLossError):
            # Some record is none, or a feature is of another kind in it: which one?
            reasons = {}
            for row, record in enumerate(records):
                try:
                    found = self._reasons([record], first + row)
                except (InvalidArgumentError, DataLossError) as error:
                    found = {0: [Reason("", "UNEXPECTED_DATA_TYPE", error.message)]}
                if found:
                    reasons[row] = found[0]
        for row, why in sorted(reasons.items()):
            if self._fails:
                text = "; ".join(
                    f"feature {one.feature!r}: {one.reason} ({one.type})" for one in why
                )
                raise invalid(
                    f"record {first + row} breaks the schema: {text}. Repair the data, relax "
                    "the schema, or leave such records out"
                )
            if self._quarantine is not None:
                self._quarantine.add({"record": in_base64(records[row])}, why, number=first + row)
        self.rows += len(records)
        self.refused += len(reasons)
        return [record for row, record in enumerate(records) if row not in reasons]

    def _reasons(self, records: Sequence[bytes], first: int) -> dict[int, list[Reason]]:
        found: dict[int, list[Reason]] = {}
        batch = self._parse(records, f"records from {first}")
        for one in self._contract.refusals(batch):
            found.setdefault(one.row, []).append(Reason(one.feature, one.type, one.reason))
        return found

    @property
    def counts(self) -> dict[str, int]:
        """What was seen so far."""
        return {"rows": self.rows, "refused": self.refused}
