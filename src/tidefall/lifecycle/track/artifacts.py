"""Files of runs, below `STORE/artifacts/EXPERIMENT/RUN/artifacts`."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from tidefall.base import errors
from tidefall.lifecycle.metadata.places import disk_error, write_whole


class Artifacts:
    """The files of all runs of a store.

    Args:
        root: the folder of them.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """Return where a file is.

        Args:
            name: a path below the root, with forward slashes.

        Raises:
            InvalidArgumentError: it leads out of the root, by its parts or by a link.
        """
        parts = PurePosixPath(name).parts
        path = self.root.joinpath(*parts)
        outside = name.startswith("/") or ".." in parts or "\\" in name or "\0" in name
        if outside or not path.resolve().is_relative_to(self.root.resolve()):
            message = f"artifact {name[:200]!r} is no path below the folder of artifacts"
            raise errors.InvalidArgumentError(None, None, message)
        return path

    def write(self, name: str, data: bytes) -> Path:
        """Write a file whole.

        Raises:
            ResourceExhaustedError: the disk is full; nothing is left of it.
        """
        path = self.path(name)
        write_whole(path, data)
        return path

    def copy(self, source: Path, name: str) -> Path:
        """Copy a file or a folder in.

        Raises:
            NotFoundError: it is not there.
            ResourceExhaustedError: the disk is full; nothing is left of it.
        """
        target = self.path(name)
        if not source.exists():
            raise errors.NotFoundError(None, None, f"there is no file or folder {source} to log")
        scratch = target.with_name(f".new-{target.name}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, scratch, dirs_exist_ok=True)
            else:
                shutil.copyfile(source, scratch)
            if target.is_dir():
                shutil.rmtree(target)
            scratch.replace(target)
        except OSError as error:
            if scratch.is_dir():
                shutil.rmtree(scratch, ignore_errors=True)
            else:
                scratch.unlink(missing_ok=True)
            raise disk_error(target, error) from None
        return target

    def read(self, name: str) -> bytes:
        """Return what is in a file.

        Raises:
            NotFoundError: there is none.
        """
        path = self.path(name)
        if not path.is_file():
            raise errors.NotFoundError(None, None, f"there is no artifact {name[:200]!r}")
        return path.read_bytes()

    def list(self, name: str) -> list[tuple[str, int | None]]:
        """Return the names in a folder with their sizes, None for folders; [] if it is not one."""
        path = self.path(name)
        if not path.is_dir():
            return []
        found = [p for p in sorted(path.iterdir()) if not p.name.startswith(".")]
        return [(p.name, None if p.is_dir() else p.stat().st_size) for p in found]

    def delete(self, name: str) -> None:
        """Delete a file or folder; nothing happens where there is none."""
        path = self.path(name)
        if path == self.root:
            raise errors.InvalidArgumentError(None, None, "the folder of artifacts stays")
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
