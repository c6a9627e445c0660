"""Python functions that call ops by position and keyword, as TensorFlow's generated ones do."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from typing import Any

from tidefall.op.op import Op
from tidefall.ops.raw_ops import result_type


def python_name(op: str) -> str:
    """The name of the function of an op.

    >>> python_name("ZeroOut"), python_name("MyLSTMCellV2")
    ('zero_out', 'my_lstm_cell_v2')
    """
    parted = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", op)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parted).lower()


def function_of(op: Op) -> Callable[..., Any]:
    """A function of the inputs, the attributes and a name.

    It is called with inputs in order, then attributes that have no default, then others. What
    inspect tells of it is what it takes, since it is compiled from text, as named tuples are.
    """
    definition = op.definition
    attrs = [attr for attr in definition.attrs.values() if attr.name not in definition.inferred]
    attrs.sort(key=lambda attr: attr.has_default)
    inputs = [_word(argument.name) for argument in definition.inputs]
    given = {attr.name: _word(attr.name) for attr in attrs}
    defaults = {f"default_of_{attr.name}": attr.default for attr in attrs if attr.has_default}
    parameters = [
        *inputs,
        *(given[a.name] + (f"=default_of_{a.name}" if a.has_default else "") for a in attrs),
        "name=None",
    ]
    keywords = "".join(f", {name}={word}" for name, word in given.items())
    called = f"op({', '.join(inputs)}{', ' if inputs else ''}name=name{keywords})"
    result = f"pack(*{called})" if len(definition.outputs) > 1 else called
    name = _word(python_name(definition.name))
    scope = {"op": op, "pack": result_type(definition), **defaults}
    exec(f"def {name}({', '.join(parameters)}):\n    return {result}", scope)
    made: Any = scope[name]
    made.__doc__ = f"Call the op {definition.name}."
    return made


def _word(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name
