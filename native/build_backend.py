"""The build backend: scikit-build-core's, with editable installs that are a plain path.

Its own put a finder in front of Python's, which costs time at every start of the interpreter and
in every import of the package. A path in a .pth file costs nothing, finds files that are added, and
is understood by type checkers. The library is built into the source tree (CMakeLists.txt).
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

from scikit_build_core import build as _standard
from scikit_build_core.build import *  # noqa: F403

SOURCES = Path(__file__).resolve().parents[1] / "src"
PATH_FILE = "_tidefall.pth"

# Left to itself it takes the compiler that made Python, which may not be here while another is.
if "CXX" not in os.environ:
    for _compiler in filter(shutil.which, ("c++", "g++", "clang++")):
        os.environ["CXX"] = _compiler
        break


def build_editable(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the kernels and a wheel that leads to the source tree; returns its name."""
    name = _standard.build_editable(wheel_directory, config_settings, metadata_directory)
    _lead_to_sources(Path(wheel_directory) / name)
    return name


def _lead_to_sources(wheel: Path) -> None:
    """Keep the metadata of a wheel, and put a path into it in place of everything else."""
    path = f"{SOURCES}\n".encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(path).digest()).rstrip(b"=").decode()
    rewritten = wheel.with_suffix(".tmp")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(rewritten, "w") as new:
        new.writestr(PATH_FILE, path)
        for entry in old.infolist():
            if ".dist-info/" not in entry.filename:
                continue
            content = old.read(entry)
            if entry.filename.endswith("/RECORD"):
                lines = [x for x in content.splitlines(True) if b".dist-info/" in x]
                content = b"".join([f"{PATH_FILE},sha256={digest},{len(path)}\n".encode(), *lines])
            new.writestr(entry, content)
    os.replace(rewritten, wheel)
