"""The functions of a SavedModel that Python can call, as `show --all` lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tidefall.base.errors import OpError
from tidefall.io.codecs.structured import decode
from tidefall.tensor.specs import TensorSpec

_ERASED_COMMA = "\b\b"
"""TensorFlow's command takes the last comma of a list back in this way."""


def show_functions(metas: Sequence[Any]) -> None:
    """Print the functions of a model's root with the arguments that each trace takes.

    They are read from the object graph; nothing is loaded.
    """
    described = [meta for meta in metas if meta.HasField("object_graph_def")]
    if not described:
        return
    print("\nConcrete Functions:", end="")
    proto = described[0].object_graph_def
    try:
        found = [(name, _signatures(proto, node)) for name, node in _functions(proto)]
    except (OpError, AttributeError, LookupError, TypeError, ValueError):
        print(" N/A (could not be listed due to unknown reasons)")
        return
    for name, signatures in found:
        print(f"\n  Function Name: '{name}'")
        for number, (args, kwargs) in enumerate(signatures, 1):
            if args:
                print(f"    Option #{number}")
                print("      Callable with:")
                _show_arguments(args, "Argument")
            if kwargs:
                _show_arguments(sorted(kwargs), "Named Argument")


def described_functions(meta: Any) -> dict[str, list[str]]:
    """The arguments of each trace of the functions of a model's root, by the function's name.

    Raises:
        OpError, ValueError, ...: for arguments of types that are not known here.
    """
    proto = meta.object_graph_def
    return {
        name: [_described(*signature) for signature in _signatures(proto, node)]
        for name, node in _functions(proto)
    }


def _described(args: Any, kwargs: Any) -> str:
    named = "".join(f", {name}={(kwargs or {})[name]!r}" for name in sorted(kwargs or {}))
    return f"({', '.join(map(repr, args))}{named})"


def _functions(proto: Any) -> list[tuple[str, Any]]:
    """The functions among the children of the root, by name."""
    if not proto.nodes:
        return []
    children = sorted(proto.nodes[0].children, key=lambda child: child.local_name)
    return [
        (child.local_name, proto.nodes[child.node_id])
        for child in children
        if proto.nodes[child.node_id].WhichOneof("kind") in ("function", "bare_concrete_function")
    ]


def _signatures(proto: Any, node: Any) -> list[tuple[Any, Any]]:
    bare = node.WhichOneof("kind") == "bare_concrete_function"
    function = node.bare_concrete_function
    names = [function.concrete_function_name] if bare else node.function.concrete_functions
    found = []
    for name in names:
        signature = decode(proto.concrete_functions[name].canonicalized_input_signature)
        if signature:
            args, kwargs = signature
            found.append((args, kwargs))
        else:
            found.append((list(function.argument_keywords) if bare else [], None))
    return found


def _show_arguments(arguments: Iterable[Any], kind: str) -> None:
    margin = "  " * 4
    for number, value in enumerate(arguments, 1):
        print(f"{margin}{kind} #{number}")
        if isinstance(value, str):
            print(f"{margin}  {value}")
        elif isinstance(value, TensorSpec):
            print(f"{margin}  {value.name}: {value!r}")
        else:
            print(f"{margin}  DType: {type(value).__name__}")
            print(f"{margin}  Value: {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        items = "".join(f"'{key}': {_quoted(item)}, " for key, item in value.items())
        return f"{{{items}{_ERASED_COMMA}}}"
    if isinstance(value, Iterable):
        return f"[{''.join(f'{_quoted(item)}, ' for item in value)}{_ERASED_COMMA}]"
    return str(value)


def _quoted(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
