"""Functions and objects of a loaded SavedModel."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tidefall.base import nest
from tidefall.base.errors import DataLossError
from tidefall.base.state import init_scope
from tidefall.composite.trackable.auto_trackable import AutoTrackable
from tidefall.composite.trackable.resource import TrackableResource
from tidefall.function.call_keys import encode
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.polymorphic import Function
from tidefall.io.codecs.structured import decode
from tidefall.saving.saved_model.functions import input_signature
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor
from tidefall.tensor.type_spec import TypeSpec


class RestoredFunction(Function):
    """A function of a SavedModel: calls the saved trace that fits the arguments.

    Args:
        name: the name it had as a child.
        spec: its FunctionSpec message.
        concrete: the saved traces.
    """

    is_restored = True

    def __init__(self, name: str, spec: Any, concrete: list[ConcreteFunction]):
        super().__init__(_with_signature(name, signature_of(spec)), name, _input_signature(spec))
        self._jit_compile = spec.jit_compile == 1
        self._concrete_functions = concrete
        self._chosen: dict[Any, ConcreteFunction] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = self._signature.bind(args, kwargs)
        leaves: list[Any] = []
        shapes: list[Any] = []
        key = encode((args, kwargs), leaves, shapes), tuple(shapes)
        known = self._chosen.get(key)
        if known is not None:
            return known.call_structured(leaves)
        function, tensors = self._choose(args, kwargs)
        if len(leaves) == len(tensors) and all(map(_same, leaves, tensors)):
            self._chosen[key] = function
        return function.call_structured(tensors)

    def _choose(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[ConcreteFunction, list[Any]]:
        """The first trace that takes the arguments as they are, or else converted."""
        for convert in (False, True):
            for function in self._concrete_functions:
                signature = input_signature(function)
                tensors = _fitting(signature, (args, kwargs), convert)
                if tensors is not None:
                    return function, tensors
        if self.input_signature is not None:
            raise TypeError(f"Binding inputs to tf.function failed. {self._no_match(args, kwargs)}")
        raise ValueError(self._no_match(args, kwargs))

    def _no_match(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        if not self._concrete_functions:
            return (
                f"Found zero restored functions for caller function {self._name}: it was never "
                "called before the model was saved, and has no input signature."
            )
        options = "\n\n".join(
            f"Option {i}:\n{_describe(*input_signature(function))}"
            for i, function in enumerate(self._concrete_functions, 1)
        )
        count = len(self._concrete_functions)
        return (
            "Could not find matching concrete function to call loaded from the SavedModel. "
            f"Got:\n{_describe(args, kwargs)}\n\n Expected these arguments to match one of the "
            f"following {count} option(s):\n\n{options}"
        )

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The saved trace for arguments like these; TensorSpecs may stand for tensors."""
        if not args and not kwargs and len(self._concrete_functions) == 1:
            return self._concrete_functions[0]
        args, kwargs = self._signature.bind(args, kwargs)
        return self._choose(args, kwargs)[0]

    def _list_all_concrete_functions(self) -> list[ConcreteFunction]:
        return list(self._concrete_functions)

    def _list_all_concrete_functions_for_serialization(self) -> list[ConcreteFunction]:
        return list(self._concrete_functions)

    def experimental_get_tracing_count(self) -> int:
        """How many traces were saved."""
        return len(self._concrete_functions)

    def pretty_printed_concrete_signatures(self, verbose: bool = True) -> str:
        """The saved signatures in words."""
        return "\n\n".join(f.pretty_printed_signature(verbose) for f in self._concrete_functions)


def aliased_functions(root: Any, meta: Any, objects: list[Any]) -> dict[str, RestoredFunction]:
    """The functions of a model by the aliases that their traces were saved with.

    Args:
        root: the loaded object, which gets them.
        meta: the MetaGraphDef.
        objects: the loaded objects by number.

    Raises:
        ValueError: if the loaded object has an attribute of that name.
    """
    if hasattr(root, "function_aliases"):
        raise ValueError(
            "Could not load with experimental_load_function_aliases option because the top-level "
            "object already has an attribute with name 'function_aliases'."
        )
    aliases, found = meta.meta_info_def.function_aliases, {}
    for node, obj in zip(meta.object_graph_def.nodes, objects, strict=True):
        if not isinstance(obj, RestoredFunction):
            continue
        pairs = list(zip(node.function.concrete_functions, obj._concrete_functions, strict=True))
        for alias in dict.fromkeys(aliases[name] for name, _ in pairs if name in aliases):
            concrete = [trace for name, trace in pairs if aliases.get(name) == alias]
            found[alias] = RestoredFunction(alias, node.function.function_spec, concrete)
    return found


def _same(one: Any, two: Any) -> bool:
    return one is two


def _with_signature(name: str, signature: inspect.Signature) -> Callable[..., Any]:
    """A Python function with those parameters; loaded functions have no Python body."""

    def restored(*args: Any, **kwargs: Any) -> Any:
        raise ValueError(
            f"{name} was loaded from a SavedModel, which holds no Python code: it cannot be traced "
            "for new kinds of arguments."
        )

    restored.__name__ = restored.__qualname__ = name
    restored.__signature__ = signature  # type: ignore[attr-defined]
    return restored


def signature_of(spec: Any) -> inspect.Signature:
    """The parameters that a FunctionSpec message describes.

    Raises:
        DataLossError: if they make no sense.
    """
    full = decode(spec.fullargspec)
    parameter = inspect.Parameter
    try:
        args = list(full.args)
        defaults = list(full.defaults or ())
        first_default = len(args) - len(defaults)
        parameters = [
            parameter(
                name,
                parameter.POSITIONAL_OR_KEYWORD,
                default=parameter.empty if i < first_default else defaults[i - first_default],
            )
            for i, name in enumerate(args)
        ]
        if spec.is_method and parameters:
            parameters = parameters[1:]
        if full.varargs:
            parameters.append(parameter(full.varargs, parameter.VAR_POSITIONAL))
        only = dict(full.kwonlydefaults or {})
        parameters += [
            parameter(name, parameter.KEYWORD_ONLY, default=only.get(name, parameter.empty))
            for name in full.kwonlyargs
        ]
        if full.varkw:
            parameters.append(parameter(full.varkw, parameter.VAR_KEYWORD))
        return inspect.Signature(parameters)
    except (AttributeError, TypeError, ValueError) as error:
        raise DataLossError(
            None, None, f"A function of the SavedModel has a damaged signature: {error}"
        ) from None


def _input_signature(spec: Any) -> Any:
    if spec.input_signature.WhichOneof("kind") is None:
        return None
    found = decode(spec.input_signature)
    return None if found is None else tuple(found)


# ---- choosing a trace ----


def _fitting(signature: Any, given: Any, convert: bool) -> list[Any] | None:
    """The tensors to call a trace with, or None if the arguments do not fit its signature."""
    tensors: list[Any] = []
    return tensors if _fits(signature, given, convert, tensors) else None


def _fits(expected: Any, given: Any, convert: bool, tensors: list[Any]) -> bool:
    if isinstance(expected, TensorSpec):
        return _fits_tensor(expected, given, convert, tensors)
    if isinstance(expected, TypeSpec):
        return _fits_composite(expected, given, tensors)
    if isinstance(expected, Mapping):
        return (
            isinstance(given, Mapping)
            and set(expected) == set(given)
            and all(_fits(expected[k], given[k], convert, tensors) for k in sorted(expected))
        )
    if isinstance(expected, list | tuple):
        return (
            isinstance(given, list | tuple)
            and len(expected) == len(given)
            and all(_fits(e, g, convert, tensors) for e, g in zip(expected, given, strict=True))
        )
    return _equal(expected, given)


def _fits_tensor(expected: TensorSpec, given: Any, convert: bool, tensors: list[Any]) -> bool:
    if not isinstance(given, Tensor | TensorSpec):
        array = isinstance(given, np.ndarray | np.generic)
        acts_as_tensor = array or hasattr(given, "__tf_tensor__")
        if given is None or isinstance(given, TypeSpec) or not (convert or acts_as_tensor):
            return False
        try:
            given = convert_to_tensor(given, dtype_hint=expected.dtype)
        except (TypeError, ValueError):
            return False
    if given.dtype != expected.dtype or not expected.shape.is_compatible_with(given.shape):
        return False
    tensors.append(given)
    return True


def _fits_composite(expected: TypeSpec, given: Any, tensors: list[Any]) -> bool:
    try:
        if not expected.is_compatible_with(given):
            return False
    except (TypeError, ValueError):
        return False
    tensors.extend(nest.flatten(given, expand_composites=True))
    return True


def _equal(expected: Any, given: Any) -> bool:
    if isinstance(given, Tensor):
        return False
    try:
        return bool(np.all(expected == given))
    except (TypeError, ValueError):
        return False


def _describe(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    lines = [f"  Positional arguments ({len(args)} total):"]
    lines += [f"    * {_describe_one(arg)}" for arg in args]
    named = {name: _describe_one(value) for name, value in kwargs.items()}
    text = ", ".join(f"{name!r}: {value}" for name, value in named.items())
    return "\n".join([*lines, f"  Keyword arguments: {{{text}}}"])


def _describe_one(value: Any) -> str:
    shown = nest.map_structure(
        lambda item: TensorSpec(item.shape, item.dtype) if isinstance(item, Tensor) else item, value
    )
    return repr(shown)


# ---- objects ----


class UserObject(AutoTrackable):
    """An object of a SavedModel whose class is not known: its children are attributes."""

    @property
    def _slots(self) -> dict[tuple[str, str], Any]:
        """Variables that an old optimizer keeps, by the name of another variable and their own."""
        found: Any = self._trackable_state("_self_slots")
        return found

    def _set_child(self, name: str, child: Any) -> None:
        is_own = hasattr(AutoTrackable, name) or name.startswith("_self_")
        if is_own and name != "__call__":
            # Never overwrite what makes the object work.
            self._track_trackable(child, name, overwrite=True)
        else:
            setattr(self, name, child)


class _Callable(UserObject):
    """One that was saved with a function to call it by."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["__call__"](*args, **kwargs)


def new_user_object(is_callable: bool) -> UserObject:
    """A user object, of a class of its own.

    Args:
        is_callable: whether one of its children is `__call__`.
    """
    return type("_UserObject", (_Callable if is_callable else UserObject,), {})()


class RestoredResource(TrackableResource):
    """A resource of a SavedModel, made by the functions that were saved with it."""

    def _set_child(self, name: str, child: Any) -> None:
        object.__setattr__(self, name, child)
        self._track_trackable(child, name, overwrite=True)


def add_child(parent: UserObject | RestoredResource, name: str, child: Any) -> None:
    """Make an object the child of another."""
    parent._set_child(name, child)


def slots_of(owner: UserObject) -> dict[tuple[str, str], Any]:
    """Variables that an old optimizer keeps, by the name of another variable and their own."""
    return owner._slots


class RestoredTable(RestoredResource):
    """A resource with values that are part of checkpoints, such as a mutable table."""

    _value_group = ""
    value_functions: tuple[ConcreteFunction, ConcreteFunction]

    def set_value_functions(
        self, group: str, save: ConcreteFunction, restore: ConcreteFunction
    ) -> None:
        """Say how checkpoints get and give its values.

        Args:
            group: what the checkpoint calls them.
            save: from the key of the checkpoint to names and tensors.
            restore: takes the tensors.
        """
        self._value_group = group
        self.value_functions = save, restore

    def _serialize_to_tensors(self) -> dict[str, Any]:
        save = self.value_functions[0]
        with init_scope():
            found = save.call_structured([convert_to_tensor("")])
        return {item["name"].numpy().decode(): item["tensor"] for item in found}

    @property
    def _value_endings(self) -> tuple[str, ...]:
        return tuple(self._serialize_to_tensors())

    def _restore_from_tensors(self, restored_tensors: dict[str, Any]) -> None:
        self.value_functions[1].call_flat(list(restored_tensors.values()))
