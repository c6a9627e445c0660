# About `tf.strings`; see `__init__.py`.
from collections.abc import Sequence
from typing import Any, overload

import tidefall as tf
from tidefall.tensor.typing import TensorLike

@overload
def join(
    inputs: Sequence[TensorLike], separator: str = "", name: str | None = None
) -> tf.Tensor: ...
@overload
def join(inputs: Sequence[Any], separator: str = "", name: str | None = None) -> Any: ...
