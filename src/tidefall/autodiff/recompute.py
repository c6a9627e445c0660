"""`tf.recompute_grad`: less memory for more work."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tidefall.autodiff.custom_gradient import custom_gradient
from tidefall.autodiff.tape import GradientTape, UnconnectedGradients
from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.op import raw
from tidefall.tensor.tensor import Tensor


@export("recompute_grad")
def recompute_grad(f: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that its gradient runs it again instead of keeping what it computed.

    Args:
        f: a function of tensors, without side effects, that may read variables.

    Returns:
        A function with the arguments and results of `f`.

    >>> import tidefall as tf
    >>> layer = tf.recompute_grad(lambda x: tf.exp(tf.sin(x)))
    >>> x = tf.constant(0.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = layer(x)
    >>> tape.gradient(y, x).numpy()
    np.float32(1.0)
    """

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        @custom_gradient
        def inner(*tensors: Any) -> Any:
            return f(*tensors, **kwargs), functools.partial(_again, f, tensors, kwargs)

        return inner(*args)

    return wrapped


def _again(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *gradients: Any,
    variables: Any = None,
) -> Any:
    identity = raw.Identity
    flat = [a for a in nest.flatten(args) if isinstance(a, Tensor)]
    with GradientTape(watch_accessed_variables=False) as tape:
        fresh = iter([identity(a) for a in flat])
        copies = nest.map_structure(lambda a: next(fresh) if isinstance(a, Tensor) else a, args)
        sources = [c for c in nest.flatten(copies) if isinstance(c, Tensor)]
        tape.watch([s for s in sources if s.dtype.is_floating or s.dtype.is_complex])
        if variables is not None:
            tape.watch(list(variables))
        result = f(*copies, **kwargs)
    found = tape.gradient(
        nest.flatten(result),
        [*sources, *(variables or ())],
        list(gradients),
        unconnected_gradients=UnconnectedGradients.ZERO,
    )
    by_argument = found[: len(sources)]
    return by_argument if variables is None else (by_argument, found[len(sources) :])
