# About `tf.types.experimental`; see `__init__.py`.
from collections.abc import Callable
from typing import Any, Concatenate, Generic, Self, overload

import tidefall as tf
from tidefall.tensor.typing import P, Q, R

class GenericFunction(tf.__internal__.tracking.Trackable, Generic[P, R]):
    @property
    def python_function(self) -> Callable[P, R]: ...
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    def __get__(self, instance: None, owner: Any = None) -> Self: ...
    @overload
    def __get__(
        self: tf.types.experimental.GenericFunction[Concatenate[Any, Q], R],
        instance: object,
        owner: Any = None,
    ) -> tf.types.experimental.GenericFunction[Q, R]: ...
