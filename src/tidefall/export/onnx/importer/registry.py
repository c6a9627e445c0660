"""Where the rules of ONNX's ops are kept, and what a rule is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Rule = Callable[["Call"], Any]
"""Takes a call of an op and returns its output, or a list of them."""

_RULES: dict[tuple[str, str], Rule] = {}
ML = "ai.onnx.ml"


class CannotImport(Exception):
    """A node that cannot be said in TensorFlow's ops, and why."""


def onnx_op(*names: str, domain: str = "") -> Callable[[Rule], Rule]:
    """Register a function as the rule of ONNX ops."""

    def register(rule: Rule) -> Rule:
        _RULES.update({(domain, name): rule for name in names})
        return rule

    return register


def rule_of(domain: str, name: str) -> Rule | None:
    """The rule of an ONNX op, if it has one."""
    return _RULES.get(("" if domain == "ai.onnx" else domain, name))


class Call:
    """One node while it is run.

    Attributes:
        op: the op's name.
        inputs: tensors, NumPy arrays where values are known, None where one is left out.
        attributes: of the node, as Python values.
        opset: the version of the op's domain.
        outputs: how many outputs are asked for.
        execution: runs graphs inside.
        scope: names that graphs inside see.
    """

    def __init__(
        self, op: str, inputs: list[Any], attributes: dict[str, Any], opset: int, outputs: int,
        execution: Any, scope: dict[str, Any],
    ):  # fmt: skip
        self.op, self.inputs, self.attributes = op, inputs, attributes
        self.opset, self.outputs = opset, outputs
        self.execution, self.scope = execution, scope

    def __getitem__(self, index: int) -> Any:
        """An input that must be there."""
        value = self.get(index)
        if value is None:
            raise CannotImport(f"it lacks its input {index}")
        return value

    def get(self, index: int) -> Any:
        """An input, None if it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def attr(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        return self.attributes.get(name, default)

    def known(self, index: int, what: str) -> np.ndarray:
        """The value of an input that must be known.

        Raises:
            CannotImport: if it is only known when the model runs.
        """
        from tidefall.graph.static_values import static_value

        value = self[index]
        if not isinstance(value, np.ndarray):
            value = static_value(value)
        if value is None:
            raise CannotImport(f"its {what} is only known when the model runs")
        return np.asarray(value)

    def axes(self, index: int, rank: int | None) -> list[int] | None:
        """Axes from an attribute, as older opsets have them, or an input."""
        given = self.attr("axes")
        if given is None and self.get(index) is not None:
            given = self.known(index, "axes").reshape(-1).tolist()
        if given is None:
            return None
        return [int(a) if a >= 0 or rank is None else int(a) + rank for a in given]


def dtype_of(value: Any) -> np.dtype[Any]:
    """The NumPy dtype of an array or tensor; object for strings."""
    if isinstance(value, np.ndarray):
        return value.dtype
    return np.dtype(object if value.dtype.name == "string" else value.dtype.as_numpy_dtype)


def dims_of(value: Any) -> list[int | None]:
    """The sizes of an array or tensor, None where free.

    Raises:
        CannotImport: if not even their number is known.
    """
    if isinstance(value, np.ndarray):
        return list(value.shape)
    if value.shape.rank is None:
        raise CannotImport("the rank of its input is only known when the model runs")
    return value.shape.as_list()
