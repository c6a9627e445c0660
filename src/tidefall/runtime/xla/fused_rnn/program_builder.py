"""Puts the program of a loop on rows together: its steps, and the arrays they work on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base.type_guards import is_array
from tidefall.native.fused_rnn import Program, Register, Step, View, Weight
from tidefall.ops.common import jnp
from tidefall.runtime.xla.fused_rnn.values import (
    Carried,
    Fixed,
    Listed,
    NotFusible,
    Numbers,
    Rows,
    Stack,
    Value,
    line,
)

_FLOATS = np.dtype(np.float32)
_DTYPES = (np.float32, np.bool_)
"""What rows can be; bools are 0 and 1."""


@dataclass
class StackUse:
    """How an iteration uses a stack that it writes to.

    Attributes:
        output: the kernel's output that holds it.
        met: which matrices it reads as they were before the loop: the first and the step.
        written: which it writes.
        is_read: whether it reads what iterations wrote.
        version: how often it has written.
    """

    output: int
    met: tuple[int, int] | None = None
    written: tuple[int, int] | None = None
    is_read: bool = False
    version: int = 0


class ProgramBuilder:
    """The program of a loop, to which rules add steps.

    Args:
        program: without steps.
        leaves: what the loop variables are before the loop.

    Attributes:
        inputs: arrays that the kernel is given.
        outputs: shapes and dtypes of those that it makes.
        states: loop variables that are rows, by number.
        stacks: loop variables that are stacks of matrices, by number.
    """

    def __init__(self, program: Program, leaves: list[Any]):
        self.program: Program = program
        self.leaves = leaves
        self.batch, self.count = program.batch, program.iterations
        self.before: list[Step] = program.before
        self.steps: list[Step] = program.each
        self.inputs: list[Any] = []
        self.outputs: list[tuple[tuple[int, ...], Any]] = []
        self.states: dict[int, Rows] = {}
        self.stacks: dict[int, StackUse] = {}
        self._given: dict[tuple[int, tuple[int, ...]], int] = {}
        self._kept: list[Any] = []
        self._fills: dict[tuple[str, int], View] = {}
        self._weights: dict[tuple[int, bool], int] = {}
        self._made: set[Register] = set()

    def numbers(self, known: Any) -> Numbers:
        """A known number, the same in each iteration."""
        return Numbers(np.broadcast_to(np.asarray(known), (self.count, *np.shape(known))))

    def rows(self, value: Value, shape: tuple[int, ...]) -> Rows:
        """A value as the operand of an operation on arrays of this shape, without the batch."""
        if isinstance(value, Carried):
            value = self.state(value)
        if isinstance(value, Fixed):
            return self.fixed_rows(value.value, shape)
        if not isinstance(value, Rows):
            raise NotFusible
        columns = math.prod(shape)
        if value.columns == columns:
            return value
        if value.columns != 1:
            raise NotFusible
        return self.emit("spread", shape, value)

    def fixed_rows(self, value: Any, shape: tuple[int, ...]) -> Rows:
        """An array that no iteration changes, as such an operand."""
        if value.dtype not in _DTYPES:
            raise NotFusible
        columns = math.prod(shape)
        if is_array(value) and not any(value.strides):
            return Rows(self._filled(float(value.flat[0]), columns), shape)
        extra = max(0, value.ndim - len(shape))
        inner = value.shape[extra:]
        if extra and value.shape[0] == self.batch:
            place = View("input", self.input(value, (self.batch, -1)), math.prod(inner))
            return self.rows(Rows(place, inner), shape)
        wanted = jnp.broadcast_to(jnp.reshape(value, inner), shape)
        return Rows(View("shared", self.input(wanted, (columns,)), columns), shape)

    def _filled(self, number: float, columns: int) -> View:
        key = repr(number), columns  # 0.0 and -0.0 are two
        if key not in self._fills:
            place = View("working", Register(columns), columns)
            self.before.append(Step("fill", columns, place, (), number))
            self._fills[key] = place
        return self._fills[key]

    def input(self, value: Any, shape: tuple[int, ...]) -> int:
        """The number of an input of the kernel."""
        key = id(value), shape
        if key not in self._given:
            self._given[key] = len(self.inputs)
            self.inputs.append(jnp.asarray(value, _FLOATS).reshape(shape))
            self._kept.append(value)  # so that no other has its id
        return self._given[key]

    def output(self, shape: tuple[int, ...]) -> int:
        """The number of a new output of the kernel."""
        self.outputs.append((shape, _FLOATS))
        return len(self.outputs) - 1

    def emit(self, op: str, shape: tuple[int, ...], *operands: Rows, number: float = 0) -> Rows:
        """The result of a step of each iteration."""
        columns = math.prod(shape)
        place = View("working", Register(columns), columns)
        self.steps.append(Step(op, columns, place, tuple(r.place for r in operands), number))
        self._made.add(place.array)
        return Rows(place, shape)

    def joined(self, parts: list[Rows]) -> Rows:
        """The columns of several matrices in one."""
        columns = sum(p.columns for p in parts)
        register = Register(columns)
        start = 0
        for part in parts:
            self.put(part, View("working", register, columns, start), part.columns)
            start += part.columns
        self._made.add(register)
        return Rows(View("working", register, columns), (columns,))

    def product(self, a: Rows, weight: Fixed, transposed: bool) -> Rows:
        """Rows times a matrix, or times its transpose."""
        value = weight.value
        if weight.flipped is not None:
            value, transposed = weight.flipped, not transposed
        if value.dtype != np.float32:
            raise NotFusible
        array = self.input(value, value.shape)
        rows, columns = value.shape[::-1] if transposed else value.shape
        key = array, transposed
        if key not in self._weights:
            self._weights[key] = len(self.program.weights)
            self.program.weights.append(Weight(array, rows, columns, transposed))
        return self.emit("product", (columns,), a, number=self._weights[key])

    def state(self, value: Carried) -> Rows:
        """A loop variable as rows that go from one iteration to the next."""
        i, shape = value.position, value.shape
        if (
            i in self.stacks
            or not shape
            or shape[0] != self.batch
            or self.leaves[i].dtype != np.float32
        ):
            raise NotFusible
        if i not in self.states:
            columns = math.prod(shape[1:])
            place = View("working", Register(columns), columns)
            self.states[i] = Rows(place, shape[1:])
        return self.states[i]

    # ---- stacks of matrices ----

    def stacked(self, value: Value) -> tuple[Any, Stack | None]:
        """The array of a stack, and what is written to it."""
        if isinstance(value, Fixed):
            return value.value, None
        if isinstance(value, Carried):
            if value.position not in self.stacks:
                if value.position in self.states:
                    raise NotFusible
                self.stacks[value.position] = StackUse(self.output(value.shape))
            value = Stack(value.position, 0)
        if not isinstance(value, Stack) or value.version != self.stacks[value.position].version:
            raise NotFusible
        return self.leaves[value.position], value

    def read(self, value: Value, at: np.ndarray) -> Rows:
        """The matrix of a stack that each iteration finds at these positions."""
        array, stack = self.stacked(value)
        first, step = self._line_in(array, at)
        shape = array.shape[2:]
        columns = math.prod(shape)
        if stack is None:
            given = self.input(array, (*array.shape[:2], columns))
            return Rows(View("input", given, columns, 0, first, step), shape)
        use = self.stacks[stack.position]
        if use.version == 0 and (step or self.count == 1):
            # Each is met once: as it was before the loop, if this iteration writes to no other.
            use.met = first, step
            given = self.input(array, (*array.shape[:2], columns))
            return Rows(View("input", given, columns, 0, first, step), shape)
        use.is_read = True
        return self.emit(
            "copy", shape, Rows(View("output", use.output, columns, 0, first, step), shape)
        )

    def listed(self, value: Value, at: np.ndarray, item: Numbers) -> Listed:
        """Let each iteration write a number of a vector."""
        if not isinstance(value, Carried) or len(value.shape) != 1 or item.each.ndim != 1:
            raise NotFusible
        if not np.array_equal(np.sort(at), np.arange(value.shape[0])):
            raise NotFusible  # the others are known only at run time
        return Listed(value.position, item.each[np.argsort(at)])

    def write(self, value: Value, at: np.ndarray, item: Value) -> Stack | Listed:
        """Let each iteration write a matrix of a stack."""
        if isinstance(item, Numbers):
            return self.listed(value, at, item)
        array, stack = self.stacked(value)
        if stack is None:
            raise NotFusible
        first, step = self._line_in(array, at)
        use = self.stacks[stack.position]
        if use.met not in (None, (first, step)) or use.version:
            raise NotFusible
        use.version = 1
        use.written = first, step
        shape = array.shape[2:]
        rows = self.rows(item, shape)
        columns = math.prod(shape)
        place = View("output", use.output, columns, 0, first, step)
        if use.is_read:
            self.steps.append(Step("copy", columns, place, (rows.place,)))
        else:
            self.put(rows, place, columns)
        return Stack(stack.position, use.version)

    def _line_in(self, array: Any, at: np.ndarray) -> tuple[int, int]:
        if array.ndim < 2 or array.shape[1] != self.batch or array.dtype not in _DTYPES:
            raise NotFusible
        return line(self.inside(at, array.shape[0]))

    def inside(self, at: np.ndarray, size: int) -> np.ndarray:
        """Positions in an array of this size; those outside are for jax, which clamps or drops."""
        if at.min() < 0 or at.max() >= size:
            raise NotFusible
        return at

    def put(self, rows: Rows, place: View, columns: int) -> None:
        """Let rows lie at a place: computed there if that can be, else copied."""
        register = rows.place.array
        whole = register in self._made and register.columns == columns
        if whole and register.home is None:
            register.home = place
        else:
            self.steps.append(Step("copy", columns, place, (rows.place,)))
