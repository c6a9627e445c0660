"""What an op takes and gives: its signature, and all that follows from the signature alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tidefall.base.dtypes import DType

Attrs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArgDef:
    """One input or output: a fixed dtype, a type attribute, or a list of either."""

    name: str
    dtype: DType | None = None
    type_attr: str | None = None
    number_attr: str | None = None
    type_list_attr: str | None = None
    is_ref: bool = False

    @property
    def is_list(self) -> bool:
        return self.number_attr is not None or self.type_list_attr is not None

    def length(self, attrs: Attrs) -> int:
        """How many tensors a list argument has, given the op's attributes."""
        if self.number_attr is not None:
            return attrs[self.number_attr]
        return len(attrs[self.type_list_attr or ""])


@dataclass(frozen=True, slots=True)
class AttrDef:
    """One attribute: its kind ("type", "int", "list(shape)", ...), default and allowed values."""

    name: str
    kind: str
    has_default: bool
    default: Any
    allowed: frozenset[Any] | None
    allowed_order: tuple[Any, ...]
    minimum: int | None


@dataclass(frozen=True, slots=True)
class OpDef:
    """The signature of an op.

    Graphs and tapes keep inputs and outputs as flat lists. Kernels take and return one value for
    each input and output of the signature, a list where that is a list.

    Attributes:
        library: where a custom op comes from: the library's or the module's name; "" for others.
        inferred: attributes that follow from the inputs, so that callers need not give them.
        defaults: the attributes that have a default, with it.
        has_lists: whether an input is a list.
        lists_out: whether an output is a list.
        n_outputs: how many outputs there are, a list counting as one.
        bindings: what earlier calls were bound to (`tidefall.op.binding`).
    """

    name: str
    inputs: tuple[ArgDef, ...]
    outputs: tuple[ArgDef, ...]
    attrs: dict[str, AttrDef]
    is_stateful: bool = False
    is_commutative: bool = False
    deprecated: str = ""
    library: str = ""
    inferred: frozenset[str] = field(init=False)
    defaults: Attrs = field(init=False)
    has_lists: bool = field(init=False)
    lists_out: bool = field(init=False)
    n_outputs: int = field(init=False)
    bindings: dict[Any, Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        derived = {
            "inferred": frozenset(
                attr
                for arg in self.inputs
                for attr in (arg.type_attr, arg.number_attr, arg.type_list_attr)
                if attr is not None
            ),
            "defaults": {k: attr.default for k, attr in self.attrs.items() if attr.has_default},
            "has_lists": any(arg.is_list for arg in self.inputs),
            "lists_out": any(arg.is_list for arg in self.outputs),
            "n_outputs": len(self.outputs),
            "bindings": {},
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def group_inputs(self, flat: Sequence[Any], attrs: Attrs) -> list[Any]:
        """Arrange a flat list of inputs as a kernel takes them."""
        return _grouped(self.inputs, flat, attrs) if self.has_lists else list(flat)

    def flatten_inputs(self, grouped: Sequence[Any]) -> list[Any]:
        """The flat list of inputs that `group_inputs` arranged."""
        return _flat(self.inputs, grouped) if self.has_lists else list(grouped)

    def flatten_outputs(self, result: Any) -> list[Any]:
        """The flat list of outputs in what a kernel returned."""
        if self.n_outputs == 0:
            return []
        if self.n_outputs == 1:
            return list(result) if self.lists_out else [result]
        return _flat(self.outputs, result) if self.lists_out else list(result)

    def pack_outputs(self, flat: Sequence[Any], attrs: Attrs) -> Any:
        """What a call returns: a tensor, a list for a list output, or a tuple of outputs."""
        if self.n_outputs == 1 and not self.lists_out:
            return flat[0]
        if self.n_outputs == 0:
            return None
        if not self.lists_out:
            return tuple(flat)
        packed = _grouped(self.outputs, flat, attrs)
        return packed[0] if len(packed) == 1 else tuple(packed)

    def output_dtypes(self, attrs: Attrs) -> list[DType]:
        """Dtypes of all the outputs, flat."""
        found: list[DType] = []
        for arg in self.outputs:
            if arg.type_list_attr is not None:
                found.extend(attrs[arg.type_list_attr])
                continue
            dtype: Any = arg.dtype if arg.type_attr is None else attrs[arg.type_attr]
            if arg.is_ref:
                dtype = dtype._as_ref
            if arg.number_attr is not None:
                found.extend([dtype] * attrs[arg.number_attr])
            else:
                found.append(dtype)
        return found


def _grouped(arguments: Sequence[ArgDef], flat: Sequence[Any], attrs: Attrs) -> list[Any]:
    grouped: list[Any] = []
    start = 0
    for arg in arguments:
        if arg.is_list:
            count = arg.length(attrs)
            grouped.append(list(flat[start : start + count]))
            start += count
        else:
            grouped.append(flat[start])
            start += 1
    return grouped


def _flat(arguments: Sequence[ArgDef], grouped: Sequence[Any]) -> list[Any]:
    flat: list[Any] = []
    for arg, value in zip(arguments, grouped, strict=True):
        if arg.is_list:
            flat.extend(value)
        else:
            flat.append(value)
    return flat
