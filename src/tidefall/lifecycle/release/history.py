"""Releases as the registry's audit log tells of them: the log is all the state there is.

Every step of a release is an entry that is written before the step is made. Whoever takes a release
up again, after the process that ran it was killed, makes the last entry's step once more, which
changes nothing where it was made, and goes on from there.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidefall.base.type_guards import is_dict

ENDS = {"release.promoted": "promoted", "release.rolled_back": "rolled back"}
"""The entries that end a release, and how it ended."""


@dataclass(frozen=True)
class Event:
    """One entry about a release.

    Args:
        time: when, as the log writes it.
        who: the user.
        action: such as "release.step".
        details: JSON values.
    """

    time: str
    who: str
    action: str
    details: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        """When, in seconds since the epoch."""
        return datetime.datetime.fromisoformat(self.time).timestamp()


class GoBackError(Exception):
    """The candidate does not go out; says why."""


@dataclass
class Release:
    """One release, by its entries.

    Args:
        id: its name.
        model: the model.
        events: its entries, oldest first.
    """

    id: str
    model: str
    events: list[Event] = field(default_factory=list[Event])

    @property
    def begin(self) -> Event:
        """The entry that began it."""
        return self.events[0]

    @property
    def stable(self) -> int:
        """The version that answered before."""
        return int(self.begin.details["stable"])

    @property
    def candidate(self) -> int:
        """The version that is to answer."""
        return int(self.begin.details["candidate"])

    def last(self, *actions: str) -> Event | None:
        """Return the latest entry with one of some actions."""
        return next((e for e in reversed(self.events) if e.action in actions), None)

    @property
    def end(self) -> str:
        """How it ended; "" while it goes on."""
        event = self.last(*ENDS)
        return ENDS[event.action] if event else ""

    @property
    def is_paused(self) -> bool:
        """Whether somebody has it wait."""
        event = self.last("release.pause", "release.resume")
        return event is not None and event.action == "release.pause"

    @property
    def wanted_back(self) -> Event | None:
        """The entry by which it is to go back, from whoever wrote it."""
        return self.last("release.going_back")

    @property
    def step(self) -> int:
        """The canary's step, from 1; 0 before the canary."""
        event = self.last("release.step")
        return int(event.details["step"]) if event else 0

    def state(self) -> str:
        """Return where it is, in a few words."""
        if self.end:
            return self.end
        if self.wanted_back:
            return "going back"
        if self.is_paused:
            return "paused"
        return _STATES.get(self.events[-1].action, "under way")


_STATES = {
    "release.begin": "waits for approval",
    "release.approved": "loading",
    "release.loaded": "replaying",
    "release.replayed": "shadowing",
    "release.shadowed": "starting the canary",
    "release.step": "canary",
    "release.promoting": "promoting",
}


class History:
    """Reads what a registry's audit log tells of releases, again and again.

    Args:
        path: the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._releases: dict[str, Release] = {}

    def refresh(self) -> History:
        """Take in what was written since the last time."""
        if not self._path.exists() or self._path.stat().st_size == self._read:
            return self
        with self._path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # Somebody is writing it.
                self._read += len(line)
                if b'"release.' in line:
                    self._take(line)
        return self

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
        except ValueError:
            return
        action = entry.get("action", "") if is_dict(entry) else ""
        details = entry.get("details") if action.startswith("release.") else None
        if not is_dict(details) or "release" not in details:
            return
        name = str(details["release"])
        release = self._releases.get(name)
        if release is None:
            if action != "release.begin":
                return
            release = self._releases[name] = Release(name, entry["model"])
        release.events.append(Event(entry["time"], entry["who"], action, details))

    def of_model(self, model: str) -> Sequence[Release]:
        """Return the releases of a model, oldest first."""
        return [release for release in self._releases.values() if release.model == model]

    def latest(self, model: str) -> Release | None:
        """Return the latest release of a model."""
        found = self.of_model(model)
        return found[-1] if found else None

    def is_wanted_back(self, release: str) -> bool:
        """Return whether somebody has a release go back, as of now."""
        return self.refresh()._releases[release].wanted_back is not None

    def has_ended(self, release: str) -> bool:
        """Return whether a release has ended that way, as of now."""
        return self.refresh()._releases[release].end == "rolled back"

    def __iter__(self) -> Iterator[Release]:
        return iter(self._releases.values())
