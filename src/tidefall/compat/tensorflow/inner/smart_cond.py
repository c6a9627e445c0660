"""`python.framework.smart_cond` and `python.ops.control_flow_case`.

Asked for by tensorflow-hub, spektral, tensorflow-probability, the model optimization toolkit.
"""

from __future__ import annotations

from typing import Any

from tidefall.control_flow.cond import case, smart_cond
from tidefall.graph.static_values import get_static_value
from tidefall.tensor.tensor import is_tensor

__all__ = ["smart_case", "smart_cond", "smart_constant_value"]


def smart_constant_value(pred: Any) -> bool | None:
    """The bool that a condition is known to be; None if it is known only when the graph runs.

    Raises:
        TypeError: if it is neither a bool, 0 or 1, nor a tensor.
    """
    if isinstance(pred, bool):
        return pred
    if is_tensor(pred):
        known = get_static_value(pred)
        return None if known is None else bool(known)
    if pred in (0, 1):
        return bool(pred)
    raise TypeError(f"`pred` must be a Tensor, or a Python bool, or 1 or 0. Found {type(pred)}.")


def smart_case(
    pred_fn_pairs: Any,
    default: Any = None,
    exclusive: bool = False,
    name: str = "smart_case",
) -> Any:
    """`tf.case` that builds only the branch whose condition is known to hold."""
    return case(pred_fn_pairs, default=default, exclusive=exclusive, name=name)


def _case_helper(
    cond_fn: Any,
    pred_fn_pairs: Any,
    default: Any,
    exclusive: bool,
    name: str,
    allow_python_preds: bool = False,
    **_cond_kwargs: Any,
) -> Any:
    return case(pred_fn_pairs, default=default, exclusive=exclusive, name=name)
