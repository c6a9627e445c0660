"""Whether a version's folder is what was registered."""

from __future__ import annotations

from pathlib import Path

from tidefall.base import errors
from tidefall.lifecycle.registry.records import ModelVersion
from tidefall.serving.trust import manifest as manifests
from tidefall.serving.trust.keys import Verifier


def check_registered(store: Path, version: ModelVersion, verifier: Verifier | None) -> None:
    """Read all files of a version, and raise unless they are those that were registered.

    Args:
        store: the store's folder.
        version: a version that has a folder.
        verifier: the keys one of which must have signed it; None to compare contents alone.

    Raises:
        OpError: what is wrong; see `manifest.check_version`.
    """
    path = store / version.path
    manifests.check_version(path, verifier, version.model, version.number)
    if manifests.digest((path / manifests.MANIFEST).read_bytes()) != version.manifest:
        message = f"{path / manifests.MANIFEST} is not the one that was registered"
        raise errors.DataLossError(None, None, message)
