"""Einsum equations taken apart: every dimension of every operand gets a label.

Letters stand for themselves. The dimensions behind an ellipsis are labelled by their distance from
its end, "-1", "-2" and so on, because ellipses of different length align at the end.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

Labels = tuple[str, ...]


@functools.lru_cache(maxsize=1024)
def expand(equation: str, ranks: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    """Labels of the dimensions of each operand and of the result.

    Args:
        equation: like "...ij,jk->...ik", without spaces and with its "->".
        ranks: rank of each operand.

    Raises:
        ValueError: if the equation does not fit the ranks.
    """
    left, _, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise ValueError(
            f'Got {len(ranks)} inputs for equation "{equation}", expecting {len(terms)}'
        )
    operands = tuple(
        _expand_term(t, i, r) for i, (t, r) in enumerate(zip(terms, ranks, strict=True))
    )
    longest = max((_ellipsis_length(labels) for labels in operands), default=0)
    if longest and "..." not in right:
        raise ValueError(
            f"Output contains {longest} broadcasting dimension(s) but no ellipsis (...) was found "
            "in the output subscripts."
        )
    before, dots, after = right.partition("...")
    output = (*before, *(_ellipsis(longest) if dots else ()), *after)
    known = {label for labels in operands for label in labels}
    for label in output:
        if label not in known:
            raise ValueError(
                f"Output subscripts contain the label {label} not present in the input subscripts."
            )
    return operands, output


def _expand_term(term: str, index: int, rank: int) -> Labels:
    before, dots, after = term.partition("...")
    named = len(before) + len(after)
    if dots:
        if rank < named:
            raise ValueError(
                f"Expected input {index} to have rank at least {named} but got: {rank}"
            )
        return (*before, *_ellipsis(rank - named), *after)
    if rank != named:
        raise ValueError(f"Expected input {index} to have rank {named} but got: {rank}")
    return tuple(term)


def _ellipsis(length: int) -> Labels:
    return tuple(str(-i) for i in range(length, 0, -1))


def _ellipsis_length(labels: Labels) -> int:
    return sum(label[0] == "-" for label in labels)


def sizes_of(
    operands: Sequence[Labels], shapes: Sequence[Sequence[int | None]]
) -> dict[str, int | None]:
    """Size of each label; dimensions of an ellipsis broadcast.

    Raises:
        ValueError: if two dimensions with one label have different sizes.
    """
    sizes: dict[str, int | None] = {}
    for labels, shape in zip(operands, shapes, strict=True):
        for axis, (label, size) in enumerate(zip(labels, shape, strict=True)):
            known = sizes.get(label)
            if known is None or (label[0] == "-" and known == 1):
                if label not in sizes or size is not None:
                    sizes[label] = size
            elif size is not None and size != known and not (label[0] == "-" and size == 1):
                text = "[" + ",".join("?" if d is None else str(d) for d in shape) + "]"
                raise ValueError(
                    f"Expected dimension {known} at axis {axis} of the input shaped {text} but got "
                    f"dimension {size}"
                )
    return sizes
