"""What rewrites of subgraphs share: a walk in program order, and questions about values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.lite.converter.ir import Operator, Subgraph, Value, constant

Rule = Callable[[Operator, "Rewriter"], bool]


class Rewriter:
    """A walk over the operators of a subgraph that may replace them.

    Attributes:
        subgraph: what is changed.
        uses: the operators that read a value, by its id.
    """

    def __init__(self, subgraph: Subgraph):
        self.subgraph = subgraph
        self.uses = subgraph.uses()
        self.outputs = {id(v) for v in subgraph.outputs}
        self.at = 0

    def run(self, rules: dict[str, Rule]) -> int:
        """Apply the rule of each operator's code; a rule says whether it changed something."""
        count = 0
        self.at = 0
        while self.at < len(self.subgraph.operators):
            operator = self.subgraph.operators[self.at]
            rule = rules.get(operator.code)
            if rule is not None and rule(operator, self):
                count += 1
                self.uses = self.subgraph.uses()
                self.outputs = {id(v) for v in self.subgraph.outputs}
            self.at += 1
        if count:
            self.subgraph.remove_dead()
        return count

    def is_single(self, value: Value) -> bool:
        """Whether one operator alone reads a value."""
        return len(self.uses.get(id(value), ())) == 1 and id(value) not in self.outputs

    def new(
        self,
        code: str,
        inputs: Sequence[Value | None],
        like: Operator,
        output: Value | None = None,
        shape: Any = None,
        **options: Any,
    ) -> Value:
        """An operator placed before the one that is looked at.

        Args:
            code: its code.
            inputs: what it reads.
            like: the operator it is for, whose layer and line it takes.
            output: the value it makes in that one's place; a new one by default.
            shape: the sizes of a new output; those of the first input by default.
            **options: its options.
        """
        first = inputs[0]
        assert first is not None
        if output is None:
            dims = first.shape if shape is None else shape
            output = Value(like.output.name, first.dtype, dims)
            output.layer = like.layer
        made = Operator(code, list(inputs), [output], options, like.layer, like.line)
        self.subgraph.operators.insert(self.at, made)
        self.at += 1
        return output

    def become(
        self, operator: Operator, code: str, inputs: Sequence[Value | None], **options: Any
    ) -> bool:
        """Let an operator compute its output otherwise."""
        operator.code, operator.inputs, operator.options = code, list(inputs), options
        return True

    def drop(self, operator: Operator, instead: Value) -> bool:
        """Let everyone read another value in place of an operator's output."""
        output = operator.output
        if id(output) in self.outputs and (instead.producer is None or id(instead) in self.outputs):
            return False  # what a model gives is made by an operator, under its own name
        if id(output) in self.outputs:
            instead.name = output.name
        self.subgraph.operators.remove(operator)
        self.at -= 1
        self.subgraph.replace(output, instead)
        return True


def made_by(value: Value | None, code: str) -> Operator | None:
    """The operator that makes a value, if it has that code."""
    if value is None or value.producer is None or value.producer.code != code:
        return None
    return value.producer


def splat(value: Value | None) -> float | None:
    """The one number that a constant holds, else None."""
    if value is None or value.data is None or value.data.size == 0 or value.dtype.kind not in "fi":
        return None
    first = value.data.reshape(-1)[0]
    return float(first) if (value.data == first).all() else None


def is_number(value: Value | None, number: float, tolerance: float = 1e-6) -> bool:
    """Whether a constant holds a number throughout."""
    found = splat(value)
    return found is not None and abs(found - number) <= tolerance * max(1.0, abs(number))


def split_constant(operator: Operator) -> tuple[Value, Value] | None:
    """The operand that is computed and the constant one, in this order."""
    x, y = operator.inputs[:2]
    if x is None or y is None:
        return None
    if y.is_constant and not x.is_constant:
        return x, y
    if x.is_constant and not y.is_constant:
        return y, x
    return None


def per_channel(value: Value, channels: int | None) -> np.ndarray | None:
    """A constant as one number for each of the last dimension's channels, if it is such."""
    if value.data is None or channels is None:
        return None
    if value.data.size == 1:
        return np.full(channels, value.data.reshape(-1)[0], value.dtype)
    if value.data.size == channels and value.shape[-1] == channels:
        return value.data.reshape(-1)
    return None


def like_constant(data: np.ndarray, value: Value) -> Value:
    """A constant under the name of another value."""
    made = constant(data, value.name)
    made.layer = value.layer
    return made
