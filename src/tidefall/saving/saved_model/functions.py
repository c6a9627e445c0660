"""Functions as parts of the object graph: how they are called and what they are bound to."""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Mapping
from typing import Any

from tidefall.base import nest
from tidefall.base.composite import CompositeTensor
from tidefall.function.concrete import ConcreteFunction
from tidefall.function.polymorphic import Function
from tidefall.graph.replay import TracedGradient
from tidefall.io.codecs.structured import NotEncodableError, UnnamedTypeError, encode
from tidefall.saving.saved_model.signatures import keywords_of
from tidefall.tensor.specs import TensorSpec
from tidefall.tensor.tensor import Tensor

FullArgSpec = namedtuple(
    "FullArgSpec",
    ["args", "varargs", "varkw", "defaults", "kwonlyargs", "kwonlydefaults", "annotations"],
)


def serializable(function: Function) -> list[ConcreteFunction]:
    """The traces of a function that a file can describe."""
    found = []
    for concrete in function._list_all_concrete_functions_for_serialization():
        try:
            encode(input_signature(concrete))
        except UnnamedTypeError:
            raise
        except NotEncodableError:
            continue
        found.append(concrete)
    return found


def input_signature(function: ConcreteFunction) -> Any:
    """`(args, kwargs)` of specs and Python values, in plain containers."""
    signature = function.structured_input_signature
    if signature is None:
        specs = [TensorSpec(t.shape, t.dtype, t.op.name) for t in function.graph.arguments]
        signature = (tuple(specs), {})
    return _plain(signature)


def output_signature(function: ConcreteFunction) -> Any:
    """What a function returns, with specs in place of tensors."""
    structure = function.graph.structured_outputs
    names = structure if isinstance(structure, Mapping) else {}

    def spec(item: Any) -> Any:
        if isinstance(item, Tensor):
            name = next((key for key, value in names.items() if value is item), None)
            return TensorSpec(item.shape, item.dtype, name if isinstance(name, str) else None)
        return item._type_spec if isinstance(item, CompositeTensor) else item

    return _plain(nest.map_structure(spec, structure))


def _plain(value: Any) -> Any:
    """The same nest in lists, tuples, namedtuples and dicts of Python itself."""
    if isinstance(value, tuple):
        items = [_plain(item) for item in value]
        fields = getattr(value, "_fields", None)
        return tuple(items) if fields is None else type(value)(*items)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in value}
    return value


def concrete_to_proto(function: ConcreteFunction, bound_inputs: list[int]) -> Any:
    """The SavedConcreteFunction of a function.

    Args:
        function: the function.
        bound_inputs: the nodes of the object graph that its trailing inputs stand for.
    """
    from tidefall.proto import SavedConcreteFunction

    proto = SavedConcreteFunction(bound_inputs=bound_inputs)
    encode(input_signature(function), proto.canonicalized_input_signature)
    encode(output_signature(function), proto.output_signature)
    return proto


def gradient_to_proto(gradient: TracedGradient, bound_inputs: list[int]) -> Any:
    """The SavedConcreteFunction of a gradient function.

    It is called with the node and the gradients of the node's outputs, and returns those of its
    inputs.
    """
    from tidefall.proto import SavedConcreteFunction

    proto = SavedConcreteFunction(bound_inputs=bound_inputs)
    graph = gradient.graph
    given = graph.inputs[: len(graph.inputs) - len(bound_inputs)]
    specs = [TensorSpec(t.shape, t.dtype, t.op.name) for t in given]
    encode(((None, *specs), {}), proto.canonicalized_input_signature)
    results = [None if i is None else graph.outputs[i] for i in gradient.positions]
    specs_out = [None if t is None else TensorSpec(t.shape, t.dtype) for t in results]
    encode(specs_out, proto.output_signature)
    return proto


def function_to_proto(function: Function, names: list[str]) -> Any:
    """The SavedFunction of a `tf.function` whose traces have these names."""
    from tidefall.proto import SavedFunction

    proto = SavedFunction(concrete_functions=names)
    _fill_spec(proto.function_spec, function.function_spec.python, function.input_signature)
    proto.function_spec.jit_compile = 1 if function._jit_compile else 0
    return proto


def bare_to_proto(function: ConcreteFunction, name: str) -> Any:
    """The SavedBareConcreteFunction of a concrete function."""
    from tidefall.proto import SavedBareConcreteFunction

    keywords = keywords_of(function)
    count = getattr(function, "_num_positional_args", len(keywords))
    proto = SavedBareConcreteFunction(
        concrete_function_name=name,
        argument_keywords=keywords,
        allowed_positional_arguments=count,
    )
    spec = function.function_spec
    python = spec.python if spec is not None else _signature_of(function)
    _fill_spec(proto.function_spec, python, None)
    return proto


def _signature_of(function: ConcreteFunction) -> inspect.Signature:
    """Parameters of a concrete function that was made of no Python function."""
    args, kwargs = input_signature(function)
    names = [f"arg_{i}" for i in range(len(args))]
    if all(isinstance(a, TensorSpec) and a.name and a.name.isidentifier() for a in args):
        names = [a.name for a in args]
    parameter = inspect.Parameter
    positional = [parameter(n, parameter.POSITIONAL_OR_KEYWORD) for n in dict.fromkeys(names)]
    if len(positional) < len(args):
        positional = [
            parameter(f"arg_{i}", parameter.POSITIONAL_OR_KEYWORD) for i in range(len(args))
        ]
    only = [parameter(n, parameter.KEYWORD_ONLY) for n in kwargs if n.isidentifier()]
    taken = {p.name for p in positional}
    return inspect.Signature([*positional, *(p for p in only if p.name not in taken)])


def _fill_spec(proto: Any, signature: inspect.Signature, given: Any) -> None:
    encode(_full_arg_spec(signature), proto.fullargspec)
    encode(None if given is None else _plain(tuple(given)), proto.input_signature)


def _full_arg_spec(signature: inspect.Signature) -> FullArgSpec:
    parameters = list(signature.parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    only = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    defaults = tuple(_default(p) for p in positional if p.default is not p.empty)
    only_defaults = {p.name: _default(p) for p in only if p.default is not p.empty}
    return FullArgSpec(
        args=[p.name for p in positional],
        varargs=next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None),
        varkw=next((p.name for p in parameters if p.kind is p.VAR_KEYWORD), None),
        defaults=defaults or None,
        kwonlyargs=[p.name for p in only],
        kwonlydefaults=only_defaults or None,
        annotations={},
    )


def _default(parameter: inspect.Parameter) -> Any:
    """A default as the file can hold it: no trace that uses another one is saved."""
    value = _plain(parameter.default)
    try:
        encode(value)
    except NotEncodableError:
        return None
    return value
