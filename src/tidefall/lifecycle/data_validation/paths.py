"""Where a feature is: its name, or the names of the structures around it and its own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


class FeaturePath:
    """The path of a feature, immutable and hashable.

    Args:
        steps: the names from the outermost to the feature's own.

    >>> path = FeaturePath(["trip", "fare"])
    >>> str(path), path.parent().child("tips").steps()
    ('trip.fare', ('trip', 'tips'))
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: Iterable[str] = ()):
        if isinstance(steps, str):
            raise TypeError(f"steps: expected a sequence of names, received the string {steps!r}")
        self._steps = tuple(steps)

    @classmethod
    def from_proto(cls, path: Any) -> FeaturePath:
        """The path that a `Path` message says."""
        return cls(path.step)

    @classmethod
    def from_string(cls, path: str) -> FeaturePath:
        """The path that `str` wrote, of names without dots."""
        return cls(path.split("."))

    def to_proto(self) -> Any:
        """The `Path` message."""
        from tidefall.proto import metadata

        return metadata.Path(step=self._steps)

    def to_json(self) -> str:
        """The steps as JSON."""
        return json.dumps(self._steps)

    @classmethod
    def from_json(cls, text: str) -> FeaturePath:
        """The path that `to_json` wrote."""
        return cls(json.loads(text))

    def steps(self) -> tuple[str, ...]:
        """The names."""
        return self._steps

    def parent(self) -> FeaturePath:
        """The path without its last name.

        Raises:
            ValueError: it has none.
        """
        if not self._steps:
            raise ValueError("the root has no parent")
        return FeaturePath(self._steps[:-1])

    def child(self, name: str) -> FeaturePath:
        """The path of what has a name in this structure."""
        return FeaturePath((*self._steps, name))

    def __str__(self) -> str:
        return ".".join(self._steps)

    def __repr__(self) -> str:
        return f"FeaturePath({list(self._steps)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FeaturePath) and self._steps == other._steps

    def __lt__(self, other: FeaturePath) -> bool:
        return self._steps < other._steps

    def __hash__(self) -> int:
        return hash(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __bool__(self) -> bool:
        return bool(self._steps)


def as_path(path: FeaturePath | str) -> FeaturePath:
    """A path as it is, and a name as a path of one step."""
    return path if isinstance(path, FeaturePath) else FeaturePath([path])
