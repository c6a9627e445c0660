"""Wrappers around recurrent cells: dropout, residual connections, a device.

A cell has `call(inputs, state)`, which gives outputs and a new state, `state_size`, `output_size`
and `build(shape)`; those of `tf.keras.layers` do. TensorFlow's wrappers are layers of Keras 2;
these are modules.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from tidefall import surface
from tidefall.base import dtypes, nest, nest_paths
from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.composite.module import Module
from tidefall.control_flow.tensor_array import TensorArray
from tidefall.op import raw
from tidefall.ops.common import known_value
from tidefall.ops.nn.dropout import dropout
from tidefall.ops.random.stateful_functions import uniform
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.device_scope import device

_names: Counter[str] = Counter()


def _unique(name: str) -> str:
    count = _names[name]
    _names[name] += 1
    return f"{name}_{count}" if count else name


class _Wrapper(Module):
    """What the wrappers share: all that they do not change is the cell's.

    Attributes:
        cell: the cell inside.
        built: whether the cell has its variables.
        dtype: name of the dtype of inputs and outputs.
        trainable: kept for configurations.
    """

    def __init__(self, cell: Any, dtype: Any = None, name: str | None = None, **kwargs: Any):
        if not callable(getattr(cell, "call", None)):
            raise AttributeError(f"'{type(cell).__name__}' object has no attribute 'call'")
        self.trainable = kwargs.pop("trainable", True)
        if kwargs:
            raise TypeError("Keyword argument not understood:", next(iter(kwargs)))
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__.removeprefix("RNNCell"))
        super().__init__(name or _unique(words.lower()))
        self.cell = cell
        self.built = False
        self.dtype = dtypes.as_dtype(dtype or "float32").name

    def __call__(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        """Outputs and new state; builds the cell at the first call."""
        inputs = nest.map_structure(convert_to_tensor, inputs)
        if not self.built:
            self.build(nest.map_structure(lambda x: tuple(x.shape.as_list()), inputs))
        return self.call(inputs, state, **kwargs)

    def build(self, inputs_shape: Any) -> None:
        """Give the cell its variables, if it has none yet.

        Args:
            inputs_shape: shape of the inputs, `[batch, width]`.
        """
        if not getattr(self.cell, "built", False):
            self.cell.build(inputs_shape)
            self.cell.built = True
        self.built = True

    def call(self, inputs: Any, state: Any, **kwargs: Any) -> Any:
        """Outputs and new state.

        Args:
            inputs: tensor `[batch, width]`, or a nest of tensors.
            state: tensors like those of `get_initial_state`.
            **kwargs: handed to the cell.
        """
        return self._step(self.cell.call, inputs, state, **kwargs)

    def _step(self, call: Callable[..., Any], inputs: Any, state: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """Sizes of the state: a number, a shape, or a nest of them."""
        return self.cell.state_size

    @property
    def output_size(self) -> Any:
        """Size of the outputs: a number, a shape, or a nest of them."""
        return self.cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The cell's own state of zeros."""
        return self.cell.zero_state(batch_size, dtype)

    def get_initial_state(
        self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
    ) -> Any:
        """A state of zeros.

        Args:
            inputs: tensor `[batch, ...]` that says how many and of which dtype.
            batch_size: how many, without inputs.
            dtype: of which dtype, without inputs.

        Raises:
            ValueError: if neither inputs nor both others are given.
        """
        if inputs is not None:
            inputs = convert_to_tensor(inputs)
            batch_size, dtype = raw.Shape(inputs)[0], inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )

        def zeros(size: Any) -> Any:
            sizes = raw.Pack([batch_size, *TensorShape(_dims(size)).as_list()])
            return raw.Fill(sizes, convert_to_tensor(0, dtype=dtypes.as_dtype(dtype)))

        return nest.map_structure(zeros, self.state_size)

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes the same wrapper of."""
        surface.resolve("", "keras")
        from keras.saving import serialize_keras_object

        inner = serialize_keras_object(self.cell)
        head = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        return {**head, "cell": inner, **self._own_config()}

    def _own_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The wrapper that a configuration describes.

        Args:
            config: from `get_config`.
            custom_objects: classes of cells by name, besides those of Keras.
        """
        surface.resolve("", "keras")
        from keras.saving import deserialize_keras_object

        config = dict(config)
        inner = config.pop("cell")
        cell = deserialize_keras_object(inner, custom_objects=custom_objects)
        return cls(cell, **config)


def _dims(size: Any) -> Any:
    return size if isinstance(size, (list, tuple, TensorShape)) else [size]


# ---- dropout ----


def _probability(value: Any, name: str) -> Any:
    """A probability as a float where it is known, else the tensor."""
    tensor = convert_to_tensor(value)
    known = known_value(tensor)
    if known is None:
        return tensor
    number = float(known)
    if not 0 <= number <= 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {number:g}")
    return number


def _drops(keep: Any) -> bool:
    return not isinstance(keep, float) or keep < 1


def _all_but_arrays(state: Any) -> bool:
    return not isinstance(state, TensorArray)


def _chosen(visitor: Callable[[Any], Any], state: Any) -> Any:
    """Which parts of a state take dropout: booleans, in a structure that may end above theirs."""
    answer = visitor(state)
    if not nest.is_nested(state):
        if not isinstance(answer, bool):
            raise TypeError(f"Expected the visitor to return a bool, got {answer!r}")
        return answer
    parts = [state[k] for k in sorted(state)] if isinstance(state, dict) else list(state)
    if isinstance(answer, bool):
        answers = [answer] * len(parts)
        if not answer:
            return False
    else:
        keyed = isinstance(answer, dict)
        answers = [answer[k] for k in sorted(answer)] if keyed else list(answer)
    found = [_chosen(visitor, p) if yes else False for p, yes in zip(parts, answers, strict=True)]
    if isinstance(state, dict):
        return type(state)(zip(sorted(state), found, strict=True))
    return type(state)(*found) if nest.is_namedtuple(state) else type(state)(found)


def _map_numbered(shallow: Any, function: Callable[..., Any], *structures: Any) -> Any:
    """Map a function that also gets the number of the element."""
    count = iter(range(2**31))
    return nest_paths.map_structure_up_to(
        shallow, lambda *values: function(next(count), *values), *structures
    )


@export("nn.RNNCellDropoutWrapper")
class RNNCellDropoutWrapper(_Wrapper):
    """A recurrent cell with dropout on its inputs, outputs and state.

    Args:
        cell: the cell.
        input_keep_prob: probability to keep an element of the inputs.
        output_keep_prob: probability to keep an element of the outputs.
        state_keep_prob: probability to keep an element of the new state.
        variational_recurrent: drop the same elements in each step, for all examples alike
            (Gal and Ghahramani, https://arxiv.org/abs/1512.05287).
        input_size: size of the inputs without batch, or a nest; needed to drop inputs so.
        dtype: dtype of inputs, outputs and state; needed for `variational_recurrent`.
        seed: seed of what is dropped.
        dropout_state_filter_visitor: called with a state or part of it; says whether dropout is
            for it, as a bool or a structure of bools. None: all but TensorArrays.

    Raises:
        TypeError: if the visitor is not callable.
        ValueError: for a probability out of range, or a missing `dtype` or `input_size`.

    >>> import tidefall as tf
    >>> cell = tf.nn.RNNCellDropoutWrapper(tf.keras.layers.SimpleRNNCell(4), input_keep_prob=0.5)
    >>> outputs, state = cell(tf.ones([2, 3]), cell.get_initial_state(tf.ones([2, 3])))
    >>> outputs.shape
    TensorShape([2, 4])
    """

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: int | None = None,
        dropout_state_filter_visitor: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(cell, dtype, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._visitor = dropout_state_filter_visitor
        self._keep = {
            "input": _probability(input_keep_prob, "input_keep_prob"),
            "state": _probability(state_keep_prob, "state_keep_prob"),
            "output": _probability(output_keep_prob, "output_keep_prob"),
        }
        self._variational, self._input_size, self._seed = variational_recurrent, input_size, seed
        self._noise: dict[str, Any] = {}
        if variational_recurrent:
            self._draw_noise(dtype)

    def _draw_noise(self, dtype: Any) -> None:
        if dtype is None:
            raise ValueError("When variational_recurrent=True, dtype must be provided")
        sizes = {"state": self.cell.state_size, "output": self.cell.output_size}
        if _drops(self._keep["input"]):
            if self._input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, "
                    "input_size must be provided"
                )
            sizes = {"input": self._input_size, **sizes}
        for part, size in sizes.items():

            def noise(i: int, one: Any, part: str = part) -> Any:
                return uniform([1, *_dims(one)], dtype=dtype, seed=self._seed_of(part, i))

            self._noise[part] = _map_numbered(size, noise, size)

    def _seed_of(self, part: str, index: int) -> int | None:
        """A seed for each element of inputs, outputs and state, the same as TensorFlow's."""
        if self._seed is None:
            return None
        text = f"{self._seed}{part}_{index}".encode()
        digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
        return int(digest[:8], 16) & 0x7FFFFFFF

    def _step(self, call: Callable[..., Any], inputs: Any, state: Any, **kwargs: Any) -> Any:
        inputs = self._dropped("input", inputs, _true(inputs))
        outputs, new_state = call(inputs, state, **kwargs)
        chosen = _chosen(self._visitor or _all_but_arrays, new_state)
        new_state = self._dropped("state", new_state, chosen)
        return self._dropped("output", outputs, _true(outputs)), new_state

    def _dropped(self, part: str, values: Any, chosen: Any) -> Any:
        keep = self._keep[part]
        if not _drops(keep):
            return values

        def fresh(i: int, chosen: bool, value: Any) -> Any:
            return dropout(value, 1 - keep, seed=self._seed_of(part, i)) if chosen else value

        def same(i: int, chosen: bool, value: Any, noise: Any) -> Any:
            return value / keep * raw.Floor(keep + noise) if chosen else value

        if self._variational:
            return _map_numbered(chosen, same, chosen, values, self._noise[part])
        return _map_numbered(chosen, fresh, chosen, values)

    @property
    def wrapped_cell(self) -> Any:
        """The cell inside."""
        return self.cell

    def _own_config(self) -> dict[str, Any]:
        if self._visitor is not None:
            raise UnimplementedError(
                None, None, "The configuration of a RNNCellDropoutWrapper with a visitor."
            )
        return {
            "input_keep_prob": self._keep["input"],
            "output_keep_prob": self._keep["output"],
            "state_keep_prob": self._keep["state"],
            "variational_recurrent": self._variational,
            "input_size": self._input_size,
            "seed": self._seed,
        }


def _true(structure: Any) -> Any:
    return nest.map_structure(lambda _: True, structure)


# ---- residual connections ----


def _added(inputs: Any, outputs: Any) -> Any:
    nest.assert_same_structure(inputs, outputs)

    def add(x: Any, y: Any) -> Any:
        x.shape.assert_is_compatible_with(y.shape)
        return x + y

    return nest.map_structure(add, inputs, outputs)


@export("nn.RNNCellResidualWrapper")
class RNNCellResidualWrapper(_Wrapper):
    """A recurrent cell whose inputs are added to its outputs.

    Args:
        cell: the cell.
        residual_fn: takes inputs and outputs and gives the new outputs; None adds them.

    Raises:
        ValueError: when called with inputs that are not shaped like the outputs.

    >>> import tidefall as tf
    >>> cell = tf.nn.RNNCellResidualWrapper(tf.keras.layers.SimpleRNNCell(3))
    >>> outputs, state = cell(tf.ones([2, 3]), [tf.zeros([2, 3])])
    >>> bool(tf.reduce_all(outputs == 1 + state[0]))
    True
    """

    def __init__(
        self, cell: Any, residual_fn: Callable[[Any, Any], Any] | None = None, **kwargs: Any
    ):
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _step(self, call: Callable[..., Any], inputs: Any, state: Any, **kwargs: Any) -> Any:
        outputs, new_state = call(inputs, state, **kwargs)
        return (self._residual_fn or _added)(inputs, outputs), new_state

    def _own_config(self) -> dict[str, Any]:
        if self._residual_fn is not None:
            raise UnimplementedError(
                None, None, "The configuration of a RNNCellResidualWrapper with a residual_fn."
            )
        return {}


# ---- devices ----


@export("nn.RNNCellDeviceWrapper")
class RNNCellDeviceWrapper(_Wrapper):
    """A recurrent cell that runs on a device.

    Args:
        cell: the cell.
        device: name of the device, such as "/gpu:0".

    >>> import tidefall as tf
    >>> cell = tf.nn.RNNCellDeviceWrapper(tf.keras.layers.SimpleRNNCell(3), "/cpu:0")
    >>> outputs, _ = cell(tf.ones([2, 3]), [tf.zeros([2, 3])])
    >>> outputs.shape
    TensorShape([2, 3])
    """

    def __init__(self, cell: Any, device: str, **kwargs: Any):
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The cell's own state of zeros, on the device."""
        with device(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def _step(self, call: Callable[..., Any], inputs: Any, state: Any, **kwargs: Any) -> Any:
        with device(self._device):
            return call(inputs, state, **kwargs)

    def _own_config(self) -> dict[str, Any]:
        return {"device": self._device}
