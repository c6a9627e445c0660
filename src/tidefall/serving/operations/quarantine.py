"""Requests that break the schema of their model, kept with the reasons."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.io.records.quarantine import Quarantine
from tidefall.serving.inference import Outcome
from tidefall.serving.models.contract import ContractError
from tidefall.serving.operations.metrics import Family
from tidefall.serving.status import invalid

_logger = logging.getLogger("tidefall.serving")


class RequestQuarantine:
    """Keeps what is refused, before it is answered, so that nothing is lost without a word.

    A request that cannot be kept is refused all the same, and its answer says so. Each line of the
    file is one request: `read_quarantine` of `tidefall.data_validation` reads it.

    Args:
        path: the file; "" to keep nothing.
        max_bytes: how large it may get.
        count: counts requests by model and by what became of them: "kept", "lost", or "refused"
            where nothing is kept.
    """

    def __init__(self, path: str, max_bytes: int, count: Family[Any]) -> None:
        self._path, self._count = path, count
        self._file = Quarantine(path, max_bytes) if path else None
        self._failing = False

    def refuse(self, outcome: Outcome, error: ContractError) -> errors.OpError:
        """Keeps a request, and returns the error to answer it with."""
        if self._file is None:
            self._counted(outcome, "refused")
            return error
        call = outcome.call
        try:
            self._file.add(
                {
                    name: np.asarray(array).tolist()
                    for name, array in (outcome.inputs or {}).items()
                },
                error.reasons,
                time=datetime.fromtimestamp(outcome.started, UTC).isoformat(
                    timespec="milliseconds"
                ),
                model=call.model,
                version=outcome.version,
                signature=outcome.signature_name,
                method=call.method,
                protocol=call.protocol,
                request_id=call.headers.get("x-request-id", "")[:200],
            )
        except OSError as problem:
            self._counted(outcome, "lost")
            if not self._failing:  # Once, not for each request while the disk is full.
                _logger.error("quarantine %s: cannot be written: %s", self._path, problem)
            self._failing = True
            return invalid(f"{error.message}. The server could not keep the request: send it again")
        self._counted(outcome, "kept")
        if self._failing:
            _logger.info("quarantine %s: is written again", self._path)
        self._failing = False
        return error

    def _counted(self, outcome: Outcome, result: str) -> None:
        self._count.of(outcome.call.model, result).add()
