"""What the converter works on: operators and values of a model as linked objects.

Lowering makes a `LiteProgram`, rewrites and quantization change it, and `assembly` writes it as the
schema's tables of indices. A constant is a value with data; it may be used in several subgraphs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Dims = tuple[int | None, ...]
RESOURCE = np.dtype("V8")
"""The dtype of what refers to a variable."""


@dataclass(frozen=True, eq=False)
class Quantization:
    """How integers stand for reals: `real = scale * (integer - zero_point)`.

    Attributes:
        scale: float32 [1], or [n] for one of each slice along `axis`.
        zero_point: int64 of the same shape.
        axis: the dimension that has scales of its own, if there are several.
    """

    scale: np.ndarray
    zero_point: np.ndarray
    axis: int = 0

    @staticmethod
    def of(scale: float, zero_point: int = 0) -> Quantization:
        """One scale for the whole tensor."""
        return Quantization(np.array([scale], np.float32), np.array([zero_point], np.int64))

    def same_as(self, other: Quantization | None) -> bool:
        """Whether the same integers stand for the same numbers."""
        return (
            other is not None
            and np.array_equal(self.scale, other.scale)
            and np.array_equal(self.zero_point, other.zero_point)
        )

    def quantize(self, values: np.ndarray, dtype: Any) -> np.ndarray:
        """The nearest integers of a dtype."""
        info = np.iinfo(dtype)
        scale, zero = self.scale.astype(np.float64), self.zero_point
        if scale.size > 1:
            shape = [1] * values.ndim
            shape[self.axis] = -1
            scale, zero = scale.reshape(shape), zero.reshape(shape)
        rounded = np.rint(values.astype(np.float64) / scale) + zero
        return np.clip(rounded, info.min, info.max).astype(dtype)


class Value:
    """A tensor of a subgraph.

    Attributes:
        name: its name in the file; made unique there.
        dtype: NumPy dtype; object for strings.
        shape: sizes, None where they are free.
        data: the value of a constant, else None.
        producer: the operator that makes it; None for inputs and constants.
        quantization: how its integers are to be read, if it is quantized.
        layer: the node of the source that it comes from.
    """

    __slots__ = (
        "data", "dtype", "is_variable", "layer", "name", "producer", "quantization", "shape",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        dtype: Any,
        shape: Sequence[int | None],
        data: np.ndarray | None = None,
        quantization: Quantization | None = None,
    ):
        self.name = name
        self.dtype = np.dtype(dtype)
        self.shape: Dims = tuple(None if d is None else int(d) for d in shape)
        self.data = data
        self.producer: Operator | None = None
        self.quantization = quantization
        self.layer = name
        self.is_variable = False

    @property
    def rank(self) -> int:
        """How many dimensions it has."""
        return len(self.shape)

    @property
    def is_constant(self) -> bool:
        """Whether its value is known."""
        return self.data is not None

    @property
    def is_static(self) -> bool:
        """Whether all its sizes are known."""
        return None not in self.shape

    @property
    def is_float(self) -> bool:
        """Whether it holds real numbers that are not quantized."""
        return self.dtype == np.float32

    def __repr__(self) -> str:
        dims = ",".join("?" if d is None else str(d) for d in self.shape)
        return f"<{self.name}: {self.dtype}[{dims}]{' const' if self.is_constant else ''}>"


def constant(data: Any, name: str, dtype: Any = None) -> Value:
    """A value that is known."""
    array = np.asarray(data, dtype)
    return Value(name, array.dtype, array.shape, array)


@dataclass(eq=False)
class Operator:
    """One operator of a subgraph.

    Attributes:
        code: the builtin's name, as `CONV_2D`; or that of a custom operator.
        inputs: what it reads; None where an input is left out.
        outputs: what it makes.
        options: fields of its options table that differ from the defaults; for `WHILE` and `IF` the
            subgraphs themselves.
        layer: the node of the source that it does.
        line: `file:line` of the user's code that made that node.
        custom: the options of a custom operator; None for a builtin.
    """

    code: str
    inputs: list[Value | None]
    outputs: list[Value]
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    layer: str = ""
    line: str = ""
    custom: bytes | None = None

    def __post_init__(self) -> None:
        for value in self.outputs:
            value.producer = self

    @property
    def output(self) -> Value:
        """The first output."""
        return self.outputs[0]

    def input(self, index: int) -> Value:
        """An input that must be there."""
        value = self.inputs[index]
        assert value is not None
        return value

    def subgraphs(self) -> list[Subgraph]:
        """The subgraphs it runs."""
        return [v for v in self.options.values() if isinstance(v, Subgraph)]

    def __repr__(self) -> str:
        given = ", ".join("-" if v is None else v.name for v in self.inputs)
        return f"{', '.join(v.name for v in self.outputs)} = {self.code}({given})"


class Subgraph:
    """Operators in the order in which they run, with what comes in and goes out."""

    def __init__(self, name: str):
        self.name = name
        self.inputs: list[Value] = []
        self.outputs: list[Value] = []
        self.operators: list[Operator] = []

    def uses(self) -> dict[int, list[Operator]]:
        """The operators that read each value, by its id."""
        found: dict[int, list[Operator]] = {}
        for operator in self.operators:
            for value in operator.inputs:
                if value is not None:
                    found.setdefault(id(value), []).append(operator)
        return found

    def replace(self, old: Value, new: Value) -> None:
        """Let everyone who reads `old` read `new`."""
        for operator in self.operators:
            if any(v is old for v in operator.inputs):
                operator.inputs = [new if v is old else v for v in operator.inputs]
        self.outputs = [new if v is old else v for v in self.outputs]

    def remove_dead(self) -> None:
        """Remove operators whose outputs nobody reads, but for those that change something."""
        needed = {id(v) for v in self.outputs}
        kept: list[Operator] = []
        for operator in reversed(self.operators):
            if operator.code in HAVE_EFFECTS or any(id(v) in needed for v in operator.outputs):
                kept.append(operator)
                needed.update(id(v) for v in operator.inputs if v is not None)
        self.operators = kept[::-1]


HAVE_EFFECTS = frozenset({"ASSIGN_VARIABLE", "CALL_ONCE", "HASHTABLE_IMPORT"})


@dataclass
class Signature:
    """One way to call the model: names of the inputs and outputs of a subgraph, in their order."""

    key: str
    inputs: list[str]
    outputs: list[str]
    subgraph: Subgraph


class LiteProgram:
    """A model: its subgraphs, the first one or more of which people call."""

    def __init__(self) -> None:
        self.subgraphs: list[Subgraph] = []
        self.signatures: list[Signature] = []
        self.origins: dict[int, tuple[Value, Value]] = {}
        """For a quantized program by id of each value: it, and the float one it stands for."""

    def all_subgraphs(self) -> list[Subgraph]:
        """All subgraphs that are reached, those that are called by people first."""
        found: list[Subgraph] = list(self.subgraphs)
        for subgraph in found:
            for operator in subgraph.operators:
                found.extend(s for s in operator.subgraphs() if s not in found)
        return found

    def operators(self) -> Iterable[Operator]:
        """All operators of all subgraphs."""
        for subgraph in self.all_subgraphs():
            yield from subgraph.operators

    def copy(self) -> LiteProgram:
        """A copy that may be changed; constants' data are shared."""
        memo: dict[int, Value] = {}
        graphs: dict[int, Subgraph] = {}

        def value(old: Value) -> Value:
            found = memo.get(id(old))
            if found is None:
                found = memo[id(old)] = Value(
                    old.name, old.dtype, old.shape, old.data, old.quantization
                )
                found.layer, found.is_variable = old.layer, old.is_variable
            return found

        def graph(old: Subgraph) -> Subgraph:
            if id(old) in graphs:
                return graphs[id(old)]
            new = graphs[id(old)] = Subgraph(old.name)
            new.inputs = [value(v) for v in old.inputs]
            for o in old.operators:
                options = {
                    k: graph(v) if isinstance(v, Subgraph) else v for k, v in o.options.items()
                }
                made = replace(
                    o,
                    inputs=[None if v is None else value(v) for v in o.inputs],
                    outputs=[value(v) for v in o.outputs],
                    options=options,
                )
                new.operators.append(made)
            new.outputs = [value(v) for v in old.outputs]
            return new

        result = LiteProgram()
        result.subgraphs = [graph(s) for s in self.subgraphs]
        result.signatures = [
            Signature(s.key, list(s.inputs), list(s.outputs), graph(s.subgraph))
            for s in self.signatures
        ]
        return result
