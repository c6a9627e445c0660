"""`tf.compat.v1.metrics`: values that grow with every batch, kept in local variables.

Predictions enter; a value and the node that updates it leave. Read `common.py` first.
"""
