"""One model: its versions, what state each is in, and the requests that use them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path

from tidefall.core import errors
from tidefall.serving.models.config import LoadSettings, Location, ModelConfig
from tidefall.serving.models.execution import (
    Executor,
    ExecutorFactory,
    Immediately,
    immediately,
)
from tidefall.serving.models.local_copies import LocalCopies
from tidefall.serving.models.memory import MemoryBudget
from tidefall.serving.models.policies import Specific
from tidefall.serving.models.readiness import Readiness
from tidefall.serving.models.servable import Loader, Servable
from tidefall.serving.models.threads import Job
from tidefall.serving.models.versions import (
    Fingerprint,
    VersionDirectory,
    find_versions,
    needed_bytes,
)
from tidefall.serving.models.warmup import WarmUp
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
    path: Location = ""
    folder: Path = Path()
    memory: int = 0
    requests: int = 0
    retired: bool = False


Listener = Callable[[str, VersionStatus], None]
"""Is told of every change of a version's state, with the model's name; must not take long."""


class Model:
    """The versions of one model. `reconcile` is called by one thread at a time, the rest by any.

    Args:
      config: what to serve.
      load: loads a version directory.
      listeners: are told of every change of a version's state.
      executor_for: makes what runs a version once it is loaded.
      settings: how to load and unload.
      budget: the memory there is for all models.
      unload: runs a job that unloads a version, now or later.
      warm_up: answers requests with a version before clients may.
      copies: keeps local copies of remote versions.
    """

    def __init__(
        self,
        config: ModelConfig,
        load: Loader,
        listeners: Sequence[Listener] = (),
        executor_for: ExecutorFactory = immediately,
        settings: LoadSettings | None = None,
        budget: MemoryBudget | None = None,
        unload: Callable[[Job], None] = lambda job: job(),
        warm_up: WarmUp | None = None,
        copies: LocalCopies | None = None,
    ) -> None:
        self.config = config
        self._executor_for = executor_for
        self._load_version = load
        self._listeners = listeners
        settings = settings or LoadSettings()
        self._budget = budget or MemoryBudget(settings.memory_limit)
        self._run_unload = unload
        self._warm_up = warm_up or WarmUp()
        self._copies = copies or LocalCopies()
        self._readiness = Readiness(
            settings.settle_seconds, settings.retries, settings.retry_seconds
        )
        self._changed = threading.Condition()
        self._statuses: dict[int, VersionStatus] = {}
        self._serving: Mapping[int, Loaded] = {}
        self._base_path_error = ""
        self._reconciling = True  # Until the first look is done, anything may still come.
        self._closed = False

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
            self._run_unload(partial(self._unload, loaded))

    def serving(self) -> list[Loaded]:
        """The versions that answer requests."""
        return list(self._serving.values())

    def labelled(self, label: str) -> int:
        """The version that has a label.

        Raises:
          InvalidArgumentError: none has.
        """
        version = self.config.version_labels.get(label)
        if version is None:
            message = f"Unrecognized servable version label: {label}"
            raise errors.InvalidArgumentError(None, None, message)
        return version

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

    def available_versions(self) -> list[int]:
        """The versions that answer requests, lowest first."""
        return sorted(self._serving)

    def statuses(self, version: int | None = None) -> list[VersionStatus]:
        """The states of all known versions, latest first, or of one version.

        Raises:
          NotFoundError: the model has no such version, or none at all.
        """
        found = [s for s in self.known() if version is None or s.version == version]
        if found:
            return found
        what = "any versions" if version is None else f"version {version}"
        message = f"Could not find {what} of model {self.config.name}"
        problem = self._base_path_error
        raise errors.NotFoundError(None, None, f"{message}. {problem}" if problem else message)

    def known(self) -> list[VersionStatus]:
        """The states of all known versions, latest first; there may be none."""
        with self._changed:
            return sorted(self._statuses.values(), key=lambda s: s.version, reverse=True)

    def wait_until_settled(self, timeout: float) -> list[VersionStatus]:
        """Waits until a version is available or none can become so now; returns the statuses."""
        with self._changed:
            self._changed.wait_for(self.is_settled, timeout)
            return list(self._statuses.values())

    def is_settled(self) -> bool:
        """Whether a version is available, or none can become so now."""
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

    def configure(self, config: ModelConfig) -> None:
        """Takes another configuration for the same name; labels hold at once, the rest follows
        with the next `reconcile`."""
        self.config = config

    def reconcile(self) -> None:
        """Looks at the base path once: loads what should be served, then unloads what should not.

        A version that fails to load is passed over in favour of the next one the policy takes, and
        tried again as `Readiness` says. What is being served is unloaded only once everything
        that replaces it is loaded, and never merely because its directory has gone.
        """
        if self._closed:
            return
        self._set_reconciling(True)
        try:
            found = find_versions(self.config.base_path)
        except errors.OpError as error:
            self._report_base_path(error.message)
        else:
            self._report_base_path("")
            self._follow(found)
        finally:
            self._set_reconciling(False)

    def will_change(self) -> bool:
        """Whether time alone may make a version loadable that is not loaded now."""
        return self._readiness.will_change()

    def _set_reconciling(self, value: bool) -> None:
        with self._changed:
            self._reconciling = value
            self._changed.notify_all()

    def _follow(self, found: Mapping[int, VersionDirectory]) -> None:
        self._forget_missing(found)
        policy = self.config.version_policy
        self._report_unfound(policy, found)
        candidates = dict(found)
        while True:
            wanted = policy.select(candidates)
            absent = {version for version in wanted if not self._is_served(candidates[version])}
            if not absent or self._closed:
                break
            version = max(absent)
            if not self._may_load(candidates[version]):
                self._keep_or_drop(candidates, version)
        if wanted:
            self._retire(self._serving.keys() - wanted)

    def _is_served(self, directory: VersionDirectory) -> bool:
        loaded = self._serving.get(directory.version)
        return loaded is not None and loaded.path == directory.path

    def _keep_or_drop(self, candidates: dict[int, VersionDirectory], version: int) -> None:
        """Passes a directory over, unless the same version of another base path is served."""
        loaded = self._serving.get(version)
        if loaded is None:
            del candidates[version]
        else:
            candidates[version] = VersionDirectory(version, loaded.path)

    def _may_load(self, directory: VersionDirectory) -> bool:
        """Loads a version if it is whole and fits; returns whether it is served now."""
        version = directory.version
        try:
            files = directory.fingerprint()
        except errors.OpError as error:
            self._report_waiting(version, error.message)
            return False
        reason = self._readiness.waits_for(version, files)
        if reason:
            self._report_waiting(version, f"{reason} in {directory.path}")
            return False
        if self._readiness.is_broken(version, files):
            return False
        size, name = needed_bytes(files), self.config.name
        try:
            self._budget.take(f"{name} version {version}", size)
        except errors.ResourceExhaustedError as error:
            self._report(version, State.END, "RESOURCE_EXHAUSTED", error.message)
            return False
        if self._try_to_load(directory, files, size):
            return True
        self._budget.give_back(size)
        return False

    def _report_waiting(self, version: int, message: str) -> None:
        self._report(version, State.START, "NOT_FOUND", message)

    def _report(self, version: int, state: State, code: str, message: str) -> None:
        """Notes a problem that every look at the directory finds again, and logs it once."""
        status = VersionStatus(version, state, code, message)
        if version not in self._serving and self._statuses.get(version) != status:
            _logger.warning("%s version %d: %s", self.config.name, version, message)
            self._set(version, state, code, message)

    def _report_unfound(self, policy: object, found: Mapping[int, VersionDirectory]) -> None:
        if isinstance(policy, Specific):
            for version in sorted(policy.versions - found.keys() - self._serving.keys()):
                where = self.config.base_path
                self._report_waiting(version, f"waiting for version {version} in {where}")

    def _report_base_path(self, problem: str) -> None:
        if problem and problem != self._base_path_error:
            _logger.error("%s: %s", self.config.name, problem)
        with self._changed:
            self._base_path_error = problem

    def _forget_missing(self, found: Mapping[int, VersionDirectory]) -> None:
        """Drops what was said of directories that never served and are gone."""
        self._readiness.keep_only(found.keys())
        with self._changed:
            for version in self._statuses.keys() - found.keys() - self._serving.keys():
                status = self._statuses[version]
                if status.state is State.START or status.error_code != "OK":
                    del self._statuses[version]

    def _try_to_load(self, directory: VersionDirectory, files: Fingerprint, size: int) -> bool:
        version, name = directory.version, self.config.name
        if version not in self._serving:
            self._set(version, State.LOADING)
        try:
            loaded = self._load(directory, size)
        except Exception as error:  # noqa: BLE001 - a model may raise anything; it is reported.
            self._failed(version, files, *describe(error))
            return False
        if directory.fingerprint() != files:
            self._close(loaded)
            message = f"the files in {directory.path} changed while they were loaded"
            self._report_waiting(version, message)
            return False
        self._readiness.forget(version)
        self._publish(loaded)
        _logger.info("Successfully loaded servable version {name: %s version: %d}", name, version)
        return True

    def _load(self, directory: VersionDirectory, size: int) -> Loaded:
        folder = self._copies.take(directory)
        try:
            servable = self._load_version(folder)
        except BaseException:
            self._copies.drop(folder)
            raise
        loaded = Loaded(
            directory.version, servable, path=directory.path, folder=folder, memory=size
        )
        try:
            loaded.executor = self._executor_for(self.config.name, folder, servable)
            self._warm_up.run(folder, servable, loaded.executor)
        except BaseException:
            self._close(loaded)
            raise
        return loaded

    def _close(self, loaded: Loaded) -> None:
        try:
            loaded.executor.close()
        finally:
            try:
                loaded.servable.close()
            finally:
                self._copies.drop(loaded.folder)

    def _failed(self, version: int, files: Fingerprint, code: str, message: str) -> None:
        left = self._readiness.failed(version, files)
        name = self.config.name
        _logger.error("%s version %d failed to load: %s", name, version, message)
        if left:
            _logger.info("%s version %d: %d tries are left", name, version, left)
        if version not in self._serving:
            self._set(version, State.END, code, message)

    def _publish(self, loaded: Loaded) -> None:
        """Gives a version to requests from now on."""
        available = VersionStatus(loaded.version, State.AVAILABLE)
        with self._changed:
            before = self._serving.get(loaded.version)
            self._serving = {**self._serving, loaded.version: loaded}
            self._record(available)
            unused = before is not None and self._withdraw(before)
        self._tell(available)
        if unused and before is not None:
            self._run_unload(partial(self._unload, before))

    def _retire(self, versions: Iterable[int]) -> None:
        """Gives versions to no new request; each is unloaded when its last one is done."""
        for version in sorted(versions):
            with self._changed:
                remaining = dict(self._serving)
                loaded = remaining.pop(version)
                self._serving = remaining
                unused = self._withdraw(loaded)
                unloading = VersionStatus(version, State.UNLOADING)
                self._record(unloading)
            self._tell(unloading)
            if unused:
                self._run_unload(partial(self._unload, loaded))

    @staticmethod
    def _withdraw(loaded: Loaded) -> bool:
        """Marks a version as no longer served; returns whether it can be unloaded now."""
        loaded.retired = True
        return not loaded.requests

    def _unload(self, loaded: Loaded) -> None:
        problem = ("OK", "")
        try:
            self._close(loaded)
        except Exception as error:
            _logger.exception("%s version %d failed to unload", self.config.name, loaded.version)
            problem = describe(error)
        self._budget.give_back(loaded.memory)
        if loaded.version not in self._serving:  # Else another directory took its place.
            self._set(loaded.version, State.END, *problem)
        _logger.info("Unloaded {name: %s version: %d}", self.config.name, loaded.version)

    def close(self) -> None:
        """Unloads every version, each after its last request; nothing is loaded any more."""
        self._closed = True
        self._retire(self._serving.keys())
