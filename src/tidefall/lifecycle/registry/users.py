"""One registry for each user of a server, over one database."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.registry.registry import Registry


class Registries:
    """The registries that act for those who send requests. Any thread may ask.

    Args:
        folder: the store's folder.
        database: the store's database.
        signing_key: a private key, by which audit entries are signed.
    """

    def __init__(
        self, folder: Path, database: Database, signing_key: str | os.PathLike[str] | None = None
    ) -> None:
        self._folder, self._database, self._signing_key = folder, database, signing_key
        self._registries: dict[str, Registry] = {}
        self._lock = threading.Lock()

    def of(self, user: str) -> Registry:
        """Return the registry that acts for a user; "" is called "anonymous"."""
        name = user or "anonymous"
        with self._lock:
            if name not in self._registries:
                self._registries[name] = Registry(
                    self._folder,
                    database=self._database,
                    user=name,
                    signing_key=self._signing_key,
                )
            return self._registries[name]

    def close(self) -> None:
        """Close them all."""
        for registry in self._registries.values():
            registry.close()
