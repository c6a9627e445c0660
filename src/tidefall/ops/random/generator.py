"""`tf.random.Generator`: a random number generator with its state in a variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.config import config
from tidefall.base.dtypes import as_dtype
from tidefall.base.exports import export
from tidefall.base.state import init_scope, name_scope
from tidefall.composite.trackable.auto_trackable import AutoTrackable
from tidefall.composite.variables.variable import Variable
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.ops.random.stateless import PHILOX, THREEFRY
from tidefall.ops.random.stateless_functions import algorithm_id, between, scaled, shape_tensor
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_SIZES = {PHILOX: 3, THREEFRY: 2}


def _algorithm(alg: Any) -> int:
    """The number of a generator; auto_select means Philox."""
    number = algorithm_id(alg)
    return PHILOX if number not in _SIZES else number


def _state_of_seed(seed: Any, alg: int) -> Any:
    """The initial state for a seed: an integer of any size, or a vector of integers."""
    size = _SIZES[alg]
    if isinstance(seed, int):
        # Two's complement in words of 64 bits, lowest first.
        words = [(seed >> 64 * i) & (2**64 - 1) for i in range(size)]
        return convert_to_tensor(np.array(words, np.uint64).astype(np.int64))
    seed = convert_to_tensor(seed)
    if seed.dtype != dtypes.int64:
        seed = raw.Cast(seed, DstT=dtypes.int64)
    flat = raw.Reshape(seed, np.array([-1], np.int32))[:size]
    missing = size - raw.Shape(flat)[0]
    paddings = raw.Pack([raw.Pack([missing, 0], axis=0)], axis=0)
    state = raw.Pad(flat, paddings)
    if not state.shape.is_fully_defined():
        state.set_shape([size])
    return state


@export("random.create_rng_state", "random.experimental.create_rng_state")
def create_rng_state(seed: Any, alg: Any) -> Any:
    """The state of a generator for a seed.

    Args:
        seed: an integer, or an integer vector.
        alg: "philox", a number, or a `tf.random.Algorithm`.

    Returns:
        An int64 vector `[3]`.

    >>> import tidefall as tf
    >>> tf.random.create_rng_state(1, "philox").numpy()
    array([1, 0, 0])
    """
    return _state_of_seed(seed, _algorithm(alg))


@export("random.Generator", "random.experimental.Generator")
class Generator(AutoTrackable):
    """A random number generator that keeps its state in a variable.

    Make one with `from_seed`, `from_state`, `from_key_counter` or `from_non_deterministic_state`.
    Its numbers do not depend on `tf.random.set_seed`; checkpoints save its state.

    Args:
        copy_from: a generator to copy.
        state: int64 vector: counter (two) and key; a variable is used as it is.
        alg: "philox", "threefry" or "auto_select".

    >>> import tidefall as tf
    >>> generator = tf.random.Generator.from_seed(1)
    >>> generator.normal([2]).numpy().round(4)
    array([ 0.4384, -0.5344], dtype=float32)
    """

    def __init__(self, copy_from: Generator | None = None, state: Any = None, alg: Any = None):
        if copy_from is not None:
            if state is not None or alg is not None:
                raise ValueError("Give either `copy_from`, or `state` and `alg`, not both.")
            alg, state = copy_from.algorithm, copy_from.state.read_value()
        elif state is None or alg is None:
            raise ValueError("A generator needs `state` and `alg`: use Generator.from_seed.")
        self._alg = _algorithm(alg)
        if getattr(state, "_is_variable", False):
            _check_size(state.shape, self._alg)
            self._state_var = state
            return
        state = convert_to_tensor(state, dtype_hint=dtypes.int64)
        if state.dtype != dtypes.int64:
            state = raw.Cast(state, DstT=dtypes.int64)
        _check_size(state.shape, self._alg)
        self._state_var = Variable(state, dtype=dtypes.int64, trainable=False, name="StateVar")

    # ---- making one ----

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """A generator whose numbers follow from a seed.

        Args:
            seed: an integer, or an integer vector.
            alg: "philox" or "auto_select" (None means that).
        """
        number = _algorithm("auto_select" if alg is None else alg)
        return cls(state=_state_of_seed(seed, number), alg=number)

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> Generator:
        """A generator that continues from a state.

        Raises:
            ValueError: if the state has not the algorithm's size.
        """
        return cls(state=state, alg=alg)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> Generator:
        """A generator with a given key and counter, `[2]` for Philox and `[1]` for ThreeFry."""
        return cls(state=_joined(key, counter), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator whose numbers differ in every run.

        Raises:
            RuntimeError: when determinism is asked for.
        """
        if config.op_determinism:
            raise RuntimeError(
                '"from_non_deterministic_state" cannot be called when determinism is enabled.'
            )
        number = _algorithm("auto_select" if alg is None else alg)
        shape = np.array([_SIZES[number]], np.int32)
        state = raw.NonDeterministicInts(shape, dtype=dtypes.int64)
        return cls(state=state, alg=number)

    # ---- its state ----

    @property
    def state(self) -> Any:
        """The variable with the state."""
        return self._state_var

    @property
    def algorithm(self) -> int:
        """Number of the algorithm."""
        return self._alg

    @property
    def key(self) -> Any:
        """The key, an int64 scalar."""
        return self._state_var.read_value()[-1]

    def reset(self, state: Any) -> None:
        """Continue from another state.

        Raises:
            ValueError: if the state has not the algorithm's size.
        """
        state = convert_to_tensor(state, dtype_hint=dtypes.int64)
        if state.dtype != dtypes.int64:
            state = raw.Cast(state, DstT=dtypes.int64)
        _check_size(state.shape, self._alg)
        self._state_var.assign(state)

    def reset_from_seed(self, seed: Any) -> None:
        """Start again from a seed."""
        self._state_var.assign(_state_of_seed(seed, self._alg))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Continue from a key and a counter `[2]`."""
        self._state_var.assign(_joined(key, counter))

    def skip(self, delta: Any) -> Any:
        """Move on as if `delta` numbers had been drawn.

        Returns:
            The state before that.
        """
        delta = convert_to_tensor(delta)
        if delta.dtype != dtypes.uint64:
            delta = raw.Cast(delta, DstT=dtypes.uint64)
        alg = np.array(self._alg, np.int32)

        def move(variable: Any) -> Any:
            return raw.RngReadAndSkip(variable.handle, alg, delta)

        state = self._state_var
        distributed = getattr(state, "is_distributed_variable", False)
        before = state.on_components(move) if distributed else move(state)
        if not before.shape.is_fully_defined():
            before.set_shape([3])
        return before

    def _position(self, shape: Any) -> tuple[Any, Any, Any]:
        """Key, counter and algorithm for numbers of a shape; moves on past them."""
        state = self.skip(_count(shape))
        bits = raw.Bitcast
        size = _SIZES[self._alg] - 1
        counter = bits(state[:size], type=dtypes.uint64)
        key = bits(state[size : size + 1], type=dtypes.uint64)
        return self._own_key(key), counter, np.array(self._alg, np.int32)

    def _own_key(self, key: Any) -> Any:
        """The key; in a replica of the strategy that the generator was made under, one of its own,
        drawn from the key and the replica's number."""
        strategy = getattr(self._state_var, "distribute_strategy", None)
        number = None if strategy is None else strategy.extended.running_replica()
        if number is None:
            return key
        counter = raw.Cast(raw.Pack([number, 0], axis=0), DstT=dtypes.uint64)
        draw = raw.StatelessRandomUniformFullIntV2
        shape = np.array([1], np.int32)
        return draw(shape, key, counter, np.array(self._alg, np.int32), dtype=dtypes.uint64)

    # ---- drawing ----

    def normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Normal random numbers; the arguments are those of `tf.random.normal`."""
        return self._floats("StatelessRandomNormalV2", "normal", shape, mean, stddev, dtype, name)

    def truncated_normal(
        self,
        shape: Any,
        mean: Any = 0.0,
        stddev: Any = 1.0,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Normal random numbers within two deviations of the mean."""
        op_name = "StatelessTruncatedNormalV2"
        return self._floats(op_name, "truncated_normal", shape, mean, stddev, dtype, name)

    def _floats(
        self, op_name: str, kind: str, shape: Any, mean: Any, stddev: Any, dtype: Any, name: Any
    ) -> Any:
        dtype = as_dtype(dtype)
        with name_scope(name or f"stateful_{kind}") as scope:
            shape = shape_tensor(shape)
            drawn = find_op(op_name)(shape, *self._position(shape), dtype=dtype)
            return scaled(drawn, stddev, mean, dtype, scope)

    def uniform(
        self,
        shape: Any,
        minval: Any = 0,
        maxval: Any = None,
        dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        """Uniform random numbers in [minval, maxval).

        Args:
            shape: shape of the result.
            minval: smallest value; None, with `maxval` None, for an integer dtype's whole range.
            maxval: upper limit, excluded; None is 1 for floating-point dtypes.
            dtype: a floating-point dtype, or int32, int64, uint32 or uint64.
            name: name scope of the nodes in a graph.

        Raises:
            ValueError: for integers with one limit only.
        """
        dtype = as_dtype(dtype)
        if dtype.is_integer and (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer dtype {dtype!r}, minval and maxval must be both `None` or both "
                f"non-`None`; got minval={minval} and maxval={maxval}"
            )
        with name_scope(name or "stateful_uniform") as scope:
            if dtype.is_integer and minval is None:
                return self.uniform_full_int(shape, dtype)
            shape = shape_tensor(shape)
            if dtype.is_integer:
                low, high = convert_to_tensor(minval, dtype), convert_to_tensor(maxval, dtype)
                operation = raw.StatelessRandomUniformIntV2
                return operation(shape, *self._position(shape), low, high, dtype=dtype, name=scope)
            operation = raw.StatelessRandomUniformV2
            drawn = operation(shape, *self._position(shape), dtype=dtype)
            return between(drawn, minval, 1 if maxval is None else maxval, dtype, scope)

    def uniform_full_int(
        self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None
    ) -> Any:
        """Integers over the whole range of a dtype of 32 or 64 bits."""
        with name_scope(name or "stateful_uniform_full_int"):
            shape = shape_tensor(shape)
            operation = raw.StatelessRandomUniformFullIntV2
            return operation(shape, *self._position(shape), dtype=as_dtype(dtype))

    def binomial(
        self,
        shape: Any,
        counts: Any,
        probs: Any,
        dtype: Any = dtypes.int32,
        name: str | None = None,
    ) -> Any:
        """Binomial random numbers.

        Args:
            shape: shape of the result; it ends with that of `counts + probs`.
            counts: numbers of trials.
            probs: probabilities of success.
            dtype: float16, float32, float64, int32 or int64.
            name: name scope of the nodes in a graph.
        """
        with name_scope(name or "binomial"):
            counts = convert_to_tensor(counts, name="counts")
            return raw.StatefulRandomBinomial(
                self._state_var.handle,
                np.array(self._alg, np.int64),
                shape_tensor(shape),
                counts,
                convert_to_tensor(probs, counts.dtype, name="probs"),
                dtype=as_dtype(dtype),
            )

    def make_seeds(self, count: int = 1) -> Any:
        """Seeds for stateless random functions.

        Returns:
            An int64 tensor of shape `[2, count]`; each column is a seed.
        """
        keys = self.uniform_full_int([count], dtypes.int64)
        return raw.Pack([keys, raw.ZerosLike(keys)], axis=0)

    def split(self, count: int = 1) -> list[Generator]:
        """Independent generators, as many as wanted, with keys drawn from this one."""
        keys = self.uniform_full_int([count], dtypes.int64)
        zero = np.zeros(_SIZES[self._alg] - 1, np.int64)
        return [Generator.from_key_counter(keys[i], zero, self._alg) for i in range(count)]


def _check_size(shape: Any, alg: int) -> None:
    size = _SIZES[alg]
    if not shape.is_compatible_with([size]):
        raise ValueError(f"Shapes {shape} and [{size}] are incompatible")


def _joined(key: Any, counter: Any) -> Any:
    """A state of a key and a counter."""
    cast, reshape = raw.Cast, raw.Reshape
    parts = []
    for part in (counter, key):
        tensor = convert_to_tensor(part)
        if tensor.dtype != dtypes.int64:
            tensor = cast(tensor, DstT=dtypes.int64)
        parts.append(reshape(tensor, np.array([-1], np.int32)))
    return raw.ConcatV2(parts, 0)


def _count(shape: Any) -> Any:
    """Number of elements of a shape tensor."""
    if isinstance(shape, Tensor):
        return raw.Prod(shape, np.array([0], np.int32), keep_dims=False)
    return np.array(int(np.prod(shape, dtype=np.int64)), np.int64)


class _Global:
    generator: Generator | None = None


@export("random.get_global_generator", "random.experimental.get_global_generator")
def get_global_generator() -> Generator:
    """The generator shared by the whole program; made at first use, different in every run.

    Raises:
        RuntimeError: when determinism is asked for and none was set.

    >>> import tidefall as tf
    >>> tf.random.get_global_generator() is tf.random.get_global_generator()
    True
    """
    if _Global.generator is None:
        if config.op_determinism:
            raise RuntimeError(
                '"get_global_generator" cannot be called if determinism is enabled, unless '
                '"set_global_generator" has already been called. Please call it first.'
            )
        with init_scope():
            _Global.generator = Generator.from_non_deterministic_state()
    return _Global.generator


@export("random.set_global_generator", "random.experimental.set_global_generator")
def set_global_generator(generator: Generator) -> None:
    """Replace the generator shared by the whole program.

    Args:
        generator: the new one.

    >>> import tidefall as tf
    >>> tf.random.set_global_generator(tf.random.Generator.from_seed(1))
    """
    _Global.generator = generator
