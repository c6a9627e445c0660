"""A random program as data, and the interpreter that runs it with TensorFlow's API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

import tidefall as tf


class Instruction(NamedTuple):
    """One step: an operation, the numbers of the values it reads, and its settings.

    Settings may be blocks: the parts of branches, loops and called functions.
    """

    kind: str
    operands: tuple[int, ...] = ()
    settings: tuple[Any, ...] = ()


@dataclass
class Block:
    """Instructions that see the values around them; the last value is the result."""

    code: list[Instruction] = field(default_factory=list)

    def text(self, first: int, indent: str = "  ") -> str:
        """The block as lines; values are numbered from `first`."""
        lines = []
        for i, step in enumerate(self.code):
            reads = ", ".join(f"v{o}" for o in step.operands)
            shown = [s for s in step.settings if not isinstance(s, Block)]
            lines.append(f"{indent}v{first + i} = {step.kind}({reads}) {shown or ''}".rstrip())
            for block in (s for s in step.settings if isinstance(s, Block)):
                lines.append(f"{indent}  block, v{first + i} is its argument:")
                lines.append(block.text(first + i + 1, indent + "    "))
        return "\n".join(lines)


@dataclass
class Program:
    """A program: arrays it takes, variables it starts with, a block, and what it returns."""

    seed: int
    arguments: list[np.ndarray]
    variables: list[np.ndarray]
    block: Block
    results: list[int]
    known_shapes: bool
    special: bool
    """Whether NaN, infinities and negative zeros are among the arguments."""
    gradient: bool = False
    """Whether it returns the gradients of its float results, too."""

    def text(self) -> str:
        """The program as lines, for messages."""
        head = [f"seed {self.seed}, known shapes: {self.known_shapes}, gradient: {self.gradient}"]
        head += [f"  v{i} = argument {a.tolist()}" for i, a in enumerate(self.arguments)]
        head += [f"  variable {i} = {v.tolist()}" for i, v in enumerate(self.variables)]
        body = self.block.text(len(self.arguments))
        return "\n".join([*head, body, f"  return {self.results}"])

    def __call__(self, variables: list[Any], *arguments: Any) -> list[Any]:
        """Run it, eagerly or into a graph."""
        if not self.gradient:
            return self._results(variables, arguments)
        floats = [a for a in arguments if a.dtype == tf.float32]
        with tf.GradientTape() as tape:
            tape.watch(floats)
            results = self._results(variables, arguments)
            total = tf.add_n([tf.reduce_sum(r) for r in results if r.dtype == tf.float32] + [0.0])
        sources = [*floats, *variables]
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(total, sources, unconnected_gradients=zero)
        return [*results, *map(tf.convert_to_tensor, gradients)]

    def _results(self, variables: list[Any], arguments: tuple[Any, ...]) -> list[Any]:
        values = list(arguments)
        run_block(self.block, values, variables)
        return [values[i] for i in self.results]


def run_block(block: Block, values: list[Any], variables: list[Any]) -> Any:
    """Run instructions; each adds a value. Returns the last."""
    for step in block.code:
        values.append(run_instruction(step, values, variables))
    return values[-1]


def run_instruction(step: Instruction, values: list[Any], variables: list[Any]) -> Any:
    """Run one instruction on the values so far."""
    reads = [values[i] for i in step.operands]
    control = _CONTROL.get(step.kind)
    if control is not None:
        return control(step.settings, reads, values, variables)
    if step.kind in _VARIABLES:
        return _VARIABLES[step.kind](variables[step.settings[0]], *reads)
    return OPERATIONS[step.kind](*reads, *step.settings)


# ---- control flow ----


def _branch(block: Block, values: list[Any], variables: list[Any], argument: Any) -> Any:
    inner = [*values, argument]
    return run_block(block, inner, variables)


def _cond(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    first, second = settings
    return tf.cond(
        tf.equal(tf.math.floormod(reads[1], 2), 0),
        lambda: _branch(first, values, variables, reads[0]),
        lambda: _branch(second, values, variables, reads[0]),
    )


def _known_cond(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    first, second, choice = settings
    return tf.cond(
        tf.constant(choice) if choice is not None else tf.equal(tf.rank(reads[0]), 1),
        lambda: _branch(first, values, variables, reads[0]),
        lambda: _branch(second, values, variables, reads[0]),
    )


def _switch(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    branches = [lambda b=b: _branch(b, values, variables, reads[0]) for b in settings]
    return tf.switch_case(tf.math.floormod(reads[1], len(settings) + 1), branches)


def _loop(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    block, limit = settings
    count = tf.constant(limit) if limit is not None else tf.math.floormod(reads[1], 4)
    return tf.while_loop(
        lambda i, x: i < count,
        lambda i, x: (i + 1, _branch(block, values, variables, x)),
        (tf.constant(0), reads[0]),
    )[1]


def _called(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    (block,) = settings
    function = tf.function(lambda x: _branch(block, values, variables, x))
    return function(reads[0])


def _called_twice(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    (block,) = settings
    function = tf.function(lambda x: _branch(block, values, variables, x))
    return function(reads[0]) + function(reads[0] * 0.5)


def _waiting(settings: Any, reads: Any, values: Any, variables: Any) -> Any:
    with tf.control_dependencies([tf.debugging.assert_equal(reads[1], reads[1])]):
        return tf.identity(reads[0])


_CONTROL = {
    "cond": _cond,
    "known_cond": _known_cond,
    "switch": _switch,
    "loop": _loop,
    "called": _called,
    "called_twice": _called_twice,
    "waiting": _waiting,
}


# ---- variables ----


def _assign(variable: Any, x: Any) -> Any:
    variable.assign(tf.tanh(x) + 0.25)
    return variable.read_value()


def _assign_add(variable: Any, x: Any) -> Any:
    variable.assign_add(tf.sin(x))
    return variable + 0.0


_VARIABLES = {
    "read": lambda v: v.read_value(),
    "read_twice": lambda v: v.read_value() * v.read_value(),
    "assign": _assign,
    "assign_add": _assign_add,
}


# ---- plain operations ----


def _ints(numbers: list[int]) -> np.ndarray:
    """Also an empty list as integers."""
    return np.array(numbers, np.int32)


def _shape_product(x: Any, axis: int) -> Any:
    shape = tf.shape(x)
    return x * tf.cast(shape[axis] * tf.size(x) + tf.rank(x), x.dtype) * 0.01


def _flat_and_back(x: Any) -> Any:
    return tf.reshape(tf.reshape(x, [-1]), tf.shape(x))


def _rows(x: Any) -> Any:
    return tf.reshape(x, tf.stack([tf.shape(x)[0], -1]))


def _dense(x: Any, w: Any, b: Any, activation: str | None, bias_add: bool) -> Any:
    y = tf.matmul(x, w)
    y = tf.nn.bias_add(y, b) if bias_add else y + b
    return y if activation is None else getattr(tf.nn, activation)(y)


def _conv(x: Any, w: np.ndarray, b: np.ndarray, activation: str | None, how: str) -> Any:
    y = tf.nn.conv2d(x[tf.newaxis, :, :, tf.newaxis], w, 1, "SAME")
    if how == "bias_add":
        y = tf.nn.bias_add(y, b)
    else:
        y = y + (b if how == "vector" else tf.reshape(b, [1, 1, 1, -1]))
    return tf.reduce_mean(y if activation is None else getattr(tf.nn, activation)(y), axis=[0, 3])


OPERATIONS: dict[str, Any] = {
    # one float operand
    "neg": tf.negative,
    "abs": tf.abs,
    "square": tf.square,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "relu": tf.nn.relu,
    "relu6": tf.nn.relu6,
    "elu": tf.nn.elu,
    "leaky_relu": tf.nn.leaky_relu,
    "sin": tf.sin,
    "exp": lambda x: tf.exp(-tf.abs(x)),
    "log1p": lambda x: tf.math.log1p(tf.abs(x)),
    "inverse": lambda x: tf.math.reciprocal(tf.square(x) + 1.0),
    "identity": tf.identity,
    "stop_gradient": tf.stop_gradient,
    "same_cast": lambda x: tf.raw_ops.Cast(x=x, DstT=x.dtype),
    "zeros_like": tf.zeros_like,
    "ones_like": tf.ones_like,
    "power": lambda x, n: tf.pow(x, n),
    "power_of_positive": lambda x, n: tf.pow(tf.square(x) + 1.0, n),
    "add_constant": lambda x, c: x + c,
    "constant_add": lambda x, c: c + x,
    "sub_constant": lambda x, c: x - c,
    "constant_sub": lambda x, c: c - x,
    "mul_constant": lambda x, c: x * c,
    "constant_mul": lambda x, c: c * x,
    "div_constant": lambda x, c: x / c,
    "neg_neg": lambda x: tf.negative(-x),
    "square_neg": lambda x: tf.square(-x),
    # two
    "add": tf.add,
    "sub": tf.subtract,
    "mul": tf.multiply,
    "maximum": tf.maximum,
    "minimum": tf.minimum,
    "squared_difference": tf.math.squared_difference,
    "add_neg": lambda x, y: x + (-y),
    "sub_neg": lambda x, y: x - (-y),
    "add_n": lambda x, y: tf.add_n([x, y, x]),
    "add_n_one": lambda x: tf.add_n([x]),
    # reductions
    "sum": lambda x, axes, keep: tf.reduce_sum(x, axes, keepdims=keep),
    "mean": lambda x, axes, keep: tf.reduce_mean(x, axes, keepdims=keep),
    "max": lambda x, axes, keep: tf.reduce_max(x, axes, keepdims=keep),
    "min": lambda x, axes, keep: tf.reduce_min(x, axes, keepdims=keep),
    "cumsum": lambda x, axis: tf.cumsum(x, axis),
    "softmax": tf.nn.softmax,
    # shapes
    "reshape": lambda x, shape: tf.reshape(x, _ints(shape)),
    "flat_and_back": _flat_and_back,
    "rows": _rows,
    "transpose": lambda x, order: tf.transpose(x, _ints(order)),
    "transpose_twice": lambda x, p, q: tf.transpose(tf.transpose(x, _ints(p)), _ints(q)),
    "expand": lambda x, axis: tf.expand_dims(x, axis),
    "expand_and_squeeze": lambda x, axis: tf.squeeze(tf.expand_dims(x, axis), [axis]),
    "tile": lambda x, counts: tf.tile(x, _ints(counts)),
    "broadcast": lambda x, shape: tf.broadcast_to(x, _ints(shape)),
    "concat": lambda x, y, axis: tf.concat([x, y], axis),
    "stack": lambda x, y: tf.stack([x, y]),
    "slice": lambda x, begin, size: tf.slice(x, _ints(begin), _ints(size)),
    "index": lambda x, i: x[i],
    "strided": lambda x, step: x[::step],
    "pad": lambda x, amounts: tf.pad(x, amounts),
    "reverse": lambda x, axes: tf.reverse(x, _ints(axes)),
    "gather": lambda x, indices, axis: tf.gather(x, _ints(indices), axis=axis),
    "roll": lambda x, shift: tf.roll(x, shift, 0),
    "shape_product": _shape_product,
    "split": lambda x, axis: tf.add_n(tf.split(x, 2, axis)),
    # products
    "matmul": lambda x, y, a, b: tf.matmul(x, y, transpose_a=a, transpose_b=b),
    "matmul_transposed": lambda x, y: tf.matmul(tf.transpose(x), tf.transpose(y)),
    "batch_matmul": lambda x, y: tf.matmul(x, tf.linalg.matrix_transpose(y)),
    "dense": _dense,
    "conv": _conv,
    "constant_product": lambda x, a, b: x + tf.reduce_sum(tf.matmul(a, b)),
    # integers
    "int_add": lambda n, c: n + c,
    "int_mul": lambda n, c: n * c,
    "int_sub_self": lambda n: n - n,
    "int_div": lambda n, c: n // c,
    "int_mod": lambda n, c: n % c,
    "int_neg_neg": lambda n: tf.negative(-n),
    "int_size": lambda x: tf.size(x),
    "int_sum_shape": lambda x: tf.reduce_sum(tf.shape(x) * tf.range(1, tf.rank(x) + 1)),
    "int_to_float": lambda n: tf.sin(tf.cast(n, tf.float32)),
    "scaled": lambda x, n: x * tf.sin(tf.cast(n, tf.float32)),
    "where": lambda x, y, n: tf.where(n % 3 == 0, x, y),
}
