"""What the kernels are built from, as a number that the library carries.

It is taken of the files themselves, so nobody has to remember to count it up. The build runs this
file by its path, with no package around it: nothing but the standard library is imported.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

_KINDS = (".cc", ".h", ".map")
_TEMPLATE = """// Made by {maker} when the library is built.
extern "C" __attribute__((visibility("default"))) const char* tidefall_sources() {{
  return "{digest}";
}}
"""


def digest(folder: Path) -> str:
    """A number, in hexadecimal, that changes with any of the sources of the kernels.

    Args:
        folder: where they are.
    """
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _KINDS):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()} {len(content)} ".encode())
        found.update(content)
    return found.hexdigest()[:16]


def folder_in_clone() -> Path | None:
    """The sources, where this package is in a clone of its repository; else None."""
    root = Path(__file__).resolve().parents[3]
    folder = root / "native"
    return folder if (root / "src" / "tidefall").is_dir() and folder.is_dir() else None


if __name__ == "__main__":
    text = _TEMPLATE.format(maker=Path(__file__).name, digest=digest(Path(sys.argv[1])))
    Path(sys.argv[2]).write_text(text)
