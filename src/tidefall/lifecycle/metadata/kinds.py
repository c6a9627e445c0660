"""The three kinds of node: artifacts, executions and contexts; their tables and messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tidefall.lifecycle.metadata import schema


@dataclass(frozen=True)
class Kind:
    """What is different between the kinds.

    Args:
        name: the table, which is also the message's name.
        type_kind: the value of `Type.type_kind`.
        state: the column and field of its state, or "".
        has_uri: whether it has a uri.
    """

    name: str
    type_kind: int
    state: str = ""
    has_uri: bool = False

    @property
    def word(self) -> str:
        return self.name.lower()

    @property
    def owner(self) -> str:
        """The column of the property table that refers to it."""
        return f"{self.word}_id"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that its message has as fields, without the key and the times."""
        own = ("uri",) if self.has_uri else ()
        return ("type_id", *own, *([self.state] if self.state else []), "name", "external_id")

    def message(self) -> Any:
        """Return a new message."""
        from tidefall.proto import mlmd

        return getattr(mlmd, self.name)()

    def type_message(self) -> Any:
        """Return a new message of its type."""
        from tidefall.proto import mlmd

        return getattr(mlmd, f"{self.name}Type")()


ARTIFACT = Kind("Artifact", schema.ARTIFACT, state="state", has_uri=True)
EXECUTION = Kind("Execution", schema.EXECUTION, state="last_known_state")
CONTEXT = Kind("Context", schema.CONTEXT)
