"""One model: its versions, what state each is in, and the requests that use them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tidefall.core import errors
from tidefall.serving.models.execution import (
    Executor,
    ExecutorFactory,
    Immediately,
    immediately,
)
from tidefall.serving.models.servable import Loader, Servable
from tidefall.serving.models.versions import (
    MODEL_FILES,
    Fingerprint,
    Latest,
    VersionDirectory,
    VersionPolicy,
    find_versions,
)
from tidefall.serving.status import describe

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
class ModelConfig:
    """What to serve under a name.

    Args:
      name: the model's name in requests.
      base_path: the folder around the numbered version directories.
      version_policy: which versions to serve.
    """

    name: str
    base_path: Path
    version_policy: VersionPolicy = field(default_factory=Latest)


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """The state of one version and, where something is wrong with it, what."""

    version: int
    state: State
    error_code: str = "OK"
    error_message: str = ""


@dataclass(slots=True)
class Loaded:
    """A version that answers requests."""

    version: int
    servable: Servable
    executor: Executor = field(default_factory=Immediately)
    requests: int = 0
    retired: bool = False


Listener = Callable[[str, VersionStatus], None]
"""Is told of every change of a version's state, with the model's name; must not take long."""


class Model:
    """The versions of one model. `reconcile` is called by one thread, the rest by any."""

    def __init__(
        self,
        config: ModelConfig,
        load: Loader,
        listeners: Sequence[Listener] = (),
        executor_for: ExecutorFactory = immediately,
    ) -> None:
        self.config = config
        self._executor_for = executor_for
        self._load_version = load
        self._listeners = listeners
        self._changed = threading.Condition()
        self._statuses: dict[int, VersionStatus] = {}
        self._serving: Mapping[int, Loaded] = {}
        self._broken: dict[int, Fingerprint] = {}
        self._base_path_error = ""
        self._reconciling = True  # Until the first look is done, anything may still come.

    # --- requests ---------------------------------------------------------------------------------

    @contextmanager
    def use(self, version: int | None) -> Iterator[Loaded]:
        """Keeps a version loaded within a `with` block, as `acquire` and `release` do."""
        loaded = self.acquire(version)
        try:
            yield loaded
        finally:
            self.release(loaded)

    def acquire(self, version: int | None) -> Loaded:
        """Keeps a version loaded until `release`; the latest one for None.

        Raises:
          NotFoundError: no such version is loaded.
          UnavailableError: none is loaded yet, but one is being loaded.
        """
        with self._changed:
            serving = self._serving
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

    def serving(self) -> list[Loaded]:
        """The versions that answer requests."""
        return list(self._serving.values())

    def labelled(self, label: str) -> int:
        """The version that has a label.

        Raises:
          InvalidArgumentError: none has.
        """
        message = f"Unrecognized servable version label: {label}"
        raise errors.InvalidArgumentError(None, None, message)

    def _not_served(self, version: int | None) -> errors.OpError:
        name = self.config.name
        request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        wanted = self._statuses.values() if version is None else [self._statuses.get(version)]
        if any(status and status.state is State.LOADING for status in wanted):
            message = f"Servable is still loading for request: {request}"
            return errors.UnavailableError(None, None, message)
        message = f"Servable not found for request: {request}"
        if self._serving:
            message += f". Available versions: {', '.join(map(str, sorted(self._serving)))}"
        return errors.NotFoundError(None, None, message)

    # --- status -----------------------------------------------------------------------------------

    def statuses(self, version: int | None = None) -> list[VersionStatus]:
        """The states of all known versions, latest first, or of one version.

        Raises:
          NotFoundError: the model has no such version, or none at all.
        """
        with self._changed:
            if version is None:
                found = sorted(self._statuses.values(), key=lambda s: s.version, reverse=True)
            else:
                found = [s for s in self._statuses.values() if s.version == version]
            problem = self._base_path_error
        if found:
            return found
        what = "any versions" if version is None else f"version {version}"
        message = f"Could not find {what} of model {self.config.name}"
        raise errors.NotFoundError(None, None, f"{message}. {problem}" if problem else message)

    def wait_until_settled(self, timeout: float) -> list[VersionStatus]:
        """Waits until a version is available or none can become so now; returns the statuses."""
        with self._changed:
            self._changed.wait_for(self._is_settled, timeout)
            return list(self._statuses.values())

    def _is_settled(self) -> bool:
        if self._serving:
            return True
        states = [status.state for status in self._statuses.values()]
        ended = bool(states) and all(state is State.END for state in states)
        return ended and not self._reconciling

    def _set(
        self, version: int, state: State, error_code: str = "OK", error_message: str = ""
    ) -> None:
        status = VersionStatus(version, state, error_code, error_message)
        self._record(status)
        self._tell(status)

    def _record(self, status: VersionStatus) -> None:
        with self._changed:
            self._statuses[status.version] = status
            self._forget_old_versions()
            self._changed.notify_all()

    def _tell(self, status: VersionStatus) -> None:
        for listener in self._listeners:
            try:
                listener(self.config.name, status)
            except Exception:
                _logger.exception("%s: a listener failed", self.config.name)

    def _forget_old_versions(self) -> None:
        ended = [
            status.version
            for status in self._statuses.values()
            if status.state is State.END and status.error_code == "OK"
        ]
        for version in sorted(ended)[:-_ENDED_TO_REMEMBER]:
            del self._statuses[version]

    # --- life cycle -------------------------------------------------------------------------------

    def reconcile(self) -> None:
        """Looks at the base path once: loads what should be served, then unloads what should not.

        A version that fails to load is passed over in favour of the next lower one, and tried
        again when its files have changed. What is being served is unloaded only once everything
        that replaces it is loaded, and never merely because its directory has gone.
        """
        self._set_reconciling(True)
        try:
            found = find_versions(self.config.base_path)
        except errors.NotFoundError as error:
            self._report_base_path(error.message)
        else:
            self._report_base_path("")
            self._follow(found)
        finally:
            self._set_reconciling(False)

    def _set_reconciling(self, value: bool) -> None:
        with self._changed:
            self._reconciling = value
            self._changed.notify_all()

    def _follow(self, found: Mapping[int, VersionDirectory]) -> None:
        self._forget_missing(found)
        ready = self._ready(found)
        while True:
            wanted = self.config.version_policy.select(ready.keys() | self._loaded_in(found))
            absent = wanted - self._serving.keys()
            if not absent:
                break
            version = max(absent)
            if not self._try_to_load(ready[version]):
                del ready[version]
        if wanted:
            for version in sorted(self._serving.keys() - wanted):
                self._retire(version)

    def _loaded_in(self, found: Mapping[int, VersionDirectory]) -> set[int]:
        return self._serving.keys() & found.keys()

    def _ready(self, found: Mapping[int, VersionDirectory]) -> dict[int, VersionDirectory]:
        """The directories that may be loaded: complete, and not known to be broken."""
        ready = {}
        for version, directory in found.items():
            if version in self._serving:
                ready[version] = directory
            elif not directory.is_complete():
                self._report_incomplete(directory)
            elif version not in self._broken or self._broken[version] != directory.fingerprint():
                ready[version] = directory
        return ready

    def _report_incomplete(self, directory: VersionDirectory) -> None:
        message = f"waiting for {' or '.join(MODEL_FILES)} in {directory.path}"
        status = VersionStatus(directory.version, State.START, "NOT_FOUND", message)
        if self._statuses.get(directory.version) != status:
            _logger.warning("%s version %d: %s", self.config.name, directory.version, message)
            self._set(directory.version, status.state, status.error_code, message)

    def _report_base_path(self, problem: str) -> None:
        if problem and problem != self._base_path_error:
            _logger.error("%s: %s", self.config.name, problem)
        with self._changed:
            self._base_path_error = problem

    def _forget_missing(self, found: Mapping[int, VersionDirectory]) -> None:
        """Drops what was said of directories that never served and are gone."""
        with self._changed:
            for version in self._statuses.keys() - found.keys() - self._serving.keys():
                status = self._statuses[version]
                if status.state is State.START or status.error_code != "OK":
                    del self._statuses[version]
                    self._broken.pop(version, None)

    def _try_to_load(self, directory: VersionDirectory) -> bool:
        version, name = directory.version, self.config.name
        fingerprint = directory.fingerprint()
        self._set(version, State.LOADING)
        try:
            servable = self._load_version(directory.path)
            executor = self._executor_for(name, directory.path, servable)
        except Exception as error:  # noqa: BLE001 - a model may raise anything; it is reported.
            code, message = describe(error)
            _logger.error("%s version %d failed to load: %s", name, version, message)
            self._broken[version] = fingerprint
            self._set(version, State.END, code, message)
            return False
        self._broken.pop(version, None)
        available = VersionStatus(version, State.AVAILABLE)
        with self._changed:
            self._serving = {**self._serving, version: Loaded(version, servable, executor)}
            self._record(available)
        self._tell(available)
        _logger.info("Successfully loaded servable version {name: %s version: %d}", name, version)
        return True

    def _retire(self, version: int) -> None:
        """Stops giving a version to new requests; it is unloaded when the last one is done."""
        with self._changed:
            remaining = dict(self._serving)
            loaded = remaining.pop(version)
            self._serving = remaining
            loaded.retired = True
            unused = not loaded.requests
            unloading = VersionStatus(version, State.UNLOADING)
            self._record(unloading)
        self._tell(unloading)
        if unused:
            self._unload(loaded)

    def _unload(self, loaded: Loaded) -> None:
        try:
            loaded.executor.close()
            loaded.servable.close()
        except Exception as error:
            _logger.exception("%s version %d failed to unload", self.config.name, loaded.version)
            self._set(loaded.version, State.END, *describe(error))
            return
        self._set(loaded.version, State.END)
        _logger.info("Unloaded {name: %s version: %d}", self.config.name, loaded.version)

    def close(self) -> None:
        """Unloads every version, each after its last request."""
        for version in sorted(self._serving):
            self._retire(version)
