"""What the page is about: a store's database, its files, and who may change what."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tidefall.base import errors
from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.places import database_url
from tidefall.lifecycle.metadata.store import MetadataStore
from tidefall.lifecycle.registry.policy import ACTIONS, FILE, Policy
from tidefall.lifecycle.registry.records import ModelRecords
from tidefall.lifecycle.registry.users import Registries
from tidefall.lifecycle.track.tracker import Tracker
from tidefall.serving.trust.keys import Signer, Verifier


class Store:
    """A store, opened for the page.

    Args:
        place: the store's folder, or a database file in one.
        database: another database than the one in the folder, by URL.
        signing_key: a private key, by which audit entries are signed.
        files: further folders whose artifacts may be shown.
        trusted_keys: a PEM file with the public keys that must have signed versions; those of the
            signing key for None, if there is one.

    Raises:
        NotFoundError: there is no store.
        OpError: the database cannot be opened.
    """

    def __init__(
        self,
        place: str | os.PathLike[str],
        database: str | None = None,
        signing_key: str | os.PathLike[str] | None = None,
        files: Iterable[str | os.PathLike[str]] = (),
        trusted_keys: str | os.PathLike[str] | None = None,
    ) -> None:
        self.verifier: Verifier | None = None
        if trusted_keys:
            self.verifier = Verifier.from_file(trusted_keys)
        elif signing_key:
            self.verifier = Signer(signing_key).verifier()
        url = database or database_url(place, must_exist=True)
        self.database = Database(url)
        given = Path(place).absolute()
        self.folder = given if given.is_dir() or database else Path(url).absolute().parent
        self.tracker = Tracker(self.folder, self.database)
        self.records = self.tracker.records
        self.models = ModelRecords(self.database)
        self.metadata = MetadataStore(self.database)
        self.registries = Registries(self.folder, self.database, signing_key)
        self._roots = [self.folder.resolve(), *(Path(f).resolve() for f in files)]

    def close(self) -> None:
        """Close what is open."""
        self.registries.close()
        self.database.close()

    def policy(self) -> tuple[Policy, str]:
        """Return what is allowed, and what is wrong with `roles.json`; nothing is allowed then."""
        try:
            return Policy.from_file(self.folder / FILE), ""
        except errors.InvalidArgumentError as error:
            return Policy({}), error.message

    def allowed(self, user: str) -> list[str]:
        """Return what a user may change.

        Nothing, unless a token told who it is and the store's `roles.json` names a role: the page
        is for reading otherwise.
        """
        policy, _ = self.policy()
        if not user or policy.users is None:
            return []
        return [action for action in ACTIONS if _has(policy, user, action)]

    def local(self, uri: str) -> Path:
        """Return the file or folder of an artifact.

        Raises:
            UnimplementedError: it is not on this machine's disk.
            PermissionDeniedError: it is in none of the folders that may be shown.
        """
        path = uri.removeprefix("file://")
        if "://" in path or not path:
            message = f"artifact at {uri!r}: files that are not on this machine are not shown"
            raise errors.UnimplementedError(None, None, message)
        found = Path(path).resolve()
        if not any(found.is_relative_to(root) for root in self._roots):
            message = (
                f"{path} is in none of the folders whose files are shown: the store's, and those "
                "given to `tidefall ui` with --files"
            )
            raise errors.PermissionDeniedError(None, None, message)
        return found


def _has(policy: Policy, user: str, action: str) -> bool:
    try:
        policy.check(user, action, action)
    except errors.PermissionDeniedError:
        return False
    return True
