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
    if isinstance(found, TensorShape) or sys._getframe(1).f_code.co_filename.startswith(_OWN):
        return found
    return Dimension(found)


def _iter_v1(self: TensorShape) -> Any:
    if sys._getframe(1).f_code.co_filename.startswith(_OWN):
        return _iter(self)
    return iter([Dimension(size) for size in _iter(self)])


def apply_v2_tensorshape(enabled: bool) -> None:
    """Exchange the methods of shapes, so that nothing is asked while the switch is on."""
    TensorShape.__getitem__ = _getitem if enabled else _getitem_v1  # type: ignore[method-assign]
    TensorShape.__iter__ = _iter if enabled else _iter_v1  # type: ignore[method-assign]
