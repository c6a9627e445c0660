"""Initialisers of TensorFlow 1: objects that make a tensor of a shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.ops.array.constants import ones, zeros
from tidefall.ops.random.stateful_functions import normal, truncated_normal, uniform
from tidefall.tensor.conversion import constant


class Initializer:
    """Base of the initialisers: called with a shape, it gives a tensor."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an initialiser like this one."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initialiser from what `get_config` returned."""
        config = dict(config)
        return cls(**config)


def _floating(dtype: Any) -> Any:
    dtype = as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"Argument `dtype` expected to be floating-point. Received: {dtype}.")
    return dtype


@export("compat.v1.zeros_initializer", "compat.v1.initializers.zeros")
class Zeros(Initializer):
    """Zeros.

    Args:
        dtype: dtype where the call does not say.
    """

    def __init__(self, dtype: Any = dtypes.float32):
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return zeros(shape, as_dtype(dtype) if dtype is not None else self.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}


@export("compat.v1.ones_initializer", "compat.v1.initializers.ones")
class Ones(Initializer):
    """Ones.

    Args:
        dtype: dtype where the call does not say.
    """

    def __init__(self, dtype: Any = dtypes.float32):
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return ones(shape, as_dtype(dtype) if dtype is not None else self.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"dtype": self.dtype.name}


@export("compat.v1.constant_initializer", "compat.v1.initializers.constant")
class Constant(Initializer):
    """One value everywhere, or given values.

    Args:
        value: a number, or values for every element.
        dtype: dtype where the call does not say.
        verify_shape: refuse values of another shape instead of repeating or reshaping them.
    """

    def __init__(self, value: Any = 0, dtype: Any = dtypes.float32, verify_shape: bool = False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. "
                "Expected Python scalar, list or tuple of values, or numpy.ndarray."
            )
        self.value = value
        self.dtype = as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: Any = None,
        verify_shape: bool | None = None,
    ) -> Any:
        wanted = as_dtype(dtype) if dtype is not None else self.dtype
        verify = self._verify_shape if verify_shape is None else verify_shape
        if verify and tuple(np.shape(self.value)) != tuple(TensorShape(shape).as_list()):
            raise TypeError(f"Expected Tensor's shape: {tuple(shape)}, got {np.shape(self.value)}.")
        value = self.value
        target, given = TensorShape(shape), np.asarray(value)
        count = target.num_elements() or 0
        if 1 < given.size < count:
            # What there are too few of, the last one stands for.
            flat = np.concatenate([given.ravel(), np.full(count - given.size, given.ravel()[-1])])
            value = flat.reshape(target.as_list())
        return constant(value, wanted, shape)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value, "dtype": self.dtype.name}


@export("compat.v1.random_uniform_initializer", "compat.v1.initializers.random_uniform")
class RandomUniform(Initializer):
    """Uniform random numbers in [minval, maxval).

    Args:
        minval: smallest value.
        maxval: upper limit; None is 1 for floating-point dtypes.
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    def __init__(
        self,
        minval: Any = 0.0,
        maxval: Any = None,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ):
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        return uniform(shape, self.minval, self.maxval, dtype or self.dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            "minval": self.minval,
            "maxval": self.maxval,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


class _Gaussian(Initializer):
    _draw: Any = None

    def __init__(
        self,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ):
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        draw = type(self)._draw
        return draw(shape, self.mean, self.stddev, dtype or self.dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            "mean": self.mean,
            "stddev": self.stddev,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


@export("compat.v1.random_normal_initializer", "compat.v1.initializers.random_normal")
class RandomNormal(_Gaussian):
    """Normal random numbers.

    Args:
        mean, stddev: of the distribution.
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    _draw = staticmethod(normal)


@export("compat.v1.truncated_normal_initializer", "compat.v1.initializers.truncated_normal")
class TruncatedNormal(_Gaussian):
    """Normal random numbers within two standard deviations of the mean.

    Args:
        mean, stddev: of the distribution before truncation.
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    _draw = staticmethod(truncated_normal)


@export("compat.v1.uniform_unit_scaling_initializer", "compat.v1.initializers.uniform_unit_scaling")
class UniformUnitScaling(Initializer):
    """Uniform random numbers that keep the scale of what a matrix product is given.

    Args:
        factor: scales all values.
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    def __init__(self, factor: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32):
        self.factor, self.seed = factor, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        whole = partition_info.full_shape if partition_info is not None else shape
        dims = TensorShape(whole).as_list()
        size = 1.0
        for dim in dims[:-1]:
            size *= float(dim or 0)
        limit = math.sqrt(3 / max(1.0, size)) * self.factor
        return uniform(shape, -limit, limit, dtype or self.dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "seed": self.seed, "dtype": self.dtype.name}


@export("compat.v1.variance_scaling_initializer", "compat.v1.initializers.variance_scaling")
class VarianceScaling(Initializer):
    """Random numbers whose variance is `scale` over the number of inputs, outputs or both.

    Args:
        scale: a positive number.
        mode: "fan_in", "fan_out" or "fan_avg".
        distribution: "uniform", "truncated_normal" ("normal") or "untruncated_normal".
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: Any = dtypes.float32,
    ):
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                "Argument `mode` should be one of ('fan_in', 'fan_out', 'fan_avg'). "
                f"Received: {mode}"
            )
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                "Argument `distribution` should be one of ('normal', 'uniform', "
                f"'truncated_normal', 'untruncated_normal'). Received: {distribution}"
            )
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dtype = dtype or self.dtype
        whole = partition_info.full_shape if partition_info is not None else shape
        fan_in, fan_out = compute_fans(TensorShape(whole).as_list())
        fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}
        scale = self.scale / max(1.0, fans[self.mode])
        if self.distribution in ("normal", "truncated_normal"):
            # Truncating a normal distribution at two deviations makes it this much narrower.
            stddev = math.sqrt(scale) / 0.87962566103423978
            return truncated_normal(shape, 0.0, stddev, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return normal(shape, 0.0, math.sqrt(scale), dtype, self.seed)
        limit = math.sqrt(3.0 * scale)
        return uniform(shape, -limit, limit, dtype, self.seed)

    def get_config(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self.seed,
            "dtype": self.dtype.name,
        }


def compute_fans(shape: list[Any]) -> tuple[int, int]:
    """How many inputs and outputs a unit of a layer with weights of a shape has."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    if len(shape) == 2:
        return shape[0], shape[1]
    field = math.prod(shape[:-2])
    return int(shape[-2] * field), int(shape[-1] * field)


@export("compat.v1.glorot_uniform_initializer", "compat.v1.initializers.glorot_uniform")
class GlorotUniform(VarianceScaling):
    """Uniform random numbers scaled by the number of inputs and outputs; the default.

    Args:
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32):
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "dtype": self.dtype.name}


@export("compat.v1.glorot_normal_initializer", "compat.v1.initializers.glorot_normal")
class GlorotNormal(VarianceScaling):
    """Truncated normal random numbers scaled by the number of inputs and outputs.

    Args:
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    def __init__(self, seed: int | None = None, dtype: Any = dtypes.float32):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed, "dtype": self.dtype.name}


def _named(name: str, scale: float, distribution: str) -> Any:
    def make(seed: int | None = None) -> VarianceScaling:
        return VarianceScaling(scale, "fan_in", distribution, seed)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"An initialiser: variance scaling by {scale} over the number of inputs."
    return export(f"compat.v1.initializers.{name}")(make)


he_normal = _named("he_normal", 2.0, "truncated_normal")
he_uniform = _named("he_uniform", 2.0, "uniform")
lecun_normal = _named("lecun_normal", 1.0, "truncated_normal")
lecun_uniform = _named("lecun_uniform", 1.0, "uniform")


@export("compat.v1.initializers.identity")
class Identity(Initializer):
    """A multiple of the identity matrix.

    Args:
        gain: the factor.
        dtype: dtype where the call does not say.
    """

    def __init__(self, gain: float = 1.0, dtype: Any = dtypes.float32):
        self.gain = gain
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        whole = partition_info.full_shape if partition_info is not None else shape
        if len(whole) != 2:
            raise ValueError(
                f"The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        wanted = as_dtype(dtype) if dtype is not None else self.dtype
        matrix = np.eye(*TensorShape(whole).as_list(), dtype=wanted.as_numpy_dtype)
        if partition_info is not None:
            part = zip(partition_info.var_offset, TensorShape(shape).as_list(), strict=True)
            matrix = matrix[tuple(slice(start, start + size) for start, size in part)]
        return constant(self.gain * matrix, wanted)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "dtype": self.dtype.name}


@export("compat.v1.orthogonal_initializer", "compat.v1.initializers.orthogonal")
class Orthogonal(Initializer):
    """A random matrix with orthogonal rows or columns.

    Args:
        gain: a factor.
        seed: seed of the random numbers.
        dtype: dtype where the call does not say.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None, dtype: Any = dtypes.float32):
        self.gain, self.seed = gain, seed
        self.dtype = _floating(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Any:
        dims: list[Any] = TensorShape(shape).as_list()
        if len(dims) < 2:
            raise ValueError(
                "The tensor to initialize, specified by argument `shape` must be at least "
                f"two-dimensional. Received shape={shape}"
            )
        rows = math.prod(dims[:-1])
        flat = (max(dims[-1], rows), min(dims[-1], rows))
        drawn = normal(flat, dtype=dtype or self.dtype, seed=self.seed)
        q, r = raw.Qr(drawn, full_matrices=False)
        q = q * raw.Sign(raw.DiagPart(r))
        if rows < dims[-1]:
            q = raw.Transpose(q, [1, 0])
        return self.gain * raw.Reshape(q, dims)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, "seed": self.seed, "dtype": self.dtype.name}
