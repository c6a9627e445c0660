"""Who may do what in a registry, and how many must have approved.

The policy is `STORE/roles.json`:

    {"users": {"ann": ["register"], "bob": ["approve", "promote"], "*": []},
     "approvals": {"Production": 1}}

Without the file everybody may do everything, as suits one person's folder. "*" stands for whoever
is not named. An approval counts if it comes from somebody else than who registered the version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidefall.base import errors

ACTIONS = ("register", "approve", "promote", "admin")
"""What a role allows: new models and versions and their descriptions; approvals; stages and
aliases; deleting and renaming, and the roles themselves. "admin" allows the others too."""

FILE = "roles.json"


@dataclass
class Policy:
    """What is allowed.

    Args:
        users: the actions of each user; None allows everybody everything.
        approvals: how many approvals a version needs before it gets a stage.
    """

    users: Mapping[str, Iterable[str]] | None = None
    approvals: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_file(cls, path: Path) -> Policy:
        """Return the policy in a file; one that allows everything where there is none.

        Raises:
            InvalidArgumentError: it holds no policy. Nothing is allowed then.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise _invalid(path, error.strerror) from None
        try:
            read = json.loads(text)
        except ValueError as error:
            raise _invalid(path, error) from None
        _check(path, read)
        return cls(read["users"], read.get("approvals", {}))

    def check(self, user: str, action: str, what: str) -> None:
        """Raise unless a user may do something.

        Raises:
            PermissionDeniedError: they may not.
        """
        if self.users is None:
            return
        allowed = set(self.users.get(user, self.users.get("*", ())))
        if action not in allowed and "admin" not in allowed:
            message = f"{user!r} may not {what}: the role {action!r} is needed"
            raise errors.PermissionDeniedError(None, None, message)


def _check(path: Path, read: Any) -> None:
    if not isinstance(read, dict) or not isinstance(read.get("users"), dict):
        raise _invalid(path, "it is no object with users")
    unknown = set(read) - {"users", "approvals"}
    if unknown:
        raise _invalid(path, f"{sorted(unknown)} is unknown")
    for user, actions in read["users"].items():
        if not isinstance(actions, list) or not set(actions) <= set(ACTIONS):
            raise _invalid(path, f"the roles of {user!r} are not among {ACTIONS}")
    needed = read.get("approvals", {})
    if not isinstance(needed, dict) or not all(
        isinstance(n, int) and n >= 0 for n in needed.values()
    ):
        raise _invalid(path, "approvals are no numbers by stage")


def _invalid(path: Path, why: object) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"roles file {path}: {why}")
