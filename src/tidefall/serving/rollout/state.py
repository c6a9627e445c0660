"""The rollouts in force, on disk, so that a restart goes on where the server was."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.io.file_systems.whole_files import whole_file
from tidefall.serving.rollout.canary import Progress
from tidefall.serving.rollout.plan import Plan, parse_plan

_logger = logging.getLogger("tidefall.serving")


@dataclass(frozen=True, slots=True)
class Saved:
    """One model's rollout as it is kept.

    Args:
        plan: what was asked for.
        progress: where its canary stands, if it has one.
        origin: the section of the config file it stands in for, or None where an operator made it
            and no file says otherwise. A section that has changed since counts more than what is
            kept.
    """

    plan: Plan | None
    progress: Progress | None
    origin: Any


class StateFile:
    """Reads and writes the state; whole or not at all.

    Args:
        path: the file; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> dict[str, Saved]:
        """What was saved, by model.

        Raises:
            DataLossError: the file is there but damaged. Traffic is not guessed at.
        """
        if self._path is None or not self._path.exists():
            return {}
        try:
            document = json.loads(self._path.read_bytes())
            return {name: _saved(entry) for name, entry in document["models"].items()}
        except (OSError, ValueError, KeyError, TypeError, errors.OpError) as error:
            message = (
                f"{self._path} does not hold the state of rollouts ({error}). Mend it, or remove "
                "it to start with the rollout config file alone"
            )
            raise errors.DataLossError(None, None, message) from None

    def write(self, models: dict[str, Saved]) -> None:
        """Replaces what was saved.

        Raises:
            OpError: the file cannot be written; the old one is still there.
        """
        if self._path is None:
            return
        document = {"models": {name: _as_json(saved) for name, saved in models.items()}}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(str(self._path)) as file:
            file.write(json.dumps(document, indent=1).encode())


def _as_json(saved: Saved) -> dict[str, Any]:
    return {
        "plan": saved.plan and saved.plan.as_json(),
        "progress": saved.progress and saved.progress.as_json(),
        "origin": saved.origin,
    }


def _saved(document: dict[str, Any]) -> Saved:
    plan, progress = document["plan"], document["progress"]
    return Saved(
        None if plan is None else parse_plan(plan),
        None if progress is None else Progress.from_json(progress),
        document["origin"],
    )
