# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.nn.experimental`."""

from collections.abc import Callable
from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import ShapeLike
from tidefall._api._types import TensorLike
from typing import Any
from typing import overload

def general_dropout(x: TensorLike, rate: Any, uniform_sampler: Callable[..., Any], noise_shape: ShapeLike | None = None, name: str | None = None) -> tf.Tensor:
    """Dropout with a sampler of one's own."""
@overload
def stateless_dropout(x: TensorLike, rate: Any, seed: TensorLike, rng_alg: Any = None, noise_shape: ShapeLike | None = None, name: str | None = None) -> tf.Tensor: ...
@overload
def stateless_dropout(x: TensorLike | tf.__internal__.CompositeTensor, rate: Any, seed: TensorLike | tf.__internal__.CompositeTensor, rng_alg: Any = None, noise_shape: ShapeLike | None = None, name: str | None = None) -> Any:
    """Dropout whose choices depend on the seed alone."""
