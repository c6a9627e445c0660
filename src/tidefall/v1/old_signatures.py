"""Names of `tf.compat.v1` that follow from TensorFlow 2's: aliases, and old signatures.

`api.json` was made by looking at TensorFlow itself: `aliases` are names whose object has another
name in TensorFlow 2, `functions` the parameters of functions that differ there. A name in neither
that `tf` has is the same object in `tf.compat.v1`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import UnimplementedError

SYNONYMS: dict[str, tuple[str, ...]] = {
    "batch_dim": ("batch_axis",),
    "block_size": ("block_shape",),
    "box_ind": ("box_indices",),
    "bytes": ("input_bytes",),
    "concat_dim": ("axis",),
    "dilation_rate": ("dilations",),
    "dim": ("axis",),
    "dimension": ("axis",),
    "expand_nonconcat_dim": ("expand_nonconcat_dims",),
    "filter": ("filters",),
    "fn1": ("true_fn",),
    "fn2": ("false_fn",),
    "input": ("value",),
    "input_tensor": ("input",),
    "keep_dims": ("keepdims",),
    "m": ("mean",),
    "msg": ("message",),
    "preferred_dtype": ("dtype_hint",),
    "rate": ("dilations",),
    "rates": ("dilations",),
    "reduction_axes": ("axis",),
    "reduction_indices": ("axis",),
    "seq_dim": ("seq_axis",),
    "split_dim": ("axis",),
    "squeeze_dims": ("axis",),
    "string_tensor": ("input",),
    "t": ("x", "input"),
    "targets": ("labels",),
    "tensor": ("input",),
    "thresh": ("threshold",),
    "v": ("variance",),
    "value": ("input",),
}
"""Old names of parameters and the new ones, of which a function has one."""

IGNORED = frozenset(
    {
        "Targmax", "colocate_gradients_with_ops", "data", "example_names", "keyword_required",
        "optimize", "return_same_structure", "strict", "use_cudnn_on_gpu",
        "validate_indices", "summarize", "merge_repeated",
    }
)  # fmt: skip
"""Parameters that do not change results here."""


@cache
def _table() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("api.json").read_bytes())


def names() -> set[str]:
    """All names that the table gives, without `compat.v1.`."""
    table = _table()
    return {*table["aliases"], *table["functions"]}


def find(name: str, resolve: Callable[[str], Any]) -> Any:
    """The object of a name, without `compat.v1.`; AttributeError if there is none.

    Args:
        name: the name.
        resolve: gives the object of a name of TensorFlow 2.
    """
    table = _table()
    target = table["aliases"].get(name)
    if target is not None:
        return resolve(target)
    parameters = table["functions"].get(name)
    if parameters is not None:
        return old_function(name, parameters, resolve(name))
    return resolve(name)


def old_function(name: str, parameters: list[list[Any]], target: Callable[..., Any]) -> Any:
    """A function with old parameters that calls the new one.

    Args:
        name: its name, without `compat.v1.`.
        parameters: pairs of name and default, or only a name.
        target: the function of TensorFlow 2.
    """
    signature = inspect.Signature([_parameter(spec) for spec in parameters])
    known = list(inspect.signature(target).parameters)

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        given: dict[str, Any] = {}
        for key, value in bound.arguments.items():
            if key not in known or value is not None:
                _give(given, key, value, known, name, signature)
        return target(**given)

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    call.__doc__ = f"`tf.{name}` with TensorFlow 1's parameters.\n\n{target.__doc__ or ''}"
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__wrapped__ = target  # type: ignore[attr-defined]
    return call


def _parameter(spec: list[Any]) -> inspect.Parameter:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    if len(spec) == 1:
        return inspect.Parameter(spec[0], kind)
    default = spec[1]
    if isinstance(default, dict):
        default = as_dtype(default["dtype"])
    return inspect.Parameter(spec[0], kind, default=default)


def _give(
    given: dict[str, Any],
    key: str,
    value: Any,
    known: list[str],
    name: str,
    signature: inspect.Signature,
) -> None:
    """Pass an argument on under the name that the new function has for it."""
    if key in known:
        target = key
    else:
        target = next((new for new in SYNONYMS.get(key, ()) if new in known), "")
    if not target:
        default = signature.parameters[key].default
        if key in IGNORED or value is None or value is default or value == default:
            return
        raise UnimplementedError(
            None, None, f"The argument `{key}` of tf.compat.v1.{name} is not implemented."
        )
    if value is None and target != key:
        return
    if given.get(target) is not None:
        raise ValueError(f"Cannot specify both '{target}' and '{key}'.")
    given[target] = value
