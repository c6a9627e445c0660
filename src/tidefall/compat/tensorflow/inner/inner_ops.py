"""Functions without a public name of `python.ops.*` modules, each named after its own.

Asked for by tensorflow-probability (`control_flow_util`, `array_ops`), tf-agents
(`distributions.util`) and tf-keras (`ragged.ragged_util`, `control_flow_ops`).
"""

from __future__ import annotations

import hashlib
from typing import Any

from tidefall.op import raw
from tidefall.tensor.conversion import convert_to_tensor

ENABLE_CONTROL_FLOW_V2 = True


def EnableControlFlowV2(graph: Any) -> bool:
    """True: conditions and loops are functional ops in every graph."""
    return True


def GraphOrParentsInXlaContext(graph: Any) -> bool:
    """False: compilation is no context of the graph here."""
    return False


def get_enclosing_xla_context() -> None:
    """None, for the same reason."""
    return


def prevent_gradient(input: Any, message: str = "", name: str | None = None) -> Any:
    """The input, whose gradient is an error that says `message`."""
    return raw.PreventGradient(convert_to_tensor(input), message=message, name=name)


def gen_new_seed(seed: int | None, salt: str) -> int | None:
    """A seed made of another and a word; None stays None."""
    if seed is None:
        return None
    digest = hashlib.md5(f"{seed}{salt}".encode()).hexdigest()
    return int(digest[:8], 16) & 0x7FFFFFFF


def assert_splits_match(nested_splits_lists: Any) -> list[Any]:
    """Assertions that ragged tensors have the same row splits.

    Raises:
        ValueError: if they differ in the number of ragged dimensions.
    """
    from tidefall import surface

    first = nested_splits_lists[0]
    if any(len(splits) != len(first) for splits in nested_splits_lists):
        raise ValueError("Inputs must have identical ragged_rank.")
    check = surface.resolve("debugging", "assert_equal")
    return [
        check(one, two, message="Inputs must have identical ragged splits")
        for splits in nested_splits_lists[1:]
        for one, two in zip(first, splits, strict=True)
    ]


def parameterized_truncated_normal(
    shape: Any,
    means: Any = 0.0,
    stddevs: Any = 1.0,
    minvals: Any = -2.0,
    maxvals: Any = 2.0,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Normally distributed numbers between bounds, with parameters for each batch.

    Args:
        shape: the result's; its first dimension is the batch.
        means, stddevs, minvals, maxvals: scalars, or vectors of one number for each batch.
        dtype: a floating dtype.
        seed: seed of the op.
        name: name of the op.

    Raises:
        UnimplementedError: the op ParameterizedTruncatedNormal is not there yet.
    """
    parameters = (convert_to_tensor(v, dtype) for v in (means, stddevs, minvals, maxvals))
    return raw.ParameterizedTruncatedNormal(convert_to_tensor(shape), *parameters, name=name)
