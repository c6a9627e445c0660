"""`tf.raw_ops` as text for a stub, from the op table."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from tidefall.api.stubs.annotations import Scope
from tidefall.api.stubs.signatures import parameters_text
from tidefall.op.definition import OpDef
from tidefall.op.table import op_def
from tidefall.tensor import typing as shared
from tidefall.tensor.tensor import Tensor

_ATTRIBUTES = {
    "bool": "bool",
    "float": "float",
    "int": "int",
    "shape": "ShapeLike",
    "string": "str | bytes",
    "type": "DTypeLike",
}
_NAMES = {**vars(shared), "Tensor": Tensor, "Sequence": Sequence}


def raw_op_text(name: str, function: Any, scope: Scope) -> list[str]:
    """The lines of one function of `tf.raw_ops`."""
    definition = op_def(name)
    parameters = [
        parameter.replace(annotation=scope.annotation(told, _NAMES))
        for parameter, told in zip(
            inspect.signature(function).parameters.values(),
            _parameter_types(definition),
            strict=True,
        )
    ]
    head: list[str] = []
    outputs = [
        scope.annotation("list[Tensor]" if output.is_list else "Tensor", _NAMES)
        for output in definition.outputs
    ]
    if len(outputs) > 1:
        result = f"_{name}"
        head.append(f"class {result}({scope.name('typing', 'NamedTuple')}):")
        names = [output.name for output in definition.outputs]
        head += [f"    {n}: {o}" for n, o in zip(names, outputs, strict=True)]
    else:
        result = outputs[0] if outputs else scope.any()
    return [*head, f"def {name}({parameters_text(parameters, scope)}) -> {result}: ..."]


def _parameter_types(definition: OpDef) -> list[str]:
    """The types of the inputs, of the attributes without and with defaults, and of the name."""
    inputs = ["Sequence[TensorLike]" if i.is_list else "TensorLike" for i in definition.inputs]
    attrs = [a for a in definition.attrs.values() if a.name not in definition.inferred]
    required = [_attribute_type(a.kind) for a in attrs if not a.has_default]
    optional = [_attribute_type(a.kind) for a in attrs if a.has_default]
    return [*inputs, *required, *optional, "str | None"]


def _attribute_type(kind: str) -> str:
    if kind.startswith("list("):
        inner = _ATTRIBUTES.get(kind[5:-1])
        return f"Sequence[{inner}]" if inner else "Any"
    return _ATTRIBUTES.get(kind, "Any")
