"""Shapes whose elements are `Dimension`s, as programs of TensorFlow 1 expect."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tidefall.base.dimension import Dimension
from tidefall.base.shapes import TensorShape

_OWN = str(Path(__file__).parents[2])
_getitem, _iter = TensorShape.__getitem__, TensorShape.__iter__


def _getitem_v1(self: TensorShape, key: Any) -> Any:
    """Sizes as `Dimension`s for programs; Tidefall's own code goes on with integers."""
    found = _getitem(self, key)
    return found if isinstance(found, TensorShape) or _called_here() else Dimension(found)


def _iter_v1(self: TensorShape) -> Any:
    return _iter(self) if _called_here() else iter([Dimension(size) for size in _iter(self)])


def _called_here() -> bool:
    """Whether Tidefall's own code called the method that asks."""
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]  # documented
    return frame.f_code.co_filename.startswith(_OWN)


def apply(enabled: bool) -> None:
    """Exchange the methods of shapes, so that nothing is asked while the switch is on."""
    TensorShape.__getitem__ = _getitem if enabled else _getitem_v1
    TensorShape.__iter__ = _iter if enabled else _iter_v1
