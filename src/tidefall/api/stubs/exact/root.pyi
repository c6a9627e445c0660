# About `tf` itself; see `__init__.py`.
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, overload

import tidefall as tf
from tidefall.tensor.typing import F, Key, P, R, SupportsArray, TensorLike

class Tensor:
    def __hash__(self) -> int: ...
    def __iter__(self) -> Iterator[tf.Tensor]: ...
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any: ...

class Variable:
    def __hash__(self) -> int: ...
    def __iter__(self) -> Iterator[tf.Tensor]: ...
    def value(self) -> tf.Tensor: ...
    def read_value(self) -> tf.Tensor: ...
    def read_value_no_copy(self) -> tf.Tensor: ...
    def initialized_value(self) -> tf.Tensor: ...
    def is_initialized(self, name: str | None = None) -> tf.Tensor: ...

class GradientTape:
    def watched_variables(self) -> tuple[tf.Variable, ...]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: tf.Tensor | tf.Variable,
        output_gradients: Any = None,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
    ) -> tf.Tensor: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: tuple[tf.Tensor | tf.Variable | SupportsArray, ...],
        output_gradients: Any = None,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
    ) -> tuple[tf.Tensor, ...]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: Sequence[tf.Tensor | tf.Variable | SupportsArray],
        output_gradients: Any = None,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
    ) -> list[tf.Tensor]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: Mapping[Key, tf.Tensor | tf.Variable | SupportsArray],
        output_gradients: Any = None,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
    ) -> dict[Key, tf.Tensor]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
    ) -> Any: ...
    @overload
    def jacobian(
        self,
        target: TensorLike,
        sources: tf.Tensor | tf.Variable,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> tf.Tensor: ...
    @overload
    def jacobian(
        self,
        target: TensorLike,
        sources: Sequence[tf.Tensor | tf.Variable | SupportsArray],
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> list[tf.Tensor]: ...
    @overload
    def jacobian(
        self,
        target: TensorLike,
        sources: Any,
        unconnected_gradients: tf.UnconnectedGradients | str = tf.UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any: ...

class Module:
    @property
    def name_scope(self) -> tf.name_scope: ...
    # Programs hang variables and functions on bare modules.
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    @classmethod
    def with_name_scope(cls, method: F) -> F: ...

class RegisterGradient:
    def __call__(self, f: F) -> F: ...

class Graph:
    def as_default(self) -> AbstractContextManager[tf.Graph]: ...

@overload
def function(
    func: Callable[P, R],
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: dict[str, Any] | None = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> tf.types.experimental.GenericFunction[P, R]: ...
@overload
def function(
    *,
    input_signature: Any = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: dict[str, Any] | None = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Callable[[Callable[P, R]], tf.types.experimental.GenericFunction[P, R]]: ...
@overload
def custom_gradient(f: Callable[P, Any]) -> Callable[P, Any]: ...
@overload
def custom_gradient() -> Callable[[Callable[P, Any]], Callable[P, Any]]: ...
def recompute_grad(f: Callable[P, R]) -> Callable[P, R]: ...
def grad_pass_through(f: Callable[P, R]) -> Callable[P, R]: ...
def device(device_name: Any) -> AbstractContextManager[None]: ...
def is_tensor(x: Any) -> bool: ...
