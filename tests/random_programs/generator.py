"""Makes random programs: it runs each instruction as it is added, so it knows shapes and values."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

import tidefall as tf
from tests.random_programs.program import Block, Instruction, Program, run_instruction

LARGEST = 50.0
"""Values beyond this are squashed, so that rounding errors stay small."""
_UNARY = """neg abs square tanh sigmoid relu relu6 elu leaky_relu sin exp log1p inverse identity
    stop_gradient same_cast zeros_like ones_like neg_neg square_neg flat_and_back add_n_one"""
_WITH_CONSTANT = """add_constant constant_add sub_constant constant_sub mul_constant constant_mul
    div_constant"""
_ACTIVATIONS = (None, "relu", "relu6", "elu", "tanh", "sigmoid", "leaky_relu")
_NEUTRAL = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0)


def generate(seed: int) -> Program:
    """The program that belongs to a seed."""
    return _Generator(seed).program()


class _Generator:
    def __init__(self, seed: int):
        self.seed = seed
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.special = self.random.random() < 0.1
        self.depth = 0

    def program(self) -> Program:
        arguments = [self._argument() for _ in range(self.random.randint(1, 3))]
        arguments.append(np.array(self.random.randint(0, 9), np.int32))
        initial = [self._floats(self._shape()) for _ in range(self.random.randint(0, 2))]
        self.variables = [tf.Variable(v) for v in initial]
        self.values = [tf.constant(a) for a in arguments]
        block = Block()
        for _ in range(self.random.randint(4, 18)):
            self._extend(block)
        candidates = range(len(self.values))
        results = sorted(self.random.sample(candidates, min(3, len(candidates))))
        if results[-1] != len(self.values) - 1:
            results.append(len(self.values) - 1)
        known = self.random.random() < 0.6
        smooth = not self.special and "assign" not in block.text(0)
        gradient = smooth and self.random.random() < 0.4
        return Program(self.seed, arguments, initial, block, results, known, self.special, gradient)

    # ---- data ----

    def _shape(self) -> tuple[int, ...]:
        return tuple(self.random.choice((1, 2, 3, 4)) for _ in range(self.random.randint(0, 3)))

    def _floats(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.numbers.normal(size=shape).astype(np.float32)

    def _argument(self) -> np.ndarray:
        value = self._floats(self._shape())
        if self.special and value.size:
            flat = value.reshape(-1)
            for _ in range(2):
                at = self.random.randrange(flat.size)
                flat[at] = self.random.choice((np.nan, np.inf, -np.inf, -0.0, 0.0))
        return value

    # ---- choosing operands ----

    def _floats_of_rank(self, low: int, high: int = 9) -> list[int]:
        return [
            i
            for i, v in enumerate(self.values)
            if v.dtype == tf.float32 and low <= v.shape.rank <= high
        ]

    def _any_float(self) -> int:
        found = self._floats_of_rank(0)
        # The latest are the most likely, so that programs are deep.
        return found[-1 - min(int(self.random.expovariate(0.4)), len(found) - 1)]

    def _any_int(self) -> int:
        found = [i for i, v in enumerate(self.values) if v.dtype == tf.int32]
        return self.random.choice(found)

    def _partner(self, i: int) -> int:
        """A value that broadcasts with value `i`."""
        mine = self.values[i].shape.as_list()
        fitting = [
            j
            for j in self._floats_of_rank(0)
            if all(
                a == b or 1 in (a, b)
                for a, b in zip(mine[::-1], self.values[j].shape.as_list()[::-1], strict=False)
            )
        ]
        return self.random.choice(fitting)

    # ---- one instruction ----

    def _extend(self, block: Block) -> None:
        if block.code and self.random.random() < 0.1:
            plain = [s for s in block.code if not any(isinstance(x, Block) for x in s.settings)]
            if plain:  # the same again, for common subexpressions
                self._append(block, self.random.choice(plain))
                return
        for _ in range(20):
            step = self.random.choice(_MAKERS)(self)
            if step is not None:
                self._append(block, step)
                return

    def _append(self, block: Block, step: Instruction) -> None:
        value = run_instruction(step, self.values, self.variables)
        block.code.append(step)
        self.values.append(value)
        array = value.numpy()
        if array.dtype != np.float32:
            return
        finite = array[np.isfinite(array)]
        if finite.size and np.abs(finite).max() > LARGEST:
            self._append(block, Instruction("tanh", (len(self.values) - 1,)))

    def _unary(self) -> Instruction | None:
        kind = self.random.choice(
            [
                "neg",
                "abs",
                "square",
                "tanh",
                "sigmoid",
                "relu",
                "relu6",
                "elu",
                "leaky_relu",
                "sin",
                "exp",
                "log1p",
                "inverse",
                "identity",
                "stop_gradient",
                "same_cast",
                "zeros_like",
                "ones_like",
                "neg_neg",
                "square_neg",
                "flat_and_back",
                "add_n_one",
            ]
        )
        return Instruction(kind, (self._any_float(),))

    def _power(self) -> Instruction | None:
        if self.random.random() < 0.5:
            number = self.random.choice((0.0, 1.0, 2.0, 3.0))
            return Instruction("power", (self._any_float(),), (number,))
        number = self.random.choice((-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0))
        return Instruction("power_of_positive", (self._any_float(),), (number,))

    def _with_constant(self) -> Instruction | None:
        i = self._any_float()
        number = self.random.choice(_NEUTRAL)
        kind = self.random.choice(
            [
                "add_constant",
                "constant_add",
                "sub_constant",
                "constant_sub",
                "mul_constant",
                "constant_mul",
                "div_constant",
            ]
        )
        if kind == "div_constant" and number == 0:
            number = 2.0
        constant: Any = number
        if self.random.random() < 0.4:
            same = self.values[i].shape.as_list()
            larger = [2, 1, 1, 1] if len(same) < 4 else [1]
            shape = self.random.choice((same, [1], [1, 1], larger))
            constant = np.full(shape, number, np.float32)
        return Instruction(kind, (i,), (constant,))

    def _binary(self) -> Instruction | None:
        i = self._any_float()
        kinds = "add sub mul maximum minimum squared_difference add_neg sub_neg"
        j = self._partner(i)
        if self.random.random() < 0.1 and self.values[i].shape == self.values[j].shape:
            return Instruction("add_n", (i, j))
        return Instruction(self.random.choice(kinds.split()), (i, j))

    def _reduce(self) -> Instruction | None:
        i = self._any_float()
        rank = self.values[i].shape.rank
        axes = self.random.sample(range(rank), self.random.randint(0, rank))
        kind = self.random.choice(("sum", "mean", "max", "min"))
        return Instruction(kind, (i,), (axes, self.random.random() < 0.5))

    def _reshape(self) -> Instruction | None:
        i = self._any_float()
        size = int(np.prod(self.values[i].shape.as_list()))
        divisors = [d for d in range(1, size + 1) if size % d == 0]
        first = self.random.choice(divisors)
        shapes = [
            [-1],
            [first, size // first],
            [first, -1],
            [1, size],
            self.values[i].shape.as_list(),
        ]
        return Instruction("reshape", (i,), (self.random.choice(shapes),))

    def _arrange(self) -> Instruction | None:
        i = self._any_float()
        rank = self.values[i].shape.rank
        dims = self.values[i].shape.as_list()
        order = self.random.sample(range(rank), rank)
        axis = self.random.randint(0, rank)
        choices = [
            Instruction("transpose", (i,), (order,)),
            Instruction("transpose", (i,), (list(range(rank)),)),
            Instruction("transpose_twice", (i,), (order, self.random.sample(range(rank), rank))),
            Instruction("transpose_twice", (i,), (order, [order.index(k) for k in range(rank)])),
            Instruction("expand_and_squeeze", (i,), (axis,)),
            Instruction("broadcast", (i,), (dims,)),
            Instruction("broadcast", (i,), ([2, *dims],) if rank < 4 else (dims,)),
            Instruction("reverse", (i,), (self.random.sample(range(rank), min(rank, 1)),)),
            Instruction("slice", (i,), ([0] * rank, [-1] * rank)),
            Instruction("pad", (i,), ([[0, 0]] * rank,)) if rank else None,
            Instruction("tile", (i,), ([1] * rank,)) if rank else None,
        ]
        return self.random.choice(choices)

    def _along(self) -> Instruction | None:
        found = self._floats_of_rank(1, 3)
        if not found:
            return None
        i = self.random.choice(found)
        dims = self.values[i].shape.as_list()
        rank = len(dims)
        axis = self.random.randrange(rank)
        indices = [self.random.randrange(dims[axis]) for _ in range(self.random.randint(1, 3))]
        begin = [self.random.randrange(d) for d in dims]
        same = [j for j in found if self.values[j].shape == self.values[i].shape]
        choices = [
            Instruction("cumsum", (i,), (axis,)),
            Instruction("softmax", (i,)),
            Instruction("expand", (i,), (axis,)),
            Instruction("tile", (i,), ([self.random.randint(1, 2) for _ in dims],)),
            Instruction("concat", (i, self.random.choice(same)), (axis,)),
            Instruction("stack", (i, self.random.choice(same))),
            Instruction("slice", (i,), (begin, [1] * rank)),
            Instruction("index", (i,), (self.random.randrange(-dims[0], dims[0]),)),
            Instruction("strided", (i,), (self.random.choice((1, 2, -1)),)),
            Instruction("pad", (i,), ([[1, 0]] + [[0, 1]] * (rank - 1),)),
            Instruction("gather", (i,), (indices, axis)),
            Instruction("roll", (i,), (self.random.choice((0, 1)),)),
            Instruction("shape_product", (i,), (axis,)),
            Instruction("rows", (i,)),
            Instruction("split", (i,), (axis,)) if dims[axis] % 2 == 0 else None,
        ]
        return self.random.choice(choices)

    def _product(self) -> Instruction | None:
        found = self._floats_of_rank(2, 2)
        if not found:
            return None
        i = self.random.choice(found)
        rows, columns = self.values[i].shape.as_list()
        kind = self.random.choice(("matmul", "transposed", "dense", "conv", "constant", "batch"))
        if kind == "matmul":
            a, b = self.random.random() < 0.5, self.random.random() < 0.5
            inner = rows if a else columns
            fitting = [j for j in found if self.values[j].shape[1 if b else 0] == inner]
            return (
                Instruction("matmul", (i, self.random.choice(fitting)), (a, b)) if fitting else None
            )
        if kind == "transposed":
            fitting = [j for j in found if self.values[j].shape[1] == rows]
            return (
                Instruction("matmul_transposed", (i, self.random.choice(fitting)))
                if fitting
                else None
            )
        if kind == "batch":
            stacks = self._floats_of_rank(3, 3)
            if not stacks:
                return None
            j = self.random.choice(stacks)
            return Instruction("batch_matmul", (j, j))
        activation = self.random.choice(
            (None, "relu", "relu6", "elu", "tanh", "sigmoid", "leaky_relu")
        )
        if kind == "dense":
            width = self.random.randint(1, 4)
            w, b = self._floats((columns, width)), self._floats((width,))
            return Instruction("dense", (i,), (w, b, activation, self.random.random() < 0.5))
        if kind == "conv":
            w, b = self._floats((2, 2, 1, 3)), self._floats((3,))
            how = self.random.choice(("bias_add", "vector", "reshaped"))
            return Instruction("conv", (i,), (w, b, activation, how))
        return Instruction("constant_product", (i,), (self._floats((2, 2)), self._floats((2, 2))))

    def _integer(self) -> Instruction | None:
        n, x = self._any_int(), self._any_float()
        number = self.random.choice((0, 1, 2, 3, -1))
        choices = [
            Instruction("int_add", (n,), (number,)),
            Instruction("int_mul", (n,), (number,)),
            Instruction("int_sub_self", (n,)),
            Instruction("int_div", (n,), (number or 2,)),
            Instruction("int_mod", (n,), (abs(number) or 2,)),
            Instruction("int_neg_neg", (n,)),
            Instruction("int_size", (x,)),
            Instruction("int_to_float", (n,)),
            Instruction("scaled", (x, n)),
            Instruction("where", (x, x, n)),
        ]
        if self.values[x].shape.rank:
            choices.append(Instruction("int_sum_shape", (x,)))
        return self.random.choice(choices)

    # ---- control flow and variables ----

    def _part(self, argument: int) -> Block:
        """A block that computes something of the shape of `argument`, whatever it does inside."""
        saved = len(self.values)
        self.depth += 1
        self.values.append(self.values[argument])
        block = Block()
        for _ in range(self.random.randint(1, 4)):
            self._extend(block)
        last = self._any_float()
        mean = Instruction("mean", (last,), (None, False))
        self._append(block, mean)
        squashed = Instruction("tanh", (len(self.values) - 1,))
        self._append(block, squashed)
        kind = self.random.choice(("add", "sub", "mul"))
        self._append(block, Instruction(kind, (saved, len(self.values) - 1)))
        self._append(block, Instruction("tanh", (len(self.values) - 1,)))
        del self.values[saved:]
        self.depth -= 1
        return block

    def _control(self) -> Instruction | None:
        if self.depth >= 2:
            return None
        x, n = self._any_float(), self._any_int()
        kind = self.random.choice(
            ("cond", "known_cond", "switch", "loop", "loop", "called", "called_twice", "waiting")
        )
        state = [v.numpy() for v in self.variables]
        parts = [self._part(x) for _ in range(2)]
        for variable, value in zip(self.variables, state, strict=True):
            variable.assign(value)
        if kind in ("cond", "switch"):
            return Instruction(kind, (x, n), tuple(parts))
        if kind == "known_cond":
            return Instruction(kind, (x,), (*parts, self.random.choice((True, False, None))))
        if kind == "loop":
            limit = self.random.choice((None, None, 0, 1, 3))
            return Instruction(kind, (x, n), (parts[0], limit))
        if kind == "waiting":
            return Instruction(kind, (x, n))
        return Instruction(kind, (x,), (parts[0],))

    def _variable(self) -> Instruction | None:
        if not self.variables:
            return None
        number = self.random.randrange(len(self.variables))
        shape = self.variables[number].shape
        fitting = [i for i in self._floats_of_rank(0) if self.values[i].shape == shape]
        kinds = ["read", "read_twice"]
        if fitting and not self.special:
            kinds += ["assign", "assign_add"]
        kind = self.random.choice(kinds)
        reads = (self.random.choice(fitting),) if kind.startswith("assign") else ()
        return Instruction(kind, reads, (number,))


_MAKERS = (
    [_Generator._unary] * 3
    + [_Generator._with_constant] * 3
    + [_Generator._binary] * 3
    + [_Generator._reshape] * 2
    + [_Generator._arrange] * 3
    + [_Generator._along] * 3
    + [_Generator._product] * 3
    + [_Generator._integer] * 2
    + [_Generator._variable] * 2
    + [_Generator._control] * 2
    + [_Generator._power, _Generator._reduce]
)
