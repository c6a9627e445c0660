"""`tf.experimental.StructuredTensor`: tensors of records.

Fields enter as tensors, ragged tensors or structured tensors that share their first dimensions;
Python values and text enter and leave through `pyval.py`. Read `structured_tensor.py` first.
"""
