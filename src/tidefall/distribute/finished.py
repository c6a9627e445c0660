"""Which workers of a job have done all their work, told by whoever started this process.

`tidefall launch` gives each process the name of a file in TIDEFALL_FINISHED. When it has started a
worker again, and others of the job end meanwhile, it writes their addresses into it: there is
nobody left at these to wait for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "TIDEFALL_FINISHED"


def tell(path: Path, addresses: Iterable[str]) -> None:
    """Write down the addresses of those that have ended."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text("\n".join(addresses), encoding="utf-8")
    temporary.replace(path)


def finished() -> frozenset[str]:
    """The addresses of the workers that have ended, as far as this process was told."""
    path = os.environ.get(VARIABLE)
    if not path:
        return frozenset()
    try:
        return frozenset(Path(path).read_text(encoding="utf-8").split())
    except OSError:  # nobody has ended, or the launcher is gone
        return frozenset()
