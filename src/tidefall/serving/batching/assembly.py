"""One batch out of the inputs of many requests, and the answers of each out of its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tidefall.serving.models.servable import Arrays, Signature, TensorInfo


def why_unbatchable(signature: Signature) -> str:
    """Why requests for a signature cannot be run together; "" where nothing speaks against it.

    A first dimension of 1 is taken for one that is free, as models exported with a batch of one
    serve any batch.
    """
    for what, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        for name, info in tensors.items():
            if not _may_have_rows(info):
                return f"{what} {name!r} ({info}) has no dimension of rows"
    return ""


def _may_have_rows(info: TensorInfo) -> bool:
    return info.shape is None or (bool(info.shape) and info.shape[0] in (None, 1))


def count_rows(arrays: Arrays) -> int | None:
    """The rows of a request; None where its inputs have none, or differ in their number."""
    counts = {array.shape[0] if array.ndim else None for array in arrays.values()}
    return counts.pop() if len(counts) == 1 else None


def join(requests: Sequence[Arrays], rows: int, size: int, pad_lengths: bool) -> Arrays:
    """The inputs of a batch.

    Args:
        requests: inputs `[rows, ...]` by name, of each request.
        rows: how many rows they have together.
        size: how many rows to make of them; the first row stands in for those that lack.
        pad_lengths: whether further dimensions may differ, and are filled up to the largest.
    """
    if len(requests) == 1 and rows == size:
        return requests[0]
    joined: dict[str, np.ndarray] = {}
    for name in requests[0]:
        parts = [request[name] for request in requests]
        if pad_lengths:
            parts = _same_lengths(parts)
        if rows < size:
            first = parts[0][:1]
            parts.append(np.broadcast_to(first, (size - rows, *first.shape[1:])))
        joined[name] = np.concatenate(parts)
    return joined


def _same_lengths(parts: list[np.ndarray]) -> list[np.ndarray]:
    sizes = np.array([part.shape[1:] for part in parts])
    largest = tuple(sizes.max(axis=0).tolist()) if sizes.size else ()
    return [part if part.shape[1:] == largest else _lengthened(part, largest) for part in parts]


def _lengthened(part: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    filler = part.flat[0] if part.size else (b"" if part.dtype == object else 0)
    grown = np.full((len(part), *sizes), filler, part.dtype)
    grown[tuple(slice(size) for size in part.shape)] = part
    return grown


def rows_are_missing(outputs: Arrays, size: int) -> str:
    """Which output does not have the rows of the batch, in words; "" where all have."""
    for name, array in outputs.items():
        if array.ndim == 0 or array.shape[0] != size:
            return f"output {name!r} has shape {list(array.shape)} for a batch of {size} rows"
    return ""


def cut(outputs: Mapping[str, np.ndarray], start: int, end: int) -> Arrays:
    """The rows of one request: views of the outputs, not copies."""
    return {name: array[start:end] for name, array in outputs.items()}
