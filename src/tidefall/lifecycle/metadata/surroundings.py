"""Where something ran: code, packages, machine and seeds, so that it can be run again."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

FRESH_SECONDS = 5.0
"""How long an answer of git is taken as it is."""


def environment(folder: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Return what is known of where the process runs.

    Args:
        folder: a folder of the code; None for that of the program, or the current one.

    Returns:
        `python`, `platform`, `machine`, `cpus`, `tidefall`, `packages` (SHA-256 of the installed
        packages and their versions), `seed` where `tf.random.set_seed` was called, and of the
        code's git repository `git_commit`, `git_branch` and `git_dirty`.

    >>> sorted(environment())[:2]
    ['command', 'cpus']
    """
    from tidefall import __version__

    known: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count() or 0,
        "tidefall": __version__,
        "packages": _packages_hash(),
        "command": " ".join(sys.argv)[:1000],
    }
    seed = _seed()
    return {**known, **({} if seed is None else {"seed": seed}), **git_state(folder)}


def packages() -> dict[str, str]:
    """Return the version of each installed package, by name."""
    from importlib import metadata

    found = ((d.metadata["Name"], d.version) for d in metadata.distributions())
    return dict(sorted((name, version) for name, version in found if name))


@functools.cache
def _packages_hash() -> str:
    text = "".join(f"{name}=={version}\n" for name, version in packages().items())
    return hashlib.sha256(text.encode()).hexdigest()


def git_state(folder: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Return `git_commit`, `git_branch` and `git_dirty` of a repository; {} where there is none.

    They are remembered for five seconds, or until git's own files change; a file that was edited
    makes the repository dirty five seconds later at most.

    Args:
        folder: a folder in the repository; None for that of the program, or the current one.
    """
    place = str(folder or _program_folder())
    now = time.monotonic()
    known = _known.get(place)
    # Commits, checkouts and what is staged change git's files; an edited file changes none of them,
    # so git is asked again after a while.
    if known is None or now > known.until or known.stamps != _stamps(place, known.git_dir):
        git_dir = _git(place, "rev-parse", "--absolute-git-dir") or ""
        stamps = _stamps(place, git_dir)
        known = _Known(git_dir, stamps, now + FRESH_SECONDS, _asked(place) if git_dir else {})
        _known[place] = known
    return dict(known.state)


class _Known(NamedTuple):
    """What git said of a folder, and the state of its files then."""

    git_dir: str
    stamps: tuple[Any, ...]
    until: float
    state: dict[str, Any]


_known: dict[str, _Known] = {}


def _stamps(place: str, git_dir: str) -> tuple[Any, ...]:
    if not git_dir:
        # No repository so far: one would be in this folder, or in one around it.
        path = Path(place).absolute()
        return tuple(one for one in (path, *path.parents) if (one / ".git").exists())
    found: list[Any] = []
    for name in ("HEAD", "index", os.path.join("logs", "HEAD")):
        try:
            state = os.stat(os.path.join(git_dir, name))
        except OSError:
            found.append(None)
        else:
            found.append((state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(found)


def _asked(place: str) -> dict[str, Any]:
    # Without optional locks git does not write its index, which would look like a change.
    said = _git(
        place, "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no"
    )
    lines = [] if said is None else said.splitlines()
    about = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit = about.get("branch.oid", "(initial)")
    if commit == "(initial)":
        return {}
    branch = about.get("branch.head", "")
    return {
        "git_commit": commit,
        "git_branch": "HEAD" if branch == "(detached)" else branch,
        "git_dirty": any(not line.startswith("#") for line in lines),
    }


def _program_folder() -> str:
    program = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.dirname(os.path.abspath(program)) if program else os.getcwd()


def _git(folder: str, *arguments: str) -> str | None:
    try:
        run = subprocess.run(
            ["git", "-C", folder, *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def _seed() -> int | None:
    """The seed of `tf.random.set_seed`, if the module that keeps it is in use."""
    seeds = sys.modules.get("tidefall.ops.random.seeds")
    return None if seeds is None else seeds.global_seed()
