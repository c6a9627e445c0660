"""`tf.raw_ops`: every op as a function of keywords, made from the op table when first asked for."""

from __future__ import annotations

import collections
import inspect
from functools import cache
from types import ModuleType
from typing import Any

from tidefall.base.exports import export_value
from tidefall.op.definition import OpDef
from tidefall.op.registry import find_op, is_registered
from tidefall.op.table import op_def, op_names

# Python names of inputs and attributes that differ from those in the op table.
_AXIS = {"reduction_indices": "axis", "split_dim": "axis", "squeeze_dims": "axis"}
_RENAMED = {
    "ExpandDims": {"dim": "axis"},
    "Select": {"t": "x", "e": "y"},
    "Where": {"input": "condition"},
}


class RawOps(ModuleType):
    """The namespace `tf.raw_ops`; its members are made when first used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _names():
            raise AttributeError(f"tf.raw_ops has no op called '{name}'.")
        function = _make(op_def(name))
        setattr(self, name, function)
        return function

    def __dir__(self) -> list[str]:
        return sorted(name for name in _names() if is_registered(name))

    def __reduce__(self) -> Any:
        return _raw_ops, ()


@cache
def _names() -> frozenset[str]:
    return frozenset(op_names())


def _make(definition: OpDef) -> Any:
    """A function of keyword arguments that calls the op `definition` is of."""
    op_name = definition.name
    renamed = _RENAMED.get(op_name, _AXIS)
    inputs = [renamed.get(arg.name, arg.name) for arg in definition.inputs]
    attrs = {
        renamed.get(attr.name, attr.name): attr
        for attr in definition.attrs.values()
        if attr.name not in definition.inferred
    }
    required = [name for name, attr in attrs.items() if not attr.has_default]
    optional = {name: attr.default for name, attr in attrs.items() if attr.has_default}
    known = [*inputs, *required, *optional, "name"]
    packed = result_type(definition)

    def call(*args: Any, **kwargs: Any) -> Any:
        if args:
            raise TypeError(
                f"{op_name} only takes keyword args (possible keys: {known}). Please pass these "
                "args as kwargs instead."
            )
        unknown = [key for key in kwargs if key not in known]
        if unknown:
            raise TypeError(f"{op_name} got an unexpected keyword argument '{unknown[0]}'.")
        missing = [key for key in (*inputs, *required) if key not in kwargs]
        if missing:
            raise TypeError(f"{op_name} is missing its required keyword argument '{missing[0]}'.")
        given = {attrs[key].name: value for key, value in kwargs.items() if key in attrs}
        name = kwargs.get("name")
        result = find_op(op_name)(*[kwargs[key] for key in inputs], name=name, **given)
        return result if packed is None else packed(*result)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(key, keyword) for key in (*inputs, *required)]
    parameters += [inspect.Parameter(key, keyword, default=optional[key]) for key in optional]
    parameters.append(inspect.Parameter("name", keyword, default=None))
    call.__name__ = call.__qualname__ = op_name
    call.__doc__ = f"The op {op_name}; see `python -m tidefall.ops {op_name}`."
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def result_type(definition: OpDef) -> Any:
    """Named tuple of an op with several outputs, None for other ops."""
    if len(definition.outputs) < 2:
        return None
    return collections.namedtuple(definition.name, [arg.name for arg in definition.outputs])


_the_namespace = export_value(
    RawOps("tidefall.raw_ops", "Every op as a function of keywords."), "raw_ops"
)


def _raw_ops() -> RawOps:
    return _the_namespace
