"""How Python numbers and different dtypes are met, by the switches of `tf.experimental.numpy`."""

from __future__ import annotations

from tidefall.base import dtypes
from tidefall.base.config import config
from tidefall.base.dtypes import DType


def weak_numbers() -> bool:
    """Whether Python numbers make weakly typed tensors (modes "all" and "safe")."""
    return config.numpy_dtype_mode in ("all", "safe")


def default_float() -> DType:
    """The dtype of floating-point results that follow from no argument."""
    return dtypes.float32 if config.numpy_prefer_float32 or weak_numbers() else dtypes.float64
