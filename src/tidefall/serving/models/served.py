"""The versions of a model that answer requests, and the requests that use them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidefall.base import errors
from tidefall.serving.models.config import Location
from tidefall.serving.models.execution import Executor, Immediately
from tidefall.serving.models.servable import Servable
from tidefall.serving.models.states import State, StatusBook, VersionStatus


@dataclass(slots=True)
class Loaded:
    """A version that answers requests."""

    version: int
    servable: Servable
    executor: Executor = field(default_factory=Immediately)
    path: Location = ""
    folder: Path = Path()
    memory: int = 0
    requests: int = 0
    retired: bool = False


class ServedVersions:
    """Hands out versions to requests. Any thread may use it.

    What is withdrawn is unloaded when the last request that uses it is done.

    Args:
        model: the model's name.
        book: the states of the model's versions; its lock guards what is here too, so that no one
            sees a version that answers and is not available.
        unload: unloads a version that no request uses any more; called without the lock.
    """

    def __init__(self, model: str, book: StatusBook, unload: Callable[[Loaded], None]) -> None:
        self._model = model
        self._book = book
        self._changed = book.changed
        self._unload = unload
        # Replaced as a whole, so that reading takes no lock.
        self.by_version: Mapping[int, Loaded] = {}

    # --- requests ---------------------------------------------------------------------------------

    def acquire(self, version: int | None) -> Loaded:
        """Keeps a version loaded until `release`; the latest one for None.

        Raises:
            NotFoundError: no such version is loaded.
            UnavailableError: none is loaded yet, but one is being loaded.
        """
        with self._changed:
            serving = self.by_version
            wanted = max(serving, default=None) if version is None else version
            loaded = serving.get(wanted) if wanted is not None else None
            if loaded is None:
                raise self._not_served(version)
            loaded.requests += 1
            return loaded

    def release(self, loaded: Loaded) -> None:
        """Lets go of what `acquire` returned."""
        with self._changed:
            loaded.requests -= 1
            finished = loaded.retired and not loaded.requests
        if finished:
            self._unload(loaded)

    def _not_served(self, version: int | None) -> errors.OpError:
        name = self._model
        request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        if self._book.is_loading(version):
            message = f"Servable is still loading for request: {request}"
            return errors.UnavailableError(None, None, message)
        message = f"Servable not found for request: {request}"
        if self.by_version:
            message += f". Available versions: {', '.join(map(str, sorted(self.by_version)))}"
        return errors.NotFoundError(None, None, message)

    # --- life cycle -------------------------------------------------------------------------------

    def publish(self, loaded: Loaded) -> None:
        """Gives a version to requests from now on, in place of one with its number."""
        available = VersionStatus(loaded.version, State.AVAILABLE)
        with self._changed:
            before = self.by_version.get(loaded.version)
            self.by_version = {**self.by_version, loaded.version: loaded}
            self._book.record(available)
            unused = before is not None and _withdraw(before)
        self._book.tell(available)
        if unused and before is not None:
            self._unload(before)

    def retire(self, versions: Iterable[int]) -> None:
        """Gives versions to no new request; each is unloaded when its last one is done."""
        for version in sorted(versions):
            unloading = VersionStatus(version, State.UNLOADING)
            with self._changed:
                remaining = dict(self.by_version)
                loaded = remaining.pop(version)
                self.by_version = remaining
                unused = _withdraw(loaded)
                self._book.record(unloading)
            self._book.tell(unloading)
            if unused:
                self._unload(loaded)


def _withdraw(loaded: Loaded) -> bool:
    """Marks a version as no longer served; returns whether it can be unloaded now."""
    loaded.retired = True
    return not loaded.requests
