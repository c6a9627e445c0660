"""A schema at the door of a tf.data pipeline: what `Dataset.validate` asks."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base.logs import get_logger
from tidefall.io.records.quarantine import Quarantine
from tidefall.lifecycle.data_validation.contract.rows import Refusal, RowContract
from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.protos import check_type, load_schema_text
from tidefall.lifecycle.data_validation.sources.tables import (
    element_to_batch,
    named_components,
)

FAIL, QUARANTINE = "fail", "quarantine"

__all__ = ["Door", "named_components", "schema_text"]


class Door:
    """Lets elements of a dataset through, or not, and counts.

    Args:
        schema: the text of a `Schema`.
        environment: one of its environments; "" for none.
        on_error: "fail", "drop" or "quarantine".
        path: the file of the quarantine.

    Attributes:
        fails: whether it raises where it refuses.
        rows: how many were seen.
        refused: how many of them were refused.
        reasons: refusals by feature and type of anomaly.
    """

    def __init__(self, schema: str, environment: str, on_error: str, path: str):
        from google.protobuf import text_format

        from tidefall.proto import metadata
        from tidefall.proto.registry import pool

        parsed = text_format.Parse(schema, metadata.Schema(), descriptor_pool=pool())
        self._contract = RowContract(parsed, environment or None)
        self.fails = on_error == FAIL
        self._quarantine = Quarantine(path) if on_error == QUARANTINE else None
        self._lock = threading.Lock()
        self.rows = self.refused = 0
        self.reasons: Counter[tuple[str, str]] = Counter()

    def admitted(self, columns: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Which rows may pass: None for all of them, else bool `[rows]`.

        Args:
            columns: by name, each `[rows, ...]`.

        Raises:
            InvalidArgumentError: one may not, and that is to fail.
        """
        batch = element_to_batch(dict(columns))
        refusals = list(self._contract.refusals(batch))
        with self._lock:
            first = self.rows
            self.rows += batch.num_rows
        if not refusals:
            return None
        if self.fails:
            raise invalid(_described(refusals, first))
        by_row: dict[int, list[Refusal]] = {}
        for refusal in refusals:
            by_row.setdefault(refusal.row, []).append(refusal)
        if self._quarantine is not None:
            rows = batch.take(sorted(by_row)).to_pylist()
            for row, features in zip(sorted(by_row), rows, strict=True):
                self._quarantine.add(features, by_row[row])
        with self._lock:
            if not self.refused:
                get_logger().log(logging.WARNING, "%s", _described(refusals, first))
            self.refused += len(by_row)
            self.reasons.update((refusal.feature, refusal.type) for refusal in refusals)
        admitted = np.ones(batch.num_rows, bool)
        admitted[list(by_row)] = False
        return admitted

    @property
    def counts(self) -> dict[str, Any]:
        """What was seen so far, in all iterations."""
        reasons = {f"{feature}: {kind}": n for (feature, kind), n in self.reasons.most_common()}
        return {"rows": self.rows, "refused": self.refused, "reasons": reasons}


def _described(refusals: Sequence[Refusal], first: int) -> str:
    listed = "; ".join(
        f"row {first + r.row}, feature {r.feature!r}: {r.reason} ({r.type})" for r in refusals[:3]
    )
    more = f"; and {len(refusals) - 3} more" if len(refusals) > 3 else ""
    return (
        f"Dataset.validate: rows break the schema: {listed}{more}. Repair the data, relax the "
        "schema, or leave such rows out with on_error='drop' or 'quarantine'"
    )


def schema_text(schema: Any) -> str:
    """The text of a `Schema`, or of one that is in a file.

    Raises:
        TypeError: it is neither.
        NotFoundError: there is no such file.
    """
    from google.protobuf import text_format

    if isinstance(schema, str | os.PathLike):
        schema = load_schema_text(schema)
    check_type(schema, "Schema", "schema")
    return text_format.MessageToString(schema)
