"""`tidefall.monitoring`: what models answered, what became true, and what has changed.

See `tidefall.lifecycle.monitoring`, whose names these are.
"""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle import monitoring as _package

__all__ = _package.__all__


def __getattr__(name: str) -> Any:
    return getattr(_package, name)


def __dir__() -> list[str]:
    return dir(_package)
