"""Which of a model's versions to serve."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


class VersionPolicy(Protocol):
    """Chooses the versions to serve among those that can be."""

    def select(self, versions: Collection[int]) -> set[int]:
        """The versions to serve, a subset of `versions`."""
        ...


@dataclass(frozen=True, slots=True)
class Latest:
    """Serve the versions with the highest numbers.

    >>> sorted(Latest(2).select([1, 7, 3]))
    [3, 7]
    """

    count: int = 1

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError(f"Latest serves at least one version; got {self.count}")

    def select(self, versions: Collection[int]) -> set[int]:
        """The `count` highest version numbers."""
        return set(sorted(versions)[-self.count :])


@dataclass(frozen=True, slots=True)
class All:
    """Serve every version there is.

    >>> sorted(All().select([1, 7, 3]))
    [1, 3, 7]
    """

    def select(self, versions: Collection[int]) -> set[int]:
        """All of them."""
        return set(versions)


@dataclass(frozen=True, slots=True)
class Specific:
    """Serve these versions and no others.

    >>> sorted(Specific(frozenset({3, 9})).select([1, 7, 3]))
    [3]
    """

    versions: frozenset[int]

    def __post_init__(self) -> None:
        if not self.versions:
            raise ValueError("Specific needs the numbers of the versions to serve; got none")

    def select(self, versions: Collection[int]) -> set[int]:
        """Those of the named versions that are there."""
        return set(versions) & self.versions
