"""Running a record on any implementation of the API: `tf` is TensorFlow or Tidefall."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.oracle.spec import (
    Case,
    Composite,
    Gen,
    Given,
    Var,
    fed_leaves,
    leaf_dtype,
    make_leaf,
    map_args,
    weights,
)

Path = tuple[Any, ...]
_PLAIN = (bool, int, float, str)


class MissingNameError(Exception):
    """The public name a record calls does not exist."""


@dataclass
class Result:
    """What a call gave.

    Attributes:
        structure: the outputs' structure as JSON, with a word for each tensor.
        outputs: the tensors in it, flat; composites by component.
        grads, grads2: gradients of the sources, None where there is none.
    """

    structure: Any
    outputs: list[Any]
    grads: list[Any]
    grads2: list[Any]

    def present(self) -> list[Any]:
        """All tensors there are."""
        return [t for t in (*self.outputs, *self.grads, *self.grads2) if t is not None]

    def refilled(self, tensors: Sequence[Any]) -> Result:
        """The same with other tensors in the place of `present()`."""
        flat = iter(tensors)

        def fill(old: list[Any]) -> list[Any]:
            return [None if t is None else next(flat) for t in old]

        return Result(self.structure, fill(self.outputs), fill(self.grads), fill(self.grads2))


def resolve(tf: Any, name: str) -> Any:
    """The object `tf.<name>`.

    Raises:
        MissingNameError: if there is none.
    """
    target = tf
    for part in name.split("."):
        try:
            target = getattr(target, part)
        except AttributeError as error:
            raise MissingNameError(f"tf.{name} does not exist: {error}") from error
    return target


# ---- arguments ----


def feed(tf: Any, record: Case) -> dict[Path, Any]:
    """Fresh tensors and variables for a record's arguments, by path."""
    fed: dict[Path, Any] = {}
    for path, leaf in fed_leaves(record):
        value = constant(tf, make_leaf(record, leaf, path), leaf_dtype(leaf))
        fed[path] = tf.Variable(value) if isinstance(leaf, Var) else value
    return fed


def constant(tf: Any, array: np.ndarray, dtype: str) -> Any:
    """A tensor of an array."""
    return tf.constant(array, dtype=dtype)


def split(record: Case, fed: dict[Path, Any]) -> tuple[list[Path], dict[Path, Any]]:
    """Paths of the tensors that a traced function takes, and the variables that it captures."""
    variables = {path: fed[path] for path, leaf in fed_leaves(record) if isinstance(leaf, Var)}
    return [path for path in fed if path not in variables], variables


def call(tf: Any, record: Case, fed: dict[Path, Any]) -> Any:
    """Call what the record calls."""

    def build(leaf: Any, path: Path) -> Any:
        if isinstance(leaf, (Gen, Var)) or (isinstance(leaf, Given) and leaf.fed):
            return fed[path]
        if isinstance(leaf, Given):
            return tf.constant(leaf.make(""), dtype=leaf.dtype)
        if isinstance(leaf, Composite):
            parts = [build(part, (*path, i)) for i, part in enumerate(leaf.parts)]
            return _composite(tf, leaf.kind, parts)
        return leaf

    arguments = map_args(build, {**dict(enumerate(record.args)), **record.kwargs})
    positional = [arguments.pop(i) for i in range(len(record.args))]
    if record.function is not None:
        return record.function(tf, *positional, **arguments)
    return resolve(tf, record.name)(*positional, **arguments)


def _composite(tf: Any, kind: str, parts: list[Any]) -> Any:
    if kind == "ragged":
        return tf.RaggedTensor.from_nested_row_splits(parts[0], parts[1:])
    if kind == "sparse":
        return tf.SparseTensor(*parts)
    return tf.IndexedSlices(*parts)


def sources(record: Case) -> list[Path]:
    """Paths of the arguments to differentiate."""
    if not record.grad:
        return []
    found = []
    for path, leaf in fed_leaves(record):
        if leaf_dtype(leaf).startswith(("float", "bfloat", "complex")) and (
            record.grad is True or path[0] in record.grad
        ):
            found.append(path)
    if not found:
        raise ValueError(f"{record.id}: no argument to differentiate; remove grad=.")
    return found


# ---- results ----


def _is(tf: Any, value: Any, name: str) -> bool:
    kind = getattr(tf, name, None)
    return kind is not None and isinstance(value, kind)


def flatten(tf: Any, value: Any, tensors: list[Any]) -> Any:
    """The structure of a result as JSON; its tensors are appended to `tensors`."""
    if value is None or isinstance(value, _PLAIN):
        return {"python": value}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if _is(tf, value, "RaggedTensor"):
        splits = list(value.nested_row_splits)
        tensors += [value.flat_values, *splits]
        return {"ragged": len(splits)}
    if _is(tf, value, "SparseTensor"):
        tensors += [value.indices, value.values, value.dense_shape]
        return "sparse"
    if _is(tf, value, "IndexedSlices"):
        parts = [value.values, value.indices]
        parts += [] if value.dense_shape is None else [value.dense_shape]
        tensors += parts
        return {"slices": len(parts)}
    if _is(tf, value, "TensorShape"):
        return {"shape": None if value.rank is None else value.as_list()}
    if _is(tf, value, "DType"):
        return {"dtype": value.name}
    if isinstance(value, dict):
        return {"dict": [[k, flatten(tf, value[k], tensors)] for k in sorted(value)]}
    if isinstance(value, (list, tuple)):
        kind = "namedtuple" if hasattr(value, "_fields") else type(value).__name__
        return {kind: [flatten(tf, item, tensors) for item in value]}
    if isinstance(value, (np.ndarray, np.generic)):
        tensors.append(tf.constant(value))
        return "numpy"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        tensors.append(tf.convert_to_tensor(value))
        return "tensor"
    raise TypeError(f"A result of type {type(value)} cannot be recorded.")


def evaluate(
    tf: Any, record: Case, fed: dict[Path, Any], shapes: Sequence[Any] | None = None
) -> Result:
    """Call the record and differentiate it.

    Args:
        tf: TensorFlow or Tidefall.
        record: what to call.
        fed: tensors and variables by path.
        shapes: shape of each output, needed for gradients; None computes none.
    """
    wanted = sources(record) if shapes is not None else []
    if not wanted:
        outputs: list[Any] = []
        structure = flatten(tf, call(tf, record, fed), outputs)
        return Result(structure, outputs, [], [])
    watched = [fed[path] for path in wanted]
    if not record.grad2:
        return _differentiate(tf, record, fed, watched, shapes or [])
    with tf.GradientTape() as tape:
        tape.watch(watched)
        first = _differentiate(tf, record, fed, watched, shapes or [])
        targets = [(i, g) for i, g in enumerate(first.grads) if g is not None]
    leaves = dict(fed_leaves(record))
    seeds = [
        _weights(tf, record, _shape(record, leaves, wanted[i]), g.dtype.name, f"second {i}")
        for i, g in targets
    ]
    second = tape.gradient([g for _, g in targets], watched, output_gradients=seeds)
    return Result(first.structure, first.outputs, first.grads, [_dense(tf, g) for g in second])


def _differentiate(
    tf: Any, record: Case, fed: dict[Path, Any], watched: list[Any], shapes: Sequence[Any]
) -> Result:
    outputs: list[Any] = []
    with tf.GradientTape() as tape:
        tape.watch(watched)
        structure = flatten(tf, call(tf, record, fed), outputs)
    targets = [(i, t) for i, t in enumerate(outputs) if t.dtype.is_floating or t.dtype.is_complex]
    seeds = [_weights(tf, record, shapes[i], t.dtype.name, f"first {i}") for i, t in targets]
    grads = tape.gradient([t for _, t in targets], watched, output_gradients=seeds)
    return Result(structure, outputs, [_dense(tf, g) for g in grads], [])


def _shape(record: Case, leaves: dict[Path, Any], path: Path) -> tuple[int, ...]:
    return make_leaf(record, leaves[path], path).shape


def _weights(tf: Any, record: Case, shape: Any, dtype: str, tag: str) -> Any:
    return constant(tf, weights(record, shape, dtype, tag), dtype)


def _dense(tf: Any, gradient: Any) -> Any:
    return None if gradient is None else tf.convert_to_tensor(gradient)
