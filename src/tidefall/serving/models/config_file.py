"""`--model_config_file`: which models to serve, as TensorFlow Serving's ModelServerConfig."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from tidefall.base import errors
from tidefall.io.file_systems.open_file import is_remote
from tidefall.serving.models.config import ModelConfig, Recording, by_name
from tidefall.serving.models.policies import All, Latest, Specific, VersionPolicy
from tidefall.serving.status import invalid
from tidefall.serving.text_messages import read_message

_logger = logging.getLogger("tidefall.serving")
_PLATFORM = "tensorflow"
_TENSORFLOW_TYPE = 1  # Of the enum that came before platforms.


class ConfigFile:
    """A file that says which models to serve, read again when it changes.

    What cannot be used is logged once and leaves everything as it was; it is tried again with the
    next look, since a label may become valid once its version is loaded.

    Args:
        path: the file, a ModelServerConfig in protobuf's text format.
        poll_seconds: the pause between two looks; 0 or less looks only when `reread` asks for it.
    """

    def __init__(self, path: str | os.PathLike[str], poll_seconds: float = 0.0) -> None:
        self._path = path
        self._poll_seconds = poll_seconds
        self._accepted: dict[str, ModelConfig] | None = None
        self._problem = ""
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def read(self) -> dict[str, ModelConfig]:
        """The models to start with, by name.

        Raises:
            NotFoundError: the file cannot be read.
            InvalidArgumentError: it is not what it should be; says where.
            UnimplementedError: it asks for what is not there.
        """
        self._accepted = model_configs(read_message(self._path, "ModelServerConfig"))
        return self._accepted

    def watch(self, reload: Callable[[list[ModelConfig]], None]) -> None:
        """Starts a thread that calls `reload` with what the file says when that has changed."""
        self._thread = threading.Thread(
            target=self._watch, args=(reload,), name="tidefall-config", daemon=True
        )
        self._thread.start()

    def reread(self) -> None:
        """Has the thread look at the file now."""
        self._wake.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _watch(self, reload: Callable[[list[ModelConfig]], None]) -> None:
        while True:
            self._wake.wait(self._poll_seconds if self._poll_seconds > 0 else None)
            self._wake.clear()
            if self._stopping:
                return
            self._look(reload)

    def _look(self, reload: Callable[[list[ModelConfig]], None]) -> None:
        try:
            found = model_configs(read_message(self._path, "ModelServerConfig"))
            if found != self._accepted:
                reload(list(found.values()))
                self._accepted = found
                _logger.info(
                    "%s: now serving %s", self._path, ", ".join(sorted(found)) or "nothing"
                )
            self._problem = ""
        except errors.OpError as error:
            if error.message != self._problem:
                _logger.error("%s is not used, all stays as it was: %s", self._path, error.message)
            self._problem = error.message


def model_configs(message: Any) -> dict[str, ModelConfig]:
    """What a ModelServerConfig says, by model name.

    Args:
        message: of a file, or of a HandleReloadConfigRequest.

    Raises:
        InvalidArgumentError: it makes no sense.
        UnimplementedError: it asks for what is not there.
    """
    kind = message.WhichOneof("config")
    if kind == "custom_model_config":
        what = "custom_model_config: only model_config_list is understood"
        raise errors.UnimplementedError(None, None, what)
    return by_name(_model_config(config) for config in message.model_config_list.config)


def _model_config(message: Any) -> ModelConfig:
    name = message.name
    _check_platform(message)
    path = message.base_path
    if not (os.path.isabs(path) or is_remote(path) or path.startswith("file://")):
        raise invalid(
            f"Expected model {name} to have an absolute path or URI; got base_path()={path}"
        )
    policy = _policy(name, message.model_version_policy)
    labels = dict(message.version_labels)
    return ModelConfig(name, path, policy, labels, _recording(message))


def _recording(message: Any) -> Recording | None:
    """Which requests of a model are recorded, as its `logging_config` says."""
    if not message.HasField("logging_config"):
        return None
    name, config = message.name, message.logging_config
    prefix = config.log_collector_config.filename_prefix
    if not prefix:
        what = f"model {name}: logging_config needs log_collector_config.filename_prefix"
        raise invalid(what)
    sampling = config.sampling_config
    for holder, field in ((config, "custom_logging_config"), (sampling, "attributes")):
        if field in [each.name for each, _ in holder.ListFields()]:
            what = f"model {name}: {field} of logging_config is not implemented"
            raise errors.UnimplementedError(None, None, what)
    # Of the rates for single tasks, those count that hold for any, or for the first.
    tasks = [task for task in sampling.per_task_sampling_configs if not task.dc]
    rates = [task.sampling_rate for task in tasks if not task.task_index]
    rate = rates[0] if rates else sampling.sampling_rate
    if not 0 <= rate <= 1:
        raise invalid(f"model {name}: sampling_rate must be 0 to 1, received {rate}")
    return Recording(prefix, rate)


def _check_platform(message: Any) -> None:
    name, platform, kind = message.name, message.model_platform, message.model_type
    if kind and platform:
        raise invalid(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            f"ModelServerConfig::model_platform, model name is {name}"
        )
    if kind not in (0, _TENSORFLOW_TYPE):
        raise invalid(f"ModelServerConfig::model_type choice {kind} not supported.")
    if not kind and not platform:
        raise invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f"ModelServerConfig::model_platform, model name is {name}. Write model_platform: "
            f'"{_PLATFORM}"'
        )
    if platform not in ("", _PLATFORM):
        message = f"model {name}: PlatformConfigMap has no entry for platform {platform}"
        raise errors.FailedPreconditionError(None, None, message)


def _policy(name: str, message: Any) -> VersionPolicy:
    choice = message.WhichOneof("policy_choice")
    if choice == "all":
        return All()
    if choice == "specific":
        if not message.specific.versions:
            raise invalid(f"No specific versions requested for servable {name}.")
        return Specific(frozenset(message.specific.versions))
    return Latest(max(1, message.latest.num_versions))
