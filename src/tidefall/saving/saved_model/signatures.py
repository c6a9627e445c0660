"""Signatures: functions of named tensors that return named tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.composite.trackable.trackable import Trackable
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.keywords import argument_keywords, unique
from tidefall.function.polymorphic import Function
from tidefall.function.tracing import trace
from tidefall.saving.checkpoint.object_graph import children_of
from tidefall.saving.saved_model.constants import (
    DEFAULT_SERVING_SIGNATURE_DEF_KEY,
    INIT_OP_SIGNATURE_KEY,
    SIGNATURES_ATTRIBUTE,
    TRAIN_OP_SIGNATURE_KEY,
)
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor


class SignatureMap(Mapping, Trackable):
    """The signatures of a SavedModel by name; part of its object graph, as `signatures`."""

    def __init__(self, functions: Mapping[str, ConcreteFunction] | None = None):
        self._functions: dict[str, ConcreteFunction] = dict(functions or {})
        self.warm_plans: list[Any] = []  # that run programs compiled ahead of time

    def add(self, name: str, function: ConcreteFunction) -> None:
        """Add a signature."""
        self._functions[name] = function

    def __getitem__(self, key: str) -> ConcreteFunction:
        return self._functions[key]

    def __iter__(self) -> Any:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return f"_SignatureMap({self._functions!r})"

    @property
    def _object_identifier(self) -> str:
        return "signature_map"

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        return {} if save_type != "savedmodel" else dict(self._functions)


def prepare_signatures(obj: Trackable, signatures: Any) -> SignatureMap:
    """The signatures to save with an object.

    Args:
        obj: the object.
        signatures: what the user asked for: None, a function, or a dict from name to function.

    Raises:
        ValueError: for something that cannot be a signature.
    """
    children = children_of(obj, "savedmodel", cache={})
    _check_root(obj, children)
    if signatures is None:
        signatures = _default_signature(children)
    return _wrap_all(signatures)


def _default_signature(children: Mapping[str, Any]) -> Any:
    """The function to serve when the user names none: the only one that could be served."""
    candidates = []
    for name, child in children.items():
        if not isinstance(child, Function | ConcreteFunction):
            continue
        if name == "_default_save_signature":
            return child
        concrete = _concrete(child)
        if concrete is not None and concrete.outputs and _servable(concrete):
            candidates.append(concrete)
    return candidates[0] if len(candidates) == 1 else None


def _servable(function: ConcreteFunction) -> bool:
    try:
        _named_outputs(function.graph.structured_outputs, function.name, "unused")
    except ValueError:
        return False
    return True


def _concrete(function: Any) -> ConcreteFunction | None:
    if isinstance(function, Function):
        if function.input_signature is None:
            return None
        return function.get_concrete_function()
    return function if isinstance(function, ConcreteFunction) else None


def _wrap_all(signatures: Any) -> SignatureMap:
    if signatures is None:
        return SignatureMap()
    if not isinstance(signatures, Mapping):
        signatures = {DEFAULT_SERVING_SIGNATURE_DEF_KEY: signatures}
    wrapped: dict[str, ConcreteFunction] = {}
    for key, function in signatures.items():
        if key in (INIT_OP_SIGNATURE_KEY, TRAIN_OP_SIGNATURE_KEY):
            raise ValueError(
                f"{key!r} is reserved for SavedModel initialization and cannot name a signature."
            )
        concrete = _concrete(function)
        if concrete is None:
            raise ValueError(
                "Expected a TensorFlow function for which to generate a signature, but got "
                f"{function}. Only `tf.functions` with an input signature or concrete functions "
                "can be used as a signature."
            )
        wrapped[key] = _wrap(concrete, key)
    return SignatureMap(wrapped)


def _wrap(function: ConcreteFunction, key: str) -> ConcreteFunction:
    arguments = function.graph.arguments
    keywords = unique([_valid(name) for name in keywords_of(function)])
    specs = {
        keyword: TensorSpec(tensor.shape, tensor.dtype, keyword)
        for keyword, tensor in zip(keywords, arguments, strict=True)
    }

    def signature_wrapper(**kwargs: Any) -> dict[str, Any]:
        outputs = function.call_structured([kwargs[k] for k in keywords])
        return _named_outputs(outputs, function.name, key)

    # Loaders put keyword arguments in the order of their names.
    graph = trace(
        signature_wrapper, "signature_wrapper", (), {name: specs[name] for name in sorted(specs)}
    )
    wrapper = ConcreteFunction(graph)
    wrapper._arg_keywords = sorted(specs)
    wrapper._num_positional_args = 1 if len(specs) == 1 else 0  # type: ignore[attr-defined]
    return wrapper


def keywords_of(function: ConcreteFunction) -> list[str]:
    """The names of the tensor arguments of a concrete function, each one once."""
    known = function._arg_keywords
    return argument_keywords(function) if known is None else known


def _valid(name: str) -> str:
    """A name as the arguments of a signature have it."""
    name = "".join(c if c.isalnum() else "_" for c in name)
    return name if name[:1].isalpha() else f"arg_{name}"


def _named_outputs(outputs: Any, function_name: str, key: str) -> dict[str, Any]:
    """What a function returns, as a dict of tensors."""
    if isinstance(outputs, Mapping):
        named = dict(outputs)
        for name in named:
            if not isinstance(name, str):
                raise ValueError(
                    f"Got a dictionary with a non-string key {name!r} in the output of the "
                    f"function {function_name} used to generate the SavedModel signature {key!r}."
                )
    else:
        items: Sequence[Any] = outputs if isinstance(outputs, list | tuple) else [outputs]
        if len(items) == 1 and items[0] is None and not isinstance(outputs, list | tuple):
            items = []
        named = {f"output_{i}": item for i, item in enumerate(items)}
    for name, value in named.items():
        if not isinstance(value, Tensor | CompositeTensor):
            raise ValueError(
                f"Got a non-Tensor value {value!r} for key {name!r} in the output of the function "
                f"{function_name} used to generate the SavedModel signature {key!r}. Outputs for "
                "functions used as signatures must be a single Tensor, a sequence of Tensors, or "
                "a dictionary from string to Tensor."
            )
    return named


def _check_root(obj: Any, children: Mapping[str, Any]) -> None:
    """Refuse a root that uses the name of the signatures' attribute for something else."""
    existing = children.get(SIGNATURES_ATTRIBUTE)
    if existing is not None and not isinstance(existing, SignatureMap):
        raise ValueError(
            f"Exporting an object {obj} which has an attribute named 'signatures'. This is a "
            "reserved attribute used to store SavedModel signatures in objects which come from "
            "`tf.saved_model.load`. Delete this attribute (e.g. `del obj.signatures`) before "
            "saving if this shadowing is acceptable."
        )


def flat_outputs(function: ConcreteFunction) -> list[tuple[str, Any, int]]:
    """The named outputs of a signature: name, tensor or composite tensor, and first position."""
    found, position = [], 0
    structure = function.graph.structured_outputs
    for name in sorted(structure):
        found.append((name, structure[name], position))
        position += len(nest.flatten(structure[name], expand_composites=True))
    return found
