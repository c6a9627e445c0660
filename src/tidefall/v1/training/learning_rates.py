"""Learning rates that change with the step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.op import raw
from tidefall.surface import resolve
from tidefall.tensor.conversion import convert_to_tensor


def _cast(value: Any, dtype: Any) -> Any:
    tensor = convert_to_tensor(value)
    return tensor if tensor.dtype.base_dtype == dtype else raw.Cast(tensor, DstT=dtype)


def _deferred(rate: Callable[[], Any]) -> Any:
    """The rate as a tensor; in eager code the function, to be called at each step."""
    return rate if state.graph is None else rate()


def _needs_step(global_step: Any, name: str) -> None:
    if global_step is None:
        raise ValueError(f"global_step is required for {name}.")


def _periods(step: Any, steps: Any, staircase: bool) -> Any:
    periods = step / steps
    return raw.Floor(periods) if staircase else periods


@export("compat.v1.train.exponential_decay")
def exponential_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * decay_rate ** (global_step / decay_steps)`.

    Args:
        learning_rate: what it begins with.
        global_step: the step.
        decay_steps: the number of steps in which it decays by `decay_rate`.
        decay_rate: the factor.
        staircase: let it change at multiples of `decay_steps` only.
        name: name scope of the nodes.

    Returns:
        A scalar tensor; in eager code a function that returns one.

    >>> import tidefall as tf
    >>> rate = tf.compat.v1.train.exponential_decay(0.1, 2, 2, 0.5)
    >>> round(float(rate()), 6)
    0.05
    """
    _needs_step(global_step, "exponential_decay")

    def rate() -> Any:
        with name_scope(name or "ExponentialDecay") as scope:
            first = convert_to_tensor(learning_rate, name="learning_rate")
            dtype = first.dtype.base_dtype
            step, steps = _cast(global_step, dtype), _cast(decay_steps, dtype)
            power = raw.Pow(_cast(decay_rate, dtype), _periods(step, steps, staircase))
            return raw.Mul(first, power, name=scope)

    return _deferred(rate)


@export("compat.v1.train.natural_exp_decay")
def natural_exp_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate * exp(-decay_rate * global_step / decay_steps)`; see `exponential_decay`."""
    natural = raw.Exp(-convert_to_tensor(decay_rate, "float32"))
    return exponential_decay(
        learning_rate, global_step, decay_steps, natural, staircase, name or "NaturalExpDecay"
    )


@export("compat.v1.train.inverse_time_decay")
def inverse_time_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    decay_rate: Any,
    staircase: bool = False,
    name: str | None = None,
) -> Any:
    """`learning_rate / (1 + decay_rate * global_step / decay_steps)`; see `exponential_decay`."""
    _needs_step(global_step, "inverse_time_decay")

    def rate() -> Any:
        with name_scope(name or "InverseTimeDecay") as scope:
            first = convert_to_tensor(learning_rate, name="learning_rate")
            dtype = first.dtype.base_dtype
            step, steps = _cast(global_step, dtype), _cast(decay_steps, dtype)
            periods = _periods(step, steps, staircase)
            below = 1 + _cast(decay_rate, dtype) * periods
            return raw.RealDiv(first, below, name=scope)

    return _deferred(rate)


@export("compat.v1.train.polynomial_decay")
def polynomial_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    end_learning_rate: Any = 0.0001,
    power: Any = 1.0,
    cycle: bool = False,
    name: str | None = None,
) -> Any:
    """From `learning_rate` to `end_learning_rate` in `decay_steps` steps.

    Args:
        learning_rate: what it begins with.
        global_step: the step.
        decay_steps: after how many steps it is at its end.
        end_learning_rate: the rate from then on.
        power: 1 for a straight line.
        cycle: begin again, over more steps, instead of staying at the end.
        name: name scope of the nodes.

    Returns:
        A scalar tensor; in eager code a function that returns one.
    """
    _needs_step(global_step, "polynomial_decay")

    def rate() -> Any:
        with name_scope(name or "PolynomialDecay") as scope:
            first = convert_to_tensor(learning_rate, name="learning_rate")
            dtype = first.dtype.base_dtype
            last, exponent = _cast(end_learning_rate, dtype), _cast(power, dtype)
            step, steps = _cast(global_step, dtype), _cast(decay_steps, dtype)
            if cycle:
                begun = raw.Ceil(step / steps)
                times = raw.SelectV2(raw.Equal(step, _cast(0, dtype)), 1.0, begun)
                steps = steps * times
            else:
                step = raw.Minimum(step, steps)
            left = raw.Pow(1 - step / steps, exponent)
            return raw.AddV2((first - last) * left, last, name=scope)

    return _deferred(rate)


@export("compat.v1.train.piecewise_constant", "compat.v1.train.piecewise_constant_decay")
def piecewise_constant(
    x: Any, boundaries: Sequence[Any], values: Sequence[Any], name: str | None = None
) -> Any:
    """One of `values`: the first up to the first boundary, the next up to the second, and so on.

    Args:
        x: the step.
        boundaries: increasing numbers of the same kind as `x`.
        values: one more than boundaries.
        name: name scope of the nodes.

    Returns:
        A scalar tensor; in eager code a function that returns one.

    Raises:
        ValueError: if the lengths do not fit.
    """
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")

    def rate() -> Any:
        with name_scope(name or "PiecewiseConstant"):
            step = convert_to_tensor(x)
            bounds = [_cast(b, step.dtype.base_dtype) for b in boundaries]
            found = convert_to_tensor(values[-1])
            for bound, value in zip(reversed(bounds), reversed(values[:-1]), strict=True):
                below = raw.LessEqual(step, bound)
                found = raw.SelectV2(below, _cast(value, found.dtype.base_dtype), found)
            return found

    return _deferred(rate)


def _fraction(global_step: Any, decay_steps: Any) -> Any:
    steps = _cast(decay_steps, convert_to_tensor(0.0).dtype)
    step = raw.Minimum(_cast(global_step, steps.dtype), steps)
    return step / steps


@export("compat.v1.train.cosine_decay")
def cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, alpha: float = 0.0, name: Any = None
) -> Any:
    """From `learning_rate` to `alpha` times it along half a cosine.

    Args:
        learning_rate: what it begins with.
        global_step: the step.
        decay_steps: after how many steps it is at its end.
        alpha: the part that is left at the end.
        name: name scope of the nodes.

    Returns:
        A scalar tensor; in eager code a function that returns one.
    """
    _needs_step(global_step, "cosine decay")

    def rate() -> Any:
        with name_scope(name or "CosineDecay"):
            wave = 0.5 * (1.0 + raw.Cos(math.pi * _fraction(global_step, decay_steps)))
            return learning_rate * ((1 - alpha) * wave + alpha)

    return _deferred(rate)


@export("compat.v1.train.cosine_decay_restarts")
def cosine_decay_restarts(
    learning_rate: Any,
    global_step: Any,
    first_decay_steps: Any,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
    name: str | None = None,
) -> Any:
    """Cosine decay that begins again, each time over more steps and from a lower rate.

    Args:
        learning_rate: what it begins with.
        global_step: the step.
        first_decay_steps: number of steps of the first decay.
        t_mul: how much longer each decay is than the one before.
        m_mul: how much of the rate each one begins with.
        alpha: the part that is left at the end.
        name: name scope of the nodes.

    Returns:
        A scalar tensor; in eager code a function that returns one.
    """
    _needs_step(global_step, "cosine decay restarts")

    def rate() -> Any:
        with name_scope(name or "SGDRDecay"):
            steps = _cast(first_decay_steps, convert_to_tensor(0.0).dtype)
            done = _cast(global_step, steps.dtype) / steps
            if t_mul == 1.0:
                restart = raw.Floor(done)
                part = done - restart
            else:
                inner = 1.0 - done * (1.0 - t_mul)
                restart = raw.Floor(raw.Log(inner) / math.log(t_mul))
                begun = (1.0 - t_mul**restart) / (1.0 - t_mul)
                part = (done - begun) / t_mul**restart
            wave = 0.5 * m_mul**restart * (1.0 + raw.Cos(math.pi * part))
            return learning_rate * ((1 - alpha) * wave + alpha)

    return _deferred(rate)


def _linear_cosine(global_step: Any, decay_steps: Any, num_periods: float) -> tuple[Any, Any]:
    part = _fraction(global_step, decay_steps)
    wave = 0.5 * (1.0 + raw.Cos(2.0 * num_periods * math.pi * part))
    return 1.0 - part, wave


@export("compat.v1.train.linear_cosine_decay")
def linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    num_periods: float = 0.5,
    alpha: float = 0.0,
    beta: float = 0.001,
    name: str | None = None,
) -> Any:
    """A straight line times a cosine; see `cosine_decay`.

    Args:
        learning_rate, global_step, decay_steps: as for `cosine_decay`.
        num_periods: how many waves there are.
        alpha, beta: added to the line, and to the product.
        name: name scope of the nodes.
    """
    _needs_step(global_step, "linear cosine decay")

    def rate() -> Any:
        with name_scope(name or "LinearCosineDecay"):
            line, wave = _linear_cosine(global_step, decay_steps, num_periods)
            return learning_rate * ((alpha + line) * wave + beta)

    return _deferred(rate)


@export("compat.v1.train.noisy_linear_cosine_decay")
def noisy_linear_cosine_decay(
    learning_rate: Any,
    global_step: Any,
    decay_steps: Any,
    initial_variance: float = 1.0,
    variance_decay: float = 0.55,
    num_periods: float = 0.5,
    alpha: float = 0.0,
    beta: float = 0.001,
    name: str | None = None,
) -> Any:
    """`linear_cosine_decay` with noise whose variance decays.

    Args:
        learning_rate, global_step, decay_steps, num_periods, alpha, beta: as there.
        initial_variance: variance of the noise at first.
        variance_decay: how fast it decays.
        name: name scope of the nodes.
    """
    _needs_step(global_step, "noisy linear cosine decay")

    def rate() -> Any:
        with name_scope(name or "NoisyLinearCosineDecay"):
            line, wave = _linear_cosine(global_step, decay_steps, num_periods)
            step = _cast(global_step, line.dtype.base_dtype)
            variance = initial_variance / ((1.0 + step) ** variance_decay)
            noise = resolve("random", "normal")(line.shape, stddev=1.0)
            noisy = line + noise * raw.Sqrt(variance)
            return learning_rate * ((alpha + noisy) * wave + beta)

    return _deferred(rate)
