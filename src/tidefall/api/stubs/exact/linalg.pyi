# About `tf.linalg`; see `__init__.py`.
from typing import Literal, overload

import tidefall as tf
from tidefall.tensor.typing import TensorLike

@overload
def svd(
    tensor: TensorLike,
    full_matrices: bool = False,
    compute_uv: Literal[True] = True,
    name: str | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]: ...
@overload
def svd(
    tensor: TensorLike,
    full_matrices: bool = False,
    *,
    compute_uv: Literal[False],
    name: str | None = None,
) -> tf.Tensor: ...
@overload
def svd(
    tensor: TensorLike,
    full_matrices: bool,
    compute_uv: Literal[False],
    name: str | None = None,
) -> tf.Tensor: ...
