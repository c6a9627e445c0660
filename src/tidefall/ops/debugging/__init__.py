"""Assertions on values and on static facts, and numbers that say how a tensor is.

Tensors enter; nothing leaves, or an error that names the values. Read `assertions.py` first.
"""
