"""`TrackingServer`: a store over HTTP, by the model server's HTTP layer."""

from __future__ import annotations

import os

from tidefall.lifecycle.registry.users import Registries
from tidefall.lifecycle.track.mlflow.app import MlflowApplication
from tidefall.lifecycle.track.tracker import Tracker
from tidefall.serving.http.parser import Limits
from tidefall.serving.http.reply import Application
from tidefall.serving.http.server import HttpServer, HttpSettings
from tidefall.serving.operations.tokens import Guarded, Tokens

_MAX_BODY = 1 << 30


class TrackingServer:
    """Serves a store to MLflow's client.

    Args:
        store: the store's folder.
        host: the address to listen on.
        port: the port; 0 for a free one.
        token_file: a file of `NAME TOKEN` lines; requests without one are refused. "" lets
            everybody in, as the user "anonymous".
        database: another database than the one in the folder.
        signing_key: a private key, by which audit entries are signed.
        threads: how many requests are answered at once.

    Raises:
        UnavailableError: the address cannot be listened on.

    >>> import tempfile
    >>> with TrackingServer(tempfile.mkdtemp(), port=0) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        store: str | os.PathLike[str],
        host: str = "127.0.0.1",
        port: int = 5000,
        token_file: str = "",
        database: str | None = None,
        signing_key: str | os.PathLike[str] | None = None,
        threads: int = 8,
    ) -> None:
        self.tracker = Tracker(store, database)
        self._registries = Registries(self.tracker.folder, self.tracker.database, signing_key)
        application: Application = MlflowApplication(self.tracker, self._registries.of)
        if token_file:
            application = Guarded(application, Tokens(token_file))
        settings = HttpSettings(Limits(body=_MAX_BODY), threads=threads, request_seconds=120.0)
        self._http = HttpServer(application, settings)
        try:
            self._http.start(host, port)
        except BaseException:
            self.tracker.close()
            raise

    @property
    def url(self) -> str:
        """Where it answers: what `mlflow.set_tracking_uri` takes."""
        return self._http.url

    def close(self) -> None:
        """Finish what is under way, and stop."""
        self._http.stop(drain_seconds=5.0)
        self._registries.close()
        self.tracker.close()

    def __enter__(self) -> TrackingServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
