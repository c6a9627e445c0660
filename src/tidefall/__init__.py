"""Tidefall: the TensorFlow 2 system, built again and built small.

>>> import tidefall as tf
>>> tf.add(1, 2).numpy()
np.int32(3)
"""

import sys as _sys
from types import ModuleType as _ModuleType
from typing import Any as _Any

from tidefall import connections as _connections
from tidefall import surface as _surface
from tidefall.ops import operators as _operators

__version__ = "0.1.0"

__getattr__, __dir__ = _surface.attach("")


class _Root(_ModuleType):
    """This module. Importing the package `tidefall.function` must not hide `tf.function`, and only
    a class can have the property that sees to that."""

    @property
    def function(self) -> _Any:
        return _surface.resolve("", "function")

    @function.setter
    def function(self, value: _Any) -> None:
        """The import system's attempt to bind the package; it is found in sys.modules."""

    def __reduce__(self) -> _Any:
        """Pickled by name, as modules are for those who pickle functions."""
        return __import__, (__name__,)


_sys.modules[__name__].__class__ = _Root

_operators.install()
_connections.connect()
