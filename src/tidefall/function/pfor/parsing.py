"""Converters of ops that parse strings: a batch of strings is parsed at once."""

from __future__ import annotations

from typing import Any

from tidefall.core import raw
from tidefall.function.pfor.convert import Call, Fallback, converter


def _check(call: Call) -> None:
    """Only dense features of known shapes have one size in all runs."""
    if not call.is_stacked(0):
        raise Fallback
    if call.node.inputs[0].shape.rank != 0 or call.attrs["num_sparse"]:
        raise Fallback
    if not all(shape.is_fully_defined() for shape in call.attrs["dense_shapes"]):
        raise Fallback


@converter("ParseExampleV2")
def parse_example(call: Call) -> Any:
    """A vector of examples instead of a scalar."""
    _check(call)
    if call.attrs["ragged_value_types"]:
        raise Fallback
    return call.run([call.tensor(0), *(call.fixed(i) for i in range(1, len(call)))])


@converter("ParseSingleExample")
def parse_single_example(call: Call) -> Any:
    """`ParseExampleV2` of all examples."""
    _check(call)
    keys = call.attrs["dense_keys"]
    found = raw.ParseExampleV2(
        call.tensor(0),
        [],
        [],
        keys,
        [],
        [call.fixed(i) for i in range(1, len(call))],
        num_sparse=0,
        sparse_types=[],
        ragged_value_types=[],
        ragged_split_types=[],
        dense_shapes=call.attrs["dense_shapes"],
    )
    return list(found[3])
