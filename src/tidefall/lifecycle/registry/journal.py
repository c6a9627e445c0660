"""`Journal`: a change to a registry is allowed, whole, and written down.

A change is one exclusive transaction of the database. Its entry in the audit log is forced to the
disk before the transaction ends, so no change is without one; an entry whose transaction did not
end, because the process was killed, is followed by one that says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.metadata.kinds import CONTEXT
from tidefall.lifecycle.metadata.records import add_context, context_named, texts, type_id
from tidefall.lifecycle.registry.policy import FILE, Policy
from tidefall.lifecycle.registry.records import ModelRecords
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.trust.keys import Signer
from tidefall.serving.trust.manifest import AUDIT_LOG

_AUDIT_STATE = "tidefall.Audit"


class Journal:
    """The changes of a registry.

    Args:
        folder: the registry's; the audit log and the roles are in it.
        records: its database.
        user: who makes the changes.
        signer: signs the entries; may be None.
    """

    def __init__(self, folder: Path, records: ModelRecords, user: str, signer: Signer | None):
        self._folder, self.user = folder, user
        self._records, self._database = records, records.database
        self.path = folder / AUDIT_LOG
        self._audit = AuditLog(
            self.path, is_shared=True, sign=signer.sign if signer else None
        ).open()
        with contextlib.suppress(errors.DataLossError):  # `verify` and the next change tell.
            self.settle()

    def close(self) -> None:
        """Close the audit log."""
        self._audit.close()

    def policy(self) -> Policy:
        """Return what is allowed; read anew each time."""
        return Policy.from_file(self._folder / FILE)

    def check(self, role: str, what: str) -> None:
        """Refuse what the user has no role for.

        Raises:
            PermissionDeniedError: they lack it.
        """
        self.policy().check(self.user, role, what)

    @contextlib.contextmanager
    def change(self, action: str, role: str, name: str, **details: Any) -> Iterator[dict[str, Any]]:
        """A change: allowed, whole, and written down; the block may add to the details."""
        self.check(role, f"{action} of model {name!r}")
        with self._database.transaction(is_durable=True), self._audit.turn() as log:
            self._settle(log)
            yield details
            entry = log.add(self.user, action, name, **details)
            self._remember(entry["sequence"], entry["hash"])

    def _settle(self, log: AuditLog) -> None:
        """Hold the log against the database: both tell the same, but for a change cut short."""
        told = {n: t for _, n, t in texts(self._database, CONTEXT, [self._audit_context()])}
        sequence, digest = int(told.get("sequence", 0)), told.get("hash", log.last[1])
        last, last_hash = log.last
        if last < sequence or (last == sequence and sequence and digest != last_hash):
            message = (
                f"audit log {self.path} ends at entry {last}; the registry wrote {sequence}. "
                "It was cut or replaced, and nothing is changed until it is put back"
            )
            raise errors.DataLossError(None, None, message)
        if last > sequence:
            entry = log.add("registry", "abandoned", "", after=sequence, until=last)
            self._remember(entry["sequence"], entry["hash"])

    def settle(self) -> None:
        """Hold the log against the database, and mark changes that were cut short.

        Raises:
            DataLossError: the log was cut or replaced.
        """
        with self._database.transaction(), self._audit.turn() as log:
            self._settle(log)

    def _remember(self, sequence: int, digest: str) -> None:
        values = {"sequence": str(sequence), "hash": digest}
        self._records.put_texts(CONTEXT, self._audit_context(), values)

    def _audit_context(self) -> int:
        kind, name = type_id(self._database, CONTEXT, _AUDIT_STATE), str(self.path)
        found = context_named(self._database, kind, name)
        return add_context(self._database, kind, name) if found is None else found
