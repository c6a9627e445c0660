"""The variables that a branch or loop assigns: read, written and put back by its operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import CellType, FunctionType
from typing import Any


class _Unbound:
    """The value of a variable that has none."""

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND: Any = _Unbound()


class _NoReturn:
    """The result of a function that ends without `return`: None once it is returned."""

    def __repr__(self) -> str:
        return "None"


NO_RETURN: Any = _NoReturn()


def returned(result: Any) -> Any:
    """The result of a function that may have ended without `return`."""
    return None if result is NO_RETURN else result


class Local:
    """A variable of the function around a block, through the cell that both share."""

    __slots__ = ("_cell", "name")

    def __init__(self, name: str, cell: CellType):
        self.name = name
        self._cell = cell

    def read(self) -> Any:
        """The value, or UNBOUND."""
        try:
            return self._cell.cell_contents
        except ValueError:
            return UNBOUND

    def write(self, value: Any) -> None:
        """Assign the value; UNBOUND deletes."""
        if value is not UNBOUND:
            self._cell.cell_contents = value
        else:
            try:
                del self._cell.cell_contents
            except ValueError:
                pass


class Global:
    """A variable of a module."""

    __slots__ = ("_globals", "name")

    def __init__(self, name: str, module: dict[str, Any]):
        self.name = name
        self._globals = module

    def read(self) -> Any:
        """The value, or UNBOUND."""
        return self._globals.get(self.name, UNBOUND)

    def write(self, value: Any) -> None:
        """Assign the value; UNBOUND deletes."""
        if value is UNBOUND:
            self._globals.pop(self.name, None)
        else:
            self._globals[self.name] = value


class Attribute:
    """An attribute of an object, such as `self.count`."""

    __slots__ = ("_attribute", "_base", "name")

    def __init__(self, name: str, base: Callable[[], Any], attribute: str):
        self.name = name
        self._base = base
        self._attribute = attribute

    def read(self) -> Any:
        """The value, or UNBOUND."""
        try:
            return getattr(self._base(), self._attribute, UNBOUND)
        except (AttributeError, NameError):
            return UNBOUND

    def write(self, value: Any) -> None:
        """Assign the value; UNBOUND deletes."""
        if self.read() is value:
            return
        if value is not UNBOUND:
            setattr(self._base(), self._attribute, value)
        else:
            delattr(self._base(), self._attribute)


class Hidden:
    """A variable that only the operator itself has, such as the position in a loop."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: Any):
        self.name = name
        self._value = value

    def read(self) -> Any:
        """The value."""
        return self._value

    def write(self, value: Any) -> None:
        """Assign the value."""
        self._value = value


Variable = Local | Global | Attribute | Hidden


def variables_of(function: FunctionType, names: Sequence[str | Attribute]) -> list[Variable]:
    """The variables with these names, as `function` sees them."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    return [
        name
        if isinstance(name, Attribute)
        else Local(name, cells[name])
        if name in cells
        else Global(name, function.__globals__)
        for name in names
    ]


class Snapshot:
    """The values of variables at one time.

    Plain lists and dicts are changed in place by converted code, so each run of a block works on
    copies of them; `resolve` writes what has become of a copy back into the original.
    """

    def __init__(self, variables: Sequence[Variable]):
        self._variables = variables
        self.values = [v.read() for v in variables]
        self._copies: list[Any] = []
        self._rebound = [False] * len(self.values)

    def enter(self, values: Sequence[Any] | None = None) -> None:
        """Give the variables their values, lists and dicts as copies."""
        given = self.values if values is None else values
        self._copies = [_copy(v) for v in given]
        for variable, value in zip(self._variables, self._copies, strict=True):
            variable.write(value)

    def leave(self) -> list[Any]:
        """The values now; containers that were left as they were are the originals."""
        result = []
        for i, (variable, value) in enumerate(zip(self._variables, self.values, strict=True)):
            now = variable.read()
            if now is not self._copies[i] and now is not value:
                self._rebound[i] = True
            elif now is not value and same_items(now, value):
                now = value
            result.append(now)
        return result

    def restore(self) -> None:
        """Give the variables the values they had."""
        for variable, value in zip(self._variables, self.values, strict=True):
            variable.write(value)

    def resolve(self, values: Sequence[Any]) -> None:
        """Give the variables new values, in the original lists and dicts where there are some."""
        for i, (variable, new) in enumerate(zip(self._variables, values, strict=True)):
            variable.write(new if self._rebound[i] else _into(self.values[i], new))


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is list:
        return [_copy(v) for v in value]
    if kind is dict:
        return {k: _copy(v) for k, v in value.items()}
    return value


def same_items(one: Any, other: Any) -> bool:
    """Whether two lists or dicts hold the same objects."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same_items, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_items(one[k], other[k]) for k in one)
    return one is other


def _into(old: Any, new: Any) -> Any:
    if new is not old and type(old) is list and type(new) is list and len(old) == len(new):
        old[:] = [_into(a, b) for a, b in zip(old, new, strict=True)]
        return old
    if new is not old and type(old) is dict and type(new) is dict and old.keys() <= new.keys():
        for key in new:
            old[key] = _into(old[key], new[key]) if key in old else new[key]
        return old
    return new
