"""What the API answers, a file for each topic: each takes an `Asked` and returns JSON's values."""

from __future__ import annotations

from collections.abc import Mapping

from tidefall.lifecycle.ui.answers import artifacts, models, pipelines, runs
from tidefall.lifecycle.ui.api import Asked, Endpoint


def _about(asked: Asked) -> Mapping[str, object]:
    """Which store this is, and what who asks may change."""
    from tidefall import __version__

    return {
        "store": str(asked.store.folder),
        "database": asked.store.database.where,
        "version": __version__,
        "user": asked.user,
        "allowed": asked.store.allowed(asked.user),
        "problem": asked.store.policy()[1],
    }


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "about"): _about,
    **runs.ENDPOINTS,
    **models.ENDPOINTS,
    **pipelines.ENDPOINTS,
    **artifacts.ENDPOINTS,
}
"""What answers, by method and path below `/api/`."""
