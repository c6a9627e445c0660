"""`tf.types.experimental.TensorLike`.

>>> import typing
>>> import tidefall as tf
>>> bytes in typing.get_args(tf.types.experimental.TensorLike)
True
"""

from __future__ import annotations

from typing import Union

import numpy as np

from tidefall.base.exports import export_value
from tidefall.tensor.tensor import TensorType

# `|` would not give a typing.Union, which programs take apart.
TensorLike = Union[  # noqa: UP007
    TensorType, int, float, bool, str, bytes, complex, tuple, list, np.ndarray, np.generic
]
export_value(TensorLike, "types.experimental.TensorLike")
