"""All models of a server, and the threads that keep them in step with the file system."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from tidefall.base import errors
from tidefall.base.background import background_work
from tidefall.serving.models.config import LoadSettings, ModelConfig, by_name
from tidefall.serving.models.execution import ExecutorFactory, immediately
from tidefall.serving.models.loading import VersionLoader
from tidefall.serving.models.local_copies import LocalCopies
from tidefall.serving.models.memory import FreeMemory, MemoryBudget
from tidefall.serving.models.model import Model
from tidefall.serving.models.servable import Loader
from tidefall.serving.models.served import Loaded
from tidefall.serving.models.states import Listener, State, VersionStatus
from tidefall.serving.models.threads import Job, Repeating, ThreadPool
from tidefall.serving.models.versions import check_base_path
from tidefall.serving.models.warmup import WarmUp

_logger = logging.getLogger("tidefall.serving")
_MAX_LOAD_THREADS = 16
_PAUSE_UNTIL_SETTLED = 1.0


ReloadRecorder = Callable[[str, list[ModelConfig], list[ModelConfig]], None]
"""Is told who reloads, what was configured and what will be."""


class ModelManager:
    """Finds the model a request is for, and keeps the models in step with the file system.

    One thread says when to look; each model's directory is looked at, and its versions are loaded,
    by a thread of a pool, so that a model that loads for long holds up no other. Unloading has a
    pool of its own, so that no request waits for it.

    Args:
        configs: the models to serve; names are unique.
        load: loads a version directory.
        poll_seconds: the pause between two looks at the directories; 0 looks once.
        listeners: are told of every change of a version's state.
        executor_for: makes what runs a version once it is loaded.
        settings: how to load and unload.
        warm_up: answers requests with a version before clients may.

    Raises:
        InvalidArgumentError: two models have the same name.
    """

    def __init__(
        self,
        configs: Iterable[ModelConfig],
        load: Loader,
        poll_seconds: float,
        listeners: Sequence[Listener] = (),
        executor_for: ExecutorFactory = immediately,
        settings: LoadSettings | None = None,
        warm_up: WarmUp | None = None,
    ) -> None:
        self._listeners = list(listeners)  # The models hold the same list.
        self._poll_seconds = poll_seconds
        self._settings = settings or LoadSettings()
        self._copies = LocalCopies(self._settings.cache_folder)
        self._loader_for = partial(
            VersionLoader,
            load=load,
            executor_for=executor_for,
            warm_up=warm_up,
            copies=self._copies,
        )
        self.budget = MemoryBudget(self._settings.memory_limit)
        self._free_memory = FreeMemory()
        load_threads = self._settings.load_threads or _MAX_LOAD_THREADS
        self._loading = ThreadPool("tidefall-load", load_threads)
        self._unloading = ThreadPool("tidefall-unload", self._settings.unload_threads or 1)
        self._record_reload: ReloadRecorder | None = None
        self._reload = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._models: Mapping[str, Model] = {}
        self._looks: Mapping[Model, Repeating] = {}
        self._replace(by_name(configs))

    def add_listener(self, listener: Listener) -> None:
        """Has one more listener told of every change of a version's state, before the start."""
        self._listeners.append(listener)

    def record_reloads(self, record: ReloadRecorder) -> None:
        """Has something told of every reload before it is made; raising, it prevents it."""
        self._record_reload = record

    # --- requests ---------------------------------------------------------------------------------

    def __contains__(self, name: str) -> bool:
        return name in self._models

    def models(self) -> Mapping[str, Model]:
        """All models by name, in order."""
        return dict(sorted(self._models.items()))

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
    ) -> Generator[Loaded]:
        """Keeps a version of a model loaded within a `with` block.

        Raises:
            NotFoundError: no such model or version is served.
            InvalidArgumentError: no version has that label.
        """
        model = self.find(name, version)
        with model.use(version if label is None else model.labelled(label)) as loaded:
            yield loaded

    def names(self) -> list[str]:
        """The names of all models, sorted."""
        return sorted(self._models)

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

    # --- configuration ----------------------------------------------------------------------------

    def configs(self) -> list[ModelConfig]:
        """What is configured now, by name of the models."""
        return [model.config for _, model in sorted(self._models.items())]

    def reload(self, configs: Iterable[ModelConfig], who: str = "server") -> None:
        """Serves these models from now on: adds new ones, changes others, removes the rest.

        It is all or nothing: where one configuration is not acceptable, all stays as it was. New
        models and versions load afterwards (`wait_until_available` waits for them); removed ones
        are unloaded when their last request is done.

        Args:
            configs: the models to serve.
            who: who asks for it, for the record.

        Raises:
            InvalidArgumentError: two models have the same name, or a base path is a model itself.
            NotFoundError: the base path of a new or moved model does not exist.
            FailedPreconditionError: a label names a version that is not available.
        """
        wanted = by_name(configs)
        with self._reload:
            for config in wanted.values():
                self._check(config)
            if self._record_reload is not None:
                self._record_reload(who, self.configs(), list(wanted.values()))
            self._replace(wanted)

    def _check(self, config: ModelConfig) -> None:
        model = self._models.get(config.name)
        if model is None or model.config.base_path != config.base_path:
            check_base_path(config.name, config.base_path)
        if model is not None:
            self._check_labels(config, model)

    def _check_labels(self, config: ModelConfig, model: Model) -> None:
        """A label that requests may already be using must not lead nowhere."""
        available = model.available_versions()
        for label, version in config.version_labels.items():
            before = model.config.version_labels.get(label)
            if version in available or before == version:
                continue
            if before is None and self._settings.labels_may_wait:
                continue
            message = (
                f"Request to assign label to version {version} of model {config.name}, which is "
                f"not currently available for inference. Label: {label!r}; available versions: "
                f"{available}"
            )
            raise errors.FailedPreconditionError(None, None, message)

    def _replace(self, wanted: Mapping[str, ModelConfig]) -> None:
        models: dict[str, Model] = {}
        looks: dict[Model, Repeating] = {}
        changed: list[Repeating] = []
        for name, config in wanted.items():
            model = self._models.get(name)
            if model is None:
                model = self._new_model(config)
                looks[model] = Repeating(model.reconcile, self._loading)
                changed.append(looks[model])
            else:
                looks[model] = self._looks[model]
                if model.config != config:
                    model.configure(config)
                    changed.append(looks[model])
            models[name] = model
        removed = self._looks.keys() - looks.keys()
        self._models, self._looks = models, looks
        for model in removed:
            _logger.info("%s: removed from the configuration", model.config.name)
            model.close()
        if self._thread is not None:
            for look in changed:
                look.ask()

    def _new_model(self, config: ModelConfig) -> Model:
        return Model(
            config,
            self._loader_for(config.name),
            self._listeners,
            self._settings,
            self.budget,
            self._unload_soon,
        )

    def _unload_soon(self, unload: Job) -> None:
        def job() -> None:
            with background_work():
                unload()
                self._free_memory.ask()
                self._free_memory.release()

        self._unloading.submit(job)

    # --- life cycle -------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts watching the directories."""
        self._thread = threading.Thread(target=self._watch, name="tidefall-models", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        for look in self._looks.values():
            look.ask()
        while not self._stopping.wait(max(0.0, self._poll_seconds) or _PAUSE_UNTIL_SETTLED):
            self._look()
            if self._free_memory.is_due():
                self._unloading.submit(self._free_memory.release)

    def _look(self) -> None:
        for model, look in self._looks.items():
            if self._poll_seconds > 0 or model.will_change():
                look.ask()

    def wait_until_available(self, timeout: float, names: Iterable[str] | None = None) -> None:
        """Waits until models have a version that answers requests.

        Args:
            timeout: seconds.
            names: the models to wait for; all for None.

        Raises:
            FailedPreconditionError: the versions of a model there are cannot be loaded.
            DeadlineExceededError: it took longer than `timeout` seconds.
        """
        for name in self.names() if names is None else names:
            model = self.find(name)
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
        self._loading.stop(timeout)
        self._unloading.stop(timeout)
        self._copies.close()
