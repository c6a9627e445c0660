"""Operators of tensors and variables: `x + y`, `x[1:]`, `x @ y`, `x == y`."""

from __future__ import annotations


def install() -> None:
    """Give `tf.Tensor` its operators."""
