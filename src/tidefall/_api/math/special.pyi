# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.math.special`."""

from collections.abc import Sequence
import tidefall as tf
from tidefall._api._types import TensorLike
from tidefall._api.math import bessel_i0 as bessel_i0
from tidefall._api.math import bessel_i0e as bessel_i0e
from tidefall._api.math import bessel_i1 as bessel_i1
from tidefall._api.math import bessel_i1e as bessel_i1e
from typing import Any
from typing import overload

@overload
def bessel_j0(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_j0(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bessel function of the first kind and order 0, elementwise."""
@overload
def bessel_j1(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_j1(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bessel function of the first kind and order 1, elementwise."""
@overload
def bessel_k0(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_k0(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Modified Bessel function of the second kind and order 0, elementwise."""
@overload
def bessel_k0e(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_k0e(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`bessel_k0(x) * exp(x)`, elementwise."""
@overload
def bessel_k1(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_k1(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Modified Bessel function of the second kind and order 1, elementwise."""
@overload
def bessel_k1e(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_k1e(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """`bessel_k1(x) * exp(x)`, elementwise."""
@overload
def bessel_y0(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_y0(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bessel function of the second kind and order 0, elementwise."""
@overload
def bessel_y1(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def bessel_y1(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Bessel function of the second kind and order 1, elementwise."""
@overload
def dawsn(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def dawsn(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Dawson's integral, `exp(-x^2)` times the integral of `exp(t^2)` from 0 to `x`, elementwise."""
@overload
def expint(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def expint(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Exponential integral Ei of positive numbers, elementwise."""
@overload
def fresnel_cos(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def fresnel_cos(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Fresnel integral of `cos(pi/2 * t^2)` from 0 to `x`, elementwise."""
@overload
def fresnel_sin(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def fresnel_sin(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Fresnel integral of `sin(pi/2 * t^2)` from 0 to `x`, elementwise."""
@overload
def spence(x: TensorLike, name: str | None = None) -> tf.Tensor: ...
@overload
def spence(x: TensorLike | tf.__internal__.CompositeTensor, name: str | None = None) -> Any:
    """Spence's integral, the dilogarithm of `1 - x`, elementwise."""
