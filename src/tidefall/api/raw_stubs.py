"""The signatures of `tidefall.op.raw`, written from the op table."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword

from tidefall.op.definition import ArgDef, AttrDef, OpDef
from tidefall.op.table import op_def

_HEAD = '''\
"""Written by `python -m tidefall.api.index`; do not edit."""

# Each op narrows `Op.__call__` to its own inputs and attributes.
# pyright: reportIncompatibleMethodOverride=false

from collections.abc import Sequence
from typing import Any as Anything  # an op is called Any

from tidefall.op.op import Op
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.typing import DTypeLike, ShapeLike, TensorLike
'''
_ATTR_TYPES = {
    "bool": "bool",
    "float": "float",
    "func": "Anything",
    "int": "int",
    "shape": "ShapeLike",
    "string": "str | bytes",
    "tensor": "Anything",
    "type": "DTypeLike",
}


def raw_stubs(names: Iterable[str]) -> str:
    """The text of `raw.pyi` for the ops of these names."""
    parts = [_HEAD]
    for name in sorted(names):
        definition = op_def(name)
        parts.append(
            f"class _{name}(Op):\n    def __call__({_parameters(definition)})"
            f" -> {_result(definition)}: ...\n{name}: _{name}"
        )
    return "\n".join(parts) + "\n"


def _parameters(definition: OpDef) -> str:
    inputs = [f"{_safe(arg.name)}: {_input_type(arg)}" for arg in definition.inputs]
    attrs = sorted(definition.attrs.values(), key=lambda attr: _is_optional(definition, attr))
    given = [
        f"{_safe(attr.name)}: {_attr_type(attr.kind)}"
        + (" | None = ..." if _is_optional(definition, attr) else "")
        for attr in attrs
    ]
    positional = [*inputs, "/"] if inputs else []
    return ", ".join(
        ["self", *positional, "*", *given, "name: str | None = ...", "**private: Anything"]
    )


def _is_optional(definition: OpDef, attr: AttrDef) -> bool:
    return attr.has_default or attr.name in definition.inferred


def _safe(name: str) -> str:
    """A name of the op table as a parameter; Python's own words cannot be one."""
    return f"{name}_" if iskeyword(name) or name == "self" else name


def _input_type(arg: ArgDef) -> str:
    return "Sequence[TensorLike]" if arg.is_list else "TensorLike"


def _attr_type(kind: str) -> str:
    if kind.startswith("list("):
        inner = _ATTR_TYPES[kind[5:-1]]
        return f"Sequence[{inner}]"
    return _ATTR_TYPES[kind]


def _result(definition: OpDef) -> str:
    kinds = ["list[Tensor]" if arg.is_list else "Tensor" for arg in definition.outputs]
    if not kinds:
        return "Anything"  # nothing when it runs at once, the node in a graph
    return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"
