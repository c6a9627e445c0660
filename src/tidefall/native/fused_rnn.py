"""Loops that treat each row of their matrices by itself, run whole (native/row_loop.cc).

The body is a list of steps on matrices of `batch` rows. What a step computes lies in a register, a
matrix in working memory that lives from its first to its last use, or where the result belongs.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tidefall.native.library import Ints, Output, Run

OPS = (
    "product", "column_sums", "fill", "copy", "spread",
    "neg", "abs", "square", "exp", "logistic", "tanh", "sqrt", "rsqrt",
    "add", "sub", "mul", "div", "max", "min",
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "both", "either", "differ",
    "select",
)  # fmt: skip
_NUMBERS = {name: number for number, name in enumerate(OPS)}
_WHERE = ("nowhere", "working", "input", "output", "shared", "block")


@dataclass(eq=False)
class Register:
    """A matrix in working memory.

    Attributes:
        columns: how many it has.
        home: where it lies instead, if it is a part of something else.
    """

    columns: int
    home: View | None = None


@dataclass(frozen=True)
class View:
    """Columns of a matrix.

    Attributes:
        where: "working"; "input" or "output", with a row for each of the batch; "shared", an
            input of one row for all; "block", an output of one row for each block.
        array: the register, or which input or output.
        columns: how many columns the array has.
        column: the first of these columns.
        first, step: of a stack of matrices, the one for the first iteration, and how many further
            that of the next one is.
    """

    where: str
    array: Any
    columns: int
    column: int = 0
    first: int = 0
    step: int = 0

    def resolved(self) -> View:
        """The place with the homes of its register followed."""
        if not isinstance(self.array, Register) or self.array.home is None:
            return self
        home = self.array.home
        return replace(home, column=home.column + self.column).resolved()

    def _settings(self, offsets: dict[Register, int]) -> Ints:
        array = offsets[self.array] if isinstance(self.array, Register) else self.array
        where = _WHERE.index(self.where)
        return (where, array, self.column, self.columns, self.first, self.step)


_NOWHERE = (0,) * 6


@dataclass
class Step:
    """An operation; its number is a float to fill with, or which weight."""

    op: str
    columns: int
    to: View
    operands: tuple[View, ...] = ()
    number: float = 0

    def resolved(self) -> Step:
        """A copy of the step with the homes of registers followed."""
        operands = tuple(p.resolved() for p in self.operands)
        return replace(self, to=self.to.resolved(), operands=operands)

    def _settings(self, offsets: dict[Register, int]) -> Ints:
        number = self.number
        if self.op == "fill":
            (number,) = struct.unpack("<i", struct.pack("<f", number))
        views = [p._settings(offsets) for p in (self.to, *self.operands)]
        views += [_NOWHERE] * (4 - len(views))
        return (_NUMBERS[self.op], self.columns, int(number), *sum(views, ()))


@dataclass(frozen=True)
class Weight:
    """What blocks are multiplied with: an input `[rows, columns]`, or `[columns, rows]`."""

    input: int
    rows: int
    columns: int
    transposed: bool


@dataclass
class Program:
    """A loop: what its steps are before, in each iteration, and after."""

    batch: int
    block: int
    iterations: int
    weights: list[Weight] = field(default_factory=list)
    before: list[Step] = field(default_factory=list)
    each: list[Step] = field(default_factory=list)
    after: list[Step] = field(default_factory=list)

    @property
    def blocks(self) -> int:
        return -(-self.batch // self.block)

    def needed(self) -> list[Step]:
        """The steps that an iteration goes through: fewer than `each`."""
        each = [step.resolved() for step in _needed(self.each, self.after)]
        return _with_sums(each, self.after)

    def settings(self) -> Ints:
        before, after = ([s.resolved() for s in steps] for steps in (self.before, self.after))
        parts = [before, self.needed(), after]
        offsets, working = _layout(parts, self.block)
        result = [self.batch, self.block, self.iterations, working, len(self.weights)]
        for w in self.weights:
            result += (w.input, w.rows, w.columns, int(w.transposed))
        for steps in parts:
            result.append(len(steps))
            for step in steps:
                result += step._settings(offsets)
        return tuple(result)


def fused_rnn_loop(
    run: Run, inputs: list[Any], outputs: list[Output], program: Program
) -> list[Any]:
    """Run a loop; returns its outputs."""
    return run("row_loop", inputs, outputs, program.settings())


def _registers(views: Iterable[View]) -> list[Register]:
    return [p.array for p in views if isinstance(p.array, Register)]


def _needed(steps: list[Step], after: list[Step]) -> list[Step]:
    """The steps of an iteration without those whose results nobody reads."""
    while True:
        read = {id(r) for s in (*steps, *after) for r in _registers(s.operands)}
        kept = [s for s in steps if not _registers([s.to]) or _is_read(s.to, read)]
        if len(kept) == len(steps):
            return steps
        steps = kept


def _is_read(view: View, read: set[int]) -> bool:
    """Whether a register, or something it lies in, is read or an output."""
    while isinstance(view.array, Register):
        if id(view.array) in read:
            return True
        if view.array.home is None:
            return False
        view = view.array.home
    return True


def _with_sums(steps: list[Step], after: list[Step]) -> list[Step]:
    """The steps with sums made part of products, which then start at the other addend."""
    reads = Counter(id(r) for s in (*steps, *after) for r in _registers(s.operands))
    products: dict[int, Step] = {}
    result: list[Step] = []

    def product_at(view: View) -> Step | None:
        """The product that lies at a place and is read there alone."""
        step = products.get(id(view.array))
        alone = step is not None and step.to == view and reads[id(view.array)] == 1
        return step if alone else None

    for step in steps:
        for view, other in zip(step.operands, step.operands[::-1], strict=True):
            product = product_at(view) if step.op == "add" else None
            if product is None:
                continue
            meanwhile = result[result.index(product) :]
            if any(_meet(s.to, product.operands[0]) for s in meanwhile):
                continue
            if not _starts_at(product, other, product_at):
                continue
            result.remove(product)
            step = replace(product, to=step.to)
            break
        if step.op == "product" and step.to.columns == step.columns:
            products[id(step.to.array)] = step
        result.append(step)
    return result


def _starts_at(product: Step, view: View, product_at: Callable[[View], Step | None]) -> bool:
    """Let a product start at what lies at a place; False if it starts elsewhere and must."""
    if len(product.operands) == 1:
        product.operands += (view,)
        return True
    earlier = product_at(product.operands[1])
    if earlier is None or view.where not in ("input", "shared"):
        return False  # what others compute may not be there yet
    return _starts_at(earlier, view, product_at)


def _meet(a: View, b: View) -> bool:
    return a.where == b.where and a.array == b.array


def _layout(parts: list[list[Step]], block: int) -> tuple[dict[Register, int], int]:
    """Where registers lie in working memory, and how much of it they take, in floats.

    Those that only one iteration uses share memory where their lives do not meet.
    """
    before, each, after = parts
    whole = {id(r) for s in (*before, *after) for r in _registers((s.to, *s.operands))}
    last: dict[int, int] = {}
    for i, step in enumerate(each):
        for r in _registers((step.to, *step.operands)):
            last[id(r)] = i
    offsets: dict[Register, int] = {}
    free: dict[int, list[int]] = {}
    end = 0
    for i, step in enumerate([*before, *each, *after]):
        i -= len(before)
        for r in _registers((step.to, *step.operands)):
            if r not in offsets:
                size = -(-r.columns * block // 16) * 16
                at = free.get(size)
                if at and id(r) not in whole:
                    offsets[r] = at.pop()
                else:
                    offsets[r], end = end, end + size
        if 0 <= i < len(each):
            for r in {id(r): r for r in _registers((step.to, *step.operands))}.values():
                if last[id(r)] == i and id(r) not in whole:
                    size = -(-r.columns * block // 16) * 16
                    free.setdefault(size, []).append(offsets[r])
    return offsets, end
