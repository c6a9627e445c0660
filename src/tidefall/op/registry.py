"""Declaring ops, and finding them by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tidefall.base.errors import AlreadyExistsError, UnimplementedError
from tidefall.base.exports import calling_module
from tidefall.op.definition import OpDef
from tidefall.op.effects import Effects
from tidefall.op.index import indexed_names
from tidefall.op.op import Op
from tidefall.op.table import add_custom, op_def, op_names
from tidefall.op.traits import Trait

NOT_DIFFERENTIABLE = "not differentiable"

_registry: dict[str, Op] = {}


def op(
    name: str,
    *,
    definition: OpDef | None = None,
    shape: Callable[..., Any],
    host: Callable[..., Any] | None = None,
    xla: Callable[..., Any] | None = None,
    effects: Effects,
    traits: Collection[Trait] = (),
    batching: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
    gradient: Callable[..., Any] | str,
    static: Sequence[str] = (),
) -> Op:
    """Declare an op: see `Op` for the facets. The signature comes from the op table.

    Args:
        name: TensorFlow's name of the op.
        definition: the signature of an op that TensorFlow does not have, made by
            `tidefall.op.table.signature`. Such an op is private: a graph with it cannot be written
            to a file.
        shape: shape rule.
        host: NumPy kernel; None runs eagerly through the compiled lowering.
        xla: lowering to jax; None keeps the op on the host.
        effects: what running it does besides computing its outputs (`tidefall.op.effects`).
        traits: what kind of computation it is (`tidefall.op.traits`).
        batching: how it runs over one more leading dimension, where that does not follow from the
            traits (`tidefall.ops.batching`).
        jvp: forward-mode rule, where that follows neither from the traits nor from the gradient.
        gradient: gradient function or `NOT_DIFFERENTIABLE`.
        static: inputs whose values the lowering needs while compiling.
    """
    declared = named_op(name) if definition is None else _private_op(name, definition)
    if declared.is_declared:
        raise ValueError(f"Op {name} is declared twice.")
    declared.declare(
        calling_module(),
        shape=shape,
        host=host,
        xla=xla,
        effects=effects,
        traits=traits,
        batching=batching,
        jvp=jvp,
        gradient=gradient,
        static=static,
    )
    return declared


def custom_op(
    definition: OpDef,
    *,
    shape: Callable[..., Any],
    host: Callable[..., Any],
    xla: Callable[..., Any] | None,
    effects: Effects,
) -> Op:
    """Declare an op of the user's own, which graphs in files may have: see `Op` for the facets.

    Raises:
        AlreadyExistsError: there is an op of that name.
    """
    name = definition.name
    if is_registered(name) or name in op_names():
        whose = (is_registered(name) and named_op(name).definition.library) or "Tidefall"
        raise AlreadyExistsError(
            None, None, f"{definition.library} has an op {name}, which {whose} has already."
        )
    add_custom(definition)
    made = _registry[name] = Op(definition)
    made.declare(
        definition.library, shape=shape, host=host, xla=xla, effects=effects, gradient=None
    )
    return made


def register_facet(name: str, table: Mapping[Op, Any]) -> None:
    """Give ops a facet from outside their declarations: one table for each family of ops.

    For what the modules that declare the ops cannot know, since it stands above them.

    Args:
        name: the facet, which becomes an attribute of the ops.
        table: its values by op.

    Raises:
        ValueError: an op has that facet already.
    """
    for declared, value in table.items():
        if getattr(declared, name, None) is not None:
            raise ValueError(f"Op {declared.name} already has the facet {name}.")
        setattr(declared, name, value)


def registered_modules() -> dict[str, str]:
    """The module of each op declared so far."""
    return {name: found.module for name, found in _registry.items() if found.is_declared}


def is_registered(name: str) -> bool:
    """True when Tidefall has an op of that name."""
    return name in indexed_names() or (name in _registry and _registry[name].is_declared)


def named_op(name: str) -> Op:
    """The op called `name`, which need not be declared yet.

    Raises:
        NotFoundError: if TensorFlow has no such op.
    """
    found = _registry.get(name)
    if found is None:
        found = _registry[name] = Op(op_def(name))
    return found


def _private_op(name: str, definition: OpDef) -> Op:
    if name in op_names():
        raise ValueError(f"Op {name} is TensorFlow's, whose signature is in the op table.")
    return _registry.setdefault(name, Op(definition))


def find_op(name: str) -> Op:
    """The declared op called `name`, importing the module that declares it if need be.

    Where the name is known when the code is written, `raw` has it: `raw.Cumsum`.

    Raises:
        NotFoundError: if TensorFlow has no such op.
        UnimplementedError: if TensorFlow has it and Tidefall does not yet.
    """
    found = named_op(name)
    if found.load():
        return found
    raise UnimplementedError(None, None, f"The op {name} is not implemented in Tidefall yet.")


def registered_names() -> list[str]:
    """Names of all the ops that Tidefall has."""
    return sorted({*indexed_names(), *registered_modules()})


def registered_ops() -> dict[str, Op]:
    """All declared ops by name, after importing every module that declares some."""
    return {name: find_op(name) for name in registered_names()}
