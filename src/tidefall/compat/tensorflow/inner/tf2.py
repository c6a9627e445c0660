"""`python.tf2`: whether TensorFlow 2's behaviour is in force."""

from __future__ import annotations


def enabled() -> bool:
    """True: only `tf.compat.v1` gives version 1's behaviour, name by name."""
    return True
