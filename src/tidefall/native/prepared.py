"""Layers whose shapes, weights and settings stay the same from call to call (native/prepared.h)."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Sequence

import numpy as np

from tidefall.native.library import Ints, described, failure, header, status

Outputs = Sequence[tuple[Ints, np.dtype]]
"""Shape and dtype of each output."""


class Prepared:
    """What runs on arrays of the shapes that it was made for.

    Args:
        handle: of the library, which this owns.
        inputs: how many arrays it reads.
        outputs: what it makes.
    """

    def __init__(self, handle: ctypes.c_void_p, inputs: int, outputs: Outputs):
        library = status().library
        self.handle, self.outputs = handle, outputs
        self._header = header(inputs, len(outputs), ())
        self._run = library.tidefall_run_prepared
        weakref.finalize(self, library.tidefall_release_prepared, handle)

    def __call__(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """The outputs.

        Args:
            arrays: of the shapes and dtypes that were prepared, in row-major order.
        """
        made = [np.empty(shape, dtype) for shape, dtype in self.outputs]
        if self._run(self.handle, self._header, described([*arrays, *made])):
            raise failure("prepared")
        return made

    def bound(self, *arrays: np.ndarray) -> Callable[[], None]:
        """What runs it on the same arrays again and again.

        Args:
            arrays: its inputs, and then its outputs, in row-major order; it keeps them.
        """
        run, handle, numbers, places = self._run, self.handle, self._header, described(arrays)

        def call(arrays: Sequence[np.ndarray] = arrays) -> None:
            if run(handle, numbers, places):
                raise failure("prepared")

        return call


class PreparedLayer(Prepared):
    """One layer.

    Args:
        name: of the kind of layer.
        arrays: what it reads in each call, of which only the shape matters, and then what it
            keeps, as its source lists them.
        shape: of the output, whose dtype is that of the first array.
        settings: as its source lists them.
        inputs: how many arrays it reads in each call.

    Raises:
        InternalError: if there is no such kernel.
    """

    def __init__(
        self,
        name: str,
        arrays: Sequence[np.ndarray],
        shape: Ints,
        settings: Sequence[int],
        inputs: int = 1,
    ):
        given = [np.ascontiguousarray(each) for each in arrays]
        made = np.empty(shape, given[0].dtype)
        handle = ctypes.c_void_p()
        numbers = header(len(given), 1, tuple(int(each) for each in settings))
        prepare = status().library.tidefall_prepare
        if prepare(name.encode(), numbers, described([*given, made]), ctypes.byref(handle)):
            raise failure(name)
        self.name = name
        super().__init__(handle, inputs, [(shape, made.dtype)])


class PreparedSequence(Prepared):
    """Layers that run one after the other in one call.

    Values are numbered: the inputs, then the outputs, then those between.

    Args:
        layers: each layer, the numbers of what it reads, and the number of what it writes.
        inputs: how many arrays it reads.
        outputs: what it makes.
        between: the bytes of each value between.

    Raises:
        InternalError: if the numbers do not go together.
    """

    def __init__(
        self,
        layers: Sequence[tuple[Prepared, Sequence[int], int]],
        inputs: int,
        outputs: Outputs,
        between: Sequence[int],
    ):
        self.bytes, places = _places(layers, inputs + len(outputs), between)
        numbers = [inputs, len(outputs), len(places), self.bytes, *places]
        for layer, reads, write in layers:
            address = layer.handle.value
            assert address is not None
            numbers += [address, len(reads), 1, *reads, write]
        handle = ctypes.c_void_p()
        packed = np.array(numbers, np.int64)
        prepare = status().library.tidefall_prepare_sequence
        pointer = packed.ctypes.data_as(ctypes.c_void_p)
        if prepare(pointer, ctypes.c_int64(len(numbers)), ctypes.byref(handle)):
            raise failure("prepared")
        self.layers = [layer for layer, _, _ in layers]
        super().__init__(handle, inputs, outputs)


_ALIGNMENT = 64


def _places(
    layers: Sequence[tuple[Prepared, Sequence[int], int]], first: int, sizes: Sequence[int]
) -> tuple[int, list[int]]:
    """Where values lie in memory that they share over time, and how much of it they take."""
    last: dict[int, int] = {}
    for place, (_, reads, write) in enumerate(layers):
        for number in (*reads, write):
            last[number] = place
    free: list[tuple[int, int]] = [(0, 1 << 62)]
    placed, ends, size = [0] * len(sizes), {}, 0
    for place, (_, _, write) in enumerate(layers):
        if write >= first:
            wanted = -(-sizes[write - first] // _ALIGNMENT) * _ALIGNMENT
            index = next(i for i, (_, length) in enumerate(free) if length >= wanted)
            start, length = free[index]
            free[index] = (start + wanted, length - wanted)
            placed[write - first] = start
            ends.setdefault(last[write], []).append((start, wanted))
            size = max(size, start + wanted)
        for start, length in ends.pop(place, []):
            free = _merged([*free, (start, length)])
    return size, placed


def _merged(blocks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Blocks of free memory, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, length in sorted(blocks):
        if found and sum(found[-1]) == start:
            found[-1] = (found[-1][0], found[-1][1] + length)
        else:
            found.append((start, length))
    return found
