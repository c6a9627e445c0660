"""Arguments of convolution and pooling functions: one number, one per dimension, or all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tidefall.ops.nn.windows import channels_first


def per_dimension(value: Any, n: int, first: bool, name: str) -> list[int]:
    """A window argument as a list of `n + 2` numbers, batch and channels included.

    Args:
        value: a number, a list of 1 or `n` numbers for the spatial dimensions, or all `n + 2`.
        n: number of spatial dimensions.
        first: True if the channels come before them.
        name: the argument's name, for the error.

    Raises:
        ValueError: for a list of another length.
    """
    if isinstance(value, str) or (
        isinstance(value, (list, tuple)) and any(isinstance(v, str) for v in value)
    ):
        raise TypeError(f"Expected int for argument '{name}' not {value!r}.")
    if value is None:
        numbers = [1]
    elif isinstance(value, Iterable):
        numbers = [int(v) for v in value]
    else:
        numbers = [int(value)]
    if len(numbers) == n + 2:
        return numbers
    if len(numbers) == 1:
        numbers = numbers * n
    elif len(numbers) != n:
        raise ValueError(
            f"{name} should be of length 1, {n} or {n + 2}. "
            f"Received: {name}={value} of length {len(numbers)}"
        )
    return [1, 1, *numbers] if first else [1, *numbers, 1]


def split_padding(padding: Any, rank: int) -> tuple[str, list[int]]:
    """The padding's name, and the amounts of an explicit one as a flat list.

    Raises:
        ValueError: for a list that is not `rank` pairs.
    """
    if not isinstance(padding, (list, tuple)):
        return padding, []
    if len(padding) != rank:
        raise ValueError(
            f"When padding is a list, it must be of size {rank}. "
            f"Received: padding={padding} of size {len(padding)}"
        )
    flat: list[int] = []
    for pair in padding:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ValueError(
                "When padding is a list, each element must be a list/tuple of size 2. "
                f"Received: padding={padding}"
            )
        flat.extend(int(v) for v in pair)
    return "EXPLICIT", flat


def is_first(data_format: str | None) -> bool:
    """True when a data format, which may be left out, has the channels before the rest."""
    return data_format is not None and channels_first(data_format)
