# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.debugging`."""

from collections.abc import Sequence
from tidefall import Assert as Assert
from tidefall import assert_equal as assert_equal
from tidefall import assert_greater as assert_greater
from tidefall import assert_less as assert_less
from tidefall import assert_rank as assert_rank
import tidefall as tf
from tidefall._api._types import DTypeLike
from tidefall._api._types import Switch
from tidefall._api._types import TensorLike
from tidefall._api.debugging import experimental as experimental
from typing import Any
from typing import overload

def allow_broadcasting() -> Switch:
    """A context in which broadcasting is allowed again, inside `strict_broadcasting`."""
def assert_all_finite(x: TensorLike, message: str, name: str | None = None) -> tf.Tensor:
    """The tensor itself, after checking that it holds neither NaN nor infinite values."""
def assert_greater_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x >= y` for all elements."""
def assert_integer(x: TensorLike, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless a tensor has an integer dtype."""
def assert_less_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x <= y` for all elements."""
def assert_near(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, rtol: Any = None, atol: Any = None, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `|x - y| < atol + rtol * |y|` for all elements."""
def assert_negative(x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x < 0` for all elements; an empty tensor passes."""
def assert_non_negative(x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x >= 0` for all elements; an empty tensor passes."""
def assert_non_positive(x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x <= 0` for all elements; an empty tensor passes."""
def assert_none_equal(x: TensorLike | tf.__internal__.CompositeTensor, y: TensorLike | tf.__internal__.CompositeTensor, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x != y` for all elements; see `tf.debugging.assert_equal`."""
def assert_positive(x: TensorLike, message: str | None = None, summarize: int | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless `x > 0` for all elements; an empty tensor passes."""
def assert_proper_iterable(values: Any) -> None:
    """Raise an error for what is no list, tuple or other plain iterable: tensors, arrays, text."""
def assert_rank_at_least(x: TensorLike, rank: Any, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless a tensor has at least a rank; see `tf.debugging.assert_rank`."""
def assert_rank_in(x: TensorLike, ranks: Any, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless a tensor has one of several ranks; see `tf.debugging.assert_rank`."""
def assert_same_float_dtype(tensors: TensorLike | None = None, dtype: DTypeLike | None = None) -> Any:
    """The floating-point dtype that tensors share."""
def assert_scalar(tensor: TensorLike, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless a tensor has shape ()."""
def assert_shapes(shapes: Any, data: Any = None, summarize: int | None = None, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless tensors have shapes that agree with each other."""
def assert_type(tensor: TensorLike, tf_type: Any, message: str | None = None, name: str | None = None) -> tf.Operation | None:
    """Raise an error unless a tensor has a dtype."""
@overload
def check_numerics(tensor: TensorLike, message: str, name: str | None = None) -> tf.Tensor: ...
@overload
def check_numerics(tensor: TensorLike | tf.__internal__.CompositeTensor, message: str, name: str | None = None) -> Any:
    """The tensor itself, after checking that it holds neither NaN nor infinity."""
def disable_check_numerics() -> None:
    """Undo `tf.debugging.enable_check_numerics`."""
def disable_strict_broadcasting() -> None:
    """Undo `tf.debugging.enable_strict_broadcasting`."""
def disable_traceback_filtering() -> None:
    """Ask for whole tracebacks."""
def enable_check_numerics(stack_height_limit: int = 30, path_length_limit: int = 50) -> None:
    """From now on, raise where an op makes a NaN or an infinity."""
def enable_strict_broadcasting() -> None:
    """Switch `tf.debugging.strict_broadcasting` on, in this thread and those that start later."""
def enable_traceback_filtering() -> None:
    """Ask for tracebacks without this package's own frames. They are never left out yet."""
def get_log_device_placement() -> bool:
    """Whether the devices of ops are logged."""
def is_numeric_tensor(tensor: Any) -> bool:
    """True for a tensor of numbers, which bools and strings are not."""
def is_traceback_filtering_enabled() -> bool:
    """Whether tracebacks are to leave out this package's own frames."""
def set_log_device_placement(enabled: bool) -> None:
    """Say on stderr which device each op runs on, or stop it."""
def strict_broadcasting() -> Switch:
    """A context in which elementwise ops do not expand an operand that is not a scalar."""
