"""The ops that draw gamma, Poisson and binomial numbers, on the host alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.dtypes import DType
from tidefall.base.shapes import TensorShape
from tidefall.op import raw
from tidefall.op.effects import DRAWS, PURE, writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.batching import Call
from tidefall.ops.common import from_shape_input, invalid, shape_text, unbroadcast
from tidefall.ops.math.cast import cast
from tidefall.ops.math.elementwise import multiply
from tidefall.ops.random import rejection
from tidefall.ops.random.generator_ops import skip_state
from tidefall.ops.random.seeds import BLOCKS_PER_NUMBER, Stream, eager_stream, node_stream
from tidefall.ops.random.stateless import check_algorithm, key_counter, seeded, static_shape

Where = tuple[int, int]
Draw = Callable[..., np.ndarray]


def _drawn(
    draw: Draw, where: Where, shape: tuple[int, ...], dtype: DType, *parameters: np.ndarray
) -> np.ndarray:
    """Numbers of a shape whose last dimensions are those of the parameters."""
    lead = shape[: len(shape) - parameters[0].ndim]
    samples = math.prod(lead)
    flat = [p.reshape(-1) for p in parameters]
    numbers = rejection.per_parameter(
        lambda index, *values: draw(*where, index, *values), samples, *flat
    )
    kind = dtype.as_numpy_dtype
    return np.ascontiguousarray(numbers).astype(kind).reshape(shape)


def _check_ends_with(shape: tuple[int, ...], parameter: np.ndarray, what: str) -> None:
    rank = parameter.ndim
    if rank > len(shape) or shape[len(shape) - rank :] != parameter.shape:
        raise invalid(
            f"Shape passed in must end with broadcasted shape of {what}: got {shape_text(shape)} "
            f"for {shape_text(parameter.shape)}"
        )


def _gamma_gradient(op: Any, dy: Any) -> list[Any]:
    """How each number moves with the `alpha` it was drawn for.

    Reference: [Figurnov et al., 2018](https://arxiv.org/abs/1805.08498), implicit differentiation
    of the distribution function.
    """
    alpha, drawn = op.inputs[-1], op.outputs[0]
    dtype = alpha.dtype
    wide = dtypes.float32 if dtype == dtypes.float16 else dtype
    slope = raw.RandomGammaGrad(cast(alpha, wide), cast(drawn, wide))
    moved = unbroadcast(multiply(dy, cast(slope, dtype)), alpha, drawn)
    return [None] * (len(op.inputs) - 1) + [moved]


# ---- stateless ----


def _stateless_gamma_v3(
    shape: Any, key: Any, counter: Any, alg: Any, alpha: Any, *, dtype: DType
) -> np.ndarray:
    check_algorithm(alg)
    dims = static_shape(shape)
    _check_ends_with(dims, alpha, "alpha")
    return _drawn(rejection.gamma, key_counter(key, counter), dims, dtype, alpha)


def _stateless_gamma_v2(shape: Any, seed: Any, alpha: Any, *, dtype: DType) -> np.ndarray:
    dims = static_shape(shape)
    _check_ends_with(dims, alpha, "alpha")
    return _drawn(rejection.gamma, seeded(seed), dims, dtype, alpha)


def _stateless_poisson(shape: Any, seed: Any, lam: Any, *, dtype: DType) -> np.ndarray:
    dims = static_shape(shape)
    _check_ends_with(dims, lam, "lam")
    return _drawn(rejection.poisson, seeded(seed), dims, dtype, lam)


def _counts_and_probs(shape: tuple[int, ...], counts: Any, probs: Any) -> list[np.ndarray]:
    try:
        both = list(np.broadcast_arrays(counts, probs))
    except ValueError:
        raise invalid(
            "counts and probs must have compatible batch dimensions: "
            f"{shape_text(counts.shape)} vs. {shape_text(probs.shape)}"
        ) from None
    _check_ends_with(shape, both[0], "counts and probs")
    return both


def _stateless_binomial(
    shape: Any, seed: Any, counts: Any, probs: Any, *, dtype: DType
) -> np.ndarray:
    dims = static_shape(shape)
    parameters = _counts_and_probs(dims, counts, probs)
    return _drawn(rejection.binomial, seeded(seed), dims, dtype, *parameters)


_STATELESS: tuple[tuple[str, Draw, Any], ...] = (
    ("StatelessRandomGammaV3", _stateless_gamma_v3, _gamma_gradient),
    ("StatelessRandomGammaV2", _stateless_gamma_v2, _gamma_gradient),
    ("StatelessRandomPoisson", _stateless_poisson, NOT_DIFFERENTIABLE),
    ("StatelessRandomBinomial", _stateless_binomial, NOT_DIFFERENTIABLE),
)
for _name, _kernel, _gradient in _STATELESS:
    op(_name, shape=from_shape_input(0), host=_kernel, effects=PURE, gradient=_gradient)


# ---- stateful ----


def _joined_shape(c: Inference) -> TensorShape:
    """The shape asked for, followed by that of the parameter."""
    return c.constant_shape(0).concatenate(c.shape(1))


def _from_stream(
    draw: Draw, stream: Stream, shape: Any, parameter: np.ndarray, dtype: DType
) -> np.ndarray:
    dims = (*static_shape(shape), *parameter.shape)
    where = stream.reserve(math.prod(dims) * BLOCKS_PER_NUMBER)
    return _drawn(draw, where, dims, dtype, parameter)


def _gamma_host(shape: Any, alpha: Any, *, seed: int, seed2: int, T: DType, S: DType) -> Any:
    stream = eager_stream(("RandomGamma", T, S), seed, seed2)
    return _from_stream(rejection.gamma, stream, shape, alpha, T)


def _gamma_for_node(node: Any) -> Draw:
    def kernel(shape: Any, alpha: Any, *, seed: int, seed2: int, T: DType, S: DType) -> Any:
        return _from_stream(rejection.gamma, node_stream(node), shape, alpha, T)

    return kernel


def _poisson_host(
    shape: Any, rate: Any, *, seed: int, seed2: int, dtype: DType, R: DType, S: DType
) -> Any:
    stream = eager_stream(("RandomPoissonV2", dtype, R, S), seed, seed2)
    return _from_stream(rejection.poisson, stream, shape, rate, dtype)


def _poisson_for_node(node: Any) -> Draw:
    def kernel(
        shape: Any, rate: Any, *, seed: int, seed2: int, dtype: DType, R: DType, S: DType
    ) -> Any:
        return _from_stream(rejection.poisson, node_stream(node), shape, rate, dtype)

    return kernel


def _old_poisson_host(
    shape: Any, rate: Any, *, seed: int, seed2: int, dtype: DType, S: DType
) -> Any:
    stream = eager_stream(("RandomPoisson", dtype, S), seed, seed2)
    return _from_stream(rejection.poisson, stream, shape, rate, dtype)


def _old_poisson_for_node(node: Any) -> Draw:
    def kernel(shape: Any, rate: Any, *, seed: int, seed2: int, dtype: DType, S: DType) -> Any:
        return _from_stream(rejection.poisson, node_stream(node), shape, rate, dtype)

    return kernel


def _samples_batching(call: Call) -> Any:
    """Every run draws numbers of its own; the shape of a sample stands before the parameter's."""
    shape = call.fixed(0)
    if not call.is_stacked(1):
        sizes = raw.Cast(call.runs.before(shape), DstT=shape.dtype)
        return call.run([sizes, call.fixed(1)])
    drawn = call.run([shape, call.tensor(1)])
    place = raw.Size(shape)
    before, behind = raw.Range(0, place, 1), raw.Range(place + 1, raw.Rank(drawn), 1)
    return raw.Transpose(drawn, raw.ConcatV2([raw.ExpandDims(place, 0), before, behind], 0))


_gamma_host.for_node = _gamma_for_node  # type: ignore[attr-defined]
_poisson_host.for_node = _poisson_for_node  # type: ignore[attr-defined]
_old_poisson_host.for_node = _old_poisson_for_node  # type: ignore[attr-defined]
op(
    "RandomGamma",
    shape=_joined_shape,
    host=_gamma_host,
    effects=DRAWS,
    gradient=_gamma_gradient,
    batching=_samples_batching,
)
op(
    "RandomPoisson",
    shape=_joined_shape,
    host=_old_poisson_host,
    effects=DRAWS,
    gradient=NOT_DIFFERENTIABLE,
)
op(
    "RandomPoissonV2",
    shape=_joined_shape,
    host=_poisson_host,
    effects=DRAWS,
    gradient=NOT_DIFFERENTIABLE,
    batching=_samples_batching,
)

_BINOMIAL_NUMBERS = 100
"""How many numbers' worth a generator moves on for each binomial one."""


def _stateful_binomial(
    resource: Any, algorithm: Any, shape: Any, counts: Any, probs: Any, *, dtype: DType
) -> np.ndarray:
    dims = static_shape(shape)
    check_algorithm(algorithm)
    parameters = _counts_and_probs(dims, counts, probs)
    state = skip_state(resource, algorithm, math.prod(dims) * _BINOMIAL_NUMBERS)
    words = state.astype(np.uint64).tolist()
    return _drawn(
        rejection.binomial, (words[2], words[0] | words[1] << 64), dims, dtype, *parameters
    )


op(
    "StatefulRandomBinomial",
    shape=from_shape_input(2),
    host=_stateful_binomial,
    effects=writes("resource"),
    gradient=NOT_DIFFERENTIABLE,
)
