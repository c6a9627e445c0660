"""Slices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.builder import LARGEST, Builder
from tidefall.export.onnx.exporter.registry import CannotExport, export
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Value
from tidefall.op import raw


@export(raw.Slice)
def _slice(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    x, begin, size = (v if i == 0 else b.cast(v, np.int64) for i, v in enumerate(inputs))
    axes = list(range(x.rank))
    if not axes:
        return x
    if begin.data is not None and size.data is not None:
        pairs = zip(begin.data.tolist(), size.data.tolist(), strict=True)
        end = b.ints(*(LARGEST if s < 0 else p + s for p, s in pairs))
    else:
        end = b.binary("Add", begin, size)
        if size.data is None or (size.data < 0).any():
            end = b.where(b.compare("Less", size, 0), LARGEST, end)
    return b.slice(x, begin, end, axes, dims=b.dims(node.outputs[0]))


@export(raw.StridedSlice)
def _strided_slice(b: Builder, node: Operation, inputs: list[Any]) -> Value:
    return _StridedSlice(b, node, inputs).made()


class _StridedSlice:
    """A slice with its five masks, one dimension of the specification after another."""

    def __init__(self, b: Builder, node: Operation, inputs: list[Any]):
        self.b, self.node, self.x = b, node, inputs[0]
        self.begin, self.end, self.strides = inputs[1:]
        self.starts: list[Any] = []
        self.ends: list[Any] = []
        self.axes: list[int] = []
        self.steps: list[int] = []
        self.dropped: list[int] = []
        self.gathered: list[tuple[int, Value]] = []
        self.added: list[int] = []

    def made(self) -> Value:
        self._read()
        b, x = self.b, self.x
        if self.axes:
            starts, ends = b.sizes(*self.starts), b.sizes(*self.ends)
            dims: list[int | None] = list(x.shape)
            for axis, start, end, step in zip(
                self.axes, self.starts, self.ends, self.steps, strict=True
            ):
                dims[axis] = _length(x.shape[axis], start, end, step)
            x = b.slice(x, starts, ends, self.axes, self.steps, dims)
        for axis, index in sorted(self.gathered, key=lambda g: -g[0]):
            x = b.gather(x, index, axis)
            self.dropped = [a - (a > axis) for a in self.dropped]
        if self.dropped:
            x = b.squeeze(x, self.dropped)
        return b.unsqueeze(x, self.added) if self.added else x

    def _read(self) -> None:
        attrs, count = self.node.attrs, self.strides.shape[0]
        if count is None or self.strides.data is None:
            raise CannotExport("its strides are not known when exporting")
        news = [i for i in range(count) if attrs["new_axis_mask"] >> i & 1]
        has_ellipsis = attrs["ellipsis_mask"] != 0
        used = count - len(news) - has_ellipsis
        axis = place = 0  # of the input and of the output
        for i in range(count):
            if attrs["ellipsis_mask"] >> i & 1:
                skipped = self.x.rank - used
                axis, place = axis + skipped, place + skipped
            elif i in news:
                self.added.append(place)
                place += 1
            elif attrs["shrink_axis_mask"] >> i & 1:
                self._index(i, axis)
                axis += 1
            else:
                self._range(i, axis)
                axis, place = axis + 1, place + 1

    def _element(self, vector: Value, i: int) -> Any:
        if vector.data is not None:
            return int(vector.data[i])
        return self.b.gather(self.b.cast(vector, np.int64), self.b.ints(i))

    def _index(self, i: int, axis: int) -> None:
        start = self._element(self.begin, i)
        if isinstance(start, Value):
            self.gathered.append((axis, self.b.squeeze(start, [0])))
            return
        self._add(axis, start, LARGEST if start == -1 else start + 1, 1)
        self.dropped.append(axis)

    def _range(self, i: int, axis: int) -> None:
        assert self.strides.data is not None
        step = int(self.strides.data[i])
        far = LARGEST if step > 0 else -LARGEST
        first = 0 if step > 0 else LARGEST
        attrs = self.node.attrs
        start = first if attrs["begin_mask"] >> i & 1 else self._element(self.begin, i)
        end = far if attrs["end_mask"] >> i & 1 else self._element(self.end, i)
        if (start, end, step) != (0, LARGEST, 1):
            self._add(axis, start, end, step)

    def _add(self, axis: int, start: Any, end: Any, step: int) -> None:
        self.axes.append(axis)
        self.starts.append(start)
        self.ends.append(end)
        self.steps.append(step)


def _length(size: int | None, start: Any, end: Any, step: int) -> int | None:
    if isinstance(start, Value) or isinstance(end, Value):
        return None
    if size is None:
        return 1 if step == 1 and end == start + 1 else None
    return len(range(*slice(start, None if end == -LARGEST else end, step).indices(size)))
