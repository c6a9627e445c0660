"""The packages that Tidefall asks for, and those that are here."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement


class Package(NamedTuple):
    """A package that this installation shall have.

    Attributes:
        name: its name.
        wanted: which versions, like ">=2"; empty for any.
        found: the version that is here; empty without it.
        fits: whether that is one of those wanted.
    """

    name: str
    wanted: str
    found: str
    fits: bool


def declared() -> list[str]:
    """What Tidefall requires, as its sources say in a clone, else its metadata."""
    path = Path(__file__).parents[4] / "pyproject.toml"
    if not path.is_file():
        return list(requires("tidefall") or ())
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra, packages in project["optional-dependencies"].items():
        for line in packages:
            text, _, marker = line.partition(";")
            condition = f'extra == "{extra}"' + (f" and ({marker.strip()})" if marker else "")
            lines.append(f"{text.strip()}; {condition}")
    return lines


def packages(extra: str = "") -> list[Package]:
    """The packages required on this platform, or those of an extra."""
    found = []
    for line in declared():
        wish = Requirement(line)
        of_extra = wish.marker is not None and "extra ==" in str(wish.marker)
        applies = wish.marker is None or wish.marker.evaluate({"extra": extra})
        if applies and of_extra == bool(extra) and wish.name != "tidefall":
            here = version_of(wish.name)
            fits = bool(here) and wish.specifier.contains(here, prereleases=True)
            found.append(Package(wish.name, str(wish.specifier), here, fits))
    return found


def extras() -> list[str]:
    """The names of the extras."""
    names = set(re.findall(r"""extra == ["']([\w-]+)["']""", "\n".join(declared())))
    return sorted(names - {"dev", "test"})


def version_of(name: str) -> str:
    """The version of a package; empty if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
