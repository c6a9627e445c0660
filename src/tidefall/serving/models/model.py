"""One model: which of its versions are loaded, kept in step with its directory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from tidefall.base import errors
from tidefall.serving.models.config import LoadSettings, ModelConfig
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.memory import MemoryBudget
from tidefall.serving.models.policies import Specific
from tidefall.serving.models.readiness import Readiness
from tidefall.serving.models.served import Loaded, ServedVersions
from tidefall.serving.models.states import Listener, State, StatusBook, VersionStatus
from tidefall.serving.models.threads import Job
from tidefall.serving.models.versions import (
    Fingerprint,
    VersionDirectory,
    find_versions,
    needed_bytes,
)
from tidefall.serving.status import describe

_logger = logging.getLogger("tidefall.serving")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What became of an attempt to serve a version; where neither is set, it failed."""

    is_served: bool = False
    waits_for: str = ""


class Model:
    """The versions of one model. `reconcile` is called by one thread at a time, the rest by any.

    Args:
        config: what to serve.
        loader: loads and unloads a version.
        listeners: are told of every change of a version's state.
        settings: when to load and unload.
        budget: the memory there is for all models.
        unload: runs a job that unloads a version, now or later.
    """

    def __init__(
        self,
        config: ModelConfig,
        loader: VersionLoader,
        listeners: Sequence[Listener] = (),
        settings: LoadSettings | None = None,
        budget: MemoryBudget | None = None,
        unload: Callable[[Job], None] = lambda job: job(),
    ) -> None:
        self.config = config
        settings = settings or LoadSettings()
        self._budget = budget or MemoryBudget(settings.memory_limit)
        self._loader = loader
        self._readiness = Readiness(
            settings.settle_seconds, settings.retries, settings.retry_seconds
        )
        self._book = StatusBook(config.name, listeners)
        self._served = ServedVersions(
            config.name, self._book, lambda loaded: unload(partial(self._unload, loaded))
        )
        self._reconciling = True  # Until the first look is done, anything may still come.
        self._closed = False

    # --- requests and status ----------------------------------------------------------------------

    @contextmanager
    def use(self, version: int | None) -> Generator[Loaded]:
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
        return self._served.acquire(version)

    def release(self, loaded: Loaded) -> None:
        """Lets go of what `acquire` returned."""
        self._served.release(loaded)

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

    def serving(self) -> list[Loaded]:
        """The versions that answer requests."""
        return list(self._served.by_version.values())

    def available_versions(self) -> list[int]:
        """The versions that answer requests, lowest first."""
        return sorted(self._served.by_version)

    def statuses(self, version: int | None = None) -> list[VersionStatus]:
        """The states of all known versions, latest first, or of one version.

        Raises:
            NotFoundError: the model has no such version, or none at all.
        """
        return self._book.find(version)

    def known(self) -> list[VersionStatus]:
        """The states of all known versions, latest first; there may be none."""
        return self._book.known()

    def wait_until_settled(self, timeout: float) -> list[VersionStatus]:
        """Waits until a version is available or none can become so now; returns the statuses."""
        with self._book.changed:
            self._book.changed.wait_for(self.is_settled, timeout)
            return self._book.known()

    def is_settled(self) -> bool:
        """Whether a version is available, or none can become so now."""
        if self._served.by_version:
            return True
        return self._book.all_ended() and not self._reconciling

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
            self._book.report_base_path(error.message)
        else:
            self._book.report_base_path("")
            self._follow(found)
        finally:
            self._set_reconciling(False)

    def will_change(self) -> bool:
        """Whether time alone may make a version loadable that is not loaded now."""
        return self._readiness.will_change()

    def close(self) -> None:
        """Unloads every version, each after its last request; nothing is loaded any more."""
        self._closed = True
        self._served.retire(self._served.by_version.keys())

    def _set_reconciling(self, value: bool) -> None:
        with self._book.changed:
            self._reconciling = value
            self._book.changed.notify_all()

    def _follow(self, found: Mapping[int, VersionDirectory]) -> None:
        self._readiness.keep_only(found.keys())
        self._book.forget_missing(found.keys() | self._served.by_version.keys())
        policy = self.config.version_policy
        self._report_unfound(policy, found)
        candidates = dict(found)
        # What is to be served once it can be: a version that only stands in for one that is still
        # being copied is none of these, and nothing is said of it unless it is served.
        aspired = dict(found)
        while True:
            wanted = policy.select(candidates)
            absent = {version for version in wanted if not self._is_served(candidates[version])}
            if not absent or self._closed:
                break
            version = max(absent)
            attempt = self._attempt(candidates[version])
            if attempt.waits_for and version in policy.select(aspired):
                self._report_waiting(version, attempt.waits_for)
            if attempt.is_served:
                continue
            if not attempt.waits_for:
                aspired.pop(version, None)
            self._keep_or_drop(candidates, version)
        named: frozenset[int] = policy.versions if isinstance(policy, Specific) else frozenset()
        self._book.forget_waiting(besides=named | policy.select(aspired))
        if wanted:
            self._served.retire(self._served.by_version.keys() - wanted)

    def _is_served(self, directory: VersionDirectory) -> bool:
        loaded = self._served.by_version.get(directory.version)
        return loaded is not None and loaded.path == directory.path

    def _keep_or_drop(self, candidates: dict[int, VersionDirectory], version: int) -> None:
        """Passes a directory over, unless the same version of another base path is served."""
        loaded = self._served.by_version.get(version)
        if loaded is None:
            del candidates[version]
        else:
            candidates[version] = VersionDirectory(version, loaded.path)

    def _attempt(self, directory: VersionDirectory) -> _Attempt:
        """Loads a version if it is whole and fits."""
        version = directory.version
        try:
            files = directory.fingerprint()
        except errors.OpError as error:
            return _Attempt(waits_for=error.message)
        reason = self._readiness.waits_for(version, files)
        if reason:
            return _Attempt(waits_for=f"{reason} in {directory.path}")
        if self._readiness.is_broken(version, files):
            return _Attempt()
        size, name = needed_bytes(files), self.config.name
        try:
            self._budget.take(f"{name} version {version}", size)
        except errors.ResourceExhaustedError as error:
            self._report(version, State.END, "RESOURCE_EXHAUSTED", error.message)
            return _Attempt()
        attempt = self._load(directory, files, size)
        if not attempt.is_served:
            self._budget.give_back(size)
        return attempt

    def _report_unfound(self, policy: object, found: Mapping[int, VersionDirectory]) -> None:
        if isinstance(policy, Specific):
            for version in sorted(policy.versions - found.keys()):
                where = self.config.base_path
                self._report_waiting(version, f"waiting for version {version} in {where}")

    def _report_waiting(self, version: int, message: str) -> None:
        self._report(version, State.START, "NOT_FOUND", message)

    def _report(self, version: int, state: State, code: str, message: str) -> None:
        """Says why a version is not loaded, unless one with its number answers meanwhile."""
        if version not in self._served.by_version:
            self._book.report(version, state, code, message)

    def _load(self, directory: VersionDirectory, files: Fingerprint, size: int) -> _Attempt:
        version, name = directory.version, self.config.name
        if version not in self._served.by_version:
            self._book.set(version, State.LOADING)
        try:
            loaded = self._loader.load(directory, size)
        except Exception as error:  # noqa: BLE001 - a model may raise anything; it is reported.
            self._failed(version, files, error)
            return _Attempt()
        if directory.fingerprint() != files:
            self._loader.close(loaded)
            message = f"the files in {directory.path} changed while they were loaded"
            self._report_waiting(version, message)
            return _Attempt(waits_for=message)
        self._readiness.forget(version)
        self._served.publish(loaded)
        _logger.info("Successfully loaded servable version {name: %s version: %d}", name, version)
        return _Attempt(is_served=True)

    def _failed(self, version: int, files: Fingerprint, error: Exception) -> None:
        code, message = describe(error)
        # What a full disk or memory keeps from loading is tried until there is room.
        lacks_room = isinstance(error, errors.ResourceExhaustedError)
        left = self._readiness.failed(version, files, counts=not lacks_room)
        name = self.config.name
        _logger.error("%s version %d failed to load: %s", name, version, message)
        if left:
            _logger.info("%s version %d: %d tries are left", name, version, left)
        if version not in self._served.by_version:
            self._book.set(version, State.END, code, message)

    def _unload(self, loaded: Loaded) -> None:
        problem = ("OK", "")
        try:
            self._loader.close(loaded)
        except Exception as error:
            _logger.exception("%s version %d failed to unload", self.config.name, loaded.version)
            problem = describe(error)
        self._budget.give_back(loaded.memory)
        if loaded.version not in self._served.by_version:  # Else another directory took its place.
            self._book.set(loaded.version, State.END, *problem)
        _logger.info("Unloaded {name: %s version: %d}", self.config.name, loaded.version)
