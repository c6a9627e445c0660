"""A server's health, metrics, keys and pages, put together."""

from __future__ import annotations

from tidefall.serving.http.reply import Application
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.operations.health import Health
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.operations.tokens import Guarded, Tokens
from tidefall.serving.site import Page, Site

_CLOSED = "the admin API is closed; start the server with --admin_token_file to open it"


class Operations:
    """What watches and guards one server.

    Args:
      manager: the models.
      settings: what was chosen.

    Raises:
      InvalidArgumentError: a file that the settings name cannot be used.
    """

    def __init__(self, manager: ModelManager, settings: OperationsSettings) -> None:
        self.settings = settings
        self.health = Health(manager)
        self.admin_tokens = _tokens(settings.admin_token_file)
        self.inference_tokens = _tokens(settings.inference_token_file)

    def site(self, rest: Application, admin: Application | None = None) -> Site:
        """All that answers over HTTP.

        Args:
          rest: the REST API of the models.
          admin: the admin API, for paths that begin with /admin/.
        """
        if self.inference_tokens is not None:
            rest = Guarded(rest, self.inference_tokens)
        site = Site(rest)
        site.mount("/healthz", Page(self.health.healthz))
        site.mount("/readyz", Page(self.health.readyz))
        if admin is not None:
            site.mount("/admin/", Guarded(admin, self.admin_tokens, _CLOSED))
        return site


def _tokens(path: str) -> Tokens | None:
    return Tokens(path) if path else None
