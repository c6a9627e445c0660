"""Kernels of Einsum: transposes around one matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.native.batched_product import batched_product, batched_settings
from tidefall.native.library import call, takes_floats
from tidefall.ops.common import jnp
from tidefall.ops.linalg.einsum_labels import Labels, expand, sizes_of
from tidefall.ops.linalg.matmul import product
from tidefall.ops.lowering_cpu import native_or_xla
from tidefall.ops.precision import is_narrow


def einsum_host(inputs: list[Any], *, equation: str) -> Any:
    """NumPy kernel: one or two operands go through a matrix product, more through NumPy's own."""
    operands, output = expand(equation, tuple(x.ndim for x in inputs))
    sizes = sizes_of(operands, [x.shape for x in inputs])
    dtype = inputs[0].dtype
    if takes_floats(*inputs):
        batched = _batched(operands, output, sizes)
        if batched:
            return batched(call, *inputs)
    if is_narrow(dtype):
        inputs = [x.astype(np.float32) for x in inputs]
    distinct = tuple(dict.fromkeys(output))
    if len(inputs) == 1:
        result, labels = _reduced(inputs[0], operands[0], set(distinct))
        result = _arranged(result, labels, distinct)
    elif len(inputs) == 2:
        result = _contract(inputs, operands, distinct)
    else:
        result = _many(inputs, operands, distinct)
    if len(distinct) != len(output):
        result = _spread_diagonal(result, distinct, output)
    return result.astype(dtype, copy=False)


def _batched(operands: tuple[Labels, ...], output: Labels, sizes: Any) -> Any:
    """The native kernel of a product of stacks of matrices, taking how to run it and two arrays;
    None for other sums."""
    if len(operands) != 2:
        return None
    a, b = operands
    how = batched_settings(a, b, output, sizes)
    shape = tuple([sizes[label] for label in output])
    return how and (lambda run, x, y: batched_product(run, x, y, shape, how))


def _many(inputs: list[Any], operands: tuple[Labels, ...], output: Labels) -> Any:
    numbers: dict[str, int] = {}
    arguments: list[Any] = []
    for x, labels in zip(inputs, operands, strict=True):
        arguments += [x, [numbers.setdefault(label, len(numbers)) for label in labels]]
    return np.einsum(*arguments, [numbers[label] for label in output])


def _reduced(x: Any, labels: Labels, needed: set[str]) -> tuple[Any, Labels]:
    """Take diagonals of repeated labels, and sum over the labels nobody needs."""
    distinct = tuple(dict.fromkeys(labels))
    if len(distinct) != len(labels):
        numbers = {label: i for i, label in enumerate(distinct)}
        x = np.einsum(x, [numbers[label] for label in labels], list(range(len(distinct))))
    extra = tuple(i for i, label in enumerate(distinct) if label not in needed)
    if extra:
        x = np.add.reduce(x, extra, x.dtype)
        distinct = tuple(label for label in distinct if label in needed)
    return np.asarray(x), distinct


def _arranged(x: Any, labels: Labels, wanted: Labels) -> Any:
    return x if labels == wanted else x.transpose([labels.index(label) for label in wanted])


def _contract(inputs: list[Any], operands: tuple[Labels, ...], output: Labels) -> Any:
    kept = set(output)
    a, labels_a = _reduced(inputs[0], operands[0], kept | set(operands[1]))
    b, labels_b = _reduced(inputs[1], operands[1], kept | set(labels_a))
    in_b = set(labels_b)
    batch = [v for v in output if v in in_b and v in labels_a]
    inner = [v for v in labels_a if v in in_b and v not in kept]
    free_a = [v for v in labels_a if v not in in_b]
    free_b = [v for v in labels_b if v not in labels_a]
    a = _arranged(a, labels_a, (*batch, *free_a, *inner))
    b = _arranged(b, labels_b, (*batch, *inner, *free_b))
    n, m, k = len(batch), len(free_a), len(inner)
    shape_a, shape_b = a.shape[n : n + m], b.shape[n + k :]
    inner_size = int(np.prod(a.shape[n + m :], dtype=np.int64))
    left = a.reshape(*a.shape[:n], int(np.prod(shape_a, dtype=np.int64)), inner_size)
    right = b.reshape(*b.shape[:n], inner_size, int(np.prod(shape_b, dtype=np.int64)))
    result = left * right if not inner and not free_a and not free_b else product(left, right)
    result = result.reshape((*result.shape[:n], *shape_a, *shape_b))
    return _arranged(result, (*batch, *free_a, *free_b), output)


def _spread_diagonal(x: Any, labels: Labels, output: Labels) -> Any:
    """Put `x` on the diagonal of zeros where labels are repeated in the output."""
    sizes = dict(zip(labels, x.shape, strict=True))
    result = np.zeros([sizes[label] for label in output], x.dtype)
    numbers = {label: i for i, label in enumerate(labels)}
    # A view of the diagonal: writing to it writes to the result.
    view = np.einsum(result, [numbers[v] for v in output], list(range(len(labels))))
    view[...] = x
    return result


def einsum_xla(inputs: list[Any], *, equation: str) -> Any:
    """Lowering: XLA's dot products; repeated output labels become a mask."""
    operands, output = expand(equation, tuple(x.ndim for x in inputs))
    sizes = sizes_of(operands, [x.shape for x in inputs])
    dtype = inputs[0].dtype
    numbers = {label: i for i, label in enumerate(sizes)}
    distinct = tuple(dict.fromkeys(output))

    def in_general(*inputs: Any) -> Any:
        arguments: list[Any] = []
        for x, labels in zip(inputs, operands, strict=True):
            arguments += [x, [numbers[label] for label in labels]]
        return jnp.einsum(*arguments, [numbers[label] for label in distinct])

    batched = _batched(operands, output, sizes)
    result = native_or_xla(batched, in_general, *inputs) if batched else in_general(*inputs)
    if len(distinct) != len(output):
        result = _mask_diagonal(result, distinct, output)
    return result.astype(dtype)


def _mask_diagonal(x: Any, labels: Labels, output: Labels) -> Any:
    sizes = dict(zip(labels, x.shape, strict=True))
    shape = tuple(sizes[label] for label in output)
    first = {label: output.index(label) for label in labels}
    order = sorted(labels, key=lambda label: first[label])
    x = jnp.transpose(x, [labels.index(label) for label in order])
    x = jnp.reshape(x, [sizes[v] if first[v] == i else 1 for i, v in enumerate(output)])
    mask = np.ones((), bool)
    for i, label in enumerate(output):
        if first[label] != i:
            mask = mask & (_index(shape, i) == _index(shape, first[label]))
    return jnp.where(mask, x, jnp.zeros((), x.dtype))


def _index(shape: tuple[int, ...], axis: int) -> np.ndarray:
    return np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
