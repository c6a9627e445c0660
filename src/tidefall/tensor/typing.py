"""Types that many signatures share. The stubs of the public surface have them from here.

>>> from tidefall.tensor import typing
>>> typing.ShapeLike
'TensorShape | Tensor | SupportsArray | Sequence[Any] | int'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    import jax

    from tidefall.base.dtypes import DType
    from tidefall.base.shapes import TensorShape
    from tidefall.composite.variables.variable import Variable
    from tidefall.tensor.tensor import Tensor

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
Q = ParamSpec("Q")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])
Key = TypeVar("Key")


class SupportsArray(Protocol):
    """What NumPy makes an array of: its arrays and numbers, JAX's arrays, Keras's variables."""

    def __array__(self) -> Any: ...


HostArray: TypeAlias = np.ndarray[Any, Any]
"""What a host kernel takes and gives."""

XlaArray: TypeAlias = "jax.Array"
"""What a lowering takes and gives."""

Scalar: TypeAlias = int | float | complex | str | bytes
"""A Python value that is a tensor of shape ()."""

TensorLike: TypeAlias = "Tensor | Variable | SupportsArray | TensorShape | Scalar | Sequence[Any]"
"""What an op makes a tensor of. Ragged and sparse tensors are not among it."""

DTypeLike: TypeAlias = "DType | np.dtype[Any] | type[Any] | str | int"
"""What names a dtype: `tf.float32`, `"float32"`, `np.float32`, `float`."""

ShapeLike: TypeAlias = "TensorShape | Tensor | SupportsArray | Sequence[Any] | int"
"""What gives a shape, static or computed; dimensions may be None or scalar tensors."""

Nest: TypeAlias = "T | Sequence[Nest[T]] | Mapping[str, Nest[T]]"
"""Values in lists, tuples and dictionaries, in any way."""
