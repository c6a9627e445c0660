"""Inner functions that tests call in place of public ones, written with these."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def _arguments(function: Any, args: Any, params: Any) -> tuple[list[Any], list[int]]:
    """The arguments as tensors, and which of them to differentiate by."""
    import tensorflow as tf

    def convert(value: Any) -> Any:
        return value if isinstance(value, tf.Variable) else tf.convert_to_tensor(value)

    def convert_all(value: Any) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError):
            return tf.nest.map_structure(convert, value)

    tensors = [convert_all(value) for value in args]
    if params is None:
        return tensors, list(range(len(tensors)))
    names = list(inspect.signature(function).parameters)
    return tensors, [names.index(one) if isinstance(one, str) else one for one in params]


def _differentiable(y: Any) -> Any:
    if y is None:
        raise ValueError(
            "Cannot differentiate a function that returns None; did you forget to return a value?"
        )
    return y


def val_and_grad_function(function: Any, params: Any = None) -> Callable[..., Any]:
    """`backprop.val_and_grad_function` by a tape."""
    import tensorflow as tf

    def call(*args: Any, dy: Any = None, **kwargs: Any) -> Any:
        tensors, chosen = _arguments(function, args, params)
        sources = [tensors[place] for place in chosen]
        with tf.GradientTape(persistent=True) as tape:
            for source in tf.nest.flatten(sources):
                if not isinstance(source, tf.Variable):
                    tape.watch(source)
            y = _differentiable(function(*tensors, **kwargs))
        return y, tape.gradient(y, sources, output_gradients=dy)

    return call


def implicit_val_and_grad(function: Any) -> Callable[..., Any]:
    """`backprop.implicit_val_and_grad` by a tape."""
    import tensorflow as tf

    def call(*args: Any, **kwargs: Any) -> Any:
        with tf.GradientTape() as tape:
            y = _differentiable(function(*args, **kwargs))
        variables = tape.watched_variables()
        if not variables:
            raise ValueError(
                "No trainable variables were accessed while the function was being computed."
            )
        return y, list(zip(tape.gradient(y, variables), variables, strict=True))

    return call


def _second(make: Callable[..., Any]) -> Callable[..., Any]:
    def made(function: Any, *options: Any) -> Callable[..., Any]:
        return lambda *args, **kwargs: make(function, *options)(*args, **kwargs)[1]

    return made


def parameterized_truncated_normal(
    shape: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    dtype: Any = "float32",
    seed: Any = None,
    name: Any = None,
) -> Any:
    """`random_ops.parameterized_truncated_normal` by the op."""
    import tensorflow as tf

    first, second = tf.compat.v1.get_seed(seed)
    return tf.raw_ops.ParameterizedTruncatedNormal(
        shape=tf.convert_to_tensor(shape, tf.int32),
        means=tf.convert_to_tensor(means, dtype),
        stdevs=tf.convert_to_tensor(stddevs, dtype),
        minvals=tf.convert_to_tensor(minvals, dtype),
        maxvals=tf.convert_to_tensor(maxvals, dtype),
        seed=first or 0,
        seed2=second or 0,
        name=name,
    )


def global_shuffle(dataset: Any, seed: Any = None, reshuffle_each_iteration: bool = True) -> Any:
    """`global_shuffle_op._global_shuffle` by the op, as a transformation of a dataset."""
    from tidefall.data.dataset import new_dataset
    from tidefall.data.engine.random_seed import get_seeds
    from tidefall.op import raw

    first, second = get_seeds(seed)
    variant = raw.GlobalShuffleDataset(
        dataset._variant_tensor,
        first,
        second,
        raw.DummySeedGenerator(),
        reshuffle_each_iteration=reshuffle_each_iteration,
        **dataset._flat_structure,
    )
    return new_dataset(variant, dataset.element_spec, [dataset])


class Observers:
    """`op_callbacks`: functions that see every op, in a graph as it is made."""

    def __init__(self) -> None:
        self._hooks: dict[Any, Any] = {}

    def add(self, callback: Any) -> None:
        """Call `callback(op_type, inputs, attrs, outputs)` for every op."""
        from tidefall.base import state

        def hook(op: Any, inputs: Any, attrs: Any, outputs: Any) -> None:
            callback(op.name, inputs, attrs, outputs)

        self._hooks[callback] = hook
        state.state.hooks = (*state.state.hooks, hook)
        state.refresh()

    def remove(self, callback: Any) -> None:
        """Call it no longer."""
        from tidefall.base import state

        gone = self._hooks.pop(callback)
        state.state.hooks = tuple(hook for hook in state.state.hooks if hook is not gone)
        state.refresh()


BACKPROP = {
    "val_and_grad_function": val_and_grad_function,
    "gradients_function": _second(val_and_grad_function),
    "implicit_val_and_grad": implicit_val_and_grad,
    "implicit_grad": _second(implicit_val_and_grad),
}
