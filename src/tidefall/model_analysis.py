"""`tidefall.model_analysis`: metrics of predictions over slices of data.

See `tidefall.lifecycle.model_analysis`, whose names these are.
"""

from __future__ import annotations

from typing import Any

from tidefall.lifecycle import model_analysis as _package

__all__ = _package.__all__
__version__ = _package.__version__


def __getattr__(name: str) -> Any:
    return getattr(_package, name)


def __dir__() -> list[str]:
    return dir(_package)
