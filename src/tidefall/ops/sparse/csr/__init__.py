"""Sparse matrices in compressed rows, carried by variants.

Sparse or dense tensors enter and leave through `converting.py`; `value.py` is what a handle holds
and its arithmetic. Read `value.py` first.
"""
