"""From a version directory to a version that can answer, and back."""

from __future__ import annotations

from pathlib import Path

from tidefall.base.background import background_work
from tidefall.serving.models.execution import ExecutorFactory, immediately
from tidefall.serving.models.local_copies import LocalCopies
from tidefall.serving.models.servable import Loader
from tidefall.serving.models.served import Loaded
from tidefall.serving.models.versions import VersionDirectory
from tidefall.serving.models.warmup import WarmUp


class VersionLoader:
    """Loads and unloads the versions of one model.

    Args:
        model: the model's name.
        load: loads a version directory.
        executor_for: makes what runs a version once it is loaded.
        warm_up: answers requests with a version before clients may.
        copies: keeps local copies of remote versions.
    """

    def __init__(
        self,
        model: str,
        load: Loader,
        executor_for: ExecutorFactory = immediately,
        warm_up: WarmUp | None = None,
        copies: LocalCopies | None = None,
    ) -> None:
        self._model = model
        self._read = load
        self._executor_for = executor_for
        self._warm_up = warm_up or WarmUp()
        self._copies = copies or LocalCopies()

    def load(self, directory: VersionDirectory, size: int) -> Loaded:
        """A version, loaded and warm.

        Args:
            directory: where it is.
            size: the memory that was set aside for it, in bytes.

        Raises:
            Exception: whatever is wrong with it. Nothing of it is left then.
        """
        folder = self._copies.take(directory)
        with background_work():
            return self._load(directory, folder, size)

    def _load(self, directory: VersionDirectory, folder: Path, size: int) -> Loaded:
        try:
            servable = self._read(folder)
        except BaseException:
            self._copies.drop(folder)
            raise
        loaded = Loaded(
            directory.version, servable, path=directory.path, folder=folder, memory=size
        )
        try:
            loaded.executor = self._executor_for(self._model, folder, servable)
            self._warm_up.run(folder, servable, loaded.executor)
        except BaseException:
            self.close(loaded)
            raise
        return loaded

    def close(self, loaded: Loaded) -> None:
        """Lets go of a version that no request uses."""
        try:
            loaded.executor.close()
        finally:
            try:
                loaded.servable.close()
            finally:
                self._copies.drop(loaded.folder)
