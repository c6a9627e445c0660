"""Matching call arguments to a traced signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tidefall.base import dtypes, nest, nest_paths
from tidefall.base.composite import CompositeTensor
from tidefall.base.errors import InvalidArgumentError
from tidefall.base.nest_nodes import ATTRS, CUSTOM, NAMEDTUPLE, children, keys, kind_of, rebuild
from tidefall.base.shapes import TensorShape
from tidefall.function.call_keys import LITERALS, encode, is_foreign_array, sorted_keys
from tidefall.function.variable_arguments import bind_argument, is_argument
from tidefall.graph.func_graph import FuncGraph
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import EagerTensor, SymbolicTensor, Tensor, TypedTensor
from tidefall.tensor.type_spec import TypeSpec


def placeholders(
    value: Any,
    graph: FuncGraph,
    name: str,
    relaxed: Iterable[TensorShape] | None,
    specs: bool = False,
) -> Any:
    """The value with a placeholder of `graph` in place of every tensor."""
    shapes = None if relaxed is None else iter(relaxed)

    def build(item: Any, label: str) -> Any:
        if isinstance(item, (np.ndarray, np.generic)):
            item = EagerTensor(np.array(item))
        if isinstance(item, (Tensor, TensorSpec)):
            shape = item.shape if shapes is None else next(shapes)
            given = item.name if isinstance(item, TensorSpec) and item.name else label
            tensor = graph.add_argument(item.dtype, shape, given)
            if isinstance(item, Tensor):
                graph.argument_values[id(tensor)] = item
            if isinstance(item, TypedTensor) and not getattr(item.storage, "per_call", False):
                tensor.value_hint = item
            return tensor
        if is_argument(item):
            if shapes is not None and id(item.handle) not in graph.argument_handles:
                next(shapes)
            bind_argument(item, graph, label)
            return item
        if isinstance(item, (CompositeTensor, TypeSpec)):
            spec = item if isinstance(item, TypeSpec) else item._type_spec
            parts = nest.flatten(item, expand_composites=True)
            return nest.pack_sequence_as(
                spec,
                [
                    build(p, f"{label}_{i}" if len(parts) > 1 else label)
                    for i, p in enumerate(parts)
                ],
                expand_composites=True,
            )
        node = kind_of(item)
        if is_foreign_array(item):
            return build(np.asarray(item), label)
        if node in (ATTRS, CUSTOM, NAMEDTUPLE):
            parts = zip(keys(item, node), children(item, node), strict=True)
            return rebuild(item, node, [build(sub, f"{label}_{key}") for key, sub in parts])
        if isinstance(item, (list, tuple)):
            built = [build(sub, f"{label}_{i}") for i, sub in enumerate(item)]
            return tuple(built) if type(item) is tuple else _same_list(item, built)
        if isinstance(item, Mapping):
            made = {key: build(item[key], f"{label}_{key}") for key in sorted_keys(item)}
            return (
                nest.pack_sequence_as(item, list(made.values()))
                if type(item) is not dict
                else {key: made[key] for key in item}
            )
        if hasattr(item, "__tf_tracing_type__") and not isinstance(item, type):
            return item.__tf_tracing_type__(None).placeholder_value(None)
        return item

    return build(value, name)


def _same_list(original: Any, built: list[Any]) -> Any:
    return built if type(original) is list else type(original)(built)


class Signature:
    """The parameters of a Python function, and how calls bind to them.

    Args:
        function: the Python function.
        input_signature: a sequence of (nests of) TensorSpecs for the leading parameters, or None.
    """

    def __init__(self, function: Callable[..., Any], input_signature: Any = None):
        self.input_signature = None if input_signature is None else tuple(input_signature)
        try:
            self.python = inspect.signature(function)
        except (TypeError, ValueError):
            self.python = inspect.Signature(
                [
                    inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
                    inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
                ]
            )
        parameters = list(self.python.parameters.values())
        self.names = [
            p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        self.plain = len(self.names) == len(parameters)
        if self.input_signature is not None:
            self._check_signature(parameters)

    def _check_signature(self, parameters: list[inspect.Parameter]) -> None:
        assert self.input_signature is not None
        for spec in nest.flatten(self.input_signature):
            if not isinstance(spec, TypeSpec) and not getattr(spec, "_is_variable", False):
                raise TypeError(
                    "input_signature must be a possibly nested sequence of TensorSpec objects, got "
                    f"{self.input_signature!r}"
                )
        has_varargs = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        if len(self.input_signature) > len(self.names) and not has_varargs:
            raise TypeError(
                f"`input_signature` has {len(self.input_signature)} elements, but the function "
                f"takes only {len(self.names)} positional arguments: {self.python}"
            )
        for p in parameters:
            # A method's own signature is looked at when it is bound to an object.
            bound = self.names[:1] != ["self"]
            rest = self.names[len(self.input_signature) :]
            if bound and p.name in rest and p.default is p.empty:
                raise TypeError(
                    f"input_signature missing type constraint for {p.name}: give a tf.TensorSpec "
                    f"for every parameter without a default value of {self.python}"
                )
            if p.kind is p.KEYWORD_ONLY and p.default is p.empty:
                raise TypeError(
                    "Since input_signature is defined, keyword-only parameter "
                    f"`{p.name}` must have a default value. A signature has no place for it."
                )

    def bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments in canonical form, defaults filled in.

        Raises:
            TypeError: when the arguments do not fit the function's parameters.
        """
        if not kwargs and self.plain and len(args) == len(self.names):
            return args, kwargs
        try:
            bound = self.python.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(
                f"Binding inputs to tf.function failed due to `{error}`. Received args: {args} and "
                f"kwargs: {kwargs} for signature: {self.python}."
            ) from None
        bound.apply_defaults()
        return bound.args, bound.kwargs

    def cast(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Convert the arguments to the input signature.

        Raises:
            TypeError: for arguments that do not fit it.
        """
        signature = self.input_signature
        assert signature is not None
        if len(args) < len(signature):
            raise TypeError(
                f"Binding inputs to tf.function failed due to `missing a required argument`. "
                f"Received args: {args} and kwargs: {kwargs} for signature: {self.describe()}."
            )
        converted = [
            self._cast_one(spec, arg, args, kwargs)
            for spec, arg in zip(signature, args, strict=False)
        ]
        return (*converted, *args[len(signature) :])

    def _cast_one(self, spec: Any, arg: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if isinstance(spec, TensorSpec):
            return self._cast_tensor(spec, arg, args, kwargs)
        if isinstance(spec, TypeSpec):
            if not isinstance(arg, TypeSpec) and not spec.is_compatible_with(arg):
                self._cannot_cast(arg, spec, args, kwargs)
            return arg
        try:
            parts = nest_paths.flatten_up_to(spec, arg, check_types=False)
        except (ValueError, TypeError):
            self._cannot_cast(arg, spec, args, kwargs)
        return nest.pack_sequence_as(
            spec,
            [
                self._cast_one(s, a, args, kwargs)
                for s, a in zip(nest.flatten(spec), parts, strict=True)
            ],
        )

    def _cast_tensor(
        self, spec: TensorSpec, arg: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if isinstance(arg, (TensorSpec, Tensor)):
            tensor = arg
        else:
            try:
                tensor = convert_to_tensor(arg, spec.dtype)
            except (TypeError, ValueError):
                self._cannot_cast(arg, spec, args, kwargs)
        if tensor.dtype != spec.dtype or not spec.shape.is_compatible_with(tensor.shape):
            self._cannot_cast(tensor, spec, args, kwargs)
        return tensor

    def _cannot_cast(
        self, arg: Any, spec: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        got = TensorSpec(arg.shape, arg.dtype) if isinstance(arg, Tensor) else arg
        raise TypeError(
            f"Binding inputs to tf.function failed due to `Can not cast {got!r} to {spec!r}`. "
            f"Received args: {args} and kwargs: {kwargs} for signature: {self.describe()}."
        )

    def describe(self) -> str:
        """The parameters with their specs, as in a function header."""
        if self.input_signature is None:
            return str(self.python)
        parts = [f"{n}: {s}" for n, s in zip(self.names, self.input_signature, strict=False)]
        return f"({', '.join(parts)})"


def flat_concrete_arguments(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Any]:
    """The flat tensor arguments of a call of a concrete function.

    Accepts the function's own structure, or the flat tensors by position or by name.
    """
    graph = function.graph
    expected = graph.arguments
    signature = graph.structured_input_signature
    flat: list[Any] | None = None
    keywords = function._arg_keywords
    by_name = keywords is not None and (kwargs or len(args) <= len(expected))
    allowed = getattr(function, "_num_positional_args", None)
    if allowed is not None and len(args) > allowed and keywords is not None:
        raise TypeError(
            f"{function.name} takes {allowed} positional arguments, and got {len(args)}. Name "
            f"them: {', '.join(keywords)}."
        )
    others = set(kwargs) - set(keywords or ())
    if others and others <= set(getattr(function.function_spec, "names", ())):
        by_name = False  # Python values it was traced with may be given again
    if by_name and keywords is not None:
        flat = _by_keyword(function, keywords, args, kwargs)
    elif signature is not None and function.function_spec is not None:
        flat = _by_structure(function, args, kwargs)
    if flat is None:
        flat = _by_keyword(function, [t.op.name for t in expected], args, kwargs)
    return [_checked(function, value, wanted) for value, wanted in zip(flat, expected, strict=True)]


def _by_structure(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any] | None:
    try:
        bound_args, bound_kwargs = function.function_spec.bind(args, kwargs)
    except TypeError:
        names = {t.op.name for t in function.graph.arguments}
        if kwargs and set(kwargs) <= names:
            return None
        raise
    _check_literals(function, bound_args, bound_kwargs)
    leaves: list[Any] = []
    encode((bound_args, bound_kwargs), leaves, [])
    if len(leaves) == len(function.graph.arguments):
        return leaves
    return _convert_leaves(function, bound_args, bound_kwargs)


def _check_literals(function: Any, args: Any, kwargs: Any) -> None:
    """A Python value that the function was not traced for is refused, not passed over."""
    traced = nest.flatten(function.structured_input_signature)
    given = nest.flatten((args, kwargs))
    if len(traced) != len(given):
        return
    for wanted, value in zip(traced, given, strict=True):
        if isinstance(wanted, LITERALS) and isinstance(value, LITERALS) and wanted != value:
            raise TypeError(
                f"Binding inputs to tf.function failed due to `Can not cast {value!r} to "
                f"Literal[{wanted!r}]`. {function.name} was traced for {wanted!r}: leave the "
                "argument out, or get another concrete function for the other value."
            )


def _convert_leaves(function: Any, args: Any, kwargs: Any) -> list[Any] | None:
    """Tensors for Python values given where the traced function had tensors."""
    signature = function.structured_input_signature
    try:
        specs = nest.flatten(signature, expand_composites=True)
        values = nest.flatten((args, kwargs), expand_composites=True)
    except (ValueError, TypeError):
        return None
    if len(specs) != len(values):
        return None
    return [v for s, v in zip(specs, values, strict=True) if isinstance(s, TensorSpec)]


def _by_keyword(
    function: Any, names: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Any]:
    flat = list(nest.flatten(list(args), expand_composites=True))
    missing = names[len(flat) :]
    unknown = set(kwargs) - set(missing)
    if unknown or len(flat) > len(names) or any(n not in kwargs for n in missing):
        raise TypeError(
            f"{function.name} expects the tensors {names}; received {len(flat)} positional ones "
            f"and the keywords {sorted(kwargs)}."
        )
    return flat + [kwargs[name] for name in missing]


def _checked(function: Any, value: Any, wanted: SymbolicTensor) -> Any:
    if wanted.dtype is dtypes.resource and is_argument(value):
        value = value.handle
    if not isinstance(value, Tensor):
        try:
            value = convert_to_tensor(value, wanted.dtype)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{function.name}: argument '{wanted.op.name}' must be a tensor of dtype "
                f"{wanted.dtype.name} and shape {wanted.shape}. Received: {value!r}. {error}"
            ) from None
    if value.dtype != wanted.dtype:
        raise InvalidArgumentError(
            None,
            None,
            f"cannot compute {function.name}: argument '{wanted.op.name}' was expected to be a "
            f"{wanted.dtype.name} tensor but is a {value.dtype.name} tensor of shape "
            f"{value.shape}.",
        )
    # Like TensorFlow, any shape is let through: a graph often serves more than it was traced for.
    return value
