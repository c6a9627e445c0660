"""An append-only record of every change: who, what, when, and a chain of hashes through it.

Each entry is a line of JSON that holds the SHA-256 of the entry before, so an entry that is
changed, removed or put in later shows: `check_audit` finds the first such place. The end of the
file can be cut off without leaving a trace in it; the hash of the last entry, which the admin API
shows, is what to keep elsewhere against that. With a key each entry is signed too, so that nobody
without it can make another chain.

A server keeps its log to itself. The model registry's is shared: each writer takes the lock for one
entry, and goes on after what others wrote.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidefall.base import errors
from tidefall.base.type_guards import is_dict
from tidefall.io.records.appending import PartlyWritten, append

if TYPE_CHECKING:
    from tidefall.serving.trust.keys import Verifier

FIRST = "0" * 64
_OUTSIDE = ("hash", "signed")
"""What of an entry its hash is not of."""
_REMEMBERED = 1000


class AuditLog:
    """The log of one server, or of all who share it.

    Args:
        path: the file, which is made if it is not there; None keeps the last entries in memory
            alone.
        is_shared: whether other processes write it too.
        sign: signs the hash of an entry; None to leave it at the chain.
    """

    def __init__(
        self,
        path: Path | None,
        is_shared: bool = False,
        sign: Callable[[bytes], dict[str, str]] | None = None,
    ) -> None:
        self.path = path
        self._is_shared = is_shared
        self._sign = sign
        self._read_bytes = 0
        self._lock = threading.Lock()
        self._recent: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)
        self._previous: str = FIRST
        self._sequence: int = 0
        self._file: FileIO | None = None
        self._is_within_line = False
        self.failures = 0
        """Entries that could not be written; the changes were not made."""

    @classmethod
    def in_folder(cls, folder: str) -> AuditLog:
        """The log in a server's state directory, or one in memory for ""."""
        return cls(Path(folder) / "audit.jsonl" if folder else None)

    def open(self) -> AuditLog:
        """Opens the file, and goes on after its last entry.

        Raises:
            UnavailableError: it cannot be opened, or another server is using it.
        """
        if self.path is not None:
            self._file = _open(self.path, self._is_shared)
            if not self._is_shared:
                self._resume(self.path)
        return self

    @contextlib.contextmanager
    def turn(self) -> Generator[AuditLog]:
        """Have a shared log to oneself, with what others wrote known.

        Raises:
            UnavailableError: it is not open, or cannot be read or locked.
        """
        with self._lock:
            if self._file is None or self.path is None:
                raise errors.UnavailableError(None, None, f"the audit log {self.path} is not open")
            try:
                _lock(self._file, waits=True)
            except OSError as error:
                message = f"cannot lock the audit log {self.path}: {error.strerror or error}"
                raise errors.UnavailableError(None, None, message) from None
            try:
                self._resume(self.path)
                yield self
                self._read_bytes = self.path.stat().st_size
            finally:
                _unlock(self._file)

    @property
    def last(self) -> tuple[int, str]:
        """The sequence number and hash of the last entry known."""
        return self._sequence, self._previous

    def _resume(self, path: Path) -> None:
        if path.stat().st_size < self._read_bytes:  # It was cut or replaced.
            self._read_bytes, self._sequence, self._previous = 0, 0, FIRST
        for entry in _entries(path, self._read_bytes):
            if entry is not None:
                self._recent.append(entry)
                self._previous, self._sequence = entry["hash"], entry["sequence"]
        self._read_bytes = path.stat().st_size
        # So it does if the process was killed while it wrote. What is there stays there.
        self._is_within_line = _ends_within_a_line(path)

    def write(self, who: str, action: str, model: str = "", **details: Any) -> dict[str, Any]:
        """Appends an entry, forces it to the disk, and returns it.

        Args:
            who: the name that goes with the token, or "server" for what it does by itself.
            action: what was done, as in "rollout.apply".
            model: the model concerned.
            **details: JSON values.

        Raises:
            UnavailableError: the entry could not be written. The change must not be made then.
        """
        if self._is_shared:
            with self.turn():
                return self.add(who, action, model, **details)
        with self._lock:
            return self.add(who, action, model, **details)

    def add(self, who: str, action: str, model: str = "", **details: Any) -> dict[str, Any]:
        """Appends an entry, as `write` does, within a `turn`."""
        entry: dict[str, Any] = {
            "sequence": self._sequence + 1,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": who,
            "action": action,
            "model": model,
            "details": details,
            "previous": self._previous,
        }
        entry["hash"] = _hash(entry)
        if self._sign is not None:
            entry["signed"] = self._sign(entry["hash"].encode())
        self._append(entry)
        self._previous, self._sequence = entry["hash"], entry["sequence"]
        self._recent.append(entry)
        return entry

    def _append(self, entry: dict[str, Any]) -> None:
        if self.path is None:
            return
        if self._file is None:
            raise errors.UnavailableError(None, None, f"the audit log {self.path} is not open")
        line = json.dumps(entry).encode() + b"\n"
        try:
            append(self._file, b"\n" * self._is_within_line + line, durable=True)
        except OSError as error:
            self._is_within_line |= isinstance(error, PartlyWritten)
            self.failures += 1
            message = f"the audit log {self.path} cannot be written: {error.strerror or error}"
            raise errors.UnavailableError(None, None, message) from None
        self._is_within_line = False

    def entries(self, limit: int = 100, model: str | None = None) -> list[dict[str, Any]]:
        """The latest entries, newest first, of those the server remembers (a thousand)."""
        with self._lock:
            recent = list(self._recent)
        chosen = [entry for entry in reversed(recent) if model is None or entry["model"] == model]
        return chosen[:limit]

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def check_audit(path: Path, verifier: Verifier | None = None) -> int:
    """Checks the chain of an audit log.

    Args:
        path: the log.
        verifier: the keys one of which must have signed the last entry, and with it, by the chain,
            all before; None to check the chain alone.

    Returns:
        How many entries there are.

    Raises:
        DataLossError: an entry was changed, removed, put in or damaged; says at which line. A line
            that was cut short because the server was killed is named as well.
    """
    previous, count, last = FIRST, 0, None
    for number, entry in enumerate(_entries(path), 1):
        if entry is None:
            raise _broken(path, number, "is not an entry")
        if entry["previous"] != previous:
            raise _broken(path, number, "does not follow the entry before it")
        if entry["hash"] != _hash({k: v for k, v in entry.items() if k not in _OUTSIDE}):
            raise _broken(path, number, "was changed")
        previous, count, last = entry["hash"], count + 1, entry
    if verifier is not None and last is not None:
        verifier.check(last.get("signed"), last["hash"].encode(), f"audit log {path}: line {count}")
    return count


def audit_entries(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of an audit log; lines that are none are left out."""
    return (entry for entry in _entries(path) if entry is not None)


def _broken(path: Path, number: int, what: str) -> errors.DataLossError:
    return errors.DataLossError(None, None, f"audit log {path}: line {number} {what}")


def _hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def _entries(path: Path, first_byte: int = 0) -> Iterator[dict[str, Any] | None]:
    """The entries of a file, None for each line that is none."""
    with path.open("rb") as file:
        file.seek(first_byte)
        for line in file:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            yield entry if is_dict(entry) and _is_complete(entry) else None


def _is_complete(entry: dict[str, Any]) -> bool:
    known = isinstance(entry.get("sequence"), int) and isinstance(entry.get("hash"), str)
    return known and "previous" in entry and "model" in entry


def _open(path: Path, is_shared: bool) -> FileIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab", buffering=0)
    except OSError as error:
        message = f"cannot open the audit log {path}: {error.strerror or error}"
        raise errors.UnavailableError(None, None, message) from None
    if is_shared:
        return file
    try:
        _lock(file)
    except OSError:
        file.close()
        message = f"another server writes the audit log {path}; give each a state_dir of its own"
        raise errors.UnavailableError(None, None, message) from None
    return file


def _lock(file: FileIO, waits: bool = False) -> None:
    try:
        import fcntl
    except ImportError:  # Not a POSIX system: nothing keeps two servers apart.
        return
    fcntl.flock(file.fileno(), fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))


def _unlock(file: FileIO) -> None:
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def _ends_within_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
