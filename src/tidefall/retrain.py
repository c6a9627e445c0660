"""`tidefall.retrain`: when models are trained again, and what comes of it.

See `tidefall.lifecycle.retrain`, whose names these are.
"""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle import retrain as _package

__all__ = _package.__all__


def __getattr__(name: str) -> Any:
    return getattr(_package, name)


def __dir__() -> list[str]:
    return dir(_package)
