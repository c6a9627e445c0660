"""All models of a server, and the thread that watches their directories."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from tidefall.core import errors
from tidefall.serving.models.execution import ExecutorFactory, immediately
from tidefall.serving.models.model import Listener, Loaded, Model, ModelConfig, State, VersionStatus
from tidefall.serving.models.servable import Loader

_logger = logging.getLogger("tidefall.serving")


class ModelManager:
    """Finds the model a request is for, and keeps the models in step with the file system.

    Args:
      configs: the models to serve; names are unique.
      load: loads a version directory.
      poll_seconds: the pause between two looks at the directories; 0 looks once.
      listeners: are told of every change of a version's state.
      executor_for: makes what runs a version once it is loaded.
    """

    def __init__(
        self,
        configs: Iterable[ModelConfig],
        load: Loader,
        poll_seconds: float,
        listeners: Sequence[Listener] = (),
        executor_for: ExecutorFactory = immediately,
    ) -> None:
        self._models: dict[str, Model] = {}
        self._listeners = list(listeners)  # The models hold the same list.
        for config in configs:
            if config.name in self._models:
                raise ValueError(f"two models are called {config.name!r}")
            self._models[config.name] = Model(config, load, self._listeners, executor_for)
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def add_listener(self, listener: Listener) -> None:
        """Has one more listener told of every change of a version's state, before the start."""
        self._listeners.append(listener)

    def names(self) -> list[str]:
        """The names of all models, in order."""
        return sorted(self._models)

    def __contains__(self, name: str) -> bool:
        return name in self._models

    def find(self, name: str, version: int | None = None) -> Model:
        """The model of that name.

        Raises:
          NotFoundError: there is none; the message also says which version was asked for.
        """
        model = self._models.get(name)
        if model is None:
            request = f"Latest({name})" if version is None else f"Specific({name}, {version})"
            known = ", ".join(sorted(self._models))
            message = f"Servable not found for request: {request}. Models: {known}"
            raise errors.NotFoundError(None, None, message)
        return model

    @contextmanager
    def use(
        self, name: str, version: int | None = None, label: str | None = None
    ) -> Iterator[Loaded]:
        """Keeps a version of a model loaded within a `with` block.

        Raises:
          NotFoundError: no such model or version is served.
          InvalidArgumentError: no version has that label.
        """
        model = self.find(name, version)
        with model.use(version if label is None else model.labelled(label)) as loaded:
            yield loaded

    def statuses(
        self, name: str, version: int | None = None, label: str | None = None
    ) -> list[VersionStatus]:
        """The states of a model's versions, latest first.

        Raises:
          NotFoundError: no such model or version is known.
          InvalidArgumentError: no version has that label.
        """
        model = self._models.get(name)
        if model is None:
            what = "any versions" if version is None else f"version {version}"
            known = ", ".join(sorted(self._models))
            message = f"Could not find {what} of model {name}. Models: {known}"
            raise errors.NotFoundError(None, None, message)
        return model.statuses(version if label is None else model.labelled(label))

    def start(self) -> None:
        """Starts watching the directories."""
        self._thread = threading.Thread(target=self._watch, name="tidefall-models", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            for model in self._models.values():
                try:
                    model.reconcile()
                except Exception:  # One model's trouble must not stop the others' updates.
                    _logger.exception("%s: looking for versions failed", model.config.name)
            if self._poll_seconds <= 0:
                return
            self._stopping.wait(self._poll_seconds)

    def wait_until_available(self, timeout: float) -> None:
        """Waits until each model has a version that answers requests.

        Raises:
          FailedPreconditionError: the versions of a model there are cannot be loaded.
          DeadlineExceededError: it took longer than `timeout` seconds.
        """
        for name, model in self._models.items():
            statuses = model.wait_until_settled(timeout)
            if any(status.state is State.AVAILABLE for status in statuses):
                continue
            reasons = [f"version {s.version}: {s.error_message or s.state.value}" for s in statuses]
            what = "; ".join(reasons) or f"no versions in {model.config.base_path}"
            ended = bool(statuses) and all(s.state is State.END for s in statuses)
            kind = errors.FailedPreconditionError if ended else errors.DeadlineExceededError
            raise kind(None, None, f"model {name} did not become available: {what}")

    def stop(self, timeout: float = 5.0) -> None:
        """Stops watching and unloads all models."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)
        for model in self._models.values():
            model.close()
