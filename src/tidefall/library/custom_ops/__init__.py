"""Ops of the user's own: kernels in a shared library or in Python, with all that other ops have.

In goes a library written against `tidefall/op.h` (`load`, which is `tf.load_op_library`), or a
Python function (`define`); out come functions that run eagerly, in graphs and compiled, have shapes
and gradients, and are saved in SavedModels under their own names. Read `define.py` first;
`signature.py` reads the words of TensorFlow's REGISTER_OP, `shared_library.py` calls what was
compiled.
"""

from __future__ import annotations

from tidefall.library.custom_ops.define import define, shape
from tidefall.library.custom_ops.shared_library import load

__all__ = ["define", "load", "shape"]
