# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.math.special`."""

import tidefall as tf
from tidefall._api.math import bessel_i0 as bessel_i0
from tidefall._api.math import bessel_i0e as bessel_i0e
from tidefall._api.math import bessel_i1 as bessel_i1
from tidefall._api.math import bessel_i1e as bessel_i1e
from typing import Any

def bessel_j0(x: Any, name: str | None = None) -> tf.Tensor:
    """Bessel function of the first kind and order 0, elementwise."""
def bessel_j1(x: Any, name: str | None = None) -> tf.Tensor:
    """Bessel function of the first kind and order 1, elementwise."""
def bessel_k0(x: Any, name: str | None = None) -> tf.Tensor:
    """Modified Bessel function of the second kind and order 0, elementwise."""
def bessel_k0e(x: Any, name: str | None = None) -> tf.Tensor:
    """`bessel_k0(x) * exp(x)`, elementwise."""
def bessel_k1(x: Any, name: str | None = None) -> tf.Tensor:
    """Modified Bessel function of the second kind and order 1, elementwise."""
def bessel_k1e(x: Any, name: str | None = None) -> tf.Tensor:
    """`bessel_k1(x) * exp(x)`, elementwise."""
def bessel_y0(x: Any, name: str | None = None) -> tf.Tensor:
    """Bessel function of the second kind and order 0, elementwise."""
def bessel_y1(x: Any, name: str | None = None) -> tf.Tensor:
    """Bessel function of the second kind and order 1, elementwise."""
def dawsn(x: Any, name: str | None = None) -> tf.Tensor:
    """Dawson's integral, `exp(-x^2)` times the integral of `exp(t^2)` from 0 to `x`, elementwise."""
def expint(x: Any, name: str | None = None) -> tf.Tensor:
    """Exponential integral Ei of positive numbers, elementwise."""
def fresnel_cos(x: Any, name: str | None = None) -> tf.Tensor:
    """Fresnel integral of `cos(pi/2 * t^2)` from 0 to `x`, elementwise."""
def fresnel_sin(x: Any, name: str | None = None) -> tf.Tensor:
    """Fresnel integral of `sin(pi/2 * t^2)` from 0 to `x`, elementwise."""
def spence(x: Any, name: str | None = None) -> tf.Tensor:
    """Spence's integral, the dilogarithm of `1 - x`, elementwise."""
