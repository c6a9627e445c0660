"""Tidefall: the TensorFlow 2 system, built again and built small.

>>> import tidefall as tf
>>> tf.add(1, 2).numpy()
np.int32(3)
"""

from tidefall import surface as _surface
from tidefall.ops import operators as _operators

__version__ = "0.1.0"

__getattr__, __dir__ = _surface.attach("")

_operators.install()
_surface.connect()
