"""Rollouts, their audit log, their config file and the admin API, put together for one server."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.states import Listener, VersionStatus
from tidefall.serving.rest.text import loads
from tidefall.serving.rollout.admin import AdminApi
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.rollout.replay import Replays
from tidefall.serving.rollout.rollouts import SERVER, Rollouts

_logger = logging.getLogger("tidefall.serving")


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """What may be chosen about rollouts.

    Args:
        state_dir: where the audit log, the state of rollouts and recorded differences are kept;
            with "" they are in memory and end with the process.
        config_file: rollouts by model, in JSON.
        config_poll_seconds: the pause between two looks at that file; 0 reads it once.
        recordings_dir: where recorded requests are that may be replayed; none with "".
    """

    state_dir: str = ""
    config_file: str = ""
    config_poll_seconds: float = 0.0
    recordings_dir: str = ""


class Control:
    """Everything about rollouts of one server.

    Args:
        manager: the models.
        audit: the log of changes.
        settings: what was chosen.
    """

    def __init__(self, manager: ModelManager, audit: AuditLog, settings: ControlSettings) -> None:
        self._settings = settings
        self._audit = audit
        state = Path(settings.state_dir) if settings.state_dir else None
        recordings = Path(settings.recordings_dir) if settings.recordings_dir else None
        self.rollouts = Rollouts(manager, audit, state)
        self.replays = Replays(manager, audit, recordings)
        self.admin = AdminApi(manager, self.rollouts, self.replays, audit)
        manager.record_reloads(self._record_reload)
        self._content: bytes | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Takes up what was in force, reads the config file and starts watching.

        Raises:
            UnavailableError: the audit log cannot be written, or another server writes it.
            DataLossError: what was kept of rollouts is damaged.
            NotFoundError: there is no such config file.
            InvalidArgumentError: something in it is wrong.
        """
        self._audit.open()
        try:
            self.rollouts.restore()
            if self._settings.config_file:
                self.read_config()
        except BaseException:
            self._audit.close()
            raise
        if self._settings.config_file and self._settings.config_poll_seconds > 0:
            self._thread = threading.Thread(
                target=self._watch, name="tidefall-rollout-config", daemon=True
            )
            self._thread.start()
        self.rollouts.start()

    def stop_watching(self) -> None:
        """Ends all threads; from now on rollouts stay as they are."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self.replays.stop()
        self.rollouts.stop()

    def stop(self) -> None:
        """Ends all threads and closes the audit log, after which nothing can be recorded."""
        self.stop_watching()
        self._audit.close()

    def write_failures(self) -> dict[str, int]:
        """How often each of the files in the state directory could not be written."""
        return {
            "audit": self._audit.failures,
            "rollouts": self.rollouts.failures,
            "differences": self.rollouts.shadows.failures,
        }

    def read_config(self) -> None:
        """Reads the config file, and puts in force what is new in it.

        Raises:
            NotFoundError: there is no such file.
            InvalidArgumentError: something in it is wrong. Nothing has changed then.
        """
        path = Path(self._settings.config_file)
        try:
            content = path.read_bytes()
        except OSError as error:
            message = f"cannot read the rollout config {path}: {error.strerror or error}"
            raise errors.NotFoundError(None, None, message) from None
        if content == self._content:
            return
        self._content = content  # A file that is wrong is complained of once.
        try:
            self.rollouts.configure(loads(content))
        except errors.InvalidArgumentError as error:
            raise errors.InvalidArgumentError(None, None, f"{path}: {error.message}") from None
        except errors.UnavailableError:
            self._content = None  # There is nothing wrong with it: the next look tries again.
            raise

    def _record_reload(self, who: str, before: list[ModelConfig], after: list[ModelConfig]) -> None:
        old, new = ({config.name: _shown(config) for config in side} for side in (before, after))
        changed = sorted(n for n in old.keys() | new.keys() if old.get(n) != new.get(n))
        if changed:
            details = {n: {"before": old.get(n), "after": new.get(n)} for n in changed}
            self._audit.write(who, "models.reload", models=details)

    def _watch(self) -> None:
        while not self._stopping.wait(self._settings.config_poll_seconds):
            try:
                self.read_config()
            except errors.OpError as error:
                _logger.error("%s; rollouts stay as they are", error.message)
            except Exception:
                _logger.exception("reading the rollout config failed")


def _shown(config: ModelConfig) -> dict[str, Any]:
    return {
        "base_path": str(config.base_path),
        "version_policy": repr(config.version_policy),
        "version_labels": dict(config.version_labels),
    }


def version_recorder(audit: AuditLog) -> Listener:
    """Writes every change of a version's state to the audit log."""

    def record(model: str, status: VersionStatus) -> None:
        problem = "" if status.error_code == "OK" else f"{status.error_code}: "
        action = f"version.{status.state.value.lower()}"
        try:
            audit.write(
                SERVER, action, model, version=status.version, error=problem + status.error_message
            )
        except errors.OpError as error:
            _logger.error("%s", error.message)

    return record
