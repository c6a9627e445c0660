"""Where something ran: code, packages, machine and seeds, so that it can be run again."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any


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

    Args:
        folder: a folder in the repository; None for that of the program, or the current one.
    """
    place = Path(folder or _program_folder())
    commit = _git(place, "rev-parse", "HEAD")
    if commit is None:
        return {}
    branch = _git(place, "rev-parse", "--abbrev-ref", "HEAD") or ""
    changed = _git(place, "status", "--porcelain", "--untracked-files=no")
    return {"git_commit": commit, "git_branch": branch, "git_dirty": bool(changed)}


def _program_folder() -> str:
    program = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.dirname(os.path.abspath(program)) if program else os.getcwd()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        run = subprocess.run(
            ["git", "-C", str(folder), *arguments],
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
