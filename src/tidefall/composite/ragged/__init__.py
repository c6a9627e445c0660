"""Ragged tensors: values, and partitions that say where rows end.

Values with partitions enter through the class methods in `ragged_tensor.py`; lists, dense and
sparse tensors through `conversions.py`, where they leave too. Read `row_partition.py` first, then
`ragged_tensor.py`.
"""
