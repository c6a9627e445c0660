# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.debugging`."""

from tidefall import Assert as Assert
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.compat.v1.debugging import experimental as experimental
from tidefall._api.debugging import allow_broadcasting as allow_broadcasting
from tidefall._api.debugging import assert_integer as assert_integer
from tidefall._api.debugging import assert_proper_iterable as assert_proper_iterable
from tidefall._api.debugging import assert_same_float_dtype as assert_same_float_dtype
from tidefall._api.debugging import assert_shapes as assert_shapes
from tidefall._api.debugging import assert_type as assert_type
from tidefall._api.debugging import check_numerics as check_numerics
from tidefall._api.debugging import disable_check_numerics as disable_check_numerics
from tidefall._api.debugging import disable_strict_broadcasting as disable_strict_broadcasting
from tidefall._api.debugging import disable_traceback_filtering as disable_traceback_filtering
from tidefall._api.debugging import enable_check_numerics as enable_check_numerics
from tidefall._api.debugging import enable_strict_broadcasting as enable_strict_broadcasting
from tidefall._api.debugging import enable_traceback_filtering as enable_traceback_filtering
from tidefall._api.debugging import get_log_device_placement as get_log_device_placement
from tidefall._api.debugging import is_numeric_tensor as is_numeric_tensor
from tidefall._api.debugging import is_traceback_filtering_enabled as is_traceback_filtering_enabled
from tidefall._api.debugging import set_log_device_placement as set_log_device_placement
from tidefall._api.debugging import strict_broadcasting as strict_broadcasting
from tidefall._api.math import is_finite as is_finite
from tidefall._api.math import is_inf as is_inf
from tidefall._api.math import is_nan as is_nan
from tidefall._api.math import is_non_decreasing as is_non_decreasing
from tidefall._api.math import is_strictly_increasing as is_strictly_increasing
from typing import Any

def assert_all_finite(t: Any = None, msg: Any = None, name: str | None = None, x: TensorLike | None = None, message: str | None = None) -> tf.Tensor:
    """`tf.debugging.assert_all_finite` with TensorFlow 1's parameters."""
def assert_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_equal` with TensorFlow 1's parameters."""
def assert_greater(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_greater` with TensorFlow 1's parameters."""
def assert_greater_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_greater_equal` with TensorFlow 1's parameters."""
def assert_less(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_less` with TensorFlow 1's parameters."""
def assert_less_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_less_equal` with TensorFlow 1's parameters."""
def assert_near(x: TensorLike, y: TensorLike, rtol: Any = None, atol: Any = None, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_near` with TensorFlow 1's parameters."""
def assert_negative(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_negative` with TensorFlow 1's parameters."""
def assert_non_negative(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_non_negative` with TensorFlow 1's parameters."""
def assert_non_positive(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_non_positive` with TensorFlow 1's parameters."""
def assert_none_equal(x: TensorLike, y: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_none_equal` with TensorFlow 1's parameters."""
def assert_positive(x: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_positive` with TensorFlow 1's parameters."""
def assert_rank(x: TensorLike, rank: TensorLike, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_rank` with TensorFlow 1's parameters."""
def assert_rank_at_least(x: TensorLike, rank: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_rank_at_least` with TensorFlow 1's parameters."""
def assert_rank_in(x: TensorLike, ranks: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_rank_in` with TensorFlow 1's parameters."""
def assert_scalar(tensor: TensorLike, name: str | None = None, message: str | None = None) -> tf.Operation | None:
    """`tf.debugging.assert_scalar` with TensorFlow 1's parameters."""
