"""The states that versions of a model are in, and who is told of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from tidefall.base import errors

_logger = logging.getLogger("tidefall.serving")
_ENDED_TO_REMEMBER = 64


class State(Enum):
    """The life of a version, in the names of TensorFlow Serving's status API."""

    START = "START"
    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """The state of one version and, where something is wrong with it, what."""

    version: int
    state: State
    error_code: str = "OK"
    error_message: str = ""


Listener = Callable[[str, VersionStatus], None]
"""Is told of every change of a version's state, with the model's name; must not take long."""


class StatusBook:
    """The states of the versions of one model. Any thread may use it.

    Args:
        model: the model's name.
        listeners: are told of every change of a version's state.
    """

    def __init__(self, model: str, listeners: Sequence[Listener] = ()) -> None:
        self._model = model
        self._listeners = listeners
        self.changed = threading.Condition()
        """Guards the book, and wakes those who wait for a change."""
        self._statuses: dict[int, VersionStatus] = {}
        self._base_path_error = ""

    # --- reading ----------------------------------------------------------------------------------

    def get(self, version: int) -> VersionStatus | None:
        """The state of a version; None where it is not known."""
        return self._statuses.get(version)

    def known(self) -> list[VersionStatus]:
        """The states of all known versions, latest first; there may be none."""
        with self.changed:
            return sorted(self._statuses.values(), key=lambda s: s.version, reverse=True)

    def find(self, version: int | None = None) -> list[VersionStatus]:
        """The states of all known versions, latest first, or of one version.

        Raises:
            NotFoundError: the model has no such version, or none at all.
        """
        found = [s for s in self.known() if version is None or s.version == version]
        if found:
            return found
        what = "any versions" if version is None else f"version {version}"
        message = f"Could not find {what} of model {self._model}"
        problem = self._base_path_error
        raise errors.NotFoundError(None, None, f"{message}. {problem}" if problem else message)

    def is_loading(self, version: int | None) -> bool:
        """Whether a version is being loaded; whether any is, for None."""
        wanted = self._statuses.values() if version is None else [self._statuses.get(version)]
        return any(status and status.state is State.LOADING for status in wanted)

    def all_ended(self) -> bool:
        """Whether there are versions, and none of them is on its way to anything."""
        states = [status.state for status in self._statuses.values()]
        return bool(states) and all(state is State.END for state in states)

    # --- writing ----------------------------------------------------------------------------------

    def set(
        self, version: int, state: State, error_code: str = "OK", error_message: str = ""
    ) -> None:
        """Notes a version's new state, and tells the listeners."""
        status = VersionStatus(version, state, error_code, error_message)
        self.record(status)
        self.tell(status)

    def record(self, status: VersionStatus) -> None:
        """Notes a version's new state, for one who holds the lock and tells of it afterwards."""
        with self.changed:
            self._statuses[status.version] = status
            self._forget_old_versions()
            self.changed.notify_all()

    def tell(self, status: VersionStatus) -> None:
        """Tells the listeners of a new state; called without the lock."""
        for listener in self._listeners:
            try:
                listener(self._model, status)
            except Exception:
                _logger.exception("%s: a listener failed", self._model)

    def report(self, version: int, state: State, code: str, message: str) -> None:
        """Notes a problem that every look at the directory finds again, and logs it once."""
        if self._statuses.get(version) != VersionStatus(version, state, code, message):
            _logger.warning("%s version %d: %s", self._model, version, message)
            self.set(version, state, code, message)

    def report_base_path(self, problem: str) -> None:
        """Notes what keeps the base path from being read, "" where it was, and logs it once."""
        if problem and problem != self._base_path_error:
            _logger.error("%s: %s", self._model, problem)
        with self.changed:
            self._base_path_error = problem

    def forget_missing(self, there: Collection[int]) -> None:
        """Drops what was said of versions that never served, and are not there any more."""
        with self.changed:
            for version in self._statuses.keys() - set(there):
                status = self._statuses[version]
                if status.state is State.START or status.error_code != "OK":
                    del self._statuses[version]

    def forget_waiting(self, besides: Collection[int]) -> None:
        """Drops what was said of versions that wait to be loaded, and now need not be."""
        with self.changed:
            for version in self._statuses.keys() - set(besides):
                if self._statuses[version].state in (State.START, State.LOADING):
                    del self._statuses[version]
            self.changed.notify_all()

    def _forget_old_versions(self) -> None:
        ended = [
            status.version
            for status in self._statuses.values()
            if status.state is State.END and status.error_code == "OK"
        ]
        for version in sorted(ended)[:-_ENDED_TO_REMEMBER]:
            del self._statuses[version]
