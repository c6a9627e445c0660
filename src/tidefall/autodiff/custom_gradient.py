"""Functions with gradients of their own: `tf.custom_gradient`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tidefall.autodiff.tape import CustomRecord, GradientTape
from tidefall.base import nest
from tidefall.base.exports import export
from tidefall.base.state import state, tapes_paused
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor


@export("custom_gradient")
def custom_gradient(f: Callable[..., Any] | None = None) -> Any:
    """Give a function its own gradient.

    Args:
        f: a function of tensors that returns `(outputs, grad_fn)`; `grad_fn(*dys)` returns one
            gradient for each argument. If `f` uses variables, `grad_fn` takes a keyword argument
            `variables` and returns `(argument gradients, variable gradients)`.

    Returns:
        A function with the arguments of `f` that returns its outputs.

    >>> import tidefall as tf
    >>> @tf.custom_gradient
    ... def halved_gradient(x):
    ...     return x * 1.0, lambda dy: dy / 2.0
    >>> x = tf.constant(3.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = halved_gradient(x)
    >>> tape.gradient(y, x).numpy()
    np.float32(0.5)
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return _call(f, args, kwargs)

    return decorated


def _call(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    args = nest.map_structure(_as_tensor, args)
    flat_args = [a for a in nest.flatten(args, expand_composites=True) if isinstance(a, Tensor)]
    with _VariableWatcher() as watcher:
        result, grad_fn = f(*args, **kwargs)
    variables = [
        v for v in watcher.watched_variables() if not any(v is a for a in nest.flatten(args))
    ]
    flat = [convert_to_tensor(r) for r in nest.flatten(result, expand_composites=True)]
    if not flat:
        return result
    inputs = flat_args + [v.handle for v in variables]
    backward = _backward(grad_fn, len(flat_args), variables, len(flat))
    if state.graph is not None:
        with tapes_paused():
            # The values of variables are inputs too, so that their gradients have a way to go.
            values = [v.value() for v in variables]
            outputs = raw.IdentityN(flat + flat_args + values)[: len(flat)]
        node = outputs[0].op

        def node_backward(*dys: Any) -> list[Any]:
            return [None] * len(flat) + backward(*dys[: len(flat)])

        node.backward = node_backward
        node.takes_missing_gradients = False
        _record_graph(node, inputs, outputs, backward)
    else:
        with tapes_paused():
            outputs = [raw.Identity(t) for t in flat]
        _record_graph(None, inputs, outputs, backward)
    return nest.pack_sequence_as(result, outputs, expand_composites=True)


def _record_graph(node: Any, inputs: list[Any], outputs: list[Any], backward: Any) -> None:
    for tape in state.tapes:
        if tape.watches(inputs):
            tape.record(CustomRecord("CustomGradient", inputs, outputs, backward))


def _as_tensor(value: Any) -> Any:
    if isinstance(value, Tensor) or not hasattr(value, "__tf_tensor__"):
        return value
    return convert_to_tensor(value)


def _backward(grad_fn: Any, n_args: int, variables: list[Any], n_outputs: int) -> Any:
    def backward(*dys: Any) -> list[Any]:
        dys = dys[:n_outputs]
        if variables:
            result, by_variable = grad_fn(*dys, variables=variables)
            by_variable = list(nest.flatten(by_variable))
        else:
            result, by_variable = grad_fn(*dys), []
        gradients = list(result if isinstance(result, (list, tuple)) else [result])
        gradients = nest.flatten(gradients) if len(gradients) != n_args else gradients
        if len(gradients) != n_args:
            raise ValueError(
                f"custom_gradient function expected to return {n_args} gradients, but returned "
                f"{len(gradients)} instead."
            )
        return list(gradients) + by_variable

    return backward


class _VariableWatcher(GradientTape):
    """Notes the trainable variables that are read, and records nothing."""

    def __init__(self) -> None:
        super().__init__(persistent=True)

    def __enter__(self) -> _VariableWatcher:
        from tidefall.base.state import refresh

        self._saved = state.tapes
        state.tapes = (self,)
        self._recording = True
        refresh()
        return self

    def __exit__(self, *exc: object) -> None:
        from tidefall.base.state import refresh

        state.tapes = self._saved
        self._recording = False
        refresh()

    def watches(self, tensors: Any) -> bool:
        return False

    def link(self, outer: Any, inner: Any) -> None:
        return None


@export("grad_pass_through")
def grad_pass_through(f: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that gradients pass through it unchanged.

    Args:
        f: a function of one tensor that returns one tensor of the same shape.

    >>> import tidefall as tf
    >>> x = tf.Variable(1.4)
    >>> with tf.GradientTape() as tape:
    ...     y = tf.grad_pass_through(tf.round)(x)
    >>> float(y), float(tape.gradient(y, x))
    (1.0, 1.0)
    """

    @custom_gradient
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        def grad(*dys: Any, variables: Any = None) -> Any:
            if variables is not None:
                return list(dys), [None] * len(variables)
            return list(dys)

        return f(*args, **kwargs), grad

    return wrapped
