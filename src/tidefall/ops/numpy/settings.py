"""How Python numbers and different dtypes are met: the switches of `tf.experimental.numpy`."""

from __future__ import annotations

from tidefall.base import dtypes
from tidefall.base.dtypes import DType

MODES = ("legacy", "all", "safe", "off")


class Settings:
    """The choices made by `experimental_enable_numpy_behavior`.

    Attributes:
        enabled: whether it was called.
        prefer_float32: Python floats become float32, not float64.
        mode: one of MODES.
    """

    enabled = False
    prefer_float32 = False
    mode = "off"

    @property
    def weak_numbers(self) -> bool:
        """Whether Python numbers make weakly typed tensors (modes "all" and "safe")."""
        return self.mode in ("all", "safe")

    @property
    def default_float(self) -> DType:
        """The dtype of floating-point results that follow from no argument."""
        return dtypes.float32 if self.prefer_float32 or self.weak_numbers else dtypes.float64


settings = Settings()
