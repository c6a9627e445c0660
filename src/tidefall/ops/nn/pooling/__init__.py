"""Max, average and fractional pooling, with their gradients.

Pictures and windows enter, smaller pictures leave. `functions.py` is what people call, `ops.py`
declares the ops, `kernels.py` is NumPy, `lowerings.py` XLA. Read `ops.py` first.
"""
