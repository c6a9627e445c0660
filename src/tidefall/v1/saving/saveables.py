"""What a `Saver` is given, by the names it is saved under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.composite.variables.saveable import Saveable, SaveSpec
from tidefall.graph.v1.variables import RefVariable
from tidefall.op import raw
from tidefall.ops.lookup.mutable_tables import MutableTable, TableSaveable


class VariableSaveable(Saveable):
    """The value of a variable, or of one part of a partitioned one.

    Args:
        variable: the variable.
        name: its name in files.
    """

    def __init__(self, variable: Any, name: str):
        self.variable = variable
        info = getattr(variable, "_save_slice_info", None)
        part = "" if info is None else info.spec
        spec = SaveSpec(_tensor(variable), part, name, variable.dtype.base_dtype)
        super().__init__(variable, [spec], name)

    def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
        """Assign the value, reshaped if `restored_shapes` is given."""
        (value,), variable = restored_tensors, self.variable
        if restored_shapes is not None:
            value = raw.Reshape(value, restored_shapes[0])
        if not getattr(variable, "_in_graph_mode", False):
            return variable.assign(value)
        if isinstance(variable, RefVariable):
            validate = restored_shapes is None and variable.shape.is_fully_defined()
            return raw.Assign(variable._ref(), value, validate_shape=validate).op
        value = raw.Identity(value)
        if not variable.shape.is_compatible_with(value.shape):
            raise ValueError(f"The shape of {variable.name} does not fit {value.shape}.")
        return raw.AssignVariableOp(
            variable.handle,
            value,
            dtype=variable.dtype.base_dtype,
            validate_shape=variable.shape.is_fully_defined(),
        )


def _tensor(variable: Any) -> Any:
    if not getattr(variable, "_in_graph_mode", False):
        return variable.value  # it may have none before it is restored
    if isinstance(variable, RefVariable) and variable._save_slice_info is None:
        return variable._ref()
    return variable._graph_element


def saveables_of(var_list: Any) -> list[Saveable]:
    """What is to be saved, sorted by name.

    Args:
        var_list: variables, tables and other saveable objects, or a dict of them by name.

    Raises:
        TypeError: for what cannot be saved, or is no collection.
        ValueError: if two have the same name, or one has two.
    """
    if not isinstance(var_list, Mapping | list | tuple | set | frozenset):
        raise TypeError(f"Variables to save should be passed in a dict or a list. Got {var_list!r}")
    by_name = var_list if isinstance(var_list, Mapping) else _named(var_list)
    found, owners = [], set()
    for name in sorted(by_name):
        for saveable in _of(name, by_name[name]):
            if id(saveable.op) in owners:
                raise ValueError(f"The same saveable will be restored with two names: {name}")
            owners.add(id(saveable.op))
            found.append(saveable)
    return found


def _named(items: Any) -> dict[str, Any]:
    """Items of a list by the names they are saved under; parts of one variable come together."""
    named: dict[str, Any] = {}
    for item in items:
        info = getattr(item, "_save_slice_info", None)
        parts = _parts(item) if info is None else [item]
        if parts is not None:
            name = parts[0]._save_slice_info.full_name
            known = named.setdefault(name, [])
            if not isinstance(known, list):
                raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
            known.extend(parts)
            continue
        name = _name_of(item)
        if name in named:
            raise ValueError(f"At least two variables have the same name: {name}")
        named[name] = item
    return named


def _parts(item: Any) -> list[Any] | None:
    """The variables that a partitioned variable consists of; None for other things."""
    partitioned = hasattr(item, "_get_variable_list")
    return item._get_variable_list() if partitioned else None


def _name_of(item: Any) -> str:
    if isinstance(item, Saveable):
        return item.name
    if getattr(item, "_is_variable", False):
        return item._shared_name
    if isinstance(item, MutableTable):
        return ""  # as TensorFlow does; a dict gives it a name
    raise TypeError(
        f"A Saver takes variables, partitioned variables and tables that change, not {item!r}."
    )


def _of(name: str, item: Any) -> Iterator[Saveable]:
    if isinstance(item, Saveable):
        yield item
        return
    parts = _parts(item)
    if parts is None and isinstance(item, list | tuple):
        parts = list(item)
    if parts is not None:
        yield from _slices(name, parts)
    elif isinstance(item, MutableTable):
        yield TableSaveable(item, name)
    elif getattr(item, "_is_variable", False):
        yield VariableSaveable(item, name)
    elif hasattr(item, "_serialize_to_tensors"):
        raise UnimplementedError(None, None, f"A Saver of {item!r} is not implemented.")
    else:
        raise TypeError(f"Variable to save is not a Variable: {item!r}")


def _slices(name: str, parts: list[Any]) -> Iterator[Saveable]:
    whole = None
    for part in parts:
        info = getattr(part, "_save_slice_info", None)
        if info is None:
            raise ValueError(f"Slices must all be slices: {part!r}")
        if whole is not None and info.full_name != whole:
            raise ValueError(
                f"Slices must all be from the same tensor: {whole} != {info.full_name}"
            )
        whole = info.full_name
        yield VariableSaveable(part, name)
