"""Eager ops that have only a lowering: compiled once per op, attributes and shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError
from tidefall.runtime.xla.jax_bridge import load_jax
from tidefall.tensor.tensor import EagerTensor

_MAX_PROGRAMS = 4096
"""Programs kept. The values of static inputs are part of one, and may differ in every call."""
# Classes of values that may hold anything.
_LIST: type[Any] = list
_ARRAY: type[Any] = np.ndarray
_compiled: dict[Any, Any] = {}


def forget_compiled_ops() -> None:
    """Drop the compiled forms of all ops."""
    _compiled.clear()


def _key(value: Any) -> Any:
    if isinstance(value, _LIST):
        return tuple(_key(v) for v in value)
    if isinstance(value, _ARRAY):
        return value.dtype.str, value.shape, value.tobytes()
    return value if value.__hash__ else repr(value)


def run_compiled_op(op: Any, tensors: Sequence[EagerTensor], attrs: dict[str, Any]) -> Any:
    """Run one op through its lowering on the CPU; the results are NumPy arrays."""
    jax = load_jax()
    return jax.tree.map(np.asarray, run_on(jax.devices("cpu")[0], op, tensors, attrs))


def run_on(device: Any, op: Any, tensors: Sequence[EagerTensor], attrs: dict[str, Any]) -> Any:
    """Run one op through its lowering on one of jax's devices; the results stay there."""
    with load_jax().default_device(device):
        return run_where_they_are(op, tensors, [t.storage for t in tensors], attrs)


def run_where_they_are(
    op: Any,
    tensors: Sequence[EagerTensor],
    values: Sequence[Any],
    attrs: dict[str, Any],
    constant: Callable[[Any], bool] | None = None,
) -> Any:
    """Run one op through its lowering on the devices its arrays are on; the results stay there.

    Args:
        op: the op.
        tensors: its inputs.
        values: their arrays, where they are wanted.
        attrs: its attributes.
        constant: tells of a value whether it is to be a constant of the program, besides those of
            inputs that always are.
    """
    jax = load_jax()
    for tensor in tensors:
        if tensor.dtype == dtypes.string:
            raise InvalidArgumentError(
                None, None, f"{op.name} runs as compiled code, which takes no string tensors."
            )
    static = [
        arg.name in op.static
        for arg in op.definition.inputs
        for _ in range(arg.length(attrs) if arg.is_list else 1)
    ]
    if constant is not None:
        static = [s or constant(v) for s, v in zip(static, values, strict=True)]
    used = {key: attrs[key] for key in op.xla_attrs}
    key = (
        op.name,
        tuple(sorted((k, _key(v)) for k, v in used.items())),
        len(values),
        tuple(_key(np.asarray(v)) if s else None for v, s in zip(values, static, strict=True)),
    )
    function = _compiled.get(key)
    if function is None:
        if len(_compiled) >= _MAX_PROGRAMS:
            _compiled.clear()
        constants = [np.asarray(v) if s else None for v, s in zip(values, static, strict=True)]

        def call(*dynamic: Any) -> Any:
            given = iter(dynamic)
            flat = [c if s else next(given) for c, s in zip(constants, static, strict=True)]
            return op.xla(*op.definition.group_inputs(flat, attrs), **used)

        function = _compiled[key] = jax.jit(call)
    with jax.enable_x64(True):
        return function(*[v for v, s in zip(values, static, strict=True) if not s])
