"""Ops on byte strings. Values are object arrays of `bytes`.

Strings enter and leave as tensors; printing and tensors as text are here too. Read `text.py`
first, then `byte_arrays.py`.
"""
