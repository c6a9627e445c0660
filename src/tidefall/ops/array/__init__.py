"""Tensors made, and their elements arranged anew: shapes, joining, splitting, order, choices.

Tensors enter and leave with the same elements, or some of them. Read `reshaping.py` first, the
shortest walk through a shape rule, a kernel and a gradient.
"""
