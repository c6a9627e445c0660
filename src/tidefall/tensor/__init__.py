"""Tensors, and the types of values that are made of them.

Python values enter through `conversion.py` and leave as `Tensor`: an `EagerTensor` holds an array,
a `SymbolicTensor` names an output of a graph node. A `TypeSpec` says what a value is made of.
Read `tensor.py` first, then `conversion.py`.
"""
