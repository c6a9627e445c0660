"""Maps that keep sparse tensors under a number each, so that they fit where one tensor has to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType, as_dtype, string
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import WRITES_OUTSIDE
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.array.set_operations import check_order
from tidefall.ops.common import invalid, scalar, shape_text

Sparse = tuple[np.ndarray, np.ndarray, np.ndarray]
Kernel = Callable[..., Any]


class SparseMap:
    """Sparse tensors by number; taking one removes it.

    Args:
        name: the name that errors give.
    """

    def __init__(self, name: str):
        self.name = name
        self._lock = threading.Lock()
        self._next = 0
        self._kept: dict[int, Sparse] = {}

    def add(self, parts: Sparse) -> int:
        """Keep a sparse tensor: positions, values, shape. Returns its number."""
        with self._lock:
            number = self._next
            self._next += 1
            self._kept[number] = parts
            return number

    def take(self, numbers: Sequence[int]) -> list[Sparse]:
        """The sparse tensors of some numbers, which are no longer kept.

        Raises:
            InvalidArgumentError: for a number under which there is none.
        """
        with self._lock:
            found = []
            for number in numbers:
                parts = self._kept.pop(number, None)
                if parts is None:
                    raise invalid(f"Unable to find SparseTensor: {number} in map: {self.name}")
                found.append(parts)
            return found


_maps: dict[tuple[str, str], SparseMap] = {}
"""Every map that was used, since whoever has a number may come back for it."""


def _map(container: str, name: str) -> SparseMap:
    return _maps.setdefault((container, name), SparseMap(name))


# ---- kernels ----


def _check(indices: Any, values: Any, shape: Any) -> None:
    for name, array, rank in (("indices", indices, 2), ("values", values, 1), ("shape", shape, 1)):
        if array.ndim != rank:
            kind = "matrix" if rank == 2 else "vector"
            raise invalid(
                f"Input {name} should be a {kind} but received shape {shape_text(array.shape)}"
            )
    if len(indices) != len(values):
        raise invalid(
            "indices and values rows (indexing dimension) must match. (indices = "
            f"{len(indices)}, values = {len(values)})"
        )
    if indices.shape[1] != len(shape):
        raise invalid(f"The positions have {indices.shape[1]} dimensions, the shape {len(shape)}.")


def _add(kept: SparseMap, indices: Any, values: Any, shape: Any) -> np.ndarray:
    _check(indices, values, shape)
    return np.array(kept.add((indices, values, shape)), np.int64)


def _add_many(kept: SparseMap, indices: Any, values: Any, shape: Any) -> np.ndarray:
    _check(indices, values, shape)
    if len(shape) <= 1:
        raise invalid(f"Rank of input SparseTensor should be > 1, but saw rank: {len(shape)}")
    wrong = np.argwhere(((indices < 0) | (indices >= shape)).any(axis=1))
    if wrong.size:
        at = int(wrong[0, 0])
        raise invalid(
            f"indices[{at}] = {shape_text(indices[at].tolist())} is out of bounds: need 0 <= index "
            f"< {shape_text(shape.tolist())}"
        )
    check_order(indices)
    rows = int(shape[0])
    ends = np.searchsorted(indices[:, 0], np.arange(rows + 1))
    numbers = np.empty(rows, np.int64)
    # Rows without elements get their numbers last.
    parts = list(enumerate(pairwise(ends.tolist())))
    for row, (a, b) in sorted(parts, key=lambda part: part[1][0] == part[1][1]):
        numbers[row] = kept.add((indices[a:b, 1:], values[a:b], shape[1:]))
    return numbers


def _take(kept: SparseMap, handles: Any, dtype: DType) -> Sparse:
    if handles.ndim != 1:
        raise invalid(
            f"sparse_handles should be a vector but received shape {shape_text(handles.shape)}"
        )
    if not len(handles):
        raise invalid("Must have at least 1 serialized SparseTensor, but input matrix has 0 rows")
    found = kept.take(handles.tolist())
    rank = len(found[0][2])
    for i, (_, values, shape) in enumerate(found):
        have = string if values.dtype == object else as_dtype(values.dtype)
        if have != dtype:
            raise invalid(
                f"Requested SparseTensor of type {dtype.name} but SparseTensor[{i}]"
                f".values.dtype() == {have.name}"
            )
        if len(shape) != rank:
            raise invalid(
                "Inconsistent rank across SparseTensors: rank prior to "
                f"SparseTensor[{i}] was: {rank + 1} but rank of SparseTensor[{i}] is: "
                f"{len(shape) + 1}"
            )
    rows = np.repeat(np.arange(len(found)), [len(values) for _, values, _ in found])
    inner = np.concatenate([indices for indices, _, _ in found])
    largest = np.max([shape for _, _, shape in found], axis=0)
    return (
        np.concatenate([rows[:, None], inner], axis=1).astype(np.int64),
        np.concatenate([values for _, values, _ in found]),
        np.concatenate([[len(found)], largest]).astype(np.int64),
    )


def _in_map(kernel: Kernel) -> Kernel:
    """A kernel of an op that names a map; a node without a shared name has a map of its own."""

    def host(*inputs: Any, container: str, shared_name: str, **attrs: Any) -> Any:
        return kernel(_map(container, shared_name), *inputs, attrs)

    def for_node(node: Any) -> Kernel:
        def run(*inputs: Any, container: str, shared_name: str, **attrs: Any) -> Any:
            return kernel(_map(container, shared_name or node.name), *inputs, attrs)

        return run

    host.for_node = for_node  # type: ignore[attr-defined]
    return host


def _numbers(c: Inference) -> TensorShape:
    return TensorShape([None])


def _sparse(c: Inference) -> list[TensorShape]:
    return [TensorShape([None, None]), TensorShape([None]), TensorShape([None])]


add_sparse_op = op(
    "AddSparseToTensorsMap",
    shape=scalar,
    host=_in_map(lambda kept, i, v, s, attrs: _add(kept, i, v, s)),
    effects=WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)
add_many_sparse_op = op(
    "AddManySparseToTensorsMap",
    shape=_numbers,
    host=_in_map(lambda kept, i, v, s, attrs: _add_many(kept, i, v, s)),
    effects=WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)
take_many_sparse_op = op(
    "TakeManySparseFromTensorsMap",
    shape=_sparse,
    host=_in_map(lambda kept, handles, attrs: _take(kept, handles, attrs["dtype"])),
    effects=WRITES_OUTSIDE,
    gradient=NOT_DIFFERENTIABLE,
)
for _op in (add_sparse_op, add_many_sparse_op, take_many_sparse_op):
    _op.host_attrs = tuple(_op.definition.attrs)
