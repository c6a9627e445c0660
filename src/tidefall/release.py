"""`tidefall.release`: how new versions of models come to answer, and go back.

See `tidefall.lifecycle.release`, whose names these are.
"""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle import release as _package

__all__ = _package.__all__


def __getattr__(name: str) -> Any:
    return getattr(_package, name)


def __dir__() -> list[str]:
    return dir(_package)
