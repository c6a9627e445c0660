"""`tf.__internal__` itself, its `ops`, `train` and `mixed_precision`: what tf-keras is built on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tidefall import surface
from tidefall.base.state import state
from tidefall.compat.tensorflow.inner.variables import is_resource_variable
from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import SymbolicTensor
from tidefall.v1.saving.checkpoint_files import update_checkpoint_state

__all__ = ["SymbolicTensor", "is_resource_variable", "update_checkpoint_state"]

_hooks: dict[str, Any] = {}
"""What Keras registered, by the name of what it registered it with."""


def _register(name: str) -> Callable[[Any], None]:
    def register(function: Any) -> None:
        _hooks[name] = function

    return register


register_call_context_function = _register("call_context")
register_clear_session_function = _register("clear_session")
register_get_session_function = _register("get_session")
register_load_model_function = _register("load_model")


def register_loss_scale_wrapper(optimizer_cls: Any, wrapper_fn: Any, wrapper_cls: Any) -> None:
    """Remember how optimizers of a class are wrapped to scale losses."""
    _hooks[f"loss_scale {optimizer_cls.__module__}.{optimizer_cls.__qualname__}"] = wrapper_fn


def is_mixed_precision_graph_rewrite_enabled() -> bool:
    """False: graphs are not rewritten to half precision behind a program's back."""
    return False


def set_using_mixed_precision_policy(using: bool) -> None:
    """Remember whether Keras computes in half precision."""
    _hooks["mixed_precision"] = using


def get_name_scope() -> str:
    """The name scope in force."""
    return state.name_scope.removesuffix("/")


def get_enclosing_xla_context() -> None:
    """None: compilation is no context of the graph here."""
    return


@contextlib.contextmanager
def load_context(load_options: Any) -> Iterator[None]:
    """Load with these options in force."""
    previous = _hooks.get("load_options")
    _hooks["load_options"] = load_options
    try:
        yield
    finally:
        _hooks["load_options"] = previous


def execute_fn_for_device(
    device_branches: dict[str, Callable[[], Any]], default_fn: Callable[[], Any], name: str = ""
) -> Any:
    """What the function for the device that ops run on returns."""
    kinds = {d.device_type for d in surface.resolve("config", "list_logical_devices")()}
    asked = str(state.device or state.eager_device or "").upper()
    for kind, branch in device_branches.items():
        on_it = f":{kind.upper()}:" in asked if asked else kind.upper() in kinds - {"CPU"}
        if on_it:
            return branch()
    return default_fn()


def broadcast_weights(weights: Any, values: Any) -> Any:
    """Weights in the shape of the values.

    Raises:
        InvalidArgumentError: if their shapes do not broadcast.
    """
    values = convert_to_tensor(values)
    weights = convert_to_tensor(weights, values.dtype)
    return raw.Mul(weights, raw.OnesLike(values))


def assign_moving_average(
    variable: Any,
    value: Any,
    decay: Any,
    zero_debias: bool = True,
    name: str | None = None,
) -> Any:
    """Move a variable towards a value: `variable -= (1 - decay) * (variable - value)`."""
    cast = surface.resolve("", "cast")
    kept = convert_to_tensor(1.0, variable.dtype) - cast(decay, variable.dtype)
    return variable.assign_sub(kept * (variable - cast(value, variable.dtype)))
