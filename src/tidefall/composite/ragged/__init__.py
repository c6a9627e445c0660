"""Ragged tensors: values, and partitions that say where rows end.

Lists, arrays, dense and sparse tensors enter through `factories.py` and `conversions.py`, and
leave there. Read `row_partition.py` first, then `ragged_tensor.py`.
"""
