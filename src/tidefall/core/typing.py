"""Names for what public functions take: used in annotations only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np

if TYPE_CHECKING:
    import jax

    from tidefall.core.dtypes import DType
    from tidefall.core.shapes import TensorShape
    from tidefall.core.tensor import Tensor
    from tidefall.core.variable import Variable

Scalar: TypeAlias = bool | int | float | complex | str | bytes | np.generic
HostArray: TypeAlias = np.ndarray[Any, Any]
"""An array in the memory of the host."""
XlaArray: TypeAlias = "jax.Array"
"""An array that compiled code made, or one that stands for it while a program is lowered."""
TensorLike: TypeAlias = Union["Tensor", "Variable", HostArray, Scalar, Sequence[Any]]
"""What is converted to a tensor."""
DTypeLike: TypeAlias = Union["DType", str, type, np.dtype[Any], int]
"""What names a dtype."""
ShapeLike: TypeAlias = Union["TensorShape", Sequence[int | None], int, None]
"""What stands for a static shape."""
