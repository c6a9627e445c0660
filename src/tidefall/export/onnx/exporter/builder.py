"""What rules build with: ONNX nodes on values, with arithmetic on known values done here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.export.onnx.exporter.ir import Node, OnnxGraph
from tidefall.export.onnx.exporter.registry import CannotExport
from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Value, constant

LARGEST = np.iinfo(np.int64).max


def onnx_dtype(dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype of a dtype of the source; object for strings.

    Raises:
        CannotExport: for dtypes that ONNX tensors do not have, such as complex ones in nodes.
    """
    name = dtype.base_dtype.name
    if name == "string":
        return np.dtype(object)
    if name in ("resource", "variant"):
        raise CannotExport(f"ONNX has no tensors of {name}")
    return np.dtype(dtype.base_dtype.as_numpy_dtype)


class Builder:
    """Adds nodes to a graph.

    Attributes:
        graph: where they go.
        opset: the version of ONNX's ops.
        node: the node of the source that is being exported; its name and line go with each node.
        lowering: what exports functions of nodes with this builder.
    """

    def __init__(self, graph: OnnxGraph, opset: int, prefix: str = ""):
        self.graph = graph
        self.opset = opset
        self.prefix = prefix
        self.node: Operation | None = None
        self.lowering: Any = None

    @property
    def name(self) -> str:
        """Name for what is made now."""
        return "" if self.node is None else self.prefix + self.node.name

    # ---- nodes ----

    def add(
        self, code: str, inputs: Sequence[Value | None], outputs: list[Value], domain: str = "",
        **attributes: Any,
    ) -> Node:  # fmt: skip
        """Add a node with any number of outputs."""
        line = "" if self.node is None else self.node.user_line
        made = Node(code, list(inputs), outputs, attributes, self.name, line)
        made.domain = domain
        for value in outputs:
            value.layer = self.name
        self.graph.operators.append(made)
        return made

    def op(
        self, code: str, inputs: Sequence[Value | None], shape: Sequence[int | None],
        dtype: Any = None, **attributes: Any,
    ) -> Value:  # fmt: skip
        """Add a node with one output, which is returned.

        Args:
            code: the ONNX op.
            inputs: what it reads; None where an input is left out.
            shape: sizes of the output, None where free.
            dtype: of the output; that of the first input by default.
            **attributes: of the node.
        """
        if dtype is None:
            assert inputs[0] is not None
            dtype = inputs[0].dtype
        output = Value(self.name, dtype, shape)
        self.add(code, inputs, [output], **attributes)
        return output

    def like(
        self, code: str, inputs: Sequence[Value | None], node: Operation, **attributes: Any
    ) -> Value:
        """Add a node whose output is that of a node of the source."""
        out = node.outputs[0]
        return self.op(code, inputs, self.dims(out), onnx_dtype(out.dtype), **attributes)

    def const(self, data: Any, dtype: Any = None) -> Value:
        """A constant."""
        value = constant(data, self.name + "/const", dtype)
        value.layer = self.name
        return value

    def ints(self, *values: int | None) -> Value:
        """A constant int64 vector; -1 for None."""
        return self.const(np.array([-1 if v is None else v for v in values], np.int64))

    @staticmethod
    def dims(tensor: Any) -> Dims:
        """Sizes of a tensor of the source.

        Raises:
            CannotExport: if not even their number is known.
        """
        if tensor.shape.rank is None:
            raise CannotExport(f"the rank of its output {tensor.name} is unknown")
        return tuple(tensor.shape.as_list())

    # ---- elements ----

    def unary(self, code: str, x: Value, dtype: Any = None, **attributes: Any) -> Value:
        """A node of one input whose output has its sizes."""
        return self.op(code, [x], x.shape, dtype, **attributes)

    def binary(self, code: str, x: Any, y: Any, dtype: Any = None, **attributes: Any) -> Value:
        """A node on two values broadcast together; numbers become constants."""
        like = x if isinstance(x, Value) else y
        x, y = (v if isinstance(v, Value) else self.const(v, like.dtype) for v in (x, y))
        return self.op(code, [x, y], broadcast(x.shape, y.shape), dtype or x.dtype, **attributes)

    def compare(self, code: str, x: Any, y: Any) -> Value:
        """A node on two values that gives booleans."""
        return self.binary(code, x, y, np.dtype(np.bool_))

    def where(self, condition: Value, x: Any, y: Any) -> Value:
        """Elements of `x` where the condition holds, else of `y`."""
        like = x if isinstance(x, Value) else y
        x, y = (v if isinstance(v, Value) else self.const(v, like.dtype) for v in (x, y))
        shape = broadcast(condition.shape, broadcast(x.shape, y.shape))
        return self.op("Where", [condition, x, y], shape, x.dtype)

    def cast(self, value: Value, dtype: Any) -> Value:
        """The same numbers in another dtype."""
        dtype = np.dtype(dtype)
        if value.dtype == dtype:
            return value
        if value.data is not None:
            return self.const(value.data.astype(dtype))
        made = value.producer
        if made is not None and made.code == "Cast" and made.input(0).dtype == dtype == np.int64:
            return made.input(0)  # a size that was made int32 for the source
        from onnx import helper

        to = 8 if dtype.hasobject else helper.np_dtype_to_tensor_dtype(dtype)
        return self.unary("Cast", value, dtype, to=to)

    # ---- sizes and places ----

    def transpose(self, value: Value, order: Sequence[int]) -> Value:
        """The same elements with dimensions in another order."""
        order = [int(a) for a in order]
        if order == list(range(value.rank)):
            return value
        if value.data is not None:
            return self.const(value.data.transpose(order))
        return self.op("Transpose", [value], [value.shape[a] for a in order], perm=order)

    def reshape(
        self, value: Value, dims: Sequence[int | None], shape: Value | None = None
    ) -> Value:
        """The same elements with other sizes.

        Args:
            value: what to reshape.
            dims: the sizes; one may be None.
            shape: an int64 vector, needed where several sizes are free.
        """
        if value.data is not None and None not in dims:
            return self.const(value.data.reshape([d for d in dims if d is not None]))
        if list(dims).count(None) < 2 and 0 not in dims:
            shape = self.ints(*dims)
        if shape is None:
            raise CannotExport("several of its sizes are unknown")
        # Zeros are sizes, as in the source, not "as before".
        zero = {"allowzero": 1} if shape.data is None or 0 in shape.data else {}
        return self.op("Reshape", [value, shape], dims, **zero)

    def unsqueeze(self, value: Value, axes: Sequence[int]) -> Value:
        """The value with dimensions of one at places of the result."""
        rank = value.rank + len(axes)
        places = sorted(a % rank for a in axes)
        if value.data is not None:
            return self.const(np.expand_dims(value.data, tuple(places)))
        dims = list(value.shape)
        for a in places:
            dims.insert(a, 1)
        return self.op("Unsqueeze", [value, self.ints(*places)], dims)

    def squeeze(self, value: Value, axes: Sequence[int]) -> Value:
        """The value without dimensions of one."""
        places = sorted(a % value.rank for a in axes)
        if not places:
            return value
        if value.data is not None:
            return self.const(np.squeeze(value.data, tuple(places)))
        dims = [d for a, d in enumerate(value.shape) if a not in places]
        return self.op("Squeeze", [value, self.ints(*places)], dims)

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """Values one after another along an axis."""
        if len(values) == 1:
            return values[0]
        if all(v.data is not None for v in values):
            return self.const(np.concatenate([v.data for v in values if v.data is not None], axis))
        axis %= values[0].rank
        dims = list(values[0].shape)
        for other in values[1:]:
            dims = [b if a is None else a for a, b in zip(dims, other.shape, strict=True)]
        sizes = [v.shape[axis] for v in values]
        dims[axis] = None if None in sizes else sum(s for s in sizes if s is not None)
        return self.op("Concat", list(values), dims, axis=axis)

    def gather(self, value: Value, indices: Value, axis: int = 0) -> Value:
        """Slices along an axis."""
        dims = [*value.shape[:axis], *indices.shape, *value.shape[axis + 1 :]]
        return self.op("Gather", [value, indices], dims, axis=axis)

    def slice(
        self, value: Value, starts: Any, ends: Any, axes: Sequence[int],
        steps: Sequence[int] | None = None, dims: Sequence[int | None] | None = None,
    ) -> Value:  # fmt: skip
        """A slice; starts and ends are lists of integers or int64 vectors."""
        starts, ends = (v if isinstance(v, Value) else self.ints(*v) for v in (starts, ends))
        inputs = [value, starts, ends, self.ints(*axes)]
        if steps is not None and any(s != 1 for s in steps):
            inputs.append(self.ints(*steps))
        if dims is None:
            dims = [None if a in axes else d for a, d in enumerate(value.shape)]
        return self.op("Slice", inputs, dims)

    def shape_of(self, value: Value) -> Value:
        """The sizes as an int64 vector, a constant if they are known."""
        if None not in value.shape:
            return self.ints(*value.shape)
        return self.op("Shape", [value], [value.rank], np.int64)

    def size(self, value: Value, axis: int) -> Value:
        """One size as an int64 vector of one element."""
        axis %= value.rank
        known = value.shape[axis]
        if known is not None:
            return self.ints(known)
        return self.op("Shape", [value], [1], np.int64, start=axis, end=axis + 1)

    def sizes(self, *parts: Any) -> Value:
        """An int64 vector of integers and values."""
        vectors = [
            self.ints(p) if isinstance(p, (int, np.integer)) else self.vector(p) for p in parts
        ]
        return self.concat(vectors, 0)

    def vector(self, value: Value) -> Value:
        """A value of one element, or a vector, as an int64 vector."""
        value = self.cast(value, np.int64)
        return value if value.rank == 1 else self.reshape(value, [1])

    def expand(self, value: Value, dims: Sequence[int | None], shape: Value | None = None) -> Value:
        """A value repeated along dimensions of one."""
        if value.shape == tuple(dims) and None not in dims:
            return value
        if shape is None:
            if None in dims:
                raise CannotExport("its sizes are unknown")
            shape = self.ints(*dims)
        return self.op("Expand", [value, shape], dims)

    def filled(self, shape: Value, number: Any, dtype: Any, dims: Sequence[int | None]) -> Value:
        """A tensor of one number; `shape` is an int64 vector."""
        data = np.array([number], dtype)
        if shape.data is not None and shape.data.size and np.prod(shape.data) < 1024:
            return self.const(np.full([int(d) for d in shape.data], number, dtype))
        return self.op("ConstantOfShape", [shape], dims, dtype, value=data)

    def reduce(self, code: str, x: Value, axes: Sequence[int], keep: bool = False) -> Value:
        """A reduction such as `ReduceSum` over axes."""
        axes = sorted(a % x.rank for a in axes)
        dims = [1 if a in axes else d for a, d in enumerate(x.shape) if keep or a not in axes]
        if not axes:
            return x
        return self.op(code, [x, self.ints(*axes)], dims, keepdims=int(keep))

    def copy(self, value: Value) -> Value:
        """A value of its own, for a graph that returns an input or a constant."""
        return self.unary("Identity", value)


def known(value: Any, what: str) -> np.ndarray:
    """The data of a value that must be known.

    Raises:
        CannotExport: if it is not.
    """
    if not isinstance(value, Value) or value.data is None:
        raise CannotExport(f"its {what} is not known when exporting")
    return value.data


def broadcast(a: Dims, b: Dims) -> Dims:
    """Sizes of two values broadcast together; a free size beside another one is taken to be it."""
    if len(a) < len(b):
        a = (1,) * (len(b) - len(a)) + a
    elif len(b) < len(a):
        b = (1,) * (len(a) - len(b)) + b
    pairs = zip(a, b, strict=True)
    return tuple(y if x == 1 else x if y == 1 or x == y or y is None else y for x, y in pairs)
