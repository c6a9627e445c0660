"""What lowerings build with: operators on values, with the arithmetic of known sizes done here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.graph.operation import Operation
from tidefall.lite.converter.ir import Dims, Operator, Subgraph, Value, constant
from tidefall.lite.converter.lowering.registry import CannotLower

_WIDENED = {"float16": np.float32, "bfloat16": np.float32, "float64": np.float32}


def lite_dtype(dtype: Any) -> np.dtype[Any]:
    """The dtype in which the model computes what the source computes in `dtype`.

    Kernels know one float: half and double precision become float32.
    """
    name = dtype.base_dtype.name
    if name in _WIDENED:
        return np.dtype(_WIDENED[name])
    if name == "string":
        return np.dtype(object)
    return np.dtype(dtype.base_dtype.as_numpy_dtype)


class Builder:
    """Adds operators to a subgraph.

    Attributes:
        subgraph: where they go.
        node: the node that is being lowered; its name and line are noted with each operator.
        lowering: what lowers functions of nodes with this builder.
    """

    def __init__(self, subgraph: Subgraph, prefix: str = ""):
        self.subgraph = subgraph
        self.node: Operation | None = None
        self.prefix = prefix
        self.lowering: Any = None
        self._shapes: dict[int, Value] = {}

    # ---- operators ----

    def op(
        self,
        code: str,
        inputs: Sequence[Value | None],
        shape: Sequence[int | None],
        dtype: Any = None,
        **options: Any,
    ) -> Value:
        """Add an operator with one output, which is returned.

        Args:
            code: the builtin's name.
            inputs: what it reads.
            shape: the output's sizes, None where free.
            dtype: the output's; that of the first input by default.
            **options: fields of its options table.
        """
        if dtype is None:
            assert inputs[0] is not None
            dtype = inputs[0].dtype
        output = Value(self.name, dtype, shape)
        self.add(code, inputs, [output], **options)
        return output

    def add(
        self, code: str, inputs: Sequence[Value | None], outputs: list[Value], **options: Any
    ) -> Operator:
        """Add an operator with any number of outputs."""
        operator = Operator(code, list(inputs), outputs, options, self.name, self.line)
        for value in outputs:
            value.layer = self.name
        self.subgraph.operators.append(operator)
        return operator

    def like(
        self, code: str, inputs: Sequence[Value | None], node: Operation, **options: Any
    ) -> Value:
        """Add an operator whose output is that of a node."""
        out = node.outputs[0]
        return self.op(code, inputs, self.dims(out), lite_dtype(out.dtype), **options)

    @property
    def name(self) -> str:
        """Name for what is made now."""
        return "" if self.node is None else self.prefix + self.node.name

    @property
    def line(self) -> str:
        """The user's line of what is made now."""
        return "" if self.node is None else self.node.user_line

    def const(self, data: Any, dtype: Any = None) -> Value:
        """A constant."""
        value = constant(data, self.name + "/const", dtype)
        value.layer = self.name
        return value

    # ---- sizes ----

    @staticmethod
    def dims(tensor: Any) -> Dims:
        """Sizes of a tensor of the source.

        Raises:
            CannotLower: if not even their number is known.
        """
        if tensor.shape.rank is None:
            raise CannotLower(f"the rank of its output {tensor.name} is unknown")
        return tuple(tensor.shape.as_list())

    def shape_of(self, value: Value) -> Value:
        """The sizes as an int32 vector, computed when the model runs if they are free."""
        if value.is_static:
            return self.const(value.shape, np.int32)
        found = self._shapes.get(id(value))
        if found is None:
            found = self.op("SHAPE", [value], [value.rank], np.int32, out_type=np.int32)
            self._shapes[id(value)] = found
        return found

    def size(self, value: Value, axis: int) -> Value:
        """One size as an int32 scalar."""
        known = value.shape[axis]
        if known is not None:
            return self.const(known, np.int32)
        axis %= value.rank
        at = [self.const([n], np.int32) for n in (axis, axis + 1, 1)]
        return self.op(
            "STRIDED_SLICE", [self.shape_of(value), *at], [], np.int32, shrink_axis_mask=1
        )

    def vector(self, items: Sequence[Any]) -> Value:
        """An int32 vector of ints and scalar values."""
        if all(not isinstance(i, Value) or i.is_constant for i in items):
            numbers = [
                int(i.data) if isinstance(i, Value) and i.data is not None else i for i in items
            ]
            return self.const(numbers, np.int32)
        parts = [i if isinstance(i, Value) else self.const(i, np.int32) for i in items]
        parts = [self.cast(p, np.int32) for p in parts]
        return self.op("PACK", parts, [len(parts)], np.int32, values_count=len(parts), axis=0)

    def sizes(self, dims: Sequence[int | None], like: Sequence[tuple[Value, int] | None]) -> Value:
        """A shape vector: known sizes, and for each free one where to look it up."""
        items: list[Any] = []
        for d, source in zip(dims, like, strict=True):
            if d is None:
                assert source is not None
                items.append(self.size(*source))
            else:
                items.append(d)
        return self.vector(items)

    # ---- the usual ----

    def reshape(
        self, value: Value, dims: Sequence[int | None], shape: Value | None = None
    ) -> Value:
        """The same elements with other sizes.

        Args:
            value: any value.
            dims: the sizes; one may be free.
            shape: the sizes as a vector, needed if more are free.
        """
        if value.shape == tuple(dims) and list(dims).count(None) < 2:
            return value
        if list(dims).count(None) < 2 and 0 not in dims:
            shape = self.const([-1 if d is None else d for d in dims], np.int32)
        elif shape is None:
            raise CannotLower("more than one size is free")
        if value.is_constant and value.data is not None and shape.data is not None:
            return self.const(value.data.reshape(shape.data))
        if not dims:  # a shape of no elements would be a constant without data
            return self.op("SQUEEZE", [value], [], squeeze_dims=list(range(value.rank)))
        new_shape = None if shape.data is None else [int(d) for d in shape.data]
        options = {} if new_shape is None else {"new_shape": new_shape}
        return self.op("RESHAPE", [value, self.cast(shape, np.int32)], dims, **options)

    def copy(self, value: Value) -> Value:
        """A value of its own, for a subgraph that may not return an input or a constant."""
        if value.dtype == object:
            raise CannotLower("a branch or loop returns text as it is")
        if not value.rank:
            return self.op("LOGICAL_OR" if value.dtype == np.bool_ else "MAXIMUM", [value] * 2, [])
        shape = self.op("SHAPE", [value], [value.rank], np.int32, out_type=np.int32)
        if value.shape.count(None) < 2:
            shape = self.const([-1 if d is None else d for d in value.shape], np.int32)
        return self.op("RESHAPE", [value, shape], value.shape)

    def transpose(self, value: Value, order: Sequence[int]) -> Value:
        """The same elements with dimensions in another order."""
        if list(order) == list(range(value.rank)):
            return value
        if value.data is not None:
            return self.const(value.data.transpose(order))
        dims = [value.shape[a] for a in order]
        moved = [a for a in order if value.shape[a] != 1]
        if moved == sorted(moved) and dims.count(None) < 2:
            return self.reshape(value, dims)  # only ones move: the elements stay in order
        return self.op("TRANSPOSE", [value, self.const(order, np.int32)], dims)

    def cast(self, value: Value, dtype: Any) -> Value:
        """The same numbers in another dtype."""
        if value.dtype == np.dtype(dtype):
            return value
        if value.data is not None:
            return self.const(value.data.astype(dtype))
        return self.op(
            "CAST",
            [value],
            value.shape,
            dtype,
            in_data_type=value.dtype,
            out_data_type=np.dtype(dtype),
        )

    def unary(self, code: str, x: Value, **options: Any) -> Value:
        """An operator of one input whose output is like it."""
        return self.op(code, [x], x.shape, **options)

    def binary(self, code: str, x: Any, y: Any, dtype: Any = None) -> Value:
        """An operator on two values broadcast together; numbers become constants."""
        like = x if isinstance(x, Value) else y
        x, y = (v if isinstance(v, Value) else self.const(v, like.dtype) for v in (x, y))
        shape = broadcast(x.shape, y.shape)
        return self.op(code, [x, y], shape, x.dtype if dtype is None else dtype)

    def broadcast_to(
        self, value: Value, dims: Sequence[int | None], shape: Value | None = None
    ) -> Value:
        """A value repeated along dimensions of one."""
        if value.shape == tuple(dims) and None not in dims:
            return value
        if shape is None:
            shape = self.const([d for d in dims if d is not None], np.int32)
            assert None not in dims
        return self.op("BROADCAST_TO", [value, shape], dims)


def broadcast(a: Dims, b: Dims) -> Dims:
    """Sizes of two values broadcast together; a free size beside another one is taken to be it."""
    if len(a) < len(b):
        a = (1,) * (len(b) - len(a)) + a
    elif len(b) < len(a):
        b = (1,) * (len(a) - len(b)) + b
    result: list[int | None] = []
    for x, y in zip(a, b, strict=True):
        if x == 1:
            result.append(y)
        elif y == 1 or x == y or y is None:
            result.append(x)
        else:
            result.append(y)
    return tuple(result)
