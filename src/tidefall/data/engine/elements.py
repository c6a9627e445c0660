"""Elements, single and stacked: what goes through a pipeline.

An element is a list of raw values, one for each flat component: arrays, or the Python objects
behind resources and variants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from tidefall.base.errors import InvalidArgumentError, OpError, exception_type_from_error_code
from tidefall.runtime.xla.malloc_tuning import keep_freed_memory
from tidefall.tensor.tensor import ndarray

Element = Sequence[Any]
MAPPED_BYTES = 1 << 17
"""Arrays of as many bytes glibc takes from the system, and clears each page again."""
Batch = tuple[int, list[Any]]
"""A number of elements, and each component of them stacked."""
State = Any
"""Where an iterator stands: None, numbers, strings, bytes, arrays, nodes and optionals of known
elements, and lists and dicts of these."""


@cache
def _keep_freed_memory() -> None:
    """Let pipelines of large elements use the memory of the ones before."""
    keep_freed_memory()


def elements_of(count: int, columns: Sequence[Any]) -> Iterator[Element]:
    """The single elements of stacked ones."""
    for i in range(count):
        yield [column[i, ...] for column in columns]


class ShapesDifferError(InvalidArgumentError):
    """Elements that were to be stacked have different shapes.

    Attributes:
        position: which of them is the first that differs from the one before all.
    """

    position = 0


def stack(elements: Sequence[Element]) -> list[Any]:
    """The components of elements, each stacked along a new first dimension.

    Raises:
        ShapesDifferError: if the elements differ in shape.
    """
    return [stack_values(column, i) for i, column in enumerate(zip(*elements, strict=True))]


def stack_values(values: Sequence[Any], component: int) -> np.ndarray:
    """One component of several elements as one array."""
    first = values[0]
    if type(first) is not ndarray:
        return _stack_objects(values)
    shape = first.shape
    for value in values:
        if value.shape != shape:
            raise _differing_shapes([value.shape for value in values], component)
    if shape:
        if first.nbytes >= MAPPED_BYTES:
            _keep_freed_memory()
        return np.concatenate(values).reshape(len(values), *shape)
    if first.dtype == object:
        return _stack_objects([value[()] for value in values])
    return np.array(values, first.dtype)


def _stack_objects(values: Sequence[Any]) -> np.ndarray:
    stacked = np.empty(len(values), object)
    stacked[:] = values
    return stacked


def _differing_shapes(shapes: Sequence[tuple[int, ...]], component: int) -> ShapesDifferError:
    position = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
    error = ShapesDifferError(
        None,
        None,
        f"Cannot batch tensors with different shapes in component {component}. First element had "
        f"shape {list(shapes[0])} and element {position} had shape {list(shapes[position])}.",
    )
    error.position = position
    return error


def join_batches(parts: Sequence[Batch]) -> Batch:
    """Rows that follow one another as one."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(arrays for _, arrays in parts), strict=True)
    joined = []
    for i, column in enumerate(columns):
        if any(array.shape[1:] != column[0].shape[1:] for array in column):
            raise _differing_shapes([row.shape for array in column for row in array], i)
        joined.append(np.concatenate(column))
    return sum(count for count, _ in parts), joined


def saved_outcome(element: Element | None, error: BaseException | None) -> State:
    """An element that was made ahead of time, or the error in its place, as a part of a state.

    Raises:
        BaseException: the error itself, if it is none of an op's.
    """
    if error is None:
        assert element is not None
        return {"value": list(element)}
    if not isinstance(error, OpError):
        raise error
    return {"error": error.message, "code": error.error_code}


def restored_outcome(saved: State) -> tuple[Element | None, OpError | None]:
    """The element that was saved, or the error."""
    if "value" in saved:
        return saved["value"], None
    kind = exception_type_from_error_code(saved["code"])
    return None, kind(None, None, saved["error"])  # type: ignore[call-arg]
